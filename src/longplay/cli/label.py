"""`longplay label`: a sheet of judged texts for people, and their labels back into the run. Computes no statistics."""

import random
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from longplay.analysis import Data, Narrowed, agreements, draw_labels, prepare, read_tables
from longplay.cli.label_texts import sheet_lines
from longplay.cli.recorded import RunError, recorded
from longplay.cli.say import count as counted
from longplay.cli.say import data, table, talk
from longplay.exchange.label_sheet import line_id, read_sheet, write_sheet
from longplay.judging.people import form
from longplay.judging.quantities import metric_name, spelled
from longplay.pipeline.labelled import put_labels
from longplay.records import DrawnArm, Labels, LabelSample, Quantity
from longplay.report import cell
from longplay.specs import fingerprint
from longplay.stats import FEWEST_LABELS
from longplay.store import Reader, Store

SAMPLE, LABELS = "sample", "labels"
MOST_NAME = 100
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
    seed: Annotated[int | None, Parameter(help="Of the draw; the study's when left out.")] = None
    metrics: Annotated[Several, Parameter(help="Which metrics.", consume_multiple=True)] = None
    checkpoints: Annotated[
        tuple[int, ...] | None, Parameter(help="After how many rounds; first and last.", consume_multiple=True)
    ] = None
    sources: Annotated[Several, Parameter(help="Which probes, or rounds.", consume_multiple=True)] = None
    models: Annotated[Several, Parameter(help="Which models.", consume_multiple=True)] = None
    scripts: Annotated[Several, Parameter(help="Which scripts.", consume_multiple=True)] = None
    speakers: Annotated[Several, Parameter(help="persona, baseline, or both.", consume_multiple=True)] = None


def label(
    run: Path,
    /,
    *,
    into: Path | None = None,
    read: Path | None = None,
    labeller: str = "person",
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
        return _read(run, read, labeller)
    assert into is not None
    return _draw(run, into, drawing or Drawing())


def _draw(run: Path, into: Path, asked: Drawing) -> int:
    if not 1 <= asked.count <= 1_000_000:
        raise RunError(f"--count {asked.count} is no number of labels; give 1 to 1,000,000.")
    if asked.seed is not None and asked.seed < 0:
        raise RunError(f"--seed {asked.seed} is below 0.")
    with Reader.open(run) as reader:
        prepared = prepare(read_tables(reader), changed_after_data=False)
        seed = prepared.tables.study.seed if asked.seed is None else asked.seed
        drawn = draw_labels(prepared, _narrowed(asked), asked.count, seed)
        lines = sheet_lines(reader, recorded(reader), prepared, drawn)
    named = _with_lines(drawn, {place: line_id(line, cell) for place, line in lines.items()})
    once = {line_id(line, cell): line for line in lines.values()}
    shuffled = sorted(once)
    random.Random(seed).shuffle(shuffled)
    if into.exists():
        raise RunError(f"{into}: exists, and may hold labels. Name another file.")
    body = msgspec.json.encode(named)
    with Store.open(run) as store, Reader.open(run) as reader:
        put_labels(store, reader, [*prepared.tables.samples.values(), named], prepared.tables.labels.values())
        store.set_document(SAMPLE, fingerprint(msgspec.to_builtins(named)), body.decode())
    write_sheet(into, [once[line] for line in shuffled], cell)
    _tell(named, len(once))
    data(str(into))
    return 0


def _narrowed(asked: Drawing) -> Narrowed:
    return Narrowed(asked.metrics, asked.checkpoints, asked.sources, asked.models, asked.scripts, asked.speakers)


def _with_lines(drawn: LabelSample, ids: dict[tuple[int, int], str]) -> LabelSample:
    """The sample, each row with its line in the sheet. `ids`: by arm and row."""
    replace = msgspec.structs.replace
    arms = [
        replace(arm, drawn=tuple(replace(row, line=ids[i, j]) for j, row in enumerate(arm.drawn)))
        for i, arm in enumerate(drawn.arms)
    ]
    return replace(drawn, arms=tuple(arms))


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
    name = " ".join(labeller.split())
    if not name or len(name) > MOST_NAME:
        raise RunError(f"--labeller needs a name of 1 to {MOST_NAME} characters.")
    with Reader.open(run) as reader:
        tables = read_tables(reader)
    if not tables.samples:
        raise RunError(f"no texts were drawn from this run. Draw some with longplay label {run} --into SHEET.")
    known = {row.line: arm.quantity for sample in tables.samples.values() for arm in sample.arms for row in arm.drawn}
    found = read_sheet(sheet, {line: tuple(form(quantity).choices) for line, quantity in known.items()})
    before = tables.labels[name].choices if name in tables.labels else {}
    after = before | found
    labels = Labels(name, after)
    with Store.open(run) as store, Reader.open(run) as reader:
        put_labels(store, reader, tables.samples.values(), [labels])
        if after != before:
            store.set_document(LABELS, name, msgspec.json.encode(labels).decode())
    with Reader.open(run) as reader:
        _tell_read(prepare(read_tables(reader), changed_after_data=False), name, (before, after), known)
    return 0


def _tell_read(
    prepared: Data, name: str, states: tuple[dict[str, str], dict[str, str]], known: dict[str, Quantity]
) -> None:
    before, after = states
    changed = sum(1 for line, choice in before.items() if after[line] != choice)
    said = f"{counted(len(after) - len(before))} new labels of {name}, {counted(len(after))} in all"
    talk(said + (f"; {counted(changed)} changed." if changed else "."))
    agreed = agreements(prepared)
    rows: list[Sequence[str]] = []
    for quantity in sorted(set(known.values())):
        lines = [line for line, of in known.items() if of == quantity]
        both = agreed.get(quantity)
        numbers = (both.exact, both.kappa) if both is not None else (None, None)
        done = counted(sum(1 for line in lines if line in after))
        rows.append(
            [spelled(quantity), counted(len(lines)), done, counted(both.n if both else 0), *map(_number, numbers)]
        )
    table(("metric", "lines", f"by {name}", "by several", "agree", "kappa"), rows)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
