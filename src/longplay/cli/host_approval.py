"""Servers and packages that nobody vouched for: allowed by --allow-host and --allow-code, or asked about on a terminal.

Sends nothing and imports nothing.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Annotated, TypeAlias

from cyclopts import Parameter

from longplay.cli.terminal import agreed
from longplay.inference import Pair
from longplay.plugged import Found, asks
from longplay.study.running import only

AllowCode: TypeAlias = Annotated[
    tuple[str, ...],
    Parameter(
        consume_multiple=False,
        show_default=False,
        help="An installed package whose plug-ins may be imported. Kept for later calls.",
    ),
]


def approval(allowed: Collection[str]) -> Callable[[Sequence[Pair]], list[Pair]]:
    """Which servers and key variables may be used: those in `allowed`, and those a person says yes to.

    `allowed` holds pairs as they are written on the command line. Raises HostError where one of them is none.
    """
    return only(allowed, _asked)


def _asked(pair: Pair) -> bool:
    return agreed(f"{pair.asks}. Type yes to allow that from now on:")


def code_agreed(found: Found) -> bool:
    """Whether a person at a terminal lets this plug-in be imported."""
    return agreed(f"{asks(found)}. Type yes to allow that from now on:")
