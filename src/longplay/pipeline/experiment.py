"""A study with everything it names looked up: personas, scripts, items. Knows no sending and no storing."""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from pathlib import Path

import msgspec

from longplay.battery import (
    BATTERIES,
    OWN_PROMPTS,
    Battery,
    PaperPrompts,
    TraitLabels,
    mark,
    read_personas,
    read_script,
    slug,
    stamp,
)
from longplay.dialogue import spoken_to, user_turns
from longplay.judging import BASES, METRICS, Metric, in_forms, metrics_with
from longplay.pipeline.declared import unknown_names
from longplay.pipeline.imported import Imported, as_imported, read_imported
from longplay.pipeline.judged_by import check_forms, labels_of, prompts_of
from longplay.pipeline.noise_sample import is_sampled, repeated_checkpoints, repeated_rounds
from longplay.policies import POLICIES
from longplay.probes import PROBES, limited
from longplay.records import Cell, DialogueKey, Item, RoundRef, Script
from longplay.specs import ModelSpec, Persona, ProbeSpec, Sampling, Study, StudyError

BLIND = (None,)


class Experiment(msgspec.Struct, frozen=True, dict=True):
    """What a run plays, asks and judges. `sources`: SHA-256 of every file read, by its name in the study or the data
    directory. `imported`: the dialogues where they are not played but were brought in. `prompts`: of the metrics in
    the paper's form. `labels`: by set, persona and trait, for the probe `bfi`. `marks`: what every reader of the
    numbers must be told.
    """

    study: Study
    personas: dict[str, Persona]
    scripts: dict[str, Script]
    probes: dict[str, tuple[Item, ...]]
    sources: dict[str, str]
    imported: Imported | None = None
    prompts: PaperPrompts = OWN_PROMPTS
    labels: TraitLabels = {}
    marks: tuple[str, ...] = ()

    @cached_property
    def models(self) -> dict[str, ModelSpec]:
        """Models under test by title, their seeds filled in from the study's."""
        return {model.title: _seeded(model, self.study.seed) for model in self.study.models}

    @cached_property
    def judge(self) -> ModelSpec:
        """The judge, its seed filled in."""
        return _seeded(self.study.judge, self.study.seed)

    @cached_property
    def items(self) -> dict[tuple[str, str], Item]:
        """Every item by probe and id."""
        return {(probe, item.id): item for probe, items in self.probes.items() for item in items}

    @cached_property
    def metrics(self) -> dict[str, Metric]:
        """Every metric by name, with this run's prompts."""
        return metrics_with(self.prompts)

    @cached_property
    def scored_by(self) -> dict[str, tuple[str, ...]]:
        """The metrics that score each probe's answers, in the forms that the study asks for."""
        known = (probe for probe in self.probes if probe in PROBES)  # imported answers may be to others
        return {probe: in_forms(PROBES[probe].metrics, self.study.forms, METRICS) for probe in known}

    @cached_property
    def rounds_scored_by(self) -> tuple[str, ...]:
        """The metrics that score rounds, in the forms that the study asks for."""
        return in_forms(self.study.judging.rounds, self.study.forms, METRICS)

    @property
    def paper_mark(self) -> str:
        """What results in the paper's form must say of their prompts; empty where there are none, or the authors'."""
        names = {*self.rounds_scored_by, *(name for several in self.scored_by.values() for name in several)}
        used = any(METRICS[name].form.startswith("paper") for name in names)
        return mark(self.prompts) if used else ""

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
            draws = asked.draws if persona else asked.baseline_draws
            for draw in range(draws):
                for script in self.scripts:
                    for order in asked.orders:
                        for model in self.models:
                            yield DialogueKey(model, persona, script, order, asked.policy, draw)

    def _speakers(self) -> Iterator[str | None]:
        if self.study.dialogues.baseline:
            yield None
        yield from self.personas

    def turns(self, key: DialogueKey) -> tuple[str, ...]:
        """The user's turns of a dialogue."""
        if self.imported is not None:
            return self.imported.turns[key]
        script = spoken_to(self.scripts[key.script], self.models[key.model].short_name)
        persona = self.persona(key.persona)
        return user_turns(script, persona, self.study.dialogues.rounds, key.order, self.study.seed)

    def rounds(self, key: DialogueKey) -> int:
        """How many rounds a dialogue has when it is whole."""
        return self.study.dialogues.rounds if self.imported is None else len(self.imported.turns[key])

    def checkpoints(self, key: DialogueKey) -> tuple[int, ...]:
        """The study's checkpoints that a dialogue reaches."""
        return tuple(checkpoint for checkpoint in self.study.checkpoints if checkpoint <= self.rounds(key))

    def persona(self, name: str | None) -> Persona | None:
        """The persona of an id; None stays None, the baseline."""
        return None if name is None else self.personas[name]

    def asked(self, persona: str | None) -> tuple[tuple[str, Item], ...]:
        """(probe, item) pairs put to a persona: its own and the common ones; the baseline answers every persona's, or
        the items that stand in for them."""
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
        for policy in self.study.conditioning.policies:
            for draw in self.draws(checkpoint):
                for probe, item in self.asked(key.persona):
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

    def sample(self, persona: str | None) -> Collection[tuple[str, str]]:
        """(probe, item) of the noise sample of a persona, asked in the first policy's way."""
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
        return item.text if persona is not None or item.text_baseline is None else item.text_baseline

    def judged_as(self, metric: str, persona: str | None, item: Item | None) -> tuple[str | None, ...]:
        """Whose descriptions the judge sees, one verdict each: the baseline's texts are judged once per persona.

        The answer to an item that stands in for personas' own is judged as those personas alone.
        """
        seen = METRICS[metric].judged_as
        if seen == "blind" or (seen == "own" and persona is None):
            return BLIND
        if seen == "item" and item is not None and item.persona is not None:
            return (item.persona,)
        if persona is not None:
            return (persona,)
        return tuple(self.personas if item is None else self._stands_in.get(item.id, self.personas))

    def judged_item(self, item: Item, seen: str | None) -> Item:
        """The item whose reference counts when an answer is judged as `seen`: the persona's own, where one stood in."""
        return self._stands_in.get(item.id, {}).get(seen or "", item)

    def scored_text(self, answer: str) -> str:
        """An answer to an item as it is scored; what is stored is what was given."""
        ends = self.study.judging.strip_answers
        return answer.rstrip(ends) if ends else answer


