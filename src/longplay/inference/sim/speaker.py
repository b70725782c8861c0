"""A simulated model under test: replies whose fidelity, following, refusal and quality follow planted curves.

Every reply but those to items that bring their own ends with a marker that holds its planted state. Everything is a
function of seed, request and what the request is for; must not walk the prefix, so that long dialogues cost no more.
"""

from functools import lru_cache
from statistics import NormalDist

import msgspec
from msgspec import UNSET

from longplay.inference.sim import plant as planted
from longplay.inference.sim import sentences
from longplay.inference.sim.chance import digest, pick, request_key, seed_of, units, usage, write_marker
from longplay.inference.sim.first_tokens import first_tokens
from longplay.inference.sim.plant import Situation
from longplay.records import Cell, Item, Likely, Occasion, Reply, Request, RoundRef, TextRef
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
        if item is not None and item.accepted:
            return self._recalled(item, situation, chances[0])
        state = self._state(persona, situation, occasion, chances) | self._claims(occasion, situation, key)
        voice = digest(0, persona.encode(), "voice") if persona is not None else b""
        text = sentences.reply(digest(self.seed, key, "text"), voice, state["style"], state["refusal"])
        return f"{text}{self._rule(occasion, situation, key)} {write_marker(state)}"

    def _rule(self, occasion: Occasion | None, situation: Situation, key: bytes) -> str:
        """Words that a round closes with where the planted rule is kept."""
        rule = self.plant.rule
        if rule is UNSET or occasion is None or not isinstance(occasion.ref, RoundRef):
            return ""
        kept = units(self.seed, key, "rule")[0] < planted.keeping(self.plant, situation)
        return f" {rule.says}" if kept else ""

    def _claims(self, occasion: Occasion | None, situation: Situation, key: bytes) -> dict[str, str]:
        """What a text holds of its dialogue's position and of the card, and which share of it is in character."""
        plant, found = self.plant, dict[str, str]()
        left, which, against = units(self.seed, key, "claims")[:3]
        if plant.contradiction is not UNSET:
            own = self._position(occasion)
            others = [one for one in planted.POSITIONS if one != own]
            leaves = left < planted.rate(plant.contradiction, plant, situation)
            found["position"] = others[int(which * len(others))] if leaves else own
        if plant.card_contradiction is not UNSET:
            broken = against < planted.rate(plant.card_contradiction, plant, situation)
            found["card"] = planted.CONTRADICTIONS[2 if broken else 0]
        if plant.sentences is not UNSET:
            found["sentences"] = f"{planted.rate(plant.sentences, plant, situation):.3f}"
        return found

    def _position(self, occasion: Occasion | None) -> str:
        """Of a dialogue's rounds by chance; of answers the first, since dialogues share those before them."""
        ref = occasion.ref if occasion is not None else None
        if not isinstance(ref, RoundRef):
            return planted.POSITIONS[0]
        key = repr(ref.dialogue).encode()
        return planted.POSITIONS[int(units(self.seed, key, "position")[0] * len(planted.POSITIONS))]

    def _recalled(self, item: Item, situation: Situation, chance: float) -> str:
        """An answer to a recall item; a fact of a script counts from its place in the script as written."""
        said = item.stated is not UNSET
        if item.stated is not UNSET:
            since = situation.rounds - item.stated.question
            situation = msgspec.structs.replace(situation, rounds=since)
        known = chance < planted.recalling(self.plant, situation, said=said)
        return f"It is {item.accepted[0]}, as I recall." if known else "I do not remember that."

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
            "knowledge": planted.level(mean, chances[1]),
            "style": planted.level(mean, chances[2]),
            "in-character": planted.level(mean, chances[3]),
            "refusal": _graded(refuses, self.plant.partial, chances[4], planted.REFUSALS),
            "trait": planted.level(self._trait(persona, occasion, situation), chances[5]),
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
