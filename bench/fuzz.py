"""20,000 damaged replies and files through the real command line: is there a traceback, or a file outside the run
folder?

python bench/fuzz.py [--replies N] [--files N] [--seed S]: a line a figure with its bar; exit 1 when a bar is missed. A
run is made again by its seed alone. Knows nothing of what must become of a reply: `cases.py` does.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence

from bars import Figure, show
from case_run import workspace
from fuzz_files import KINDS
from fuzz_files import run as fuzz_files
from fuzz_replies import Fuzzed, Watch, fuzz_replies

REPLIES = FILES = 10_000


def figures(name: str, found: Fuzzed, least: int) -> Iterator[Figure]:
    """What fuzzing came to."""
    yield Figure(f"damaged {name}", found.replies, low=least, note=f"{found.runs} runs")
    yield Figure(f"{name}: tracebacks", len(found.tracebacks), 0, 0, note="; ".join(sorted(set(found.tracebacks))[:3]))
    yield Figure(f"{name}: writes outside the run folder", len(found.strays), 0, 0, note="; ".join(found.strays[:3]))
    yield Figure(f"{name}: outputs with control characters", found.controls, 0, 0)


def main(arguments: Sequence[str] | None = None) -> int:
    """0: every bar met, 1: one missed."""
    parser = argparse.ArgumentParser(description="Does anything that a server or a file holds break the command line?")
    parser.add_argument("--replies", type=int, default=REPLIES)
    parser.add_argument("--files", type=int, default=FILES, help="of all kinds together")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    began_s = time.monotonic()
    print(f"seed {asked.seed}")
    with workspace() as folder:
        found = fuzz_replies(folder, asked.seed, asked.replies, Watch())
        met = show(figures("replies", found, asked.replies))
        each = -(-asked.files // len(KINDS))
        escapes = fuzz_files(each, asked.seed)
        note = "; ".join(f"{one.kind} {one.case}: {one.what}" for one in escapes[:3])
        met &= show([Figure("damaged files", each * len(KINDS), low=asked.files)])
        met &= show([Figure("files: tracebacks, writes outside the run folder", len(escapes), 0, 0, note=note)])
    print(f"{time.monotonic() - began_s:.0f} s")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
