"""Looks up everything that a study names: personas, scripts, items, prompts. Knows no sending and no storing."""

import hashlib
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import msgspec
from msgspec import UNSET

from longplay.battery import (
    BATTERIES,
    Battery,
    BatteryError,
    distinct,
    mark,
    neutral_speakers,
    persona_of,
    read_cast,
    read_script,
    stamp,
)
from longplay.experiment.analysis_names import unknown_names
from longplay.experiment.experiment import Experiment
from longplay.experiment.imported_dialogues import Imported, as_imported
from longplay.experiment.inspect_tasks import define_tasks
from longplay.experiment.judging_setup import check_forms, labels_of, prompts_of
from longplay.experiment.named_outside import bring, versions
from longplay.experiment.own_items import own_files, own_items
from longplay.experiment.own_parts import check_references, define, unfit
from longplay.experiment.pairs import check_pairs
from longplay.experiment.rules import check_rules, with_rules
from longplay.judging import METRICS, bases
from longplay.policies import POLICIES
from longplay.probes import PROBES, limited, metrics_for, recall_items
from longplay.probes.recall import RECALL
from longplay.records import ROUNDS, Item, Script
from longplay.specs import CARRIED, Persona, ProbeSpec, Study, StudyError, plain, unknown_macros
from longplay.specs.study import PAPER_FORMS
from longplay.users import USERS

_FEW = 4


def resolve(study: Study, where: str, folder: Path, imported: Imported | None = None) -> Experiment:
    """Look up everything that a study names; files are read relative to `folder`. `imported`: its dialogues, where the
    study says that they were imported.

    Raises StudyError, BatteryError, ProbeError or ScriptError: one line with place, fault and known choices.
    """
    if study.battery not in BATTERIES:
        raise StudyError(_unknown(where, "battery", study.battery, BATTERIES))
    battery = BATTERIES[study.battery]
    sources: dict[str, str] = {}
    study = define(study, where, folder, sources)
    check_rules(study, where)
    plugins = (*bring(study), *define_tasks(study, where, folder))
    study = msgspec.structs.replace(study, plugins=versions(plugins, study.plugins, where))
    _check_names(study, where)
    sources |= {"battery": battery.version()}
    sources |= {path: stamp(path) for path in battery.files()}
    told: list[str] = []
    if study.dialogues.imported and imported is None:
        raise StudyError(f"{where}: [dialogues] imported = true needs a run folder with imported dialogues.")
    if imported is None:
        personas = with_rules(_personas(study, where, folder, sources, told), study.rules)
        scripts = {name: _script(name, battery, where, folder, sources) for name in study.dialogues.scripts}
    else:
        named = {} if study.dialogues.personas is None else _personas(study, where, folder, sources, told)
        personas, scripts = _with_theirs(named, where, imported), imported.scripts
        study = as_imported(study, imported, where)
        sources |= imported.sources
    brought = own_items(study, where, folder, personas, sources, told)
    probes = _probes(study, battery, where, sources, brought)
    if RECALL in probes and imported is None:
        probes[RECALL] = _recalled(study, probes[RECALL], scripts)
    check_forms(study, where, probes)
    _check_fit(study, where, probes)
    experiment = Experiment(
        study=study,
        personas=personas,
        scripts=scripts,
        probes=probes,
        sources=sources,
        imported=imported,
        prompts=prompts_of(study, sources),
        labels=labels_of(study, where, personas.values(), probes),
        outside=_outside(study, folder),
        plugins=tuple(one.used for one in plugins),
        neutral=_neutral(study, personas, where),
    )
    _check_whole(experiment, where)
    told += [*_macros_left(experiment), *_not_sent(experiment.personas.values())] if imported is None else []
    notes = {"battery": "; ".join(battery.marks()), "paper": _paper_note(experiment), "files": "; ".join(told)}
    return msgspec.structs.replace(experiment, notes=notes)


