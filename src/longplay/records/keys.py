"""What has an identity: dialogues, answers, rounds, verdicts. Keys and values only."""

from typing import Literal, TypeAlias

import msgspec

from longplay.records.items import Item
from longplay.records.messages import Likely, Reason, Status
from longplay.specs import Persona


class DialogueKey(msgspec.Struct, frozen=True, order=True):
    """One dialogue. `model` is the model's title, `persona` an id or None (the baseline)."""

    model: str
    persona: str | None
    script: str
    order: int = 0
    policy: str = "plain"
    draw: int = 0


class Cell(msgspec.Struct, frozen=True):
    """One answer: an item asked after `checkpoint` completed rounds of a dialogue."""

    dialogue: DialogueKey
    checkpoint: int
    ask_persona: str | None
    ask_policy: str
    probe: str
    item: str
    draw: int = 0


ROUNDS = "rounds"
"""The source of scores of rounds; any other source is a probe."""


class RoundRef(msgspec.Struct, frozen=True):
    """One round of a dialogue; the first is 1, so that checkpoint t stands after round t."""

    dialogue: DialogueKey
    round: int


class TextRef(msgspec.Struct, frozen=True):
    """A text that comes with longplay, such as one that judges are tried on. Other words have another name."""

    set: str
    name: str


Ref: TypeAlias = RoundRef | Cell | TextRef
"""What a verdict may be about."""
SubjectKind = Literal["round", "answer", "text"]
JudgeKind = Literal["model", "program", "person"]


class Shown(msgspec.Struct, frozen=True):
    """What a judge is shown: one answer, the choices it has, and in a comparison the other text and which one is ours.

    For simulated judges, whose prompts are of many forms; they go by the field `planted` of a simulated text, if any.
    `lines`: where several scores are asked for at once, the name and the choices of each.
    """

    answer: str
    choices: tuple[str, ...]
    other: str = ""
    letter: Literal["A", "B"] | None = None
    planted: str = ""
    lines: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Occasion(msgspec.Struct, frozen=True):
    """What a request is for. Travels beside the messages, never on the wire.

    `metric` is set where a judge is asked; then `ref` is what is judged, and `shown` how. `persona` is the one that is
    asked. `step` counts the calls of one occasion.
    """

    ref: Ref
    item: Item | None = None
    metric: str | None = None
    judged_as: str | None = None
    repeat: int = 0
    step: int = 0
    persona: Persona | None = None
    shown: Shown | None = None


class Exchange(msgspec.Struct, frozen=True):
    """A round as a judge is shown it: its number, the user's turn and the reply."""

    number: int
    user: str
    reply: str


class Subject(msgspec.Struct, frozen=True):
    """What a rubric sees: one user turn and one answer. `persona`: whose description the judge sees, None = blind.

    `reference`: the model's own earlier answer, for metrics that compare with it; None where it was not obtained.
    `before`: rounds of the dialogue before it, as many as the metric's judge is shown, in their order.
    `likeliest`: what the answer's first token could have been, as far as the server said.
    """

    ref: Ref
    question: str
    answer: str
    persona: Persona | None = None
    item: Item | None = None
    repeat: int = 0
    reference: str | None = None
    before: tuple[Exchange, ...] = ()
    likeliest: tuple[Likely, ...] = ()


class Verdict(msgspec.Struct, frozen=True):
    """One score of one text. `score` is None exactly where status is `missing`.

    `part`: a sentence or claim of the text by a short name, None = all of it. `judge` is a model's title, `person/NAME`
    (see judging/people) or `verifier`; `judge_kind` says which of these. `method` fingerprints judge, rubric and parser
    (or verifier version, or what a person was asked): verdicts of several methods stand beside each other. `label` is
    the category behind the score, such as `win` or `partial`; `why` the judge's reasoning or the constraints that
    failed, as untrusted text.
    """

    ref: Ref
    metric: str
    judge: str
    method: str
    status: Status
    score: float | None = None
    label: str | None = None
    reason: Reason | None = None
    judged_as: str | None = None
    repeat: int = 0
    why: str = ""
    part: str | None = None
    judge_kind: JudgeKind = "model"


class VerdictSet(msgspec.Struct, frozen=True, order=True):
    """Whose verdicts stand together: those of one metric by one judge and method."""

    metric: str
    judge: str
    method: str
    judge_kind: JudgeKind = "model"
