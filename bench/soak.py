"""Many requests to a server that fails one in ten, in every way: is anything lost, doubled, or paid beyond the budget?
Runs real studies over loopback on a clock a thousand times as fast, so that pauses cost little. Knows no real model.

python bench/soak.py [--requests N]: a line a figure with its bar; exit 1 when a bar is missed.
"""

import argparse
import asyncio
import os
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import chain
from pathlib import Path

import msgspec

from bars import Figure, show
from longplay.experiment import plan
from longplay.folder import Outcome
from longplay.inference import PROVIDERS, InferenceError, Provider, own_address
from longplay.inference.openai import open_openai
from longplay.inference.retry import Pauses
from longplay.pipeline import Ready, load_text, run_study
from longplay.records import Reply, Request, Usage
from longplay.specs import LongplayError, ModelSpec
from longplay.store import Reader
from soak_checks import (
    asked_again,
    lost_and_strange,
    read_run,
    tokens_astray,
    wrong_calls,
    wrong_gaps,
    wrong_verdicts,
)
from soak_server import KINDS, STOPPING, Said, Soaker, soaker, specs_of

SPEED = 1000.0
SLOTS = 32  # of the model, and as many of the judge
TIMEOUT_S = 5.0
LINGER_S = 0.002  # rounds wait for their commit, and few dialogues are alive at a time
MOST_PASSES = 8
BUDGET_SHARE = 0.05  # part of the requests that each budget's study would send
CAP_SHARE = 0.5  # part of its plan that a budget allows

STUDY = f"""\
seed = SEED
BUDGET
[[models]]
name = "soak/m"
base_url = "URL"
concurrency = {SLOTS}
timeout_s = {TIMEOUT_S}
attempts = 2
prices = {{ input = 1.0, output = 2.0 }}
[judge]
name = "soak/j"
base_url = "URL"
concurrency = {SLOTS}
timeout_s = {TIMEOUT_S}
attempts = 2
cache = false
prices = {{ input = 1.0, output = 2.0 }}
[dialogues]
personas = ["silver", "marsh"]
baseline_draws = 1
rounds = 4
draws = DRAWS
[conditioning]
checkpoints = [0, 2, 4]
draws_at_0 = 1
noise_share = 0
repeats = 0
[[probes]]
name = "fidelity"
limit = 2
[[probes]]
name = "follow"
limit = 2
"""


class Hasty:
    """An OpenAI-compatible endpoint for which time goes by faster. It says nothing of caching: this server's would only
    make the run work on one dialogue at a time."""

    def __init__(self, spec: ModelSpec, environment: Mapping[str, str]) -> None:
        pauses = Pauses(sleep=lambda wait_s: asyncio.sleep(wait_s / SPEED), now=_hasty_now)
        self.spec = spec
        self._endpoint = open_openai(spec, environment, pauses)

    @property
    def width(self) -> int:
        """How many requests it takes at once just now."""
        return self._endpoint.width

    async def reply(self, request: Request) -> Reply:
        """Send one request."""
        reply = await self._endpoint.reply(request)
        return msgspec.structs.replace(reply, usage=Usage(reply.usage.prompt, None, reply.usage.completion))

    async def close(self) -> None:
        """Give back connections."""
        await self._endpoint.close()


def _hasty_now() -> float:
    return asyncio.get_running_loop().time() * SPEED


SOAK = Provider(Hasty, own_address)


