"""What every provider looks like from outside. Knows no provider."""

from typing import Protocol, runtime_checkable

from longplay.records import Reply, Request
from longplay.specs import LongplayError, ModelSpec


class InferenceError(LongplayError):
    """A fault that stops the run: a refused key, an exhausted quota, an unapproved host. All stored work stays."""


class EndpointDown(InferenceError):
    """The server cannot be reached at all: requests may go to another server of the same model, or wait for a later
    run. Nothing was obtained."""


class Endpoint(Protocol):
    """A model that answers requests. `reply` retries by itself and returns what the model or server did as a Reply.

    Raises InferenceError only where going on is pointless; never for one bad reply.
    """

    spec: ModelSpec

    @property
    def width(self) -> int:
        """How many requests it takes at once just now: 1 to `spec.concurrency`, fewer while the server complains; more
        while some of them wait for another attempt."""
        ...

    async def reply(self, request: Request) -> Reply:
        """Send one request. Blocks of the server, timeouts, bad bytes come back as a missing Reply with its reason."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


@runtime_checkable
class Windowed(Protocol):
    """An endpoint that may know how much fits."""

    async def window(self) -> int | None:
        """Tokens that fit, prompt and reply together; None where nobody says."""
        ...
