"""Who makes the user's next turn: one file per way. Knows no network, clock or global random."""

from collections.abc import Callable
from typing import TypeAlias

from longplay.records import Said, Scene, Steps
from longplay.users.script import script

UserSide: TypeAlias = Callable[[Scene], Steps[Said]]

USERS: dict[str, UserSide] = {"script": script}

__all__ = ["USERS", "UserSide"]
