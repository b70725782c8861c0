"""Servers that nobody vouched for: allowed by --allow-host, or asked about on a terminal. Sends nothing."""

from collections.abc import Callable, Collection, Sequence

from longplay.cli.terminal import agreed
from longplay.inference import Pair
from longplay.study.running import only


def approval(allowed: Collection[str]) -> Callable[[Sequence[Pair]], list[Pair]]:
    """Which servers and key variables may be used: those in `allowed`, and those a person says yes to.

    `allowed` holds pairs as they are written on the command line. Raises HostError where one of them is none.
    """
    return only(allowed, _asked)


def _asked(pair: Pair) -> bool:
    return agreed(f"{pair.asks}. Type yes to allow that from now on:")
