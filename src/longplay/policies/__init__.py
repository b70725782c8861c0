"""What is sent before the next user turn: one file per policy. Knows no network, clock or global random."""

from collections.abc import Callable
from typing import TypeAlias

from longplay.policies.plain import plain
from longplay.records import Steps, Turn, View

Policy: TypeAlias = Callable[[View], Steps[Turn]]

POLICIES: dict[str, Policy] = {"plain": plain}

__all__ = ["POLICIES", "Policy"]
