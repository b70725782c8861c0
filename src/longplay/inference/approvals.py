"""Which servers a person lets be sent which keys: a file of the user's, never of a run. Sends nothing."""

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG
from typing import TypeAlias

from longplay.files import write_whole
from longplay.inference.hosts import HostError, Pair, read_pair
from longplay.inference.providers import check_hosts
from longplay.specs import ModelSpec

_MAX_BYTES = 1_000_000
_HEAD = """\
# Servers that longplay may send texts and keys to, one a line: HOST[:PORT][+VARIABLE].
# Delete a line to be asked again.
"""

Approve: TypeAlias = Callable[[Sequence[Pair]], Iterable[Pair]]


def approvals_path() -> Path:
    """Where they are kept: $XDG_CONFIG_HOME/longplay/approvals, else under ~/.config."""
    home = os.environ.get("XDG_CONFIG_HOME", "")
    folder = Path(home) if home.startswith("/") else Path("~/.config").expanduser()
    return folder / "longplay" / "approvals"


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
        _keep({*known, *new})


def read_approvals(path: Path | None = None) -> set[Pair]:
    """The pairs that were allowed before. Raises HostError where the file cannot be trusted or read."""
    path = path or approvals_path()
    try:
        if path.is_dir():
            raise HostError(f"{path}: is a folder. Remove it; longplay makes the file.")
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return set()
    except OSError as error:
        raise HostError(
            f"{path}: cannot be read ({error.strerror}). Make it a plain file of yours, or delete it."
        ) from None
    with os.fdopen(handle, "rb") as file:
        stat = os.fstat(file.fileno())
        if not S_ISREG(stat.st_mode) or stat.st_uid != os.geteuid() or stat.st_mode & 0o022:
            raise HostError(
                f"{path}: others could have written it. Look at its lines, then chmod 600 it, or delete it."
            )
        lines = file.read(_MAX_BYTES).decode("utf-8", "replace").splitlines()
    found: set[Pair] = set()
    for line in lines:
        with suppress(HostError):  # a comment, or a later version's form: not allowed
            found.add(read_pair(line.strip()))
    return found


def _keep(pairs: Iterable[Pair]) -> None:
    """Write them, whole or not at all. Where that cannot be, the run goes on and the next one asks again."""
    path = approvals_path()
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, _HEAD + "".join(f"{pair}\n" for pair in sorted(pairs)))


__all__ = ["approvals_path", "check_approved", "read_approvals"]
