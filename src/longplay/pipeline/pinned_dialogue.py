"""A dialogue pinned to a server, as its rounds, its questions and its end all need it. Knows none of them."""

from typing import Literal

from longplay.inference.cache import Trunk
from longplay.pipeline.counts import Counts
from longplay.pipeline.home_server import HomeServer
from longplay.pipeline.workbench import Workbench
from longplay.records import DialogueKey, Reply, Request
from longplay.verifiers.copies import Earlier


class PinnedDialogue:
    """One dialogue at one server: what the server counted of its prompts and holds of them, and what was said."""

    def __init__(self, bench: Workbench, key: DialogueKey, home: HomeServer) -> None:
        self.bench = bench
        self.key = key
        self.home = home
        self.cache = Trunk(home.cache)
        self.counts = Counts(bench.experiment.models[key.model], home.habits)
        self.replies = Earlier()

    def move(self, home: HomeServer) -> None:
        """Go on at another server."""
        self.home = home
        self.cache.move(home.cache)

    def settled(self, kind: Literal["rounds", "answers"], reply: Reply | None, *, found: bool = False) -> None:
        """Count one round or answer; None = it was never asked, because the dialogue stopped."""
        self.bench.progress.settle(kind, reply.reason if reply is not None else "dialogue-stopped", found=found)
        self.home.team.pace.settle(kind, reply.usage.completion if reply is not None else None)

    def copied(self, reply: Reply, asked: str, rounds: int) -> bool:
        """Whether a reply to what was asked after so many rounds is copied from one of theirs."""
        return reply.text is not None and self.replies.holds(reply.text, asked, rounds)

    def measure(self, request: Request | None, reply: Reply) -> None:
        """Learn from a round how long the dialogue is."""
        chars = None
        if request is not None and reply.text is not None:
            asked = sum(len(message.content) for message in request.tail)
            chars = request.prefix.chars + asked + len(reply.text)
        grown = self.cache.measure(chars, reply.usage)
        if grown is not None:
            self.home.team.pace.grow(grown)
