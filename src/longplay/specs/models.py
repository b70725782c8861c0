"""What a study says of a model: where it is, how it is sampled, what it can take, what it costs. No tests on names."""

from functools import cached_property
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from longplay.specs.fingerprint import fingerprint

Unit = Annotated[float, Meta(ge=0, le=1)]
Level = Annotated[float, Meta(ge=1, le=5)]
Positive = Annotated[int, Meta(ge=1, le=10**15)]
Extra = str | int | float | bool
EndingWord = Annotated[str, Meta(min_length=1, max_length=200)]
ServerKey = Annotated[str, Meta(min_length=1, max_length=200)]


class Sampling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How replies are drawn. A field left out is not sent. `seed` + the request's draw is the seed on the wire."""

    temperature: Annotated[float, Meta(ge=0, le=2)] | None = 0.0
    top_p: Annotated[float, Meta(gt=0, le=1)] | None = None
    max_tokens: Positive = 1024
    seed: Annotated[int, Meta(ge=0, lt=2**31)] | None = None
    stop: tuple[str, ...] = ()


class Prices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Prices in one currency per million tokens; `cached` and `written` are those of prompt tokens read from a cache
    and written into one, where they differ from `input`."""

    input: Annotated[float, Meta(ge=0)] = 0.0
    cached: Annotated[float, Meta(ge=0)] | None = None
    written: Annotated[float, Meta(ge=0)] | None = None
    output: Annotated[float, Meta(ge=0)] = 0.0

    def cost(self, prompt: int, cached: int, completion: int, written: int = 0) -> float:
        """Cost of calls (tokens); `cached` and `written` are parts of `prompt`."""
        parts = (
            (prompt - cached - written, self.input),
            (cached, self.input if self.cached is None else self.cached),
            (written, self.input if self.written is None else self.written),
            (completion, self.output),
        )
        return sum(tokens * price for tokens, price in parts) / 1e6


class Curve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A planted mean over rounds: from `start` (no rounds) to `end`, linearly by round `at`, in one step after `at`
    rounds, or exponentially with half-life `at` (plateau)."""

    start: float
    end: float
    shape: Literal["linear", "step", "plateau"] = "plateau"
    at: Positive = 20

    def mean(self, rounds: int) -> float:
        """The planted mean after `rounds` completed rounds."""
        if self.shape == "step":
            moved = 1.0 if rounds > self.at else 0.0
        elif self.shape == "linear":
            moved = min(rounds / self.at, 1.0)
        else:
            moved = 1.0 - 0.5 ** (rounds / self.at)
        return self.start + (self.end - self.start) * moved


class PlantedRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`says`: words at the end of a round's reply, with the probability `kept` in a persona's dialogue and `baseline`
    in one of nobody's."""

    says: Annotated[str, Meta(min_length=1, max_length=200)]
    kept: Curve
    baseline: Unit = 0.0


