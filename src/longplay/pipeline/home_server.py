"""One server as the dialogues that live there see it, and what the servers of one model share. Sends nothing."""

from collections.abc import Callable

from longplay.inference.cache import CacheLedger
from longplay.inference.cuts import Habits
from longplay.inference.endpoint import Endpoint
from longplay.schedule import Pace


class Team:
    """The servers of one model together, and the model's pace."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.servers: list[Endpoint] = []

    @property
    def slots(self) -> int:
        """Slots of all servers together."""
        return sum(server.width for server in self.servers)

    def late(self, rounds_left: int) -> bool:
        """Whether a dialogue with so many rounds left must go before everything else."""
        return self.pace.late(rounds_left, self.slots)

    def patient(self) -> bool:
        """Whether rounds may wait for the questions before them."""
        return self.pace.patient(self.slots)


class HomeServer:
    """One server: whose slots its dialogues take, what its cache holds, how it counts. `changed`: is called when a
    dialogue has grown or has no work left."""

    def __init__(self, lane: str, cache: CacheLedger, team: Team, changed: Callable[[], object]) -> None:
        self.lane = lane
        self.cache = cache
        self.team = team
        self.changed = changed
        self.habits = Habits()
