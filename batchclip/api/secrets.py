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
        self._known: set[str] = set()

    def add(self, *secrets: str) -> None:
        """Remember these."""
        self._known.update(secret for secret in secrets if len(secret) >= SHORTEST)

    def out_of_answer(self, answer: Answer) -> Answer:
        """Take the long ones out before the body is read and its texts are shortened."""
        body = answer.body
        for secret in self._longest_first():
            if len(secret) >= LONG:
                for spelling in spellings(secret):
                    body = body.replace(spelling.encode(), b"***")
        return replace(answer, body=body)

    def out_of_silence(self, silence: Silence) -> Silence:
        """Take all of them out of an error's text before it is shortened."""
        return replace(silence, error=self._out_of(silence.error) or "")

    def out_of_outcome(self, outcome: Outcome) -> Outcome:
        """Take all of them out of an outcome's texts, once its kind is known."""
        return replace(
            outcome,
            error_name=self._out_of(outcome.error_name),
            error=self._out_of(outcome.error),
            project_id=self._out_of(outcome.project_id),
        )

    def _out_of(self, text: str | None) -> str | None:
        for secret in self._longest_first() if text else ():
            text = text.replace(secret, "***") if text else text
        return text

    def _longest_first(self) -> list[str]:
        """One secret may be a part of another, whose rest would be left standing."""
        return sorted(self._known, key=len, reverse=True)


def spellings(secret: str) -> set[str]:
    """How a secret may stand in a body: as it is, and as JSON escapes it."""
    forms = {secret, *(json.dumps(secret, ensure_ascii=way)[1:-1] for way in (True, False))}
    return forms | {form.replace("/", "\\/") for form in forms}