def _seeded(model: ModelSpec, seed: int) -> ModelSpec:
    def fill(sampling: Sampling) -> Sampling:
        return sampling if sampling.seed is not None else msgspec.structs.replace(sampling, seed=seed)

    return msgspec.structs.replace(model, sampling=fill(model.sampling), probe_sampling=fill(model.probe_sampling))


def resolve(study: Study, where: str, folder: Path, run: Path | None = None) -> Experiment:
    """Look up everything that a study names; files are read relative to `folder`, imported dialogues from `run`, or
    where that is None from the study's own folder.

    Raises StudyError, BatteryError, ProbeError or ScriptError: one line with place, fault and known choices.
    """
    if study.battery not in BATTERIES:
        raise StudyError(_unknown(where, "battery", study.battery, BATTERIES))
    battery = BATTERIES[study.battery]
    _check_names(study, where)
    sources = {"battery": battery.version()}
    sources |= {path: stamp(path) for path in battery.files()}
    if study.dialogues.imported:
        return _marked(_resolve_imported(study, where, folder, read_imported(run or folder), sources), battery)
    personas, probes = _personas(study, where, folder, sources), _probes(study, battery, where, sources)
    check_forms(study, where, probes)
    experiment = Experiment(
        study=study,
        personas=personas,
        scripts={name: _script(name, battery, where, folder, sources) for name in study.dialogues.scripts},
        probes=probes,
        sources=sources,
        prompts=prompts_of(study, sources),
        labels=labels_of(study, where, personas.values(), probes),
    )
    _check_analysis(experiment, where)
    for key in experiment.dialogues():
        experiment.turns(key)  # a script too short for the rounds is said before anything starts
    return _marked(experiment, battery)


def _marked(experiment: Experiment, battery: Battery) -> Experiment:
    marks = dict.fromkeys((*battery.marks(), experiment.paper_mark))
    return msgspec.structs.replace(experiment, marks=tuple(told for told in marks if told))


