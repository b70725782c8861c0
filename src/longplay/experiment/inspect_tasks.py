"""Tasks of Inspect that a study names as probes: their samples become items, their scorers metrics. Sends nothing."""

from pathlib import Path

from msgspec import UNSET

from longplay.judging import METRICS
from longplay.judging.task_scorers import task_metric
from longplay.plugged import Found
from longplay.probes import PROBES, Probe
from longplay.records import Item
from longplay.specs import ProbeSpec, Shot, Study, StudyError, plain, wrong_shots
from longplay.tasks import PREFIX, LoadedTask, Sampled, TaskError, check_allowed, found_task, load, task_name


def define_tasks(study: Study, where: str, folder: Path) -> tuple[Found, ...]:
    """Make the tasks that a study names known to this call, where their code is allowed; where each is from.

    Raises StudyError for a task that cannot be asked after a dialogue, PluginError where nobody allowed its code.
    """
    found: list[Found] = []
    for spec in study.probes or ():
        place = f"{where}: [probes] {plain(spec.name)!r}"
        if not spec.name.startswith(PREFIX):
            if any(one is not UNSET for one in (spec.args, spec.scale, spec.value)):
                raise StudyError(f"{place}: args, scale and value go with a task of Inspect (inspect/...).")
            continue
        given = [name for name in ("file", "metrics", "fields", "persona", "shots") if getattr(spec, name) is not UNSET]
        if given:
            raise StudyError(f"{place}: {given[0]!r} does not go with a task of Inspect, which brings its own.")
        try:
            one = found_task(spec.name, folder)
            check_allowed(one)
            _define(spec, one, folder)
        except TaskError as fault:
            raise StudyError(f"{place}: {fault}") from None
        found.append(one)
    return tuple(found)


def _define(spec: ProbeSpec, found: Found, folder: Path) -> None:
    name = task_name(spec.name)
    task = load(
        found,
        str(folder / name.file) if name.file else "",
        {} if spec.args is UNSET else spec.args,
        "" if spec.value is UNSET else spec.value,
    )
    items = tuple(_item(task, one, number) for number, one in enumerate(task.sampled()))
    metrics: list[str] = []
    for scorer in task.scorers:
        metric = f"{name.task}.{scorer}"
        if metric in METRICS:
            raise TaskError(f"its scorer would be called {metric!r}, which is another metric's name already.")
        METRICS.define(metric, task_metric(task, scorer, metric, (0.0, 1.0) if spec.scale is UNSET else spec.scale))
        metrics.append(metric)
    PROBES.define(spec.name, Probe(spec.name, f"{name.task} (Inspect)", tuple(metrics), lambda: items))


def _item(task: LoadedTask, one: Sampled, number: int) -> Item:
    shots = tuple(Shot("assistant" if role == "assistant" else "user", text) for role, text in one.before)
    if wrong := wrong_shots(shots):
        raise TaskError(f"{task.found.what}: sample {plain(one.id, 60)!r}: {wrong}")
    return Item(one.id, one.text, reference=one.target, place=number, shots=shots or UNSET)
