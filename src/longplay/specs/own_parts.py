"""What a study brings of its own: probes in files, and rubrics. Values only, as they are written."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from longplay.specs.models import Positive

OwnName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,99}\Z")]
Short = Annotated[str, Meta(min_length=1, max_length=200)]
Better = Literal["higher", "lower", "neither"]


class ProbeSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One evaluation set; `limit` takes the first items (a persona's own items are limited for each persona).

    `file`: where its items are, for a probe of the study's own; `metrics` then score its answers. `fields`: by what
    longplay calls it, the column in which the file has it. `persona`: the id of the one persona whose items all are.
    """

    name: Short
    limit: Positive | None = None
    file: Short | UnsetType = UNSET  # left out, these are not written either
    metrics: tuple[Short, ...] | UnsetType = UNSET
    fields: dict[Short, Short] | UnsetType = UNSET
    persona: Short | UnsetType = UNSET


class RubricSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A question to the judge. `file`: where the rest stands, in place of the rest. `question`: what is to be rated;
    `levels`: by what the judge may choose, the score of each."""

    name: OwnName
    file: Short | UnsetType = UNSET
    title: Annotated[str, Meta(max_length=200)] = ""
    question: Annotated[str, Meta(max_length=100_000)] = ""
    levels: dict[Short, float] = {}
    better: Better = "higher"
