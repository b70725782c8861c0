"""What a run plays, asks and judges: who is asked what, and as whom it is judged. Knows no files and no sending."""

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from itertools import chain
from pathlib import Path

import msgspec
from msgspec import UNSET

from longplay.battery import BATTERIES, NEUTRAL_KINDS, NEUTRAL_TEXTS, OWN_PROMPTS, PaperPrompts, TraitLabels
from longplay.dialogue import spoken_to, user_turns
from longplay.experiment.imported_dialogues import Imported
from longplay.experiment.noise_sample import is_sampled, repeated_checkpoints, repeated_rounds
from longplay.judging import EDITION, METRICS, Metric, in_forms, metrics_with
from longplay.judging.owed import Panel, Scoring, Text
from longplay.plugged import Used
from longplay.probes import PROBES, metrics_for
from longplay.records import Cell, DialogueKey, Item, Role, RoundRef, Script, VerdictSet
from longplay.specs import ModelSpec, Persona, RoleKind, Sampling, Study, StudyError

KEYS = {"model": "[[models]]", "judge": "[judge]", "user": "[[users]]", "helper": "[[helpers]]"}


class Samplings(dict[Role, Sampling]):
    """How each role is sampled. Raises StudyError for one that the study does not name."""

    def __missing__(self, role: Role) -> Sampling:
        raise StudyError(unnamed(role))


def unnamed(role: Role) -> str:
    """What to do where somebody is asked whom the study does not name."""
    named = f"the {role.kind} {role.name!r}" if role.name else f"a {role.kind}"
    return f"this study needs {named}, and names none; add {KEYS[role.kind]} to the study file."


