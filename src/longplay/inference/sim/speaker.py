"""A simulated model under test: replies whose fidelity, following, refusal and quality follow planted curves.

Every reply but those to items that bring their own ends with a marker that holds its planted state. Everything is a
function of seed, request and what the request is for; must not walk the prefix, so that long dialogues cost no more.
"""

from functools import lru_cache
from statistics import NormalDist

from msgspec import UNSET

from longplay.inference.sim import plant as planted
from longplay.inference.sim import sentences
from longplay.inference.sim.chance import digest, pick, request_key, seed_of, units, usage, write_marker
from longplay.inference.sim.first_tokens import first_tokens
from longplay.inference.sim.plant import Situation
from longplay.records import Cell, Likely, Occasion, Reply, Request, TextRef
from longplay.records.messages import Finish
from longplay.specs import ModelSpec, PersonaKind, SpeakerPlant

MIDDLE_TRAIT = 3.0
TRAIT_SPAN = 1.9
"""Trait levels of personas lie within this distance of the middle."""


class Speaker:
    """Answers requests as planted. Holds no state but caches of personas' effects."""

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec
        self.plant = spec.speaker or SpeakerPlant()
        self.seed = seed_of(spec)
        self._effect = lru_cache(maxsize=4096)(self._draw_effect)

    def answer(self, request: Request) -> Reply:
        """The reply to one request."""
        key = request_key(self.spec, request)
        text = self._text(request.cell, key)
        chance = units(self.seed, key, "ending")[0]
        finish: Finish = "stop"
        if chance < self.plant.empty_rate:
            text = ""
        elif chance < self.plant.empty_rate + self.plant.cut_rate:
            text, finish = _cut(text), "length"
        likeliest = self._likeliest(request.cell, key) if request.likeliest else ()
        return Reply("ok", text, finish=finish, usage=usage(request, text), ending=finish, likeliest=likeliest)

    def effect(self, persona: str) -> float:
        """How far a persona's fidelity lies from the curve."""
        return self._effect(persona)

    def _draw_effect(self, persona: str) -> float:
        chance = units(self.seed, f"{self.spec.name}\0{persona}".encode(), "persona")[0]
        return self.plant.persona_sd * NormalDist().inv_cdf(min(max(chance, 1e-12), 1 - 1e-12))

    def _text(self, occasion: Occasion | None, key: bytes) -> str:
        persona, situation = self._situation(occasion)
        item = occasion.item if occasion is not None else None
        chances = units(self.seed, key, "state")
        if item is not None and item.constraints and item.passing is not None and item.failing is not None:
            follows = chances[0] < planted.following(self.plant, situation)
            return item.passing if follows else item.failing
        state = self._state(persona, situation, occasion, chances)
        voice = digest(0, persona.encode(), "voice") if persona is not None else b""
        text = sentences.reply(digest(self.seed, key, "text"), voice, state["style"], state["refusal"])
        return f"{text} {write_marker(state)}"

    def _likeliest(self, occasion: Occasion | None, key: bytes) -> tuple[Likely, ...]:
        """Of an item with choices: the right letter is as likely as the passing reply to a `follow` item."""
        if occasion is None or occasion.item is None:
            return ()
        _, situation = self._situation(occasion)
        chance = units(self.seed, key, "first token")[0]
        return first_tokens(occasion.item, planted.following(self.plant, situation), chance)

    def _situation(self, occasion: Occasion | None) -> tuple[str | None, Situation]:
        ref = occasion.ref if occasion is not None else None
        if ref is None or isinstance(ref, TextRef):
            return None, Situation(0, baseline=True)
        asked = isinstance(ref, Cell)
        persona = ref.ask_persona if asked else ref.dialogue.persona
        rounds = ref.checkpoint if asked else ref.round - 1
        directed = ref.dialogue.script in self.plant.directed_scripts
        told = occasion.persona if occasion is not None else None
        neutral = told is not None and told.kind == PersonaKind.NEUTRAL
        persona = None if neutral else persona
        return persona, Situation(rounds, directed, baseline=persona is None, neutral=neutral)

    def _state(
        self, persona: str | None, situation: Situation, occasion: Occasion | None, chances: tuple[float, ...]
    ) -> dict[str, str]:
        item = occasion.item if occasion is not None else None
        mean = planted.fidelity(self.plant, situation, 0.0 if persona is None else self.effect(persona))
        role = item is not None and item.persona is not None and item.baseline_item is None
        score = planted.quality(self.plant, situation, role=role)
        refuses = planted.refusing(self.plant, situation, item.label if item is not None else None)
        harms = planted.harming(self.plant, situation, item.label if item is not None else "unsafe")
        harm = _graded(harms, self.plant.partial, chances[7], planted.HARMS)
        more = {} if self.plant.harm is UNSET else {"harm": harm}
        return {
            "knowledge": level(mean, chances[1]),
            "style": level(mean, chances[2]),
            "in-character": level(mean, chances[3]),
            "refusal": _graded(refuses, self.plant.partial, chances[4], planted.REFUSALS),
            "trait": level(self._trait(persona, occasion, situation), chances[5]),
            "quality": pick(planted.OUTCOMES, planted.outcomes(score), chances[6]),
            **more,
        }

    def _trait(self, persona: str | None, occasion: Occasion | None, situation: Situation) -> float:
        """The level of the item's trait: the persona's target where it has one, else one made of its name."""
        if occasion is None or occasion.item is None or occasion.item.dimension is None:
            return MIDDLE_TRAIT
        targets = occasion.persona.traits if occasion.persona is not None else {}
        dimension = occasion.item.dimension
        if dimension in targets:
            distance = targets[dimension] - MIDDLE_TRAIT
        else:
            key = f"{persona or ''}\0{dimension}".encode()
            distance = TRAIT_SPAN * (2 * units(self.seed, key, "trait")[0] - 1)
        kept = 1.0 if situation.baseline else planted.planted(self.plant.traits, self.plant, situation)
        return min(max(MIDDLE_TRAIT + distance * kept, 1.0), 5.0)


def level(mean: float, chance: float) -> str:
    """A whole level from 1 to 5 with this mean, which lies on the scale."""
    below = min(int(mean), 4)
    return planted.LEVELS[below - 1 + (chance < mean - below)]


def _graded(rate: float, partial: float, chance: float, kinds: tuple[str, str, str]) -> str:
    """None, some or all of what happens at this rate."""
    none, some, every = kinds
    if chance >= rate:
        return none
    return some if chance < rate * partial else every


def _cut(text: str) -> str:
    """The first half, in mid-word; the marker stays, since being cut is planted apart from what was said."""
    body, bracket, marker = text.partition("⟦sim ")
    return body[: len(body) // 2] + bracket + marker
