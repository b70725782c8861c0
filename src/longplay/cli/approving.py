"""Servers that nobody vouched for: allowed by --allow-host, or asked about on a terminal. Sends nothing."""

import sys
from collections.abc import Callable, Collection, Sequence

from longplay.cli.say import talk
from longplay.inference import Pair
from longplay.study.running import only


def approval(allowed: Collection[str]) -> Callable[[Sequence[Pair]], list[Pair]]:
    """Which servers and key variables may be used: those in `allowed`, and those a person says yes to.

    `allowed` holds pairs as they are written on the command line. Raises HostError where one of them is none.
    """
    return only(allowed, _asked)


def _asked(pair: Pair) -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    talk(f"{pair.asks}. Type yes to allow that from now on:")
    return sys.stdin.readline().strip().lower() in ("y", "yes")
