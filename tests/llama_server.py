"""A real llama-server in a child process, for as long as it is entered. Knows no longplay.

Run as a program it is that child: it serves until it is killed or its standard input ends, so that it never outlives
the tests.
"""

import importlib
import json
import os
import select
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType

SLOTS = 4
CONTEXT_OF_A_SLOT = 32_768  # tokens
CACHE_MIB = 512  # of earlier prompts, beside the slots
READY_S = 30.0
_POLL_S = 0.1


class LlamaServer:
    """`.url` is a base_url; the server listens on a free port of this machine."""

    def __init__(self, model: Path, log: Path) -> None:
        self.url = ""
        self._model = model
        self._log = log
        self._child: subprocess.Popen[str]

    def __enter__(self) -> "LlamaServer":
        command, pipe = [sys.executable, __file__, str(self._model)], subprocess.PIPE
        with self._log.open("w") as log:
            self._child = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=log, text=True)
        try:
            self._wait_until_ready()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    @property
    def tokens_read(self) -> int:
        """Prompt tokens that the server has worked through so far; those found in its cache are none of them."""
        return self._metric("llamacpp:prompt_tokens_total")

    @property
    def tokens_written(self) -> int:
        """Tokens that the server has generated so far: every request adds to them."""
        return self._metric("llamacpp:tokens_predicted_total")

    def _metric(self, name: str) -> int:
        text = self._get("/metrics")
        assert text is not None, f"the server gives no metrics; see {self._log}"
        return next(int(float(line.split()[1])) for line in text.splitlines() if line.startswith(f"{name} "))

    def _wait_until_ready(self) -> None:
        assert self._child.stdout is not None
        said, _, _ = select.select([self._child.stdout], [], [], READY_S)
        line = self._child.stdout.readline() if said else ""
        assert line, f"llama-server did not start; see {self._log}"
        self.url = f"{json.loads(line)['address']}/v1"
        for _ in range(int(READY_S / _POLL_S)):
            if self._get("/health") is not None:
                return
            try:
                code = self._child.wait(_POLL_S)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(f"llama-server ended with {code}; see {self._log}")
        raise AssertionError(f"llama-server was not ready within {READY_S:g} s; see {self._log}")

    def _get(self, path: str) -> str | None:
        try:
            with _OPENER.open(self.url.removesuffix("/v1") + path, timeout=READY_S) as response:
                return response.read().decode()
        except (urllib.error.URLError, ConnectionError):
            return None

    def _end(self) -> None:
        child = self._child
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def serve(model: str) -> None:
    """Serve until standard input ends; says the address on standard output."""
    xllamacpp = importlib.import_module("xllamacpp")  # a native module without types
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.n_ctx = CONTEXT_OF_A_SLOT * SLOTS
    params.n_parallel = SLOTS
    params.fit_params = False
    params.cache_ram_mib = CACHE_MIB
    # Below this share of a prompt a slot's tokens are kept in memory, not overwritten: answers after a checkpoint
    # would else cost a dialogue the rounds that it has played since.
    params.slot_prompt_similarity = 0.9
    # Flash attention sums in another order for a whole prompt than for its end, so that cached answers would differ.
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    params.cpuparams.n_threads = 1  # more threads wait for each other longer than so small a model takes
    params.verbosity = 2
    params.endpoint_metrics = True
    params.port = 0
    server = xllamacpp.Server(params)
    print(json.dumps({"address": server.listening_address}), flush=True)
    sys.stdin.read()
    os._exit(0)  # the native server has no other end


if __name__ == "__main__":
    serve(sys.argv[1])
