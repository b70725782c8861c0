"""What a study brings of its own: probes in files, scorers and rubrics. Values only, as they are written."""

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from longplay.specs.models import Positive

OwnName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,99}\Z")]
Short = Annotated[str, Meta(min_length=1, max_length=200)]
Long = Annotated[str, Meta(min_length=1, max_length=100_000)]
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


class OwnScorer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind"):
    """A program that scores texts. `name`: what probes and `[judging] rounds` call it; left out, its kind."""

    name: Annotated[str, Meta(pattern=r"^([A-Za-z0-9][A-Za-z0-9.-]{0,99})?\Z")] = ""
    title: Annotated[str, Meta(max_length=200)] = ""

    @property
    def kind(self) -> str:
        """Its kind as the study file has it."""
        return str(self.__struct_config__.tag)

    @property
    def called(self) -> str:
        """Its name, or its kind where it has none."""
        return self.name or self.kind


class Exact(OwnScorer, frozen=True, tag="exact"):
    """The answer is the item's reference, spaces at both ends aside. `case`: upper and lower case count."""

    case: bool = False


class Includes(OwnScorer, frozen=True, tag="includes"):
    """The answer holds the item's reference. `case`: upper and lower case count."""

    case: bool = False


ScorerSpec: TypeAlias = Exact | Includes
