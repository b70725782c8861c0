"""Whether the tests see small bugs made by rule: each in a copy of the tree, never in the working tree.

python bench/mutants.py [--bugs N] [--seed S] [--only ROOM]: a line a bug; exit 1 where more than MOST survive,
2 where no bug could be made.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from mutants_made import Mutant, chosen, mutants_of
from mutants_tried import TOGETHER, Copy, Project, Verdict, reached_by, tried

BUGS, SEED, MOST = 60, 1, 3
LONGPLAY = Project(Path(__file__).parents[1], "longplay")
ROOMS: Mapping[str, tuple[str, ...]] = {
    "stats": ("stats",),
    "analysis": ("analysis",),
    "report": ("report/naming.py", "report/words.py", "report/findings.py", "report/answer.py"),
    "schedule": ("schedule.py",),
    "judging": ("judging/parsing.py",),
}
# File, text of the line, rule: why nobody can see the difference. They count as survivors.
EQUIVALENT: Mapping[tuple[str, str, str], str] = {}


def places(project: Project, rooms: Sequence[str]) -> Iterator[Mutant]:
    """Every bug that can be made in these folders and files of a package."""
    for room in rooms:
        path = project.source / room
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            yield from mutants_of(file, project.root / "src")


def survivors(project: Project, mutants: Sequence[Mutant], equivalent: Mapping[tuple[str, str, str], str]) -> int:
    """Try bugs, a line each; how many survive."""
    run = [mutant for mutant in mutants if mutant.key not in equivalent]
    with tempfile.TemporaryDirectory() as into:
        copies = SimpleQueue[Copy]()
        for number in range(TOGETHER):
            copies.put(Copy(project, Path(into) / str(number)))
        copy = copies.get()
        reached = reached_by(project, run, copy)
        copies.put(copy)
        for name in reached.failed:
            print(f"fails without a bug, so it sees none: {name}", flush=True)

        def outcome(mutant: Mutant) -> Verdict:
            if mutant.key in equivalent:
                return Verdict(False, "", f"SURVIVED, equivalent: {equivalent[mutant.key]}")
            copy = copies.get()
            try:
                return tried(mutant, reached.tests[mutant], copy)
            finally:
                copies.put(copy)

        with ThreadPoolExecutor(TOGETHER) as pool:
            verdicts = list[Verdict]()
            for mutant, verdict in zip(mutants, pool.map(outcome, mutants), strict=True):
                verdicts.append(verdict)
                print(f"{mutant}   {verdict.told}", flush=True)
    by_test = sum(one.seen and not one.apart for one in verdicts)
    apart = [sum(one.apart == how for one in verdicts) for how in ("time limit", "not collected")]
    survived = sum(not one.seen for one in verdicts)
    print(
        f"{len(mutants)} made: {by_test} seen by a test that fails, {apart[0]} by the time limit, "
        f"{apart[1]} let no test be collected, {survived} survived ({len(mutants) - len(run)} listed as equivalent)"
    )
    return survived


def main() -> int:
    """0: the bar is met; 1: too many survive; 2: no bug could be made."""
    parser = argparse.ArgumentParser(description="Whether the tests see small bugs made by rule.")
    parser.add_argument("--bugs", type=int, default=BUGS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only", choices=ROOMS, help="bugs of one room")
    asked = parser.parse_args()
    rooms = [path for room, paths in ROOMS.items() if asked.only in (None, room) for path in paths]
    mutants = chosen(places(LONGPLAY, rooms), asked.bugs, asked.seed, LONGPLAY.root / "src")
    if not mutants:
        return 2
    survived = survivors(LONGPLAY, mutants, EQUIVALENT)
    print(f"bar at most {MOST} survive: {'met' if survived <= MOST else 'MISSED'}")
    return 0 if survived <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
