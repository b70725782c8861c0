"""What is sent before the next user turn: one file per policy. Knows no network, clock or global random."""

from collections.abc import Callable
from typing import TypeAlias, cast

from longplay.plugged import Found, PluginError, Table, asking, made_of
from longplay.policies.plain import plain
from longplay.records import Request, Steps, Turn, View

Policy: TypeAlias = Callable[[View], Steps[Turn]]


def _from_outside(found: Found, value: object) -> Policy:
    """A function of a plug-in, whose errors are one line that names it."""
    if not callable(value):
        raise PluginError(f"{found.what} of {found.of} is no function of a View; mend the package.")
    policy = cast("Policy", value)

    def named(view: View) -> Steps[Turn]:
        turn = yield from asking(found, lambda: policy(view), Request)
        return made_of(found, turn, Turn)

    return named


# A new policy is one file and one entry here.
POLICIES: Table[Policy] = Table({"plain": plain}, {"policies": _from_outside})

__all__ = ["POLICIES", "Policy"]
