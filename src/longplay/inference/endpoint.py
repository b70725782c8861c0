"""What every provider looks like from outside. Knows no provider."""

from typing import Protocol

from longplay.records import Reply, Request
from longplay.specs import LongplayError, ModelSpec


class InferenceError(LongplayError):
    """A fault that stops the run: a refused key, an exhausted quota, an unapproved host. All stored work stays."""


class Endpoint(Protocol):
    """A model that answers requests. `reply` retries by itself and returns what the model or server did as a Reply.

    Raises InferenceError only where going on is pointless; never for one bad reply.
    """

    spec: ModelSpec

    async def reply(self, request: Request) -> Reply:
        """Send one request. Blocks of the server, timeouts, bad bytes come back as a missing Reply with its reason."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...
