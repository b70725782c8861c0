"""longplay: does a role-playing LLM stay in role, follow instructions and stay safe over a hundred rounds?"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from longplay.version import __version__

if TYPE_CHECKING:
    from longplay.inference import Pair
    from longplay.pipeline import Outcome


def run(
    study: str | Path,
    into: str | Path,
    *,
    extend: bool = False,
    allow_hosts: Collection[str] = (),
    allow_files: Collection[str | Path] = (),
    go_on: bool = False,
) -> "Outcome":
    """Run, or resume, a study file into a run folder and wait for its end; works in scripts and notebooks alike.

    `extend`, `allow_hosts` (`HOST[:PORT][+VARIABLE]`), `allow_files` and `go_on` are the command line's options. An
    interrupt ends the run cleanly. Raises specs.LongplayError, one line that says what to do.
    """
    from longplay.inference import read_pair
    from longplay.pipeline import load, run_study  # `import longplay` itself stays light

    named = {read_pair(text) for text in allow_hosts}

    def approve(pairs: "Sequence[Pair]") -> "list[Pair]":
        return [pair for pair in pairs if pair in named]

    ready = load(Path(study), Path(into)).allowing(allow_files)
    return run_study(ready, Path(into), extend=extend, approve=approve, go_on=go_on)


__all__ = ["__version__", "run"]
