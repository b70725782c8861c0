"""Do the intervals, bands and tests hold what they promise, and the paper's beside them? Runs every coverage
benchmark, two at a time, and shows their lines as they are. Measures nothing itself.

python bench/coverage.py [PART ...] [--quick] [--seed N]: all lines; exit 1 when a bar is missed. A part is a file
coverage_PART.py here that has a command line of its own. Left out: all parts, and seeds 1, 2 and 3 pooled. A share
meets its bar within 3 standard errors of the studies it was counted in. The bar of all parts together is 60 minutes, 12
with --quick.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bars import SEEDS, Figure

AT_ONCE = 2
# Matrices of a few rows: threads of linear algebra cost several times what they save.
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
HERE = Path(__file__).parent
LONGEST_FIRST = ("questions", "slopes", "levels")  # so that none of them is left for the end
MOST_S, MOST_QUICK_S = 3600, 720


def parts() -> list[str]:
    """The names of all parts, in the order in which they are begun."""
    files = (path for path in HERE.glob("coverage_*.py") if "\nif __name__ ==" in path.read_text("utf-8"))
    names = sorted(path.stem.removeprefix("coverage_") for path in files)
    return [*LONGEST_FIRST, *(name for name in names if name not in LONGEST_FIRST)]


def part(path: Path, more: Sequence[str]) -> tuple[int, str]:
    """The exit code and the lines of one benchmark; one that broke exits as if no figure had come."""
    began_s = time.monotonic()
    command = [sys.executable, str(path), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **ONE_THREAD})
    head = f"{path.stem.removeprefix('coverage_')}: {time.monotonic() - began_s:.0f} s"
    missed = done.returncode == 1 and "MISSED" in done.stdout
    return 1 if missed else 2 if done.returncode else 0, f"{head}\n{done.stdout}{done.stderr}"


def main() -> int:
    """0: every bar of every part met, 1: one missed, 2: a part gave no figures."""
    known = parts()
    parser = argparse.ArgumentParser(description="Do intervals, bands and tests hold what they promise?")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(known)}; left out, all")
    parser.add_argument("--seed", type=int, help=f"one seed; left out, {SEEDS}, pooled")
    parser.add_argument("--studies", type=int, help="how many of each seed in each part")
    parser.add_argument(
        "--quick", action="store_true", help=f"few studies; the bar of all parts is then {MOST_QUICK_S // 60} minutes"
    )
    asked = parser.parse_args()
    if unknown := sorted(set(asked.parts) - set(known)):
        parser.error(f"no part {', '.join(unknown)}. Known parts: {', '.join(known)}")
    more = [] if asked.studies is None else ["--studies", str(asked.studies)]
    more += [] if asked.seed is None else ["--seed", str(asked.seed)]
    more += ["--quick"] if asked.quick else []
    began_s, codes = time.monotonic(), list[int]()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        wanted = [HERE / f"coverage_{name}.py" for name in known if not asked.parts or name in asked.parts]
        for code, lines in pool.map(lambda path: part(path, more), wanted):
            print(lines, flush=True)
            codes.append(code)
    took = time.monotonic() - began_s
    print(f"{len(codes)} parts, {codes.count(0)} met all their bars")
    whole = Figure("all parts took", took, high=MOST_QUICK_S if asked.quick else MOST_S, unit=" s", digits=0)
    print(whole)
    return max(*codes, 0 if whole.met else 1)


if __name__ == "__main__":
    sys.exit(main())
