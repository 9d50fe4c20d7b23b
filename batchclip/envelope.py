"""An error's name and message out of whatever body came: Restream's envelope, HTML, or nothing."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

MAX_TEXT = 300
"""Characters of a message that are kept: enough to read, too few to fill a table with a page."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What an error body says; an empty string where it says nothing.

    `structured` is False when the body was no JSON object, so that its words are anybody's.
    """

    name: str
    message: str
    structured: bool = True


MAX_KEY = 64
"""Characters of a text that is worth to be remembered as the name of a field."""


def squash(text: str) -> str:
    """Drop case and everything but letters and digits, so that all spellings compare equal."""
    return squash_key(text) if len(text) <= MAX_KEY else squashed(text)


def squashed(text: str) -> str:
    """Do it, letter by letter."""
    return "".join(letter for letter in text.lower() if letter.isalnum())


# The same few names come with every answer.
squash_key = lru_cache(maxsize=256)(squashed)


def read_json(body: bytes) -> Any:
    """Return the parsed body, None when it is not JSON in UTF-8."""
    try:
        return json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return None


def read_complaint(body: bytes) -> Complaint:
    """Find the error's name and message. Never raises: a body that says nothing gives empty texts.

    The envelope is `{"error": {"name", "message", ...}}` (Restream's developer pages); a flat
    object, OAuth's `{"error": "name", "error_description"}` and a gateway's HTML are read too.
    """
    parsed = read_json(body)
    if not isinstance(parsed, dict):
        return Complaint("", plain(body.decode("utf-8", "replace")), structured=False)
    flat = {squash(str(key)): value for key, value in parsed.items()}
    inner = flat.get("error")
    if isinstance(inner, dict):
        flat = {squash(str(key)): value for key, value in inner.items()}
    elif isinstance(inner, str):
        flat.setdefault("name", inner)
    return Complaint(text_of(flat, "name"), text_of(flat, "message", "errordescription"))


def text_of(fields: dict[str, Any], *keys: str) -> str:
    """Return the first of these fields that holds text, made plain."""
    for key in keys:
        value = fields.get(key)
        if isinstance(value, str) and value.strip():
            return plain(value)
    return ""


def plain(text: str) -> str:
    """One line of at most MAX_TEXT printable characters that any database can store."""
    if len(text) <= MAX_TEXT and text.isascii() and text.isprintable():
        return " ".join(text.split()) if " " in text else text
    shortened = text[: 4 * MAX_TEXT].encode("utf-8", "replace").decode("utf-8")
    printable = "".join(letter if letter.isprintable() else " " for letter in shortened)
    return " ".join(printable.split())[:MAX_TEXT]
