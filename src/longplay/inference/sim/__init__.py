"""Simulated models, part of the product: they run anywhere, and what they have planted, a study should find again.

Every place that shows their numbers says that they are simulated. Knows no network, no judging, no store.
"""

from collections.abc import Callable

from longplay.inference.endpoint import Endpoint
from longplay.inference.sim.judge import Judge
from longplay.inference.sim.speaker import Speaker
from longplay.records import Reply, Request
from longplay.specs import ModelSpec

__all__ = ["Simulated", "open_simulated"]


class Simulated:
    """An endpoint that computes its replies."""

    def __init__(self, spec: ModelSpec, answer: Callable[[Request], Reply]) -> None:
        self.spec = spec
        self._answer = answer

    @property
    def width(self) -> int:
        """A computed reply is never in another's way."""
        return self.spec.concurrency

    async def reply(self, request: Request) -> Reply:
        """The planted reply, at once."""
        return self._answer(request)

    async def close(self) -> None:
        """Nothing to give back."""


def open_simulated(spec: ModelSpec) -> Endpoint:
    """A judge where the study plants one or the name (`sim/judge...`) asks for one, else a speaker."""
    judges = spec.judge is not None or spec.model.startswith("judge")
    return Simulated(spec, Judge(spec).answer if judges else Speaker(spec).answer)
