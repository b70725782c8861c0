"""How long does analysing a study of the paper's size take, and how much memory? Knows no model; judges no number.

python bench/analysis.py [--seed N] [--models 7]: a line a figure with its bar; exit 1 when a bar is missed. Every run
is written straight into a database (not timed) and analysed in a process of its own, reading included.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from analysis_run import Rows, write_run
from bars import Figure, show
from longplay.analysis import analyse_run, prepare, read_tables, trade_offs
from longplay.store import Reader

ONE_MODEL_S, ONE_MODEL_GB, ALL_MODELS_S = 20.0, 1.5, 150.0
SIZES = (1, 2, 4)
GROWTH = 4.6  # time at four times the items over the time at one; 4 would be linear


class Measured(msgspec.Struct, frozen=True):
    """What one analysis took."""

    wall_s: float
    cpu_s: float
    peak_gb: float
    estimates: int


def measure(run: Path) -> Measured:
    """Analyse a run in this process."""
    began_s, cpu_s = time.perf_counter(), time.process_time()
    with Reader.open(run) as reader:
        prepared = prepare(read_tables(reader), changed_after_data=False)  # once, as for a page
        estimates = analyse_run(reader, prepared)
        trade_offs(prepared)
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    took = time.perf_counter() - began_s, time.process_time() - cpu_s
    return Measured(took[0], took[1], peak_kb / 1e6, len(estimates))


def apart(run: Path) -> Measured:
    """The same in a process of its own, whose memory holds nothing else."""
    done = subprocess.run([sys.executable, __file__, "--only", str(run)], capture_output=True, text=True, check=True)
    return msgspec.json.decode(done.stdout, type=Measured)


def told(rows: Rows, took: Measured) -> str:
    """What was analysed, and into what."""
    return (
        f"{rows.answers:,} answers, {rows.round_verdicts:,} round verdicts, {rows.answer_verdicts:,} answer verdicts; "
        f"{took.estimates:,} estimates; {took.cpu_s:.1f} s CPU, {took.peak_gb:.2f} GB"
    )


def figures(folder: Path, models: int, seed: int) -> Iterator[Figure]:
    """Time, memory and growth with the items of one model, then the time of so many models."""
    found: dict[int, Measured] = {}
    for size in SIZES:
        run = folder / f"size-{size}"
        rows = write_run(run, 1, size, seed)
        found[size] = took = apart(run)
        if size == 1:
            note = told(rows, took)
            yield Figure("one model, all estimates: seconds", took.wall_s, high=ONE_MODEL_S, note=note, digits=2)
            yield Figure("one model: peak memory, GB", took.peak_gb, high=ONE_MODEL_GB, digits=2)
        else:
            yield Figure(f"{size} times the items: seconds", took.wall_s, note=told(rows, took), digits=1)
    ratio = found[SIZES[-1]].cpu_s / found[1].cpu_s
    yield Figure("four times the items: times the CPU of one", ratio, high=GROWTH, note="4 is linear", digits=2)
    run = folder / "models"
    rows = write_run(run, models, 1, seed)
    took = apart(run)
    note = told(rows, took)
    yield Figure(f"{models} models, all estimates: seconds", took.wall_s, high=ALL_MODELS_S, note=note, digits=2)


def main() -> int:
    """0: every bar met, 1: one missed."""
    parser = argparse.ArgumentParser(description="How long does analysing a study of the paper's size take?")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--models", type=int, default=7)
    parser.add_argument("--only", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.only:
        print(msgspec.json.encode(measure(asked.only)).decode())
        return 0
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        return 0 if show(figures(Path(folder), asked.models, asked.seed)) else 1


if __name__ == "__main__":
    sys.exit(main())
