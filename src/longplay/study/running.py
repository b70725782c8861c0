"""A study counted and run from Python. Asks nobody: what may be sent where is said by whoever calls."""

from collections.abc import Callable, Collection, Sequence
from importlib.resources import files
from pathlib import Path

from longplay.experiment import Experiment, Plan
from longplay.experiment import plan as planned
from longplay.folder import Outcome
from longplay.inference import Pair, read_pair
from longplay.pipeline import load, run_study
from longplay.specs import StudyError
from longplay.study.plugging import allowing

DEMO = "demo.toml"


def run(
    study: str | Path,
    into: str | Path,
    *,
    extend: bool = False,
    cache: bool = True,
    go_on: bool = False,
    allow_hosts: Collection[str] = (),
    allow_files: Collection[str | Path] = (),
    allow_code: Collection[str] = (),
) -> Outcome:
    """Run, or resume, a study file into a run folder and wait for its end; works in scripts and notebooks alike.

    `extend`, `go_on`, `allow_hosts` (`HOST[:PORT][+VARIABLE]`), `allow_files` and `allow_code` (packages whose plug-ins
    may be imported) are the command line's options.
    `cache`: whether replies of earlier runs may be used. An interrupt ends the run cleanly. Raises
    specs.LongplayError, one line that says what to do.
    """
    approve = only(allow_hosts)
    with allowing(allow_code):
        ready = load(Path(study), Path(into)).allowing(allow_files)
        return run_study(ready, Path(into), extend=extend, approve=approve, cache=cache, go_on=go_on)


def only(
    allow_hosts: Collection[str], ask: Callable[[Pair], bool] = lambda _: False
) -> Callable[[Sequence[Pair]], list[Pair]]:
    """Which servers and key variables may be used: these, and those that `ask` says yes to. Raises HostError where one
    of these is none."""
    named = {read_pair(text) for text in allow_hosts}
    return lambda pairs: [pair for pair in pairs if pair in named or ask(pair)]


def plan(
    study: str | Path,
    *,
    reply_tokens: int = 300,
    tokens_per_second: float = 30.0,
    allow_code: Collection[str] = (),
) -> Plan:
    """Count a study's calls, tokens, cost and time; sends nothing and reads no key. Raises LongplayError."""
    with allowing(allow_code):
        return counted_study(Path(study), reply_tokens, tokens_per_second)[0]


def counted_study(study: Path, reply_tokens: int, tokens_per_second: float) -> tuple[Plan, Experiment]:
    """The plan of a study file, and what was planned. Raises LongplayError."""
    check_assumed(reply_tokens, tokens_per_second)
    experiment = load(study).experiment
    return planned(experiment, reply_tokens, tokens_per_second), experiment


def check_assumed(reply_tokens: int, tokens_per_second: float) -> None:
    """Raises StudyError where replies cannot be so long, or servers so fast or slow."""
    if not 1 <= reply_tokens <= 1_000_000:
        raise StudyError(f"--reply-tokens {reply_tokens} is not a length of replies; give 1 to 1,000,000.")
    if not 0.01 <= tokens_per_second <= 1_000_000:
        raise StudyError(f"--tokens-per-second {tokens_per_second:g} is no speed; give 0.01 to 1,000,000.")


def demo_study() -> str:
    """The text of the bundled study file on simulated models."""
    return (files("longplay.study") / DEMO).read_text("utf-8")
