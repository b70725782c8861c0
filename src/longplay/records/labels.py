"""What people were asked to label and what they said, as a run keeps it. Values only: no texts, no statistics."""

import msgspec

from longplay.records.keys import ROUNDS, SubjectKind
from longplay.records.places import Place
from longplay.records.quantities import Quantity


class Stratum(msgspec.Struct, frozen=True):
    """The rows of an arm with one judge's score: how many there are, and how many were drawn."""

    score: float
    rows: int
    drawn: int


class DrawnRow(msgspec.Struct, frozen=True):
    """One judged text that a person was to label.

    `line`: its id in the sheet, shared by rows whose words are the same; `subject`: id of the round or answer;
    `judged_as`: the persona whose description the judge saw; `probability`: with which it could be drawn.
    """

    subject: int
    judged_as: str | None
    score: float
    probability: float
    line: str = ""


class DrawnArm(msgspec.Struct, frozen=True):
    """One quantity at one place and position, with its sampling frame; `judge`: whose scores.

    `frame`: fingerprint of the rows and the judge's scores from which the labels were drawn; `rows`: how many.
    """

    quantity: Quantity
    source: str
    place: Place
    position: int
    frame: str
    rows: int
    strata: tuple[Stratum, ...]
    drawn: tuple[DrawnRow, ...]
    judge: str = ""

    @property
    def kind(self) -> SubjectKind:
        """What its rows are."""
        return "round" if self.source == ROUNDS else "answer"


class LabelSample(msgspec.Struct, frozen=True):
    """A drawn sample: `count` as asked for, `seed` of the draw. Kept as a document of kind `sample`."""

    seed: int
    count: int
    arms: tuple[DrawnArm, ...]


class Labels(msgspec.Struct, frozen=True):
    """What one labeller chose, by line of the sheets. Kept as a document of kind `labels`."""

    labeller: str
    choices: dict[str, str]
