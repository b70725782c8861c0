"""How long do the frames of a run of the paper's size take, and how much memory? And how quick is longplay to import?

python bench/frames.py [--seed N] [--models 1] [--run FOLDER]: a line a figure with its bar; exit 1 where one is missed.
Every frame is made in a process of its own, which imports what it needs; the run is written straight into a database.
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

from bars import Figure, show

STORED_S, STORED_GB, ESTIMATES_S, ESTIMATES_GB = 10.0, 1.0, 20.0, 1.5
IMPORT_S, HELP_S = 0.1, 0.3  # CPU
BARS = {
    **dict.fromkeys(("rounds", "answers", "verdicts"), (STORED_S, STORED_GB)),
    "estimates": (ESTIMATES_S, ESTIMATES_GB),
}
STARTS = {
    "import longplay": (("-c", "import longplay"), IMPORT_S),
    "longplay --help": (("-m", "longplay", "--help"), HELP_S),
}


class Made(msgspec.Struct, frozen=True):
    """What one frame took; imports are in it."""

    rows: int
    wall_s: float
    cpu_s: float
    peak_gb: float


def make(run: Path, name: str) -> Made:
    """Make a frame in this process."""
    began_s, cpu_s = time.perf_counter(), time.process_time()
    import longplay

    rows = len(getattr(longplay.open(run), name)())
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Made(rows, time.perf_counter() - began_s, time.process_time() - cpu_s, peak_kb / 1e6)


def apart(run: Path, name: str) -> Made:
    """The same in a process of its own."""
    command = [sys.executable, __file__, "--run", str(run), "--only", name]
    return msgspec.json.decode(subprocess.run(command, capture_output=True, check=True).stdout, type=Made)


def started(arguments: tuple[str, ...]) -> float:
    """CPU seconds of a whole Python process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def figures(run: Path, models: int) -> Iterator[Figure]:
    """Each frame's time and memory, estimates' for one model, then how much CPU it takes to start."""
    for name, (seconds, gigabytes) in BARS.items():
        if name == "estimates" and models > 1:
            continue  # their bars are those of a run of one model: analysis.py
        took = apart(run, name)
        note = f"{took.rows:,} rows; {took.cpu_s:.1f} s CPU"
        yield Figure(f".{name}(): seconds", took.wall_s, high=seconds, note=note, digits=2)
        yield Figure(f".{name}(): peak memory, GB", took.peak_gb, high=gigabytes, digits=2)
    for name, (arguments, seconds) in STARTS.items():
        yield Figure(f"{name}: CPU seconds", min(started(arguments) for _ in range(5)), high=seconds, note="best of 5")


def main() -> int:
    """0: every bar met, 1: one missed."""
    parser = argparse.ArgumentParser(description="How long do the frames of a run of the paper's size take?")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--models", type=int, default=1)
    parser.add_argument("--run", type=Path, help="a run folder that is there; left out, one is written")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.only:
        print(msgspec.json.encode(make(asked.run, asked.only)).decode())
        return 0
    if asked.run:
        return 0 if show(figures(asked.run, asked.models)) else 1
    from analysis_run import write_run

    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        write_run(Path(folder) / "run", asked.models, 1, asked.seed)
        return 0 if show(figures(Path(folder) / "run", asked.models)) else 1


if __name__ == "__main__":
    sys.exit(main())
