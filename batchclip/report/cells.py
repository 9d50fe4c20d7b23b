"""Cells that a spreadsheet shows and does not run, and that a terminal only prints."""

import re
import unicodedata

_SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_SIGN = f"[{re.escape(''.join(_SIGNS))}]"
_FORMULA = re.compile(rf"\A(?={_SIGN}|[\t\r\n])|(?<=[;\t\r\n])(?={_SIGN})")
"""Where a formula would begin: at a cell's start, and after what ends a cell or a line for a
spreadsheet that is set to another delimiter than ours, and then knows no quotes."""

_KEPT = "\t\r\n\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
"""Line breaks and tabs are held by a cell's quotes; emoji and whole scripts need the joiners."""
_CONTROLS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def safe_cell(value: object) -> object:
    """Quote a text that a spreadsheet would take for a formula (OWASP, "CSV Injection"), and write
    out what drives a terminal or turns the direction of writing: an escape becomes ``\\x1b``.
    """
    if not isinstance(value, str) or is_plain(value):
        return value
    return _FORMULA.sub("'", value if value.isprintable() else written_out(value))


def is_plain(text: str) -> bool:
    """Whether there is nothing to look at closely, as in nearly every cell of a report."""
    return text.isprintable() and ";" not in text and not text.startswith(_SIGNS)


def written_out(text: str) -> str:
    """Text whose control characters can be seen and do nothing."""
    return "".join(ascii(letter)[1:-1] if drives(letter) else letter for letter in text)


def drives(letter: str) -> bool:
    """Whether this is a control or format character that has no place in a title."""
    return unicodedata.category(letter) in _CONTROLS and letter not in _KEPT
