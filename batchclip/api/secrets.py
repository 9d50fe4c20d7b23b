"""The secrets of this process, so that they can be taken out of what a stranger sends back."""

import json
from dataclasses import replace

from batchclip.outcome import Answer, Outcome, Silence

LONG = 16
"""From this length on, a secret can't be mistaken for a word of an ordinary body."""
SHORTEST = 4


class Secrets:
    """Every token and client secret that was used. `repr` shows none of them."""

    def __init__(self) -> None:
        # One secret may be a part of another, whose rest would be left standing: longest first.
        self._known: list[str] = []
        self._in_bodies: list[bytes] = []

    def add(self, *secrets: str) -> None:
        """Remember these."""
        known = {*self._known, *(secret for secret in secrets if len(secret) >= SHORTEST)}
        self._known = sorted(known, key=len, reverse=True)
        self._in_bodies = [
            spelling.encode()
            for secret in self._known
            if len(secret) >= LONG
            for spelling in spellings(secret)
        ]

    def out_of_answer(self, answer: Answer) -> Answer:
        """Take the long ones out before the body is read and its texts are shortened."""
        body = answer.body
        for spelling in self._in_bodies:
            body = body.replace(spelling, b"***")
        return answer if body is answer.body else replace(answer, body=body)

    def out_of_silence(self, silence: Silence) -> Silence:
        """Take all of them out of an error's text before it is shortened."""
        return replace(silence, error=self._out_of(silence.error) or "")

    def out_of_outcome(self, outcome: Outcome) -> Outcome:
        """Take all of them out of an outcome's texts, once its kind is known."""
        told = (outcome.error_name, outcome.error, outcome.project_id)
        cleaned = tuple(map(self._out_of, told))
        if cleaned == told:
            return outcome
        error_name, error, project_id = cleaned
        return replace(outcome, error_name=error_name, error=error, project_id=project_id)

    def _out_of(self, text: str | None) -> str | None:
        for secret in self._known if text else ():
            text = text.replace(secret, "***") if text else text
        return text


def spellings(secret: str) -> set[str]:
    """How a secret may stand in a body: as it is, and as JSON escapes it."""
    forms = {secret, *(json.dumps(secret, ensure_ascii=way)[1:-1] for way in (True, False))}
    return forms | {form.replace("/", "\\/") for form in forms}