def _check_names(study: Study, where: str) -> None:
    for name in (study.dialogues.policy, *study.conditioning.policies):
        if name not in POLICIES:
            raise StudyError(_unknown(where, "dialogues.policy / conditioning.policies", name, POLICIES))
    of_rounds = [name for name in BASES if METRICS[name].judged_as == "persona"]
    for name in study.judging.rounds:
        if name not in of_rounds:
            raise StudyError(_unknown(where, "judging.rounds", name, of_rounds))


def _resolve_imported(
    study: Study, where: str, folder: Path, imported: Imported, sources: dict[str, str]
) -> Experiment:
    """Personas are those of the dialogues and those that the study names, as whom a baseline is judged too."""
    named = _personas(study, where, folder, sources) if study.dialogues.personas is not None else {}
    for name, persona in named.items():
        if imported.personas.get(name, persona) != persona:
            raise StudyError(f"{where}: [dialogues.personas] {name!r} has other words in {imported.run}; rename it.")
    probes = _probes(study, BATTERIES[study.battery], where, sources)
    personas = imported.personas | named
    check_forms(study, where, probes)
    prompts = prompts_of(study, sources)
    experiment = Experiment(
        study=as_imported(study, imported, where),
        personas=personas,
        scripts=imported.scripts,
        probes=probes,
        sources=sources | imported.sources,
        imported=imported,
        prompts=prompts,
        labels=labels_of(study, where, personas.values(), probes),
    )
    _check_analysis(experiment, where)
    return experiment


def _check_analysis(experiment: Experiment, where: str) -> None:
    for fault in unknown_names(experiment.study.analysis, experiment.personas, experiment.items.values()):
        raise StudyError(f"{where}: {fault}")


def _unknown(where: str, place: str, name: str, known: Iterable[str]) -> str:
    return f"{where}: [{place}] {name!r} is not known. Known: {', '.join(known)}."


def _personas(study: Study, where: str, folder: Path, sources: dict[str, str]) -> dict[str, Persona]:
    bundled = BATTERIES[study.battery].personas()
    if study.dialogues.personas is None:
        return dict(bundled)
    ids = {persona.name: name for name, persona in bundled.items()} | {name: name for name in bundled}
    found: list[Persona] = []
    for named in study.dialogues.personas:
        if not isinstance(named, str):
            found.append(Persona(named.id or slug(named.name), named.name, named.description, traits=named.traits))
        elif named in ids:
            found.append(bundled[ids[named]])
        elif _is_file(named):
            path, _, only = named.partition("#")
            found.extend(read_personas(folder / path, only or None))
            sources[path] = _sha256(folder / path)
        else:
            known = [*bundled, "a file such as personas.toml or personas.toml#name"]
            raise StudyError(_unknown(where, "dialogues.personas", named, known))
    for i, persona in enumerate(found):
        if persona.id in {other.id for other in found[:i]}:
            raise StudyError(f"{where}: [dialogues.personas] two personas have the id {persona.id!r}; give one an id.")
    return {persona.id: persona for persona in found}


def _script(name: str, battery: Battery, where: str, folder: Path, sources: dict[str, str]) -> Script:
    bundled = battery.scripts()
    if name in bundled:
        return bundled[name]
    if not _is_file(name):
        known = [*bundled, "a file such as script.toml"]
        raise StudyError(_unknown(where, "dialogues.scripts", name, known))
    script = read_script(folder / name)
    sources[name] = _sha256(folder / name)
    return script


def _probes(study: Study, battery: Battery, where: str, sources: dict[str, str]) -> dict[str, tuple[Item, ...]]:
    asked = tuple(map(ProbeSpec, battery.probes)) if study.probes is None else study.probes
    for spec in asked:
        if spec.name not in PROBES:
            raise StudyError(_unknown(where, "probes", spec.name, PROBES))
        if spec.name in battery.refused:
            advice = battery.refused[spec.name]
            raise StudyError(f"{where}: [probes] {spec.name!r} does not go with battery {study.battery!r}: {advice}.")
        sources.update((path, stamp(path)) for path in PROBES[spec.name].files)
    return {spec.name: limited(PROBES[spec.name].items(), spec.limit) for spec in asked}


def _is_file(name: str) -> bool:
    return name.partition("#")[0].endswith((".toml", ".json"))


def _sha256(path: Path) -> str:
    return "sha256 " + hashlib.sha256(path.read_bytes()).hexdigest()
