"""Judged texts for people to label, and their labels back into the run. Computes no statistics, prints nothing."""

import random
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from longplay.analysis import Data, Narrowed, agreements, draw_labels, prepare, read_tables
from longplay.exchange.label_sheet import line_id, read_sheet, write_sheet
from longplay.imports.label_verdicts import put_labels
from longplay.judging.people import form
from longplay.records import Labels, LabelSample, Quantity
from longplay.report import cell
from longplay.specs import fingerprint
from longplay.store import Reader, Store
from longplay.study.label_texts import sheet_lines
from longplay.study.recorded_experiment import RunError, recorded

SAMPLE, LABELS = "sample", "labels"
MOST_NAME = 100


class Drawn(msgspec.Struct, frozen=True):
    """What was drawn, and how many lines the sheet has: texts with the same words share one."""

    sample: LabelSample
    lines: int


class Labelled(msgspec.Struct, frozen=True):
    """Of one quantity: the lines of sheets, those with a label by this labeller, and how far several labellers agree on
    the `both` lines that they share; None where there are none."""

    quantity: Quantity
    lines: int
    done: int
    both: int
    exact: float | None
    kappa: float | None


class LabelsRead(msgspec.Struct, frozen=True):
    """What a sheet brought: labels that are new, that changed, and all there are of this labeller."""

    labeller: str
    new: int
    changed: int
    all: int
    quantities: tuple[Labelled, ...]


def draw(run: Path, into: Path, narrowed: Narrowed, count: int, seed: int | None) -> Drawn:
    """Draw about `count` texts and write the sheet, which must not be there. `seed` None: the study's.

    Raises LongplayError.
    """
    if not 1 <= count <= 1_000_000:
        raise RunError(f"--count {count} is no number of labels; give 1 to 1,000,000.")
    if seed is not None and seed < 0:
        raise RunError(f"--seed {seed} is below 0.")
    with Reader.open(run) as reader:
        experiment = recorded(reader)  # first: it brings the metrics of plug-ins
        prepared = prepare(read_tables(reader), changed_after_data=False)
        seed = prepared.tables.study.seed if seed is None else seed
        drawn = draw_labels(prepared, narrowed, count, seed)
        lines = sheet_lines(reader, experiment, prepared, drawn)
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
    return Drawn(named, len(once))


def _with_lines(drawn: LabelSample, ids: dict[tuple[int, int], str]) -> LabelSample:
    """The sample, each row with its line in the sheet. `ids`: by arm and row."""
    replace = msgspec.structs.replace
    arms = [
        replace(arm, drawn=tuple(replace(row, line=ids[i, j]) for j, row in enumerate(arm.drawn)))
        for i, arm in enumerate(drawn.arms)
    ]
    return replace(drawn, arms=tuple(arms))


def read_labels(run: Path, sheet: Path, labeller: str) -> LabelsRead:
    """Take in the labels of a sheet that came back, filled in whole or in part. Raises LongplayError."""
    name = " ".join(labeller.split())
    if not name or len(name) > MOST_NAME:
        raise RunError(f"--labeller needs a name of 1 to {MOST_NAME} characters.")
    with Reader.open(run) as reader:
        recorded(reader)  # it brings the metrics of plug-ins
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
        prepared = prepare(read_tables(reader), changed_after_data=False)
    changed = sum(1 for line, choice in before.items() if after[line] != choice)
    done = tuple(_labelled(prepared, known, after))
    return LabelsRead(name, len(after) - len(before), changed, len(after), done)


def _labelled(prepared: Data, known: Mapping[str, Quantity], after: Mapping[str, str]) -> Iterator[Labelled]:
    agreed = agreements(prepared)
    for quantity in sorted(set(known.values())):
        lines = [line for line, of in known.items() if of == quantity]
        both = agreed.get(quantity)
        numbers = (both.n, both.exact, both.kappa) if both is not None else (0, None, None)
        yield Labelled(quantity, len(lines), sum(1 for line in lines if line in after), *numbers)
