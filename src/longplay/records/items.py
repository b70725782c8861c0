"""Questions and scripts as values. Knows nothing of files or models."""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from longplay.specs import Shot, wrong_shots


class Constraint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One programmatically checkable demand of an item; kinds and their arguments stand in `verifiers.CHECKS`."""

    kind: str
    args: dict[str, int | float | str | list[str]] = {}


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question of a probe, with a stable id. Which of the optional fields are used is the metric's matter.

    `persona`: id of the one persona whose item this is. `text_baseline`: the wording for the baseline, where the
    text names the persona. `baseline_item`: id of the item that is put to the baseline, and to nobody else, in this
    one's place; where several personas' items share it, its one answer is judged for each of them. `place`: the item's
    0-based place among those of its persona (or of nobody), which decides the sides of a comparison in one order.
    `choices`: what may be chosen, shown after the text with a letter each; the reference is the right letter or text.
    `label`, `kind`, `pair`, `focus`: of a refusal item. `dimension`, `key`: of a trait item. `passing`, `failing`:
    replies that keep and break the constraints, used by simulated models and tests. `turns`: what the user says before
    the text, each answered by the model; the answer to the text is the item's. `shots`: messages of examples before
    all of these, with answers that nobody gave.
    """

    id: str
    text: str
    text_baseline: str | None = None
    baseline_item: str | None = None
    persona: str | None = None
    reference: str | None = None
    choices: tuple[str, ...] = ()
    place: int | None = None
    label: str | None = None
    kind: str | None = None
    pair: str | None = None
    focus: str | None = None
    dimension: str | None = None
    key: Literal["+", "-"] | None = None
    tags: tuple[str, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    passing: str | None = None
    failing: str | None = None
    turns: tuple[str, ...] | UnsetType = UNSET  # left out, these are not written: items of earlier runs have none
    shots: tuple[Shot, ...] | UnsetType = UNSET

    @property
    def earlier(self) -> tuple[str, ...]:
        """What the user says before the text."""
        return () if self.turns is UNSET else self.turns

    @property
    def examples(self) -> tuple[Shot, ...]:
        """What stands before all that the user says."""
        return () if self.shots is UNSET else self.shots

    @property
    def right(self) -> int | None:
        """Which of its choices, from 0, is the right one: by its text, else by its letter; None where none is."""
        reference = (self.reference or "").strip()
        texts = [choice.strip().casefold() for choice in self.choices]
        if reference.casefold() in texts:
            return texts.index(reference.casefold())
        at = ord(reference.upper()) - ord("A") if len(reference) == 1 else -1
        return at if 0 <= at < len(texts) else None

    def wrong_shots(self) -> str:
        """What is wrong with the order of its examples; empty where nothing is."""
        return wrong_shots(self.examples)

    def with_choices(self, text: str) -> str:
        """A wording of this item with its choices below, a letter each; the text itself where it has none."""
        if not self.choices:
            return text
        options = "".join(f"\n{chr(ord('A') + i)}) {choice}" for i, choice in enumerate(self.choices))
        return f"{text}\n{options}\n\nAnswer with the letter of one of these."


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The user's side of a dialogue as written.

    `{persona}` in the remarks stands for the persona's name, `{model}` in the baseline's for the model's short name.
    `shuffle_seeds`: order k is `random.Random(shuffle_seeds[k - 1]).shuffle` over the questions, and there are no other
    orders; empty = any order, by the study's seed. `user`: what the model is told that plays the user once the
    questions are used up. `side`: who makes the turns, of users.USERS.
    """

    name: str
    kind: str
    questions: tuple[str, ...]
    opening: str | None = None
    closing: str | None = None
    opening_baseline: str | None = None
    closing_baseline: str | None = None
    shuffle_seeds: tuple[int, ...] = ()
    user: str | None = None
    side: str = "script"
