"""Odd replies and odd files, each with what must become of it: does longplay believe nothing that is not so?

python bench/cases.py [--sample N] [--seed S] [--kind WORDS]: a line a kind, right of all; what is wrong with what was
due and what was found; exit 1 where anything is. Every case is a study or an import of its own through the real command
line, in this process, against a server on loopback. Knows no way by which longplay gets there.
"""

import argparse
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from pathlib import Path

from bars import Figure, show
from case_files import FileCase
from case_run import Case, workspace
from case_server import CaseServer
from cases_bodies import bodies
from cases_chats import chats
from cases_counts import counts
from cases_endings import endings
from cases_files import files
from cases_marks import marks
from cases_refusals import refusals
from cases_texts import texts
from cases_whole import whole

LEAST = 200
PARTS = (endings, counts, marks, refusals, bodies, whole, files, chats, texts)


def table(seed: int) -> list[Case | FileCase]:
    """All cases; numbers in their texts are drawn by the seed."""
    rng = random.Random(seed)
    return [case for part in PARTS for case in part(rng)]


def spread(cases: Iterable[Case | FileCase], count: int, rng: random.Random) -> list[Case | FileCase]:
    """So many cases, the kinds in turns, each kind's drawn at random."""
    kinds = dict[str, list[Case | FileCase]]()
    for case in cases:
        kinds.setdefault(case.kind, []).append(case)
    mixed = [rng.sample(of_kind, len(of_kind)) for of_kind in kinds.values()]
    turns = [case for turn in zip_longest(*mixed) for case in turn if case is not None]
    return turns[:count]


def play(cases: Iterable[Case | FileCase], folder: Path) -> tuple[Counter[str], dict[str, list[tuple[str, list[str]]]]]:
    """How many there are of every kind, and the wrong ones of each with what is wrong."""
    counted, wrong = Counter[str](), dict[str, list[tuple[str, list[str]]]]()
    with CaseServer() as server:
        for number, case in enumerate(cases):
            (folder / str(number)).mkdir()
            counted[case.kind] += 1
            found = case.play(server, folder / str(number))
            if found:
                wrong.setdefault(case.kind, []).append((case.name, found))
    return counted, wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """0: all right, 1: a case is wrong."""
    parser = argparse.ArgumentParser(description="What becomes of odd replies and odd files, case by case.")
    parser.add_argument("--sample", type=int, help="so many cases, spread over the kinds; all when left out")
    parser.add_argument("--seed", type=int, default=1, help="of the sample and of the numbers in texts")
    parser.add_argument("--kind", default="", help="only cases whose kind and name hold this pattern")
    asked = parser.parse_args(arguments)
    cases = [case for case in table(asked.seed) if re.search(asked.kind, f"{case.kind}: {case.name}")]
    whole = len(cases)
    if asked.sample is not None:
        cases = spread(cases, asked.sample, random.Random(asked.seed))
    began_s = time.monotonic()
    with workspace() as folder:
        counted, wrong = play(cases, folder)
    for kind, count in counted.items():
        print(f"{kind:<50} {count - len(wrong.get(kind, ())):>4} of {count}")
    for kind, faults in wrong.items():
        for name, found in faults:
            print(f"WRONG {kind}: {name}")
            for line in found:
                print(f"      due: {line}")
    figures = [Figure("cases that are wrong", sum(map(len, wrong.values())), 0, 0, note=f"seed {asked.seed}")]
    if asked.sample is None and not asked.kind:
        figures.append(Figure("cases", whole, low=LEAST))
    met = show(figures)
    print(f"{time.monotonic() - began_s:.0f} s")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
