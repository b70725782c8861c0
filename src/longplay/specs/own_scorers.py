"""Scorers that a study declares: programs that score texts, a kind each. Values only, as they are written."""

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

OptionalName = Annotated[str, Meta(pattern=r"^([A-Za-z0-9][A-Za-z0-9.-]{0,99})?\Z")]
Said = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=1_000)], ...], Meta(min_length=1, max_length=1_000)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]


class OwnScorer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind"):
    """A program that scores texts: 1 where one passes, 0 where not. `name`: what probes and `judging.rounds` call it;
    left out, its kind."""

    name: OptionalName = ""
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
    """The answer is the item's reference; case (unless `case`), and spaces and punctuation at both ends aside."""

    case: bool = False


class Includes(OwnScorer, frozen=True, tag="includes"):
    """The answer holds the item's reference; case aside (unless `case`). `words`: as whole words alone."""

    case: bool = False
    words: bool = False


class Regex(OwnScorer, frozen=True, tag="regex"):
    """The pattern is found in the text (`whole`: is all of it). Python's syntax, as the package `regex` reads it."""

    pattern: Annotated[str, Meta(min_length=1, max_length=2_000)]
    whole: bool = False
    case: bool = False


class Choice(OwnScorer, frozen=True, tag="choice"):
    """The answer names the right one of the item's choices, by letter or by its text. `by` "probability": how likely
    the right letter is as its first token, among the letters of all choices."""

    by: Literal["text", "probability"] | UnsetType = UNSET  # left out, it is in no fingerprint either

    @property
    def by_probability(self) -> bool:
        """Whether log probabilities score it, not its text."""
        return self.by == "probability"


class Number(OwnScorer, frozen=True, tag="number"):
    """A number in the answer is the item's reference, up to `tolerance` or, as a share of the reference, `relative`.

    `which`: the last number of the answer, the first, or any of them.
    """

    tolerance: Annotated[float, Meta(ge=0)] = 0.0
    relative: Annotated[float, Meta(ge=0, le=1)] = 0.0
    which: Literal["last", "first", "any"] = "last"


class JsonSchema(OwnScorer, frozen=True, tag="json-schema"):
    """The text is JSON, alone or in its one code fence, that fits a schema (2020-12): a table, or JSON text."""

    schema: dict[str, object] | Annotated[str, Meta(min_length=2, max_length=64_000)]


class WrittenConstraint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One constraint by its kind and arguments, as items have them."""

    kind: Annotated[str, Meta(min_length=1, max_length=200)]
    args: dict[str, int | float | str | list[str]] = {}


class Constraints(OwnScorer, frozen=True, tag="constraints"):
    """The text keeps every one of these constraints, or of the item's where none are given here. `loose`: wrapping such
    as a first line of courtesy is forgiven."""

    constraints: Annotated[tuple[WrittenConstraint, ...], Meta(max_length=100)] = ()
    loose: bool = False


class Language(OwnScorer, frozen=True, tag="language"):
    """The text is in this language (ISO 639-1). A text too short to tell passes."""

    language: Annotated[str, Meta(pattern=r"^[a-z]{2}\Z")]


class Length(OwnScorer, frozen=True, tag="length"):
    """The text has at least `least` and at most `most` of `unit`."""

    unit: Literal["words", "characters", "sentences", "paragraphs"] = "words"
    least: Count = 0
    most: Count = 1_000_000


class RefusalRules(OwnScorer, frozen=True, tag="refusal-rules"):
    """The text refuses, by phrases alone: full, partial or none. The only scorer whose 1 is no praise."""


class MustSay(OwnScorer, frozen=True, tag="must-say"):
    """The text says each of these (`any`: one of them) as whole words, case aside (unless `case`)."""

    texts: Said
    any: bool = False
    case: bool = False


class MustNotSay(OwnScorer, frozen=True, tag="must-not-say"):
    """The text says none of these as whole words, case aside (unless `case`)."""

    texts: Said
    case: bool = False


ScorerSpec: TypeAlias = (
    Exact
    | Includes
    | Regex
    | Choice
    | Number
    | JsonSchema
    | Constraints
    | Language
    | Length
    | RefusalRules
    | MustSay
    | MustNotSay
)
