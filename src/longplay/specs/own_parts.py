"""What a study brings of its own: probes in files, and rubrics. Values only, as they are written."""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from longplay.specs.models import Positive

OwnName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,99}\Z")]
Short = Annotated[str, Meta(min_length=1, max_length=200)]
Long = Annotated[str, Meta(min_length=1, max_length=100_000)]
Better = Literal["higher", "lower", "neither"]


class Shot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One message of an example that stands before an item: what a user says, or what the answer to it looks like."""

    role: Literal["user", "assistant"]
    content: Long


def wrong_shots(shots: Sequence[Shot]) -> str:
    """What is wrong with the order of such messages; empty where nothing is: users and answers by turns, an answer
    last."""
    for number, shot in enumerate(shots):
        if shot.role != ("assistant" if number % 2 else "user"):
            return f"message {number + 1} is of the {shot.role}; user and assistant speak by turns, the user first."
    return "the last message is of the user; each example ends with the assistant's." if len(shots) % 2 else ""


Argument = str | int | float | bool


class ProbeSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One evaluation set; `limit` takes the first items (a persona's own items are limited for each persona).

    `file`: where its items are, for a probe of the study's own; `metrics` then score its answers, in place of those
    that a bundled probe has. `fields`: by what longplay calls it, the column in which the file has it. `persona`: the
    id of the one persona whose items all are. `shots`: messages of examples before each item that brings none itself.
    `args`, `scale`, `value`: of a task of Inspect, what it is made with, the ends of its scores, and which number of a
    score counts that holds several.
    """

    name: Short
    limit: Positive | None = None
    file: Short | UnsetType = UNSET  # left out, these are not written either
    metrics: tuple[Short, ...] | UnsetType = UNSET
    fields: dict[Short, Short] | UnsetType = UNSET
    persona: Short | UnsetType = UNSET
    shots: tuple[Shot, ...] | UnsetType = UNSET
    args: dict[Short, Argument | list[Argument]] | UnsetType = UNSET
    scale: tuple[float, float] | UnsetType = UNSET
    value: Short | UnsetType = UNSET

    @property
    def is_own(self) -> bool:
        """Whether the study brings its items."""
        return self.file is not UNSET


class RuleSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule that every persona is told in its system message and the baseline is not. `scorer`: the study's own scorer
    that says of each round whether the rule was kept."""

    text: Annotated[str, Meta(min_length=1, max_length=10_000)]
    scorer: Short
