"""How the last run into a folder ended, as its store keeps it. Reads facts; sends nothing."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from longplay.specs import RoleKind

ENDED = "ended"  # "" while a run goes on, and after one that was killed
INTERRUPTED = "interrupted"  # by Ctrl-C, SIGTERM or whoever called the run
UNSETTLED = "unsettled_requests"  # sent by calls that were never settled: no row of the store counts them
UNSETTLED_BY_ROLE = "unsettled_requests_by_role"  # the same by kind of role


class Outcome(msgspec.Struct, frozen=True):
    """How a run ended: `complete`, with nothing left to try, or `stopped`, and `why` says by what."""

    status: Literal["complete", "stopped"]
    why: str = ""


def ended(meta: Mapping[str, str]) -> Outcome | None:
    """How the last run ended; None where none has, or it was killed."""
    try:
        return msgspec.json.decode(meta.get(ENDED, ""), type=Outcome)
    except msgspec.DecodeError:
        return None


def unsettled_requests(meta: Mapping[str, str]) -> int:
    """Requests that were sent and that no stored call counts."""
    number = meta.get(UNSETTLED, "0")
    return int(number) if number.isdecimal() else 0


def unsettled_by_role(meta: Mapping[str, str]) -> dict[RoleKind, int]:
    """The same by kind of role; nothing of those that an earlier version counted."""
    try:
        return msgspec.json.decode(meta.get(UNSETTLED_BY_ROLE, "{}"), type=dict[RoleKind, int])
    except msgspec.DecodeError:
        return {}
