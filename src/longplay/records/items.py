"""Questions and scripts as values. Knows nothing of files or models."""

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from longplay.specs import Persona, Shot, wrong_shots

Accepted: TypeAlias = Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], Meta(min_length=1)]


class Constraint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One programmatically checkable demand of an item; kinds and their arguments stand in `verifiers.CHECKS`."""

    kind: str
    args: dict[str, int | float | str | list[str]] = {}


class Stated(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a user states a fact: in a question of a script, counted from 1 as written."""

    script: str
    question: Annotated[int, Meta(ge=1)]


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fact that a question of a script states (`question`, counted from 1 as written), and how it is asked for:
    `ask` literally, `infer` by one inference. An answer must hold one of the accepted ones as whole words, and none of
    those refused; `accept_inferred` and `refuse_inferred` are those of `infer`."""

    question: Annotated[int, Meta(ge=1)]
    ask: Annotated[str, Meta(min_length=1)]
    accept: Accepted
    refuse: tuple[str, ...] = ()
    infer: str = ""
    accept_inferred: tuple[str, ...] = ()
    refuse_inferred: tuple[str, ...] = ()


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
    all of these, with answers that nobody gave. `for_kind`: it is put to personas of this kind alone, and to the
    baseline, whose answer is judged as those; a kind that is not said is `fictional`. `accept`, `refuse`: of a recall
    item, what an answer must hold one of as whole words, and what it must not hold; `stated`: where a user states its
    fact.
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
    for_kind: Literal["fictional", "working"] | UnsetType = UNSET
    accept: Accepted | UnsetType = UNSET
    refuse: tuple[str, ...] | UnsetType = UNSET
    stated: Stated | UnsetType = UNSET

    def suits(self, persona: Persona) -> bool:
        """Whether it is put to personas of this one's kind."""
        return self.for_kind is UNSET or (self.for_kind == "working") == persona.at_work

    @property
    def accepted(self) -> tuple[str, ...]:
        """What an answer must hold one of, where its fact is looked for."""
        return () if self.accept is UNSET else self.accept

    @property
    def refused(self) -> tuple[str, ...]:
        """What an answer must not hold."""
        return () if self.refuse is UNSET else self.refuse

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

    def after_turns(self, text: str, replies: Sequence[str]) -> str:
        """A wording of this item below what was said before it, as people and judges read it; the text itself where it
        has no earlier turns. `replies`: to these; where they are not known, the turns stand alone."""
        if not self.earlier:
            return text
        heard = replies if len(replies) == len(self.earlier) else [""] * len(self.earlier)
        lines: list[str] = []
        for turn, reply in zip(self.earlier, heard, strict=True):
            lines += [f"User: {turn}", *([f"Reply: {reply}"] if reply else [])]
        return "\n".join([*lines, f"User: {text}"])


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The user's side of a dialogue as written.

    `{persona}` in the remarks stands for the persona's name, `{model}` in the baseline's for the model's short name.
    `shuffle_seeds`: order k is `random.Random(shuffle_seeds[k - 1]).shuffle` over the questions, and there are no other
    orders; empty = any order, by the study's seed. `user`: what the model is told that plays the user once the
    questions are used up. `side`: who makes the turns, of users.USERS. `facts`:
    what its questions state, which the probe `recall` asks for.
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
    facts: tuple[Fact, ...] | UnsetType = UNSET  # left out, they are not written: scripts of earlier runs have none
