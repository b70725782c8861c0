"""Which servers a person lets be sent which keys: a file of the user's, never of a run. Sends nothing."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from longplay.inference.hosts import HostError, Pair, read_pair
from longplay.inference.providers import check_hosts
from longplay.specs import ModelSpec
from longplay.specs.own_lists import config_folder, keep_list, read_list

_HEAD = """\
# Servers that longplay may send texts and keys to, one a line: HOST[:PORT][+VARIABLE].
# Delete a line to be asked again.
"""

Approve: TypeAlias = Callable[[Sequence[Pair]], Iterable[Pair]]


def approvals_path() -> Path:
    """Where they are kept: $XDG_CONFIG_HOME/longplay/approvals, else under ~/.config."""
    return config_folder() / "approvals"


def check_approved(specs: Iterable[ModelSpec], approve: Approve | None = None) -> None:
    """See that somebody vouched for every server that the models would be sent to; what is new is kept for the user.

    `approve` is asked for the pairs that are new and returns those it allows. Raises HostError for the first that is
    not allowed, and for a file of approvals that others could have written.
    """
    known = read_approvals()
    new = check_hosts(specs, known)
    allowed = set(approve(new)) if approve is not None and new else set[Pair]()
    for pair in new:
        if pair not in allowed:
            raise HostError(f"{pair.asks}. If that is meant, add --allow-host {pair}")
    if new:
        keep_list(approvals_path(), _HEAD, map(str, {*known, *new}))


def read_approvals(path: Path | None = None) -> set[Pair]:
    """The pairs that were allowed before. Raises HostError where the file cannot be trusted or read."""
    lines = read_list(path or approvals_path(), HostError)
    found: set[Pair] = set()
    for line in lines:
        with suppress(HostError):  # a comment, or a later version's form: not allowed
            found.add(read_pair(line))
    return found


__all__ = ["approvals_path", "check_approved", "read_approvals"]