def _neutral(study: Study, personas: dict[str, Persona], where: str) -> dict[str, Persona]:
    kinds = () if study.dialogues.neutral is UNSET else study.dialogues.neutral
    if kinds and study.dialogues.imported:
        raise StudyError(
            f"{where}: [dialogues] neutral plays dialogues, and imported ones are not played; leave it out."
        )
    found = neutral_speakers(kinds, personas.values())
    taken = next((name for name in found if name in personas), None)
    if taken is not None:
        raise StudyError(f"{where}: [dialogues.personas] {taken!r} is the id of a neutral speaker; give yours another.")
    return found


def _check_fit(study: Study, where: str, probes: dict[str, tuple[Item, ...]]) -> None:
    for name, items in probes.items():
        for metric in metrics_for(study, name):
            if lacking := unfit(metric, items):
                raise StudyError(f"{where}: [probes] {plain(name)!r} is scored by {metric!r}, and its {lacking}.")


def _check_whole(experiment: Experiment, where: str) -> None:
    for fault in unknown_names(experiment.study.analysis, experiment.personas, experiment.items.values()):
        raise StudyError(f"{where}: {fault}")
    check_pairs(experiment, where)
    check_references(experiment.probes, experiment.scored_by, where)
    for script in experiment.scripts.values():
        if script.side not in USERS:
            raise StudyError(_unknown(where, f"dialogues.scripts {script.name}: side", script.side, USERS))
    for key in experiment.dialogues():
        made = None in experiment.turns(key)  # a script too short for the rounds is said before anything starts
        if made and not experiment.study.users:
            raise StudyError(f"{where}: the script {key.script!r} leaves turns to a model; name one under [[users]].")


def _paper_note(experiment: Experiment) -> str:
    """What results in the paper's form must say of their prompts; empty where there are none, or the authors'."""
    names = {*experiment.rounds_scored_by, *chain(*experiment.scored_by.values())}
    return mark(experiment.prompts) if any(METRICS[name].form in PAPER_FORMS for name in names) else ""


def _check_names(study: Study, where: str) -> None:
    played, asked = study.dialogues.policy, study.conditioning.policies
    for place, name in (("dialogues.policy", played), *(("conditioning.policies", name) for name in asked)):
        if name not in POLICIES:
            raise StudyError(_unknown(where, place, name, POLICIES))
    for name in study.judging.rounds:
        if name not in bases("rounds"):
            raise StudyError(_unknown(where, "judging.rounds", name, bases("rounds")))


def _unknown(where: str, place: str, name: str, known: Iterable[str]) -> str:
    return f"{where}: [{place}] {name!r} is not known. Known: {', '.join(known)}."


def _macros_left(experiment: Experiment) -> list[str]:
    """Macros that nothing fills, in what is sent."""
    texts = [text for one in experiment.personas.values() for text in (one.description, one.message)]
    for script in experiment.scripts.values():
        texts += [*script.questions, script.opening or "", script.closing or "", script.user or ""]
    found = unknown_macros(texts)
    return [f"macros that longplay does not know are sent as they stand: {', '.join(found)}"] if found else []


def _not_sent(personas: Iterable[Persona]) -> list[str]:
    """What personas have that no policy sends yet."""
    having: dict[str, list[str]] = {}
    for one in personas:
        for part in CARRIED:
            if getattr(one, part):
                having.setdefault(part, []).append(plain(one.name, 60))
    shown = {part: names if len(names) <= _FEW else [*names[:_FEW], "and others"] for part, names in having.items()}
    parts = [f"{part} of {', '.join(names)}" for part, names in shown.items()]
    return [f"kept with the personas, and not yet sent: {'; '.join(parts)}"] if parts else []


def _personas(study: Study, where: str, folder: Path, sources: dict[str, str], told: list[str]) -> dict[str, Persona]:
    """`told`: takes what a reader of the files must be told."""
    bundled = BATTERIES[study.battery].personas()
    if study.dialogues.personas is None:
        return dict(bundled)
    ids = {persona.name: name for name, persona in bundled.items()} | {name: name for name in bundled}
    found: list[Persona] = []
    for named in study.dialogues.personas:
        if not isinstance(named, str):
            found.append(persona_of(named, f"{where}: [dialogues.personas] {plain(named.name, 60)!r}"))
        elif named in ids:
            found.append(bundled[ids[named]])
        elif _is_file(named, folder):
            path, _, only = named.partition("#")
            try:
                cast = read_cast(folder / path, only or None)
            except BatteryError as fault:
                raise StudyError(f"{where}: [dialogues.personas] {fault}") from None
            found.extend(cast.personas)
            told.extend(cast.notes)
            sources[path] = _sha256(folder / path)
        else:
            known = [*bundled, "a file such as personas.toml or personas.toml#name"]
            raise StudyError(_unknown(where, "dialogues.personas", named, known))
    by_id: dict[str, Persona] = {}
    for persona in distinct(found):
        if persona.id in by_id:
            raise StudyError(f"{where}: [dialogues.personas] two personas have the id {persona.id!r}; give one an id.")
        by_id[persona.id] = persona
    return by_id