def study(url: str, calls: int, seed: int, budget: str = "") -> Ready:
    """A study that plans at least so many calls."""

    def of(draws: int) -> Ready:
        text = STUDY.replace("URL", url).replace("SEED", str(seed)).replace("DRAWS", str(draws))
        return load_text(text.replace("BUDGET", f"[budget]\n{budget}" if budget else ""))

    one, two = (planned(of(draws)) for draws in (1, 2))
    return of(max(1, -(-(calls - one) // (two - one)) + 1))


def planned(ready: Ready) -> int:
    """Calls of a whole run."""
    return sum(line.calls for line in plan(ready.experiment).lines)


def play_out(ready: Ready, into: Path) -> int:
    """Run until nothing is left that may pass; how many runs a refusal ended. Raises LongplayError."""
    ended = 0
    for _ in range(MOST_PASSES + len(STOPPING)):
        try:
            outcome = run_study(ready, into, linger_s=LINGER_S)
        except InferenceError:
            ended += 1
            continue
        if outcome.status != "complete":
            raise LongplayError(f"a run ended early ({outcome.why})")
        with Reader.open(into) as reader:
            counts = reader.counts()
        missing = Counter[str]()
        for found in (counts.rounds, *counts.answers.values(), counts.verdicts):
            missing.update(found.missing)
        if not missing["failed"]:
            return ended
    raise LongplayError(f"{missing['failed']:,} outcomes still missing as failed after {MOST_PASSES} runs")


def endurance(folder: Path, requests: int) -> Iterator[Figure]:
    """A whole study, through every fault. Raises LongplayError."""
    # A dialogue that a final fault stops sends less than planned; what is asked twice makes up for some of it.
    calls, specs = int(requests * 1.02), specs_of(study("http://127.0.0.1/v1", 0, seed=1).experiment)
    with soaker(specs, stop_every=max(requests // 20, 100)) as server:
        ready = study(server.url, calls, seed=1)
        ended = play_out(ready, folder)
        said = server.said()
    run, experiment = read_run(folder), ready.experiment
    yield from _faults(said, requests)
    yield Figure("runs that a refusal ended, each resumed", ended, len(STOPPING), len(STOPPING))
    lost, strange = lost_and_strange(experiment, run)
    rows = len(run.rounds) + len(run.answers) + len(run.verdicts)
    yield Figure("lost: rounds, answers, verdicts due and not there", lost, 0, 0, note=f"{rows:,} there")
    yield Figure("there and not due", strange, 0, 0)
    wrong = wrong_calls(run, said)
    note = ", ".join(f"{name} {count:,}" for name, count in wrong.items()) or f"{len(run.calls):,} calls"
    yield Figure("calls stored otherwise than the server settled them", wrong.total(), 0, 0, note=note)
    yield Figure(
        "rounds and answers missing for the wrong reason",
        wrong_gaps(experiment, run) if not lost else 1,
        0,
        0,
    )
    yield Figure("verdicts missing for the wrong reason", wrong_verdicts(run), 0, 0)
    again = asked_again(said)
    note = "; ".join(f"{name}: {count:,}" for name, count in again.most_common(3))
    yield Figure("doubled: requests for a call already settled", again.total(), 0, 0, note=note)
    yield Figure(
        "doubled: tokens counted beside those paid",
        tokens_astray(run, said),
        0,
        0,
        note=f"{run.prompt:,} paid",
    )


def _faults(said: Mapping[bytes, Said], requests: int) -> Iterator[Figure]:
    faults = Counter(fault for call in said.values() for fault in call.faults)
    sent = faults.total()
    yield Figure("requests", sent, low=requests)
    note = f"{100 * (sent - faults['']) / sent:.1f} % of the requests met one"
    yield Figure("kinds of faults that never came", len(set(KINDS) - faults.keys()), 0, 0, note=note)


def budgets(folder: Path, requests: int) -> Iterator[Figure]:
    """Studies that a cap ends: calls that came after it was reached, against those that may have been in flight."""
    calls = max(int(requests * BUDGET_SHARE), 4 * SLOTS)
    with soaker(specs_of(study("http://127.0.0.1/v1", 0, seed=1).experiment)) as server:
        for number, kind in enumerate(("requests", "tokens", "cost"), start=2):
            ready = study(server.url, calls, seed=number)
            cap = _cap(ready, kind)
            ready = study(server.url, calls, seed=number, budget=f"{kind} = {cap:g}")
            outcome = run_study(ready, folder / kind)
            beyond = _calls_beyond(folder / kind, kind, cap)
            ended = _budget_ended(outcome, kind)
            yield Figure(f"budget.{kind} = {cap:,g}: calls after it was reached", beyond, high=2 * SLOTS, note=ended)
            before, outcome = _requests(server), run_study(ready, folder / kind)
            after = _requests(server) - before + (not _budget_ended(outcome, kind))
            yield Figure(f"budget.{kind}: requests of a run that begins at its cap", after, 0, 0)


def _cap(ready: Ready, kind: str) -> float:
    """A cap that is reached about half-way, in what the server counts: a token for four bytes."""
    if kind == "requests":
        return int(CAP_SHARE * planned(ready))
    tokens = int(CAP_SHARE * sum(line.prompt for line in plan(ready.experiment, reply_tokens=10).lines))
    return tokens if kind == "tokens" else tokens / 1e6


def _budget_ended(outcome: Outcome, kind: str) -> str:
    """What the run said of its end; "" where it was not the budget that ended it."""
    return outcome.why if outcome.status == "stopped" and f"budget.{kind}" in outcome.why else ""


def _calls_beyond(run: Path, kind: str, cap: float) -> float:
    """Calls that arrived after the cap was reached; endless where it never was."""
    spent, beyond = 0.0, 0
    with closing(sqlite3.connect(f"file:{run / 'run.sqlite'}?mode=ro", uri=True)) as connection:
        sql = "SELECT coalesce(prompt, 0), coalesce(completion, 0), attempts FROM calls ORDER BY id"
        for prompt, completion, tries in connection.execute(sql):
            beyond += spent >= cap
            spent += {"requests": tries, "tokens": prompt + completion, "cost": (prompt + 2 * completion) / 1e6}[kind]
    return beyond if spent >= cap else float("inf")


def _requests(server: Soaker) -> int:
    return sum(len(call.faults) for call in server.said().values())


def main() -> int:
    """0: every bar met, 1: one missed, 2: no figures."""
    parser = argparse.ArgumentParser(description="Is anything lost, doubled or overpaid when a server keeps failing?")
    parser.add_argument("--requests", type=int, default=100_000, help="how many at least, at least 1,000")
    asked = parser.parse_args()
    if asked.requests < 1000:
        parser.error("--requests must be at least 1000: every kind of fault takes its turn")
    PROVIDERS["soak"] = SOAK
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = os.environ["XDG_CONFIG_HOME"] = folder
        try:
            met = show(chain(endurance(Path(folder) / "run", asked.requests), budgets(Path(folder), asked.requests)))
        except LongplayError as error:
            print(f"soak: {error}", file=sys.stderr)
            return 2
    print(f"{time.monotonic() - began_s:.0f} s")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