class Experiment(msgspec.Struct, frozen=True, dict=True):
    """What a run plays, asks and judges. `sources`: SHA-256 of every file read, by its name in the study or the data
    directory. `imported`: the dialogues where they are not played but were brought in. `prompts`: of the metrics in
    the paper's form. `labels`: by set, persona and trait, for the probe `bfi`. `notes`: what every reader of the
    numbers must be told because of the `battery` or of the `paper`'s form; "" = nothing. `edition`: of the words of our
    rubrics. `ended`: dialogues that their user has ended, and after how many rounds; a run adds to it. `plugins`: those
    that the study names. `recorded_metrics`: of probes that a run has recorded, also where they are not here now.
    `late`: see `judged_late`; runs of earlier versions have no such judgements. `neutral`: speakers that are told who
    nobody is; they are asked and judged as the baseline is, and are no personas.
    """

    study: Study
    personas: dict[str, Persona]
    scripts: dict[str, Script]
    probes: dict[str, tuple[Item, ...]]
    sources: dict[str, str]
    imported: Imported | None = None
    prompts: PaperPrompts = OWN_PROMPTS
    labels: TraitLabels = {}
    notes: dict[str, str] = {}
    outside: tuple[Path, ...] = ()
    edition: int = EDITION
    ended: dict[DialogueKey, int] = {}
    plugins: tuple[Used, ...] = ()
    recorded_metrics: dict[str, tuple[str, ...]] = {}
    late: bool = True
    neutral: dict[str, Persona] = {}

    @cached_property
    def models(self) -> dict[str, ModelSpec]:
        """Models under test by title, their seeds filled in from the study's."""
        return {role.name: spec for role, spec in self.roles.items() if role.kind == "model"}

    @cached_property
    def judge(self) -> ModelSpec:
        """The first judge, its seed filled in."""
        return self.judges[self.study.judge.title]

    @cached_property
    def judges(self) -> dict[str, ModelSpec]:
        """All judges by title, their seeds filled in, the first one first."""
        return {role.name: spec for role, spec in self.roles.items() if role.kind == "judge"}

    @cached_property
    def roles(self) -> dict[Role, ModelSpec]:
        """Who plays each role, by kind and title, their seeds filled in."""
        return {Role(kind, spec.title): _seeded(spec, self.study.seed) for kind, spec in self.study.roles}

    @cached_property
    def samplings(self) -> Mapping[Role, Sampling]:
        """How each role but the models under test is sampled; a role without a name is the first of its kind."""
        named = {role: spec.sampling for role, spec in self.roles.items() if role.kind != "model"}
        return Samplings({Role(role.kind): sampling for role, sampling in reversed(named.items())} | named)

    def first(self, kind: RoleKind) -> Role:
        """The role that is meant where one of this kind has no name. Raises StudyError where the study names none."""
        for role in self.roles:
            if role.kind == kind:
                return role
        raise StudyError(unnamed(Role(kind)))

    @cached_property
    def items(self) -> dict[tuple[str, str], Item]:
        """Every item by probe and id."""
        return {(probe, item.id): item for probe, items in self.probes.items() for item in items}

    @cached_property
    def metrics(self) -> dict[str, Metric]:
        """Every metric by name, with this run's prompts."""
        return metrics_with(self.prompts, self.edition)

    @cached_property
    def scored_by(self) -> dict[str, tuple[str, ...]]:
        """The metrics that score each probe's answers, in the forms that the study asks for."""
        named = {probe: metrics_for(self.study, probe) for probe in self.probes}  # imported answers may be to others
        here = {probe: names for probe, names in named.items() if names or probe in PROBES}
        found = {probe: in_forms(names, self.study.forms, METRICS) for probe, names in here.items()}
        elsewhere = {probe: names for probe, names in self.recorded_metrics.items() if probe not in found}
        return found | {probe: tuple(name for name in names if name in METRICS) for probe, names in elsewhere.items()}

    @cached_property
    def likeliest(self) -> dict[str, int]:
        """Of how many likeliest first tokens the log probabilities are asked for with the answers to each probe."""
        asked = {
            probe: [self.metrics[name].likeliest for name in self.scored_by.get(probe, ())] for probe in self.probes
        }
        return {probe: max(many, default=0) for probe, many in asked.items()}

    @cached_property
    def rounds_scored_by(self) -> tuple[str, ...]:
        """The metrics that score rounds, in the forms that the study asks for."""
        return in_forms(self.study.rounds_scored_by, self.study.forms, METRICS)

    @cached_property
    def verdict_sets(self) -> dict[tuple[str, str], VerdictSet]:
        """The sets of verdicts that the study gives as it is now, by metric and judge."""
        names = dict.fromkeys((*self.rounds_scored_by, *chain(*self.scored_by.values())))
        found = (self.metrics[name].verdict_set(judge) for name in names for judge in self.judges.values())
        return {(one.metric, one.judge): one for one in found}

    @property
    def marks(self) -> tuple[str, ...]:
        """What every reader of the numbers must be told, each once."""
        own = (
            f"{model.title} is judged by itself: the judge is the same model at the same server"
            for model in self.study.models
            if not model.simulated and not model.imported and any(_same(model, one) for one in self.study.judges)
        )
        return tuple(dict.fromkeys((*(note for note in self.notes.values() if note), *own)))

    @cached_property
    def _stands_in(self) -> dict[str, dict[str, Item]]:
        """Items put to the baseline in others' place, by id: the items they stand for, by persona."""
        found: dict[str, dict[str, Item]] = {}
        for item in self.items.values():
            if item.baseline_item is not None:
                those = found.setdefault(item.baseline_item, {})
                if item.persona in self.personas:
                    those[item.persona] = item
        return found

    def dialogues(self) -> Iterator[DialogueKey]:
        """Every dialogue, in the order in which they are started: models side by side, baseline first."""
        if self.imported is not None:
            yield from self.imported.turns
            return
        asked = self.study.dialogues
        for persona in self._speakers():
            for draw in range(self._dialogues_of(persona)):
                for script in self.scripts:
                    for order in asked.orders:
                        for model in self.models:
                            yield DialogueKey(model, persona, script, order, asked.policy, draw)

    def other_draw(self, key: DialogueKey) -> DialogueKey | None:
        """The next draw of a dialogue, after the last one the first; None where it is the only one."""
        draws = self._draws[msgspec.structs.replace(key, draw=0)]
        later = draws[(draws.index(key.draw) + 1) % len(draws)]
        return None if later == key.draw else msgspec.structs.replace(key, draw=later)

    @cached_property
    def _draws(self) -> dict[DialogueKey, list[int]]:
        found: dict[DialogueKey, list[int]] = {}
        for key in self.dialogues():
            found.setdefault(msgspec.structs.replace(key, draw=0), []).append(key.draw)
        return found

    def _speakers(self) -> Iterator[str | None]:
        if self.study.dialogues.baseline:
            yield None
        yield from self.neutral
        yield from self.personas

    def _dialogues_of(self, persona: str | None) -> int:
        """Dialogues of a speaker under each order of a script."""
        asked = self.study.dialogues
        if persona is not None and persona in self.neutral:
            return asked.neutral_draws(NEUTRAL_TEXTS[NEUTRAL_KINDS[persona]])
        return asked.draws if persona else asked.baseline_draws

    def as_whom(self, persona: str | None) -> str | None:
        """The persona that a speaker is asked and judged as; None for the baseline and for those who are told a neutral
        text."""
        return None if persona in self.neutral else persona

    def turns(self, key: DialogueKey) -> tuple[str | None, ...]:
        """The user's turns of a dialogue as they are written; None where the user's side makes them."""
        if self.imported is not None:
            return self.imported.turns[key]
        named = msgspec.structs.replace(self.scripts[key.script], name=key.script)  # as the study has it, for errors
        script, persona = spoken_to(named, self.models[key.model].short_name), self.persona(self.as_whom(key.persona))
        return user_turns(script, persona, self.study.dialogues.rounds, key.order, self.study.seed)

    def rounds(self, key: DialogueKey) -> int:
        """How many rounds a dialogue has when it is whole."""
        if self.imported is not None:
            return len(self.imported.turns[key])
        return self.ended.get(key, self.study.dialogues.rounds)

    def checkpoints(self, key: DialogueKey) -> tuple[int, ...]:
        """The study's checkpoints that a dialogue reaches."""
        return tuple(checkpoint for checkpoint in self.study.checkpoints if checkpoint <= self.rounds(key))

    def persona(self, name: str | None) -> Persona | None:
        """The persona, or the neutral speaker, of an id; None stays None, the baseline."""
        if name is None:
            return None
        return self.neutral[name] if name in self.neutral else self.personas[name]

    def asked(self, persona: str | None) -> tuple[tuple[str, Item], ...]:
        """(probe, item) pairs put to a persona: its own and the common ones; the baseline answers every persona's, or
        the items that stand in for them."""
        persona = self.as_whom(persona)
        return tuple(
            (probe, item)
            for probe, items in self.probes.items()
            if self.imported is None or probe in self.asking
            for item in items
            if self._asks(item, persona)
        )

    @cached_property
    def asking(self) -> frozenset[str]:
        """Probes that the study asks; imported answers to others need not be complete, and nobody asks for more."""
        specs = self.study.probes
        return frozenset(BATTERIES[self.study.battery].probes if specs is None else (spec.name for spec in specs))

    def _asks(self, item: Item, persona: str | None) -> bool:
        stands_for = self._stands_in.get(item.id)
        if stands_for is not None:
            return persona is None and bool(stands_for)
        if item.for_kind is not UNSET and not self._suited(item, persona):
            return False
        if item.persona is None:
            return True
        if persona is None:
            return item.baseline_item is None and item.persona in self.personas
        return item.persona == persona

    def draws(self, checkpoint: int) -> range:
        """Repeats of each item at a checkpoint."""
        conditioning = self.study.conditioning
        return range(conditioning.draws if checkpoint else max(conditioning.draws, conditioning.draws_at_0))

    def cells(self, key: DialogueKey, checkpoint: int) -> Iterator[Cell]:
        """Every answer that a dialogue owes at a checkpoint."""
        if key.order not in self.study.conditioning.orders:
            return
        asked = self.asked(key.persona)
        for policy in self.study.conditioning.policies:
            for draw in self.draws(checkpoint):
                for probe, item in asked:
                    yield Cell(key, checkpoint, key.persona, policy, probe, item.id, draw)
        if self.answers_twice(checkpoint):
            for probe, item in self.sample(key.persona):
                yield Cell(key, checkpoint, key.persona, self.study.conditioning.policies[0], probe, item, 1)

    def answers_twice(self, checkpoint: int) -> bool:
        """Whether the noise sample is answered twice here; no need where every item is."""
        return checkpoint in self._repeated and len(self.draws(checkpoint)) == 1

    def judged_twice(self, ref: RoundRef | Cell) -> bool:
        """Whether the judge sees this text, of the noise sample, twice; no need where it sees every text so often."""
        study = self.study
        if study.judging.repeats > 1 or not study.conditioning.noise_share:
            return False
        if isinstance(ref, RoundRef):
            return ref.round in repeated_rounds(study)
        if ref.checkpoint not in self._repeated or ref.ask_policy != study.conditioning.policies[0]:
            return False
        return not ref.draw and (ref.probe, ref.item) in self.sample(ref.dialogue.persona)

    def judged_late(self, ref: RoundRef | Cell) -> bool:
        """Whether the second judgement of this text, which is early, waits for the last texts of its dialogue: so it is
        seen whether the judge has changed meanwhile. Not where texts are judged in random order anyway."""
        if not self.late or self.judges_at_random or not self.judged_twice(ref):
            return False
        first, *later = self.study.checkpoints
        at = ref.round if isinstance(ref, RoundRef) else ref.checkpoint
        return bool(later) and at == (max(1, first) if isinstance(ref, RoundRef) else first)

    @cached_property
    def judges_across(self) -> bool:
        """Whether any round is held against one of another draw of its dialogue, which must be there first."""
        return any(self.metrics[name].across for name in self.rounds_scored_by)

    @property
    def judges_at_random(self) -> bool:
        """Whether judging follows playing, in random order: as the study says, else where there is nothing to play or
        ask."""
        if self.study.judging.order is not UNSET:
            return self.study.judging.order == "random"
        return self.imported is not None and not self.probes

    def sample(self, persona: str | None) -> Collection[tuple[str, str]]:
        """(probe, item) of the noise sample of a persona, asked in the first policy's way."""
        persona = self.as_whom(persona)
        if persona not in self._samples:
            share, asked = self.study.conditioning.noise_share, self.asked(persona)
            sampled = [(probe, item.id) for probe, item in asked if is_sampled(share, persona, probe, item.id)]
            self._samples[persona] = dict.fromkeys(sampled)
        return self._samples[persona].keys()

    @cached_property
    def _samples(self) -> dict[str | None, dict[tuple[str, str], None]]:
        return {}

    @cached_property
    def _repeated(self) -> tuple[int, ...]:
        return repeated_checkpoints(self.study)

    def unreached(self, key: DialogueKey, completed: int, first_lost: int) -> Iterator[RoundRef | Cell]:
        """What a dialogue that stopped after `completed` rounds will never have; rounds from `first_lost` on."""
        yield from (RoundRef(key, number) for number in range(first_lost, self.rounds(key) + 1))
        for checkpoint in self.checkpoints(key):
            if checkpoint > completed:
                yield from self.cells(key, checkpoint)

    def wording(self, item: Item, persona: str | None) -> str:
        """An item as it is put to a persona, or to the baseline without the persona's name."""
        persona_text = self.as_whom(persona) is not None or item.text_baseline is None
        return item.with_choices(item.text if persona_text else item.text_baseline or item.text)

    @cached_property
    def panel(self) -> Panel:
        """Who judges, and as which personas."""
        return Panel(tuple(self.judges.values()), tuple(self.personas), self.study.judging.repeats)

    @cached_property
    def owed(self) -> dict[Text, tuple[Scoring, ...]]:
        """What texts are owed, as far as it was looked up (see `workload.verdicts_due`)."""
        return {}

    def _suited(self, item: Item, persona: str | None) -> tuple[str, ...]:
        """Of one persona, or (None) of all, those of the kind that an item is for."""
        found = self.personas.items() if persona is None else ((persona, self.personas[persona]),)
        return tuple(name for name, one in found if item.suits(one))

    def stands_for(self, item: Item) -> tuple[str, ...] | None:
        """The personas as whom a baseline's answer to an item is judged: those whose own items it stands in for, or
        those of the kind that it is for; None where it is for everybody."""
        those = self._stands_in.get(item.id)
        if those is None and item.for_kind is not UNSET:
            return self._suited(item, None)
        return None if those is None else tuple(those)

    def judged_item(self, item: Item, seen: str | None) -> Item:
        """The item whose reference counts when an answer is judged as `seen`: the persona's own, where one stood in."""
        return self._stands_in.get(item.id, {}).get(seen or "", item)

    def scored_text(self, answer: str) -> str:
        """An answer to an item as it is scored; what is stored is what was given."""
        ends = self.study.judging.strip_answers
        return answer.rstrip(ends) if ends else answer


def _same(one: ModelSpec, other: ModelSpec) -> bool:
    """Whether two names stand for one model at one server."""
    places = {server.base_url for server in other.servers()}
    return one.name == other.name and any(server.base_url in places for server in one.servers())


def _seeded(model: ModelSpec, seed: int) -> ModelSpec:
    def fill(sampling: Sampling) -> Sampling:
        return sampling if sampling.seed is not None else msgspec.structs.replace(sampling, seed=seed)

    return msgspec.structs.replace(model, sampling=fill(model.sampling), probe_sampling=fill(model.probe_sampling))