def _with_theirs(named: dict[str, Persona], where: str, imported: Imported) -> dict[str, Persona]:
    """Personas of imported dialogues, and those that the study names, as whom a baseline is judged too."""
    for name, persona in named.items():
        if not persona.continues(imported.personas.get(name, persona)):
            raise StudyError(f"{where}: [dialogues.personas] {name!r} has other words in {imported.run}; rename it.")
    return imported.personas | named


def _script(name: str, battery: Battery, where: str, folder: Path, sources: dict[str, str]) -> Script:
    bundled = battery.scripts()
    if name in bundled:
        return bundled[name]
    if not _is_file(name, folder):
        known = [*bundled, "a file such as script.toml"]
        raise StudyError(_unknown(where, "dialogues.scripts", name, known))
    try:
        script = read_script(folder / name)
    except BatteryError as fault:
        raise StudyError(f"{where}: [dialogues.scripts] {fault}") from None
    sources[name] = _sha256(folder / name)
    return script


def _probes(
    study: Study, battery: Battery, where: str, sources: dict[str, str], brought: dict[str, tuple[Item, ...]]
) -> dict[str, tuple[Item, ...]]:
    asked = tuple(map(ProbeSpec, battery.probes)) if study.probes is None else study.probes
    for spec in asked:
        if spec.name == ROUNDS:
            advice = "that is what the rounds of dialogues are called; give the probe another name"
            raise StudyError(f"{where}: [probes] {spec.name!r} cannot be a probe: {advice}.")
        if spec.name not in PROBES:
            raise StudyError(_unknown(where, "probes", spec.name, PROBES))
        if spec.name in battery.refused:
            advice = battery.refused[spec.name]
            raise StudyError(f"{where}: [probes] {spec.name!r} does not go with battery {study.battery!r}: {advice}.")
        sources.update((path, stamp(path)) for path in PROBES[spec.name].files)
    found = ((spec, brought.get(spec.name) or PROBES[spec.name].items()) for spec in asked)
    return {spec.name: limited(items, None if spec.name == RECALL else spec.limit) for spec, items in found}


def _recalled(study: Study, items: tuple[Item, ...], scripts: dict[str, Script]) -> tuple[Item, ...]:
    limit = next((spec.limit for spec in study.probes or () if spec.name == RECALL), None)
    return limited(recall_items(items, scripts, study.dialogues.rounds), limit)


def _outside(study: Study, folder: Path) -> tuple[Path, ...]:
    """Files with personas, scripts and items that lie elsewhere than the study, as they are once links are followed."""
    personas = [named for named in study.dialogues.personas or () if isinstance(named, str)]
    home, found = folder.resolve(), dict[Path, None]()
    rubrics = [spec.file for spec in study.rubrics if spec.file is not UNSET]
    for named in (*personas, *study.dialogues.scripts, *rubrics):
        path = folder / named.partition("#")[0]
        if _is_file(named, folder) and path.is_file() and not path.resolve().is_relative_to(home):
            found[path.resolve()] = None
    for path in own_files(study, folder):
        if not path.resolve().is_relative_to(home):
            found[path.resolve()] = None
    return tuple(found)


def _is_file(name: str, folder: Path) -> bool:
    """A file of another kind is named for what it is when it is read."""
    path = name.partition("#")[0]
    return path.endswith((".toml", ".json")) or ("." in path and "\0" not in path and (folder / path).is_file())


def _sha256(path: Path) -> str:
    return "sha256 " + hashlib.sha256(path.read_bytes()).hexdigest()
