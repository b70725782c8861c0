"""A study with everything it names looked up: personas, scripts, items. Knows no sending and no storing."""

import hashlib
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

import msgspec

from longplay.battery import (
    OWN_PROMPTS,
    PaperPrompts,
    TraitLabels,
    battery_names,
    core_personas,
    core_scripts,
    mark,
    read_personas,
    read_script,
    version,
)
from longplay.battery.files import slug
from longplay.dialogue import user_turns
from longplay.judging import BASES, METRICS, Metric, in_forms, metrics_with
from longplay.pipeline.declared import unknown_names
from longplay.pipeline.imported import Imported, as_imported, read_imported
from longplay.pipeline.judged_by import check_forms, labels_of, prompts_of
from longplay.policies import POLICIES
from longplay.probes import CORE_PROBES, PROBES, limited
from longplay.records import Cell, DialogueKey, Item, RoundRef, Script
from longplay.specs import ModelSpec, Persona, Sampling, Study, StudyError

BLIND = (None,)


class Experiment(msgspec.Struct, frozen=True, dict=True):
    """What a run plays, asks and judges. `sources`: SHA-256 of every file read, by its name in the study. `imported`:
    the dialogues where they are not played but were brought in. `prompts`: of the metrics in the paper's form.
    `labels`: by set, persona and trait, for the probe `bfi`.
    """

    study: Study
    personas: dict[str, Persona]
    scripts: dict[str, Script]
    probes: dict[str, tuple[Item, ...]]
    sources: dict[str, str]
    imported: Imported | None = None
    prompts: PaperPrompts = OWN_PROMPTS
    labels: TraitLabels = {}

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
        persona = self.persona(key.persona)
        return user_turns(self.scripts[key.script], persona, self.study.dialogues.rounds, key.order, self.study.seed)

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
        """(probe, item) pairs put to a persona: its own and the common ones; the baseline answers every persona's."""
        return tuple(
            (probe, item)
            for probe, items in self.probes.items()
            if self.imported is None or probe in self.asking
            for item in items
            if item.persona is None or (item.persona in self.personas if persona is None else item.persona == persona)
        )

    @cached_property
    def asking(self) -> frozenset[str]:
        """Probes that the study asks; imported answers to others need not be complete, and nobody asks for more."""
        specs = self.study.probes
        return frozenset(CORE_PROBES if specs is None else (spec.name for spec in specs))

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
        """Whose descriptions the judge sees, one verdict each: the baseline's texts are judged once per persona."""
        seen = METRICS[metric].judged_as
        if seen == "blind" or (seen == "own" and persona is None):
            return BLIND
        if seen == "item" and item is not None and item.persona is not None:
            return (item.persona,)
        return tuple(self.personas) if persona is None else (persona,)


def _seeded(model: ModelSpec, seed: int) -> ModelSpec:
    def fill(sampling: Sampling) -> Sampling:
        return sampling if sampling.seed is not None else msgspec.structs.replace(sampling, seed=seed)

    return msgspec.structs.replace(model, sampling=fill(model.sampling), probe_sampling=fill(model.probe_sampling))


def resolve(study: Study, where: str, folder: Path, run: Path | None = None) -> Experiment:
    """Look up everything that a study names; files are read relative to `folder`, imported dialogues from `run`, or
    where that is None from the study's own folder.

    Raises StudyError, BatteryError, ProbeError or ScriptError: one line with place, fault and known choices.
    """
    if study.battery not in battery_names():
        raise StudyError(_unknown(where, "battery", study.battery, battery_names()))
    sources: dict[str, str] = {"battery": version()}
    for name in (study.dialogues.policy, *study.conditioning.policies):
        if name not in POLICIES:
            raise StudyError(_unknown(where, "dialogues.policy / conditioning.policies", name, POLICIES))
    of_rounds = [name for name in BASES if METRICS[name].judged_as == "persona"]
    for name in study.judging.rounds:
        if name not in of_rounds:
            raise StudyError(_unknown(where, "judging.rounds", name, of_rounds))
    if study.dialogues.imported:
        return _resolve_imported(study, where, folder, read_imported(run or folder), sources)
    personas, probes = _personas(study, where, folder, sources), _probes(study, where)
    check_forms(study, where, probes)
    experiment = Experiment(
        study=study,
        personas=personas,
        scripts={name: _script(name, where, folder, sources) for name in study.dialogues.scripts},
        probes=probes,
        sources=sources,
        prompts=prompts_of(study, sources),
        labels=labels_of(study, where, personas.values(), probes),
    )
    _check_analysis(experiment, where)
    for key in experiment.dialogues():
        experiment.turns(key)  # a script too short for the rounds is said before anything starts
    return experiment


def _resolve_imported(
    study: Study, where: str, folder: Path, imported: Imported, sources: dict[str, str]
) -> Experiment:
    """Personas are those of the dialogues and those that the study names, as whom a baseline is judged too."""
    named = _personas(study, where, folder, sources) if study.dialogues.personas is not None else {}
    for name, persona in named.items():
        if imported.personas.get(name, persona) != persona:
            raise StudyError(f"{where}: [dialogues.personas] {name!r} has other words in {imported.run}; rename it.")
    personas, probes = imported.personas | named, _probes(study, where)
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
    if study.dialogues.personas is None:
        return dict(core_personas())
    found: list[Persona] = []
    for named in study.dialogues.personas:
        if not isinstance(named, str):
            found.append(Persona(named.id or slug(named.name), named.name, named.description, traits=named.traits))
        elif named in core_personas():
            found.append(core_personas()[named])
        elif _is_file(named):
            path, _, only = named.partition("#")
            found.extend(read_personas(folder / path, only or None))
            sources[path] = _sha256(folder / path)
        else:
            known = [*core_personas(), "a file such as personas.toml or personas.toml#name"]
            raise StudyError(_unknown(where, "dialogues.personas", named, known))
    for i, persona in enumerate(found):
        if persona.id in {other.id for other in found[:i]}:
            raise StudyError(f"{where}: [dialogues.personas] two personas have the id {persona.id!r}; give one an id.")
    return {persona.id: persona for persona in found}


def _script(name: str, where: str, folder: Path, sources: dict[str, str]) -> Script:
    if name in core_scripts():
        return core_scripts()[name]
    if not _is_file(name):
        known = [*core_scripts(), "a file such as script.toml"]
        raise StudyError(_unknown(where, "dialogues.scripts", name, known))
    script = read_script(folder / name)
    sources[name] = _sha256(folder / name)
    return script


def _probes(study: Study, where: str) -> dict[str, tuple[Item, ...]]:
    if study.probes is None:
        return {name: tuple(PROBES[name].items()) for name in CORE_PROBES}
    for spec in study.probes:
        if spec.name not in PROBES:
            raise StudyError(_unknown(where, "probes", spec.name, PROBES))
    return {spec.name: limited(PROBES[spec.name].items(), spec.limit) for spec in study.probes}


def _is_file(name: str) -> bool:
    return name.partition("#")[0].endswith((".toml", ".json"))


def _sha256(path: Path) -> str:
    return "sha256 " + hashlib.sha256(path.read_bytes()).hexdigest()
