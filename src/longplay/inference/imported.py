"""A model that is only a name in imported texts: whoever asks it something is told how to give it a server."""

from longplay.inference.endpoint import InferenceError
from longplay.records import Reply, Request
from longplay.specs import ModelSpec


class Imported:
    """Stands where a study names who spoke or judged, and has no server for it."""

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec

    @property
    def width(self) -> int:
        """One request is enough to be told."""
        return 1

    async def reply(self, request: Request) -> Reply:
        """Raises InferenceError."""
        del request
        raise InferenceError(
            f"{self.spec.title!r} is only known from imported texts and cannot be asked. Give it a name such as "
            f"openai/MODEL and its base_url in the study, with label = {self.spec.title!r}."
        )

    async def close(self) -> None:
        """Nothing is open."""
