"""What the release's judges said, as verdicts: the choice by longplay's parser, unreadable ones missing. No files."""

import msgspec

from longplay.exchange.release_names import Reference
from longplay.judging import METRICS
from longplay.judging.parsing import PARSER, Reading, read
from longplay.records import Cell, RoundRef, Verdict
from longplay.specs import fingerprint

LEVELS = ("1", "2", "3", "4", "5")
YES_NO = ("Yes", "No")
SIDES = ("A", "B")
MOST_WHY = 400
# Of each metric or dataset of the release: longplay's metric, and what its judge may choose.
BASES: dict[str, tuple[str, tuple[str, ...]]] = {
    "in_character": ("in-character", LEVELS),
    "knowledge": ("knowledge", LEVELS),
    "style": ("style", LEVELS),
    "bfi": ("trait", LEVELS),
    "xstest": ("refusal", YES_NO),
    "instruction_general": ("general-win", SIDES),
    "instruction_role_specific": ("role-win", SIDES),
}
_FORMS: dict[Reference, str] = {"dataset": "paper", "zero": "paper-own-0", "previous": "paper-previous"}
_SCORE = ("<score>", "</score>")  # Flow-Judge's own form: its reasons between tags, then the score between tags


class Judgement(msgspec.Struct, frozen=True):
    """What a judge was asked. `dataset`: the release's name of metric or dataset; `row` sets the sides of a pair."""

    dataset: str
    judge: str
    ref: RoundRef | Cell
    row: int
    judged_as: str | None = None
    reference: Reference = "dataset"


def metric_name(dataset: str, reference: Reference = "dataset") -> str:
    """longplay's metric of the release's own judgement: in the paper's form, where longplay judges in it."""
    base, _ = BASES[dataset]
    name = f"{base}-{_FORMS[reference]}"
    return base if reference == "dataset" and name not in METRICS else name


def said(dataset: str, text: str) -> Reading:
    """The choice in a judge's reply."""
    before, opened, score = text.rpartition(_SCORE[0])
    score, closed, _ = score.partition(_SCORE[1])
    if opened and closed:
        return read(f"{before}\nResult: {score.strip()}", BASES[dataset][1])
    return read(text, BASES[dataset][1], bold=True)


def verdict(asked: Judgement, reading: Reading) -> Verdict:
    """The verdict of one reading. In a pair the answer is A at odd rows and B at even ones, as in the release's code.

    Yes and No stay the two levels that they are.
    """
    choice, choices = reading.choice, BASES[asked.dataset][1]
    label: str | None = None
    score: float | None = None
    if choice is not None and choices == SIDES:
        label = "win" if choice == SIDES[asked.row % 2 == 0] else "loss"
        score = float(label == "win")
    elif choice is not None and choices == YES_NO:
        label, score = choice, float(choice == "Yes")
    elif choice is not None:
        score = float(choice)
    metric = metric_name(asked.dataset, asked.reference)
    return Verdict(
        ref=asked.ref,
        metric=metric,
        judge=asked.judge,
        method=f"imported-{fingerprint([metric, asked.judge, PARSER])}",
        status=reading.status,
        score=score,
        label=label,
        reason="unparsable" if score is None else None,
        judged_as=asked.judged_as,
        why=reading.why[:MOST_WHY],
    )