class SpeakerPlant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a simulated speaker does. Fidelity as mean level 1-5, all else as probabilities.

    Curves hold for goal-oriented scripts; those named in `directed_scripts` move by `directed` of the distance. A
    persona's fidelity differs from the curve by an effect with standard deviation `persona_sd`. `quality` (general
    items) and `role` (a persona's own items) are mean scores against the reference: win 1, tie 0.5, loss 0. `partial`:
    share of the refusals that help a little all the same, and of the harmful texts that are vague. `harm`: of rounds
    and of answers to unsafe items, whatever they decline, the baseline's at its start; left out, nothing harms.
    `rule`: words that rounds close with. `contradiction`: probability that a text leaves the position that
    the texts of its dialogue share; dialogues have theirs by chance, answers all have one. `card_contradiction`: that
    it contradicts the card. `sentences`: share of its sentences that are in character. Of these three the baseline has
    the start; left out, no reply shows any of them.
    `recall`: share of facts recalled so many rounds after they were told, those of the card from the start.
    `traits`: share of a persona's distance from the middle trait level that is kept. The baseline stands still, and
    so do neutral speakers, who are like it but for `neutral_fidelity`.
    """

    fidelity: Curve = Curve(4.7, 3.2)
    following: Curve = Curve(0.62, 0.72)
    refusal_unsafe: Curve = Curve(0.56, 0.84)
    refusal_safe: Curve = Curve(0.12, 0.2)
    quality: Curve = Curve(0.62, 0.7)
    role: Curve = Curve(0.6, 0.45)
    traits: Curve = Curve(1.0, 0.4)
    baseline_fidelity: Level = 1.5
    baseline_following: Unit = 0.75
    baseline_refusal_unsafe: Unit = 0.88
    baseline_refusal_safe: Unit = 0.08
    baseline_quality: Unit = 0.72
    baseline_role: Unit = 0.25
    partial: Unit = 0.25
    directed: Unit = 0.4
    directed_scripts: tuple[str, ...] = ("persona-directed",)
    persona_sd: Annotated[float, Meta(ge=0)] = 0.15
    empty_rate: Unit = 0.0
    cut_rate: Unit = 0.0
    harm: Curve | UnsetType = UNSET  # left out, these are in no fingerprint either
    neutral_fidelity: Level | UnsetType = UNSET
    rule: PlantedRule | UnsetType = UNSET
    contradiction: Curve | UnsetType = UNSET
    card_contradiction: Curve | UnsetType = UNSET
    sentences: Curve | UnsetType = UNSET
    recall: Curve | UnsetType = UNSET


class JudgePlant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a simulated judge does.

    `accuracy`: probability of the true level; the rest goes to the neighbouring levels equally, at an end of the scale
    to its one neighbour. `position_bias`: probability that a comparison is answered A unread. `unparsable_rate`:
    probability of a reply that names no result. `changes_after`: after so many judgements of one run it sees one level
    less, as a judge that is updated does; None = never. `wrong_persona`: the mean level that it sees in a persona's
    text when it is asked about another persona; left out, it does not tell personas apart.
    """

    accuracy: Unit = 0.85
    position_bias: Unit = 0.05
    unparsable_rate: Unit = 0.0
    changes_after: Annotated[int, Meta(ge=0)] | UnsetType = UNSET  # left out, these are in no fingerprint either
    wrong_persona: Level | UnsetType = UNSET


class ModelSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """A model behind an API (`provider/name`) and the facts needed to talk to it; `dict` only for cached identity."""

    name: str
    base_url: str | None = None
    base_urls: tuple[str, ...] = ()
    api_key_env: str | None = None
    label: str | None = None
    sampling: Sampling = Sampling()
    probe_sampling: Sampling = Sampling()
    system_role: Literal["system", "developer", "user"] = "system"
    preamble: str | None = None
    reasoning: Literal["strip", "keep"] = "strip"
    empty_turn: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    finish: Literal["named", "unnamed"] = "named"
    endings: dict[EndingWord, Literal["stop", "length", "filter"]] = {}
    context_window: Positive | None = None
    cache_tokens: Positive | None = None
    prices: Prices | None = None
    concurrency: Annotated[int, Meta(ge=1, le=1024)] = 16
    timeout_s: Annotated[float, Meta(gt=0)] = 600.0
    attempts: Annotated[int, Meta(ge=1, le=20)] = 6
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    not_settable: tuple[Literal["temperature", "top_p", "seed", "stop", "logprobs"], ...] = ()
    requests_per_minute: Positive | None = None
    tokens_per_minute: Positive | None = None
    cache_salt: ServerKey | None = None
    prompt_cache_key: ServerKey | None = None  # "dialogue": a key of its own for every dialogue
    cache: bool | None = None
    extra_body: dict[str, Extra | dict[str, Extra | dict[str, Extra]]] = {}
    speaker: SpeakerPlant | None = None
    judge: JudgePlant | None = None

    @property
    def title(self) -> str:
        """The name used in keys, tables and reports."""
        return self.label or self.name

    def servers(self) -> "tuple[ModelSpec, ...]":
        """This model once for each server that it has; a dialogue stays with one of them."""
        if not self.base_urls:
            return (self,)
        return tuple(msgspec.structs.replace(self, base_url=url, base_urls=()) for url in self.base_urls)

    @property
    def provider(self) -> str:
        """The part before the first slash."""
        return self.name.partition("/")[0]

    @property
    def model(self) -> str:
        """The name as the server knows it: all after the first slash."""
        return self.name.partition("/")[2]

    @property
    def short_name(self) -> str:
        """What people call it: the name's last part, such as gemma-3-4b-it."""
        return self.name.rpartition("/")[2]

    @property
    def simulated(self) -> bool:
        """Whether the numbers of this model come from a simulation; every place that shows them must say so."""
        return self.provider == "sim"

    @property
    def imported(self) -> bool:
        """Whether this only names who spoke or judged in imported texts: nothing can be asked of it."""
        return self.provider == "imported"

    @cached_property
    def identity(self) -> str:
        """Fingerprint of everything beside messages and sampling that decides a reply; addresses and limits do not.

        The label is part of it: two servers may serve different models under one name.
        """
        return fingerprint(
            [
                self.name,
                self.label,
                self.system_role,
                self.preamble,
                self.reasoning,
                self.not_settable,
                self.speaker,
                self.judge,
                *([self.extra_body] if self.extra_body else []),
                *([["empty_turn", self.empty_turn]] if self.empty_turn is not None else []),
            ]
        )
