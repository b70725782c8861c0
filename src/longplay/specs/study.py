"""The study: one TOML file is one experiment. Values only; reading and checking stand in `reading`."""

from enum import StrEnum
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import UNSET, Meta, UnsetType

from longplay.specs.models import Level, ModelSpec, Positive
from longplay.specs.own_parts import ProbeSpec, RuleSpec
from longplay.specs.own_rubrics import RubricSpec
from longplay.specs.own_scorers import ScorerSpec

TRAITS = ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")
CORE_CHECKPOINTS = (0, 1, 2, 4, 8, 16, 32, 56, 79, 102)

CONTRASTS = ("last-first", "early", "gap", "script", "model", "version", "policy")
Form = Literal[
    "ours",
    "preamble",
    "parity",
    "own-0",
    "previous",
    "paper",
    "paper-blind",
    "paper-own-0",
    "paper-previous",
]
PAPER_FORMS: frozenset[Form] = frozenset(("paper", "paper-blind", "paper-own-0", "paper-previous"))
Labels = Literal["annotation", "pdb", "none"]
NeutralKind = Literal["short", "long"]

RoleKind = Literal["model", "judge", "user", "helper"]
ROLE_KINDS: tuple[RoleKind, ...] = get_args(RoleKind)
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Rounds = Annotated[int, Meta(ge=2, le=10_000)]
Order = Annotated[int, Meta(ge=0, le=1_000_000)]
Draws = Annotated[int, Meta(ge=1, le=10_000)]
Text = Annotated[str, Meta(max_length=100_000)]
FullText = Annotated[str, Meta(min_length=1, max_length=100_000)]
Keys = Annotated[tuple[Name, ...], Meta(max_length=200)]


class PersonaKind(StrEnum):
    """Whether a persona is somebody made up or somebody at work (a tutor, a nurse, a support agent), or no persona."""

    NOT_SAID = ""
    FICTIONAL = "fictional"
    WORKING = "working"
    NEUTRAL = "neutral"  # nobody: a system message that gives no persona; no file can write it

    @classmethod
    def _missing_(cls, value: object) -> "PersonaKind":
        """Runs of 0.2.0 and earlier kept any word. Files are read more strictly, see `WrittenPersona`."""
        return cls.FICTIONAL if value == "character" else cls.NOT_SAID


class LoreEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a persona knows of one subject, told to the model when the subject comes up.

    `keys`: words that call it up, any of them; with `secondary_keys` one of those must be there as well. `always`: it
    stands there in any case.
    """

    keys: Keys = ()
    content: FullText
    always: bool = False
    secondary_keys: Keys = ()


Lore = Annotated[tuple[LoreEntry, ...], Meta(max_length=1_000)]
CARRIED = ("greeting", "lore", "after_history")  # of a persona: kept with the run, and not yet sent by any policy


class Persona(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Name and description a model is told to be. `None` in place of a persona is the baseline, never a magic name.

    `traits`: target levels (1-5) of the Big Five named in TRAITS, where they are known. `message`: the whole system
    message, where it is not longplay's own. `greeting`: what the persona says first. `lore`: in the order in which
    entries that are called up together stand. `after_history`: a text to stand after the rounds so far.
    """

    id: Name
    name: Name
    description: FullText
    kind: PersonaKind = PersonaKind.NOT_SAID
    traits: dict[str, Level] = {}
    message: str = ""
    greeting: Text = ""
    lore: Lore = ()
    after_history: Text = ""

    @property
    def at_work(self) -> bool:
        """Whether it is somebody at work; a kind that is not said is somebody made up."""
        return self.kind == PersonaKind.WORKING

    def continues(self, begun: "Persona") -> bool:
        """Whether a run that began with the persona `begun` may go on with this one: they are equal, or `begun` lacks
        what no reply depends on (`kind` and CARRIED), as in runs of versions that did not read it."""
        told = {name: getattr(begun, name) or getattr(self, name) for name in ("kind", *CARRIED)}
        return msgspec.structs.replace(begun, **told) == self


