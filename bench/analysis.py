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
from pathlib import Path

import msgspec

from analysis_run import Rows, write_run
from longplay.analysis import analyse, prepare, read_tables, trade_offs
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
        estimates = analyse(reader)
        trade_offs(prepare(read_tables(reader), changed_after_data=False))
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    took = time.perf_counter() - began_s, time.process_time() - cpu_s
    return Measured(took[0], took[1], peak_kb / 1e6, len(estimates))


def apart(run: Path) -> Measured:
    """The same in a process of its own, whose memory holds nothing else."""
    done = subprocess.run([sys.executable, __file__, "--only", str(run)], capture_output=True, text=True, check=True)
    return msgspec.json.decode(done.stdout, type=Measured)


def figure(name: str, value: float, bar: float, note: str) -> bool:
    """Print a line; whether the bar is met."""
    met = value <= bar
    print(f"{name:<44} {value:>8.2f}   bar {bar:g}: {'met' if met else 'MISSED'}   {note}", flush=True)
    return met


def told(rows: Rows, took: Measured) -> str:
    """What was analysed, and into what."""
    return (
        f"{rows.answers:,} answers, {rows.round_verdicts:,} round verdicts, {rows.answer_verdicts:,} answer verdicts; "
        f"{took.estimates:,} estimates; {took.cpu_s:.1f} s CPU, {took.peak_gb:.2f} GB"
    )


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
    met, found = True, dict[int, Measured]()
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        for size in SIZES:
            run = Path(folder) / f"size-{size}"
            rows = write_run(run, 1, size, asked.seed)
            found[size] = took = apart(run)
            if size == 1:
                met &= figure("one model, all estimates: seconds", took.wall_s, ONE_MODEL_S, told(rows, took))
                met &= figure("one model: peak memory, GB", took.peak_gb, ONE_MODEL_GB, "")
            else:
                print(f"  {size} times the items: {took.wall_s:.1f} s   {told(rows, took)}", flush=True)
        ratio = found[SIZES[-1]].cpu_s / found[1].cpu_s
        met &= figure("four times the items: times the CPU of one", ratio, GROWTH, "4 is linear")
        run = Path(folder) / "models"
        rows = write_run(run, asked.models, 1, asked.seed)
        took = apart(run)
        met &= figure(f"{asked.models} models, all estimates: seconds", took.wall_s, ALL_MODELS_S, told(rows, took))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
