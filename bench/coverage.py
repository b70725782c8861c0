"""Do the intervals, bands and tests hold what they promise, and the paper's beside them? Runs every coverage
benchmark, two at a time, and shows their lines as they are. Measures nothing itself.

python bench/coverage.py [--seed N]: all lines; exit 1 when a bar is missed. Left out, seeds 1, 2 and 3.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bars import SEEDS

PARTS = (
    "coverage_slopes.py",
    "coverage_levels.py",
    "coverage_shapes.py",
    "coverage_labels.py",
    "coverage_ends.py",
    "coverage_few.py",
    "coverage_chat.py",
)
AT_ONCE = 2
# Matrices of a few rows: threads of linear algebra cost several times what they save.
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
HERE = Path(__file__).parent


def part(name: str, seed: int, more: Sequence[str]) -> tuple[int, str]:
    """The exit code and the lines of one benchmark at one seed; one that broke exits as if a bar were missed."""
    began_s = time.monotonic()
    command = [sys.executable, str(HERE / name), "--seed", str(seed), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **ONE_THREAD})
    head = f"{name}, seed {seed}: {time.monotonic() - began_s:.0f} s"
    missed = done.returncode == 1 and "MISSED" in done.stdout
    return 1 if missed else 2 if done.returncode else 0, f"{head}\n{done.stdout}{done.stderr}"


def main() -> int:
    """0: every bar of every part met, 1: one missed, 2: a part gave no figures."""
    parser = argparse.ArgumentParser(description="Do intervals, bands and tests hold what they promise?")
    parser.add_argument("--seed", type=int, help=f"one seed; left out, {SEEDS}")
    parser.add_argument(
        "--studies", type=int, help="how many in each part, for a quick look; bars are meant for the default"
    )
    asked = parser.parse_args()
    more = [] if asked.studies is None else ["--studies", str(asked.studies)]
    seeds = SEEDS if asked.seed is None else (asked.seed,)
    began_s, codes = time.monotonic(), list[int]()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for code, lines in pool.map(lambda job: part(*job, more), [(name, seed) for name in PARTS for seed in seeds]):
            print(lines, flush=True)
            codes.append(code)
    print(f"{len(codes)} parts, {codes.count(0)} met all their bars; {time.monotonic() - began_s:.0f} s")
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
