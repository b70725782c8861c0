"""A real llama-server whose own counts can be read, for as long as it is entered."""

from pathlib import Path

from longplay.inference.local_server import LocalServer, Serving

CONTEXT_OF_A_SLOT = 32_768  # tokens
# One thread: more wait for each other longer than a tiny model takes.
TINY = Serving(context=CONTEXT_OF_A_SLOT, exact=True, threads=1)


class LlamaServer(LocalServer):
    """`.url` is a base_url; the server listens on a free port of this machine."""

    def __init__(self, model: Path, log: Path, serving: Serving = TINY) -> None:
        super().__init__(model, log, serving)

    @property
    def tokens_read(self) -> int:
        """Prompt tokens that the server has worked through so far; those found in its cache are none of them."""
        return self._metric("llamacpp:prompt_tokens_total")

    @property
    def tokens_written(self) -> int:
        """Tokens that the server has generated so far: every request adds to them."""
        return self._metric("llamacpp:tokens_predicted_total")

    def _metric(self, name: str) -> int:
        text = self.get("/metrics")
        assert text is not None, "the server gives no metrics"
        return next(int(float(line.split()[1])) for line in text.splitlines() if line.startswith(f"{name} "))
