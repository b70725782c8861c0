"""`longplay label`: a sheet of judged texts for people, and their labels back into the run. Computes no statistics."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from longplay.analysis import Narrowed
from longplay.cli.host_approval import AllowCode
from longplay.cli.terminal import data, table, talk
from longplay.judging.quantities import metric_name, spelled
from longplay.records import DrawnArm, LabelSample
from longplay.stats import FEWEST_LABELS
from longplay.study.labelling import draw, read_labels
from longplay.study.plugging import allowing
from longplay.study.recorded_experiment import RunError
from longplay.study.text_format import count as counted

PERSONA = "persona"
Several = tuple[str, ...] | None
# options in the order in which they are advised, and what they look at; both checkpoints of a drift stay
_NARROWING: dict[str, Callable[[DrawnArm], str]] = {
    "metrics": lambda arm: metric_name(arm.quantity),
    "speakers": lambda arm: arm.place.speaker,
    "sources": lambda arm: arm.source,
    "models": lambda arm: arm.place.model,
    "scripts": lambda arm: arm.place.script,
}


@dataclass(frozen=True)
class Drawing:
    """What to draw from; None = everything that people can label."""

    count: Annotated[int, Parameter(help="How many texts, about.")] = 400
    seed: Annotated[int | None, Parameter(help="Seed of the draw; the study's when left out.")] = None
    metrics: Annotated[
        Several, Parameter(help="Which metrics; all that people can label when left out.", consume_multiple=True)
    ] = None
    checkpoints: Annotated[
        tuple[int, ...] | None,
        Parameter(
            help="After how many rounds; the first and the last checkpoint when left out.", consume_multiple=True
        ),
    ] = None
    sources: Annotated[
        Several, Parameter(help="Which probes, or rounds; all when left out.", consume_multiple=True)
    ] = None
    models: Annotated[Several, Parameter(help="Which models; all when left out.", consume_multiple=True)] = None
    scripts: Annotated[Several, Parameter(help="Which scripts; all when left out.", consume_multiple=True)] = None
    speakers: Annotated[
        Several, Parameter(help="persona, baseline, or both; both when left out.", consume_multiple=True)
    ] = None


def label(
    run: Path,
    /,
    *,
    into: Path | None = None,
    read: Path | None = None,
    labeller: str = "person",
    allow_code: AllowCode = (),
    drawing: Annotated[Drawing | None, Parameter(name="*")] = None,
) -> int:
    """Draw judged texts for people to label, or read their labels back, so that estimates can be corrected by them.

    Parameters
    ----------
    run
        The run folder.
    into
        Draw, and write the sheet here (CSV).
    read
        Read the labels of a sheet that came back; it may be filled in part.
    labeller
        Who labelled the sheet.
    """
    if (into is None) == (read is None):
        raise RunError("give --into SHEET to draw texts, or --read SHEET to read labels.")
    if read is not None:
        if drawing is not None:
            raise RunError("--read takes the sheet as it was drawn; leave --count, --seed and what narrows it out.")
        with allowing(allow_code):
            return _read(run, read, labeller)
    assert into is not None
    with allowing(allow_code):
        return _draw(run, into, drawing or Drawing())


def _draw(run: Path, into: Path, asked: Drawing) -> int:
    drawn = draw(run, into, _narrowed(asked), asked.count, asked.seed)
    _tell(drawn.sample, drawn.lines)
    data(str(into))
    return 0


def _narrowed(asked: Drawing) -> Narrowed:
    return Narrowed(asked.metrics, asked.checkpoints, asked.sources, asked.models, asked.scripts, asked.speakers)


def _tell(drawn: LabelSample, lines: int) -> None:
    sizes = [len(arm.drawn) for arm in drawn.arms]
    shared = f"; {counted(sum(sizes) - lines)} have the words of another and share its line" * (sum(sizes) > lines)
    talk(f"{counted(sum(sizes))} texts drawn from {counted(len(sizes))} arms, {counted(lines)} lines{shared}.")
    few = [arm for arm in drawn.arms if len(arm.drawn) < FEWEST_LABELS]
    small = [arm for arm in few if arm.rows < FEWEST_LABELS]
    if small:
        talk(f"{counted(len(small))} arms hold fewer than {FEWEST_LABELS} texts: no estimate is corrected there.")
    if len(few) > len(small):
        talk(
            f"{counted(len(few) - len(small))} arms have fewer than {FEWEST_LABELS} texts in the sheet, too few for an "
            f"estimate. Draw again into another file with --count {FEWEST_LABELS * len(sizes)}, or fewer arms with "
            f"--metrics, --checkpoints, --sources, --models, --scripts or --speakers{_such_as(drawn)}."
        )


def _such_as(drawn: LabelSample) -> str:
    """Options that leave as many arms as the count is enough for; empty where there are none."""
    arms, given = list(drawn.arms), list[str]()
    for option, of in _NARROWING.items():
        if FEWEST_LABELS * len(arms) <= drawn.count:
            break
        values = [of(arm) for arm in arms if arm.rows >= FEWEST_LABELS]
        value = PERSONA if PERSONA in values else values[0]
        narrowed = [arm for arm in arms if of(arm) == value]
        if len(narrowed) < len(arms):
            arms = narrowed
            given += [f"--{option}", value]
    enough = FEWEST_LABELS * len(arms) <= drawn.count
    return f", such as {shlex.join(given)} (--count {drawn.count} is enough for that)" if enough else ""


def _read(run: Path, sheet: Path, labeller: str) -> int:
    found = read_labels(run, sheet, labeller)
    said = f"{counted(found.new)} new labels of {found.labeller}, {counted(found.all)} in all"
    talk(said + (f"; {counted(found.changed)} changed." if found.changed else "."))
    rows = [
        [spelled(one.quantity), *map(counted, (one.lines, one.done, one.both)), _number(one.exact), _number(one.kappa)]
        for one in found.quantities
    ]
    table(("metric", "lines", f"by {found.labeller}", "by several", "agree", "kappa"), rows)
    return 0


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
