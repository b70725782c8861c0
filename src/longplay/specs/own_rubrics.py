"""Rubrics as a study, or a file of its own, has them: questions to the judge. Values only, as they are written."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from longplay.specs.models import Positive
from longplay.specs.own_parts import Better, OwnName, Short

Sees = Literal["persona", "question", "answer", "rounds", "transcript", "reference"]
Title = Annotated[str, Meta(max_length=200)]
Asked = Annotated[str, Meta(max_length=100_000)]
LAST_ROUNDS = 4


class LevelSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One choice of the judge: its score, and what it means."""

    score: float
    words: Annotated[str, Meta(max_length=10_000)] = ""


Levels = dict[Short, float | LevelSpec]


class RubricScore(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One of several scores that the judge gives in one reply."""

    name: OwnName
    title: Title = ""
    question: Asked = ""
    levels: Levels = {}
    better: Better = "higher"

    @property
    def choices(self) -> dict[str, float]:
        """The score of each choice."""
        return {label: one.score if isinstance(one, LevelSpec) else float(one) for label, one in self.levels.items()}


class RubricSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A question to the judge. `file`: where the rest stands, in place of the rest. `question`: what is to be rated;
    `levels`: by what the judge may choose, the score of each, and words on it. `scores`: in place of `levels`, several
    scores from one reply. `sees`: what the judge is shown; the persona where it stands there or `blind` is false.
    `last_rounds`: how many, where it sees rounds. `on`: what it scores.
    """

    name: OwnName
    file: Short | UnsetType = UNSET
    title: Title = ""
    question: Asked = ""
    levels: Levels = {}
    better: Better = "higher"
    sees: tuple[Sees, ...] | UnsetType = UNSET
    last_rounds: Positive | UnsetType = UNSET
    blind: bool | UnsetType = UNSET
    on: Literal["answers", "rounds", "both"] | UnsetType = UNSET
    scores: tuple[RubricScore, ...] = ()

    @property
    def shown(self) -> tuple[Sees, ...]:
        """What the judge is shown; where nothing is said, the user's turn and the answer."""
        if self.sees is not UNSET:
            return self.sees
        return ("question", "answer") if self.blind is not False else ("persona", "question", "answer")

    @property
    def rounds_before(self) -> int | None:
        """How many rounds before the text the judge is shown; None = all."""
        if "transcript" in self.shown:
            return None
        if "rounds" not in self.shown:
            return 0
        return LAST_ROUNDS if self.last_rounds is UNSET else self.last_rounds

    @property
    def scored(self) -> tuple[Literal["rounds", "answers"], ...]:
        """What it can score; rounds have no reference."""
        if self.on is UNSET:
            return ("answers",) if "reference" in self.shown else ("rounds", "answers")
        return ("rounds", "answers") if self.on == "both" else (self.on,)

    @property
    def parts(self) -> tuple[RubricScore, ...]:
        """Its scores; where it has one, that has the rubric's name."""
        one = RubricScore(name=self.name, title=self.title, levels=self.levels, better=self.better)
        return self.scores or (one,)
