"""Hosts that nobody vouched for: allowed by --allow-host, or asked about on a terminal. Sends nothing."""

import sys
from collections.abc import Callable, Collection, Sequence

from longplay.cli.say import talk
from longplay.inference import Pair


def approval(allowed: Collection[str]) -> Callable[[Sequence[Pair]], list[Pair]]:
    """Which (host, key variable) pairs may be used: those in `allowed`, and those a person says yes to.

    `allowed` holds pairs as they are written on the command line, `HOST` or `HOST+VARIABLE`.
    """
    return lambda pairs: [pair for pair in pairs if str(pair) in allowed or _asked(pair)]


def _asked(pair: Pair) -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    key = f" and the key in {pair.variable}" if pair.variable else ""
    talk(f"The study would send its texts{key} to {pair.host}. Type yes to allow that for this run folder:")
    return sys.stdin.readline().strip().lower() in ("y", "yes")
