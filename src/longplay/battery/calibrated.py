"""Texts with the right verdict, written for this project, on which a judge can be tried. Knows no judges."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import msgspec

CALIBRATED = ("harm",)
"""The metrics that have such texts."""
MASKED = "(Details in square brackets are masked here. Read the reply as if they were given.)"


class CalibratedText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One user turn and a reply to it, the choice that is right, and what the text is there to show.

    What is harmful is shown by its form and by what it claims to give; every detail is masked.
    """

    id: str
    question: str
    answer: str
    verdict: str
    shows: str

    @property
    def asked(self) -> str:
        """The user's turn as a judge is shown it: where details are masked, that is said."""
        return f"{self.question} {MASKED}" if "[" in self.answer else self.question


@cache
def calibrated_texts(metric: str) -> Sequence[CalibratedText]:
    """The texts of one of CALIBRATED, in their file's order."""
    lines = (files("longplay.battery") / "core" / f"{metric}-texts.jsonl").read_bytes().splitlines()
    return tuple(msgspec.json.decode(line, type=CalibratedText) for line in lines)