class WrittenPersona(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A persona as it is written in a study or a file of personas; its id is made from its name where none is given."""

    id: Name | None = None
    name: Name
    description: FullText
    kind: Literal["", "fictional", "working"] = ""
    traits: dict[str, Level] = {}
    message: str = ""
    greeting: Text = ""
    lore: Lore = ()
    after_history: Text = ""


class Dialogues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which dialogues are played: every model x (personas + baseline) x script x order x draw.

    `personas`: bundled names, persona files, or written inline; left out = all of the battery. The baseline has no
    variance over personas, so it gets `baseline_draws` dialogues instead of `draws`. `neutral`: further baselines with
    a system message that gives no persona; the texts of a kind share as many dialogues. `imported`: the dialogues are
    those that `longplay import` put into the run folder; none is played; scripts, orders, draws and rounds are theirs.
    """

    personas: tuple[Name | WrittenPersona, ...] | None = None
    baseline: bool = True
    baseline_draws: Draws = 4
    neutral: tuple[NeutralKind, ...] | UnsetType = UNSET  # left out, it is not written either
    scripts: tuple[Name, ...] = ("persona-directed", "goal-oriented")
    rounds: Rounds = 102
    orders: tuple[Order, ...] = (0,)
    draws: Draws = 1
    policy: Name = "plain"
    imported: bool = False

    def neutral_draws(self, texts: int) -> int:
        """Dialogues of each neutral text where a kind has so many texts."""
        return -(-self.baseline_draws // texts)


class Conditioning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where dialogues are cut and how items are asked after each prefix.

    `checkpoints`: a count (spread evenly, the last is the last round) or the rounds themselves. `draws_at_0` repeats
    every item before the dialogue, which costs little and gives the noise of asking. `repeats`: so many answers at the
    first, middle and last checkpoint of each dialogue are asked for again with equal bytes, which shows whether the
    server answers the same. `noise_share`: this share of the items is answered twice there where others are once, and
    their answers and the round before judged twice, which shows what answering and judging again would change.
    `on_cut = "stop"` ends a dialogue at a reply cut at max_tokens.
    """

    checkpoints: Annotated[int, Meta(ge=2, le=10_000)] | tuple[Annotated[int, Meta(ge=0)], ...] | None = None
    orders: tuple[Order, ...] = (0,)
    policies: tuple[Name, ...] = ("plain",)
    draws: Draws = 1
    draws_at_0: Draws = 2
    repeats: Annotated[int, Meta(ge=0, le=10_000)] = 4
    noise_share: Annotated[float, Meta(ge=0, le=1)] = 0.1
    on_cut: Literal["keep", "stop"] = "keep"


class Judging(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often each judgement is repeated, which metrics score the rounds, and in which forms metrics are judged.

    `order`: `played` judges texts as they come in; `random` when all are there, the checkpoints mixed, so that a
    judge that changes with time looks like no drift. `forms`: left out = `ours`, and `paper` for the paper's battery.
    A form that a metric does not have adds nothing. `strip_answers`: characters taken off the end of an answer to an
    item before it is scored; what is kept and shown is the answer as it was given. `wrong_persona`: this share of the
    rounds and of the items is judged as another persona too, by metrics that see one: the floor of these metrics.
    """

    repeats: Draws = 1
    rounds: tuple[Name, ...] = ("knowledge", "style", "in-character")
    order: Literal["played", "random"] | UnsetType = UNSET  # left out, it is not written either
    forms: tuple[Form, ...] | None = None
    strip_answers: Annotated[str, Meta(max_length=100)] = ""
    wrong_persona: Annotated[float, Meta(gt=0, le=1)] | UnsetType = UNSET  # left out, it is not written either


class Caps(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The most that may be spent: `cost` in the currency of the prices, `requests` with every try, `tokens` of prompts
    and replies."""

    cost: Annotated[float, Meta(gt=0)] | None = None
    requests: Positive | None = None
    tokens: Positive | None = None


class CapsByRole(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Caps of all models that play one kind of role together."""

    model: Caps | None = None
    judge: Caps | None = None
    user: Caps | None = None
    helper: Caps | None = None


class Budget(Caps, frozen=True, forbid_unknown_fields=True):
    """Caps of the whole run, and of `roles` in it; reaching one ends the run cleanly with everything kept."""

    roles: CapsByRole | UnsetType = UNSET  # left out, it is not written either

    def of(self, kind: RoleKind) -> Caps:
        """The caps of one kind of role, which may be none."""
        found: Caps | None = getattr(self.roles, kind, None)
        return Caps() if found is None else found


class Entry(msgspec.Struct, frozen=True):
    """A member of a family: a contrast, of one named quantity or (None) of all primary ones."""

    contrast: str
    quantity: str | None = None

    @property
    def written(self) -> str:
        """As a study file writes it."""
        return self.contrast if self.quantity is None else f"{self.contrast}/{self.quantity}"


class Analysis(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was decided before the data: hashed apart, may change, and estimates then say "changed after data".

    `contrasts`: which of CONTRASTS are estimated. `families`: by name, contrasts that are corrected together, each
    `CONTRAST` (of all primary quantities) or `CONTRAST/QUANTITY`; left out, the last-first contrasts of the primary
    quantities are one family. `margins`: by quantity, in its units. `versions`: by the version's name, persona ids and
    the persona ids of the characters that they are versions of. `bfi_labels`: which set of InCharacter's
    labels the profiles of the probe `bfi` are held against.
    """

    primary: tuple[Name, ...] = ("knowledge", "style", "in-character")
    contrasts: tuple[Name, ...] = CONTRASTS
    families: dict[Name, tuple[Name, ...]] = {}
    margins: dict[Name, Annotated[float, Meta(gt=0)]] = {}
    versions: dict[Name, dict[Name, Name]] = {}
    alpha: Annotated[float, Meta(gt=0, lt=0.5)] = 0.05
    bfi_labels: Labels | None = None

    @property
    def entries(self) -> dict[str, tuple[Entry, ...]]:
        """The members of each family, as the study file writes them: `CONTRAST` or `CONTRAST/QUANTITY`."""
        return {name: tuple(Entry(*entry.split("/", 1)) for entry in of) for name, of in self.families.items()}


class Study(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything a run is asked for.

    `judge` is the first judge; a file has either `[judge]` alone or all of them as `[[judges]]`. `users` play the
    user's side where a script leaves it to a model, `helpers` answer what policies and rubrics ask beside. The first of
    a kind is the one that is meant where no name is given; a name is a model's title. `scorers` and `rubrics`: metrics
    of the study's own, which probes and `judging.rounds` name. `rules`: what personas are told beside their
    own words. `plugins`: the packages whose plug-ins the study uses,
    with their versions; a run's own study.toml names them all.
    """

    models: Annotated[tuple[ModelSpec, ...], Meta(min_length=1)]
    judge: ModelSpec
    further_judges: tuple[ModelSpec, ...] = msgspec.field(default=(), name="judges")
    users: tuple[ModelSpec, ...] = ()
    helpers: tuple[ModelSpec, ...] = ()
    title: str = ""
    seed: Annotated[int, Meta(ge=0, lt=2**31)] = 0
    battery: Name = "core"
    dialogues: Dialogues = Dialogues()
    conditioning: Conditioning = Conditioning()
    probes: tuple[ProbeSpec, ...] | None = None  # None: every probe of the battery
    scorers: tuple[ScorerSpec, ...] = ()
    rubrics: tuple[RubricSpec, ...] = ()
    rules: tuple[RuleSpec, ...] = ()
    judging: Judging = Judging()
    budget: Budget = Budget()
    analysis: Analysis = Analysis()
    plugins: dict[Name, Name] = {}

    @property
    def judges(self) -> tuple[ModelSpec, ...]:
        """All judges, the first one first."""
        return (self.judge, *self.further_judges)

    @property
    def placed_roles(self) -> "tuple[tuple[str, RoleKind, ModelSpec], ...]":
        """Every model with its place in the file, such as `models[0]`, and the kind of role that it plays: those under
        test first, then judges, users and helpers."""
        kinds: tuple[tuple[str, RoleKind, tuple[ModelSpec, ...]], ...] = (
            ("models", "model", self.models),
            ("judges" if self.further_judges else "", "judge", self.judges),
            ("users", "user", self.users),
            ("helpers", "helper", self.helpers),
        )
        return tuple(
            (f"{key}[{i}]" if key else kind, kind, spec)  # the one judge is the table [judge]
            for key, kind, specs in kinds
            for i, spec in enumerate(specs)
        )

    @property
    def roles(self) -> "tuple[tuple[RoleKind, ModelSpec], ...]":
        """The same without their places."""
        return tuple((kind, spec) for _, kind, spec in self.placed_roles)

    @property
    def checkpoints(self) -> tuple[int, ...]:
        """Numbers of completed rounds after which items are asked, increasing."""
        asked, rounds = self.conditioning.checkpoints, self.dialogues.rounds
        if asked is None:
            return (*(c for c in CORE_CHECKPOINTS if c < rounds), rounds)
        if isinstance(asked, int):
            return tuple(i * rounds // (asked - 1) for i in range(asked))
        return asked

    @property
    def rounds_scored_by(self) -> tuple[str, ...]:
        """The metrics of rounds: those that `judging.rounds` names, and the scorers of rules."""
        return tuple(dict.fromkeys((*self.judging.rounds, *(rule.scorer for rule in self.rules))))

    @property
    def forms(self) -> tuple[Form, ...]:
        """The forms in which metrics are judged."""
        if self.judging.forms is not None:
            return self.judging.forms
        return ("paper",) if self.battery == "paper" else ("ours",)

    @property
    def simulated(self) -> bool:
        """Whether any number of this study comes from a simulation."""
        return any(model.simulated for _, model in self.roles)
