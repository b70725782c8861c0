"""Is a silent cut noticed, and no honest server taken for one that cuts? Whole studies on servers that cut prompts at
2,048 of 8,192 tokens and count in three ways, and on honest ones whose counts look odd.

python bench/truncation.py: a line a figure with its bar; exit 1 when a bar is missed. See README.md.
"""

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from bars import Figure, show
from longplay.experiment import Experiment, expected
from longplay.inference.sim import open_simulated
from longplay.pipeline import Control, Progress, Spending, load_text
from longplay.pipeline.run import run
from longplay.records import Cell, Reply, Request, Role, RoundRef, Script, Usage
from longplay.specs import ModelSpec
from longplay.store import Reader, Store
from truncating import HONEST, STYLES, WAYS, WORDS, Message, Serving, tokens, words
from truncating_server import TruncatingServer

WINDOW = 2048
STUDIES = 200
QUICK = 6
STUDY = """
seed = {seed}
[[models]]
name = "openai/m"
base_url = "http://127.0.0.1:9/v1"
concurrency = 4
reasoning = "{reasoning}"
sampling = {{ max_tokens = {max_tokens} }}
probe_sampling = {{ max_tokens = {max_tokens} }}
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver"]
baseline_draws = 1
scripts = ["goal-oriented"]
rounds = {rounds}
[conditioning]
checkpoints = {checkpoints}
draws_at_0 = 1
repeats = 0
noise_share = 0.0
[[probes]]
name = "fidelity"
limit = 3
[[probes]]
name = "general"
limit = 2
"""


class Study(msgspec.Struct, frozen=True):
    """One study and its server. `way`: one of WAYS or HONEST."""

    way: str
    seed: int

    def text(self) -> str:
        """The study file."""
        chance = random.Random(f"study {self.way}/{self.seed}")
        return STUDY.format(
            seed=self.seed,
            reasoning="keep" if self.way == "traces" else "strip",
            max_tokens=chance.choice((256, 400)),
            rounds=chance.randint(8, 14),
            checkpoints=chance.randint(3, 5),
        )

    def made(self) -> tuple[Experiment, Serving]:
        """The experiment, drawn from the seed, with turns of other lengths and languages, and the server. The dialogues
        grow to 1.3 to 3 times the window."""
        chance = random.Random(f"{self.way}/{self.seed}")
        experiment = load_text(self.text()).experiment
        language, rounds = chance.choice(list(WORDS)), experiment.study.dialogues.rounds
        density = tokens(words(language, 2000, chance)) / 2000
        a_round = WINDOW * chance.uniform(1.3, 3.0) / rounds / density  # characters
        share = chance.uniform(0.4, 0.9)
        turns = [words(language, int(a_round * (1 - share) * chance.uniform(0.5, 1.5)), chance) for _ in range(rounds)]
        script = Script(
            "goal-oriented", "goal-oriented", questions=tuple(f"{number} {turn}" for number, turn in enumerate(turns))
        )
        experiment = msgspec.structs.replace(experiment, scripts={script.name: script})
        serving = Serving(
            self.way, self.seed, WINDOW, chance.choice(STYLES), language, int(a_round * share), chance.random() < 0.7
        )
        return experiment, serving


class Told(msgspec.Struct, frozen=True):
    """What became of a study. `beyond`: rounds, answers and verdicts kept though their prompts were cut; `cut`: how
    many prompts were; `lost`: whole rounds taken back; `late`: rounds from the first cut one to the last one sent;
    `alarms`: dialogues, rounds and answers said to be cut."""

    study: Study
    beyond: int
    cut: int
    rounds: int
    lost: int
    late: int
    alarms: int


class InProcess:
    """An endpoint whose replies come from a made-up server. `whole`: of each round and answer, whether all was seen."""

    def __init__(self, spec: ModelSpec, serving: Serving) -> None:
        self.spec = spec
        self.serving = serving
        self.width = spec.concurrency
        self.whole: dict[RoundRef | Cell, bool] = {}

    async def reply(self, request: Request) -> Reply:
        """The reply, as a server's would be read."""
        sent = request.prefix.extend(*request.tail).messages()
        keeps = self.spec.reasoning == "keep"
        got = [Message(one.role, one.content, one.reasoning if keeps else "") for one in sent]
        said = self.serving.answer(got, request.sampling.max_tokens)
        if request.cell is not None:
            self.whole[request.cell.ref] = said.whole
        prompt, cached, apart = said.prompt, said.cached, False
        if prompt and cached is not None and cached > prompt:
            prompt, apart = prompt + cached, True
        usage = Usage(prompt, cached, said.completion, apart=apart)
        return Reply("ok", said.text, finish="stop", usage=usage, reasoning=said.reasoning, served_by=said.by)

    async def close(self) -> None:
        """Nothing to give back."""


def performed(study: Study) -> Told:
    """Run one study and look at what is stored."""
    experiment, serving = study.made()
    title = next(iter(experiment.models))
    endpoint = InProcess(experiment.models[title], serving)
    judge = experiment.judge
    servers = {Role("model", title): [endpoint], Role("judge", judge.title): [open_simulated(judge)]}
    with tempfile.TemporaryDirectory() as folder:
        control = Control(Progress(expected(experiment), Spending(experiment.study.budget)))
        with Store.open(Path(folder), 0.001) as store:
            asyncio.run(run(experiment, store, servers, control))
        with Reader.open(Path(folder)) as reader:
            return _told(study, experiment, endpoint, control, reader)


def _told(study: Study, experiment: Experiment, endpoint: InProcess, control: Control, reader: Reader) -> Told:
    beyond = lost = late = 0
    for key in experiment.dialogues():
        whole = [endpoint.whole.get(RoundRef(key, one.number), True) for one in reader.dialogue_text(key)]
        sent = sum(RoundRef(key, number) in endpoint.whole for number in range(1, len(whole) + 1))
        late += max(sent - whole.index(False) - 1, 0) if False in whole else 0
        for one, was_whole in zip(reader.dialogue_text(key), whole, strict=True):
            kept = one.reply is not None and one.reply.text is not None
            beyond += kept and not was_whole
            lost += was_whole and one.reason == "overflow"
            judged = reader.verdicts(RoundRef(key, one.number))
            beyond += len(judged) if not was_whole or not kept else 0
    for ref, was_whole in endpoint.whole.items():
        if isinstance(ref, Cell) and not was_whole:
            reply = reader.answer_text(ref)
            beyond += (reply is not None and reply.text is not None) + len(reader.verdicts(ref))
    return Told(
        study,
        beyond=beyond,
        cut=sum(not one for one in endpoint.whole.values()),
        rounds=sum(isinstance(ref, RoundRef) for ref in endpoint.whole),
        lost=lost,
        late=late,
        alarms=sum(control.progress.cut.values()) + control.progress.missing["overflow"],
    )


def figures(studies: int) -> Iterator[Figure]:
    """Each way of counting, then honest servers."""
    with ProcessPoolExecutor(2) as pool:
        for way in WAYS:
            told = list(pool.map(performed, (Study(way, seed) for seed in range(studies)), chunksize=4))
            clean = sum(one.beyond == 0 for one in told)
            cut, dialogues = sum(one.cut for one in told), sum(one.cut > 0 for one in told)
            note = f"{cut:,} cut prompts in {dialogues} studies; {sum(one.lost for one in told)} whole rounds lost"
            yield Figure(f"{way}: studies with nothing kept beyond the cut", clean, low=studies, note=note)
            for one in told:
                if one.beyond:
                    print(f"    {one}")
        honest = [Study(HONEST[seed % len(HONEST)], seed) for seed in range(studies)]
        told = list(pool.map(performed, honest, chunksize=4))
        for one in told:
            if one.alarms:
                print(f"    {one}")
        alarms = sum(one.alarms > 0 for one in told)
        yield Figure("honest servers: studies with a false alarm", alarms, high=0, note=f"of {studies}")


def typed() -> Iterator[Figure]:
    """The command line over loopback: what `run` and `check-server` say of each kind of server."""
    noticed = sum("cut prompts silently" in typed_run(way) for way in WAYS)
    yield Figure("typed: runs that say that the server cuts", noticed, low=len(WAYS), high=len(WAYS))
    quiet = sum("cut prompts silently" not in typed_run(way) for way in HONEST)
    yield Figure("typed: runs that say nothing of an honest server", quiet, low=len(HONEST), high=len(HONEST))
    found = [typed_check(way) for way in WAYS]
    placed = sum(one["found"] == "cuts" and 1900 <= one["cuts_at"] <= 2150 for one in found)
    yield Figure("typed: checks that find the cut at 2,048", placed, low=len(WAYS), high=len(WAYS))
    blind = sum(typed_check(way)["found"] == "uncheckable" for way in ("before", "none"))
    yield Figure("typed: servers that count before the cut, or not: uncheckable", blind, low=2, high=2)


def typed_run(way: str) -> str:
    """What `longplay run` prints of one study."""
    study = Study(way, 1)
    _, serving = study.made()
    with TruncatingServer(serving) as server, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "study.toml"
        path.write_text(study.text().replace("http://127.0.0.1:9/v1", server.url), "utf-8")
        return _longplay("run", str(path), "--into", str(Path(folder) / "run"))


def typed_check(way: str) -> dict[str, Any]:
    """What `longplay check-server` finds of a server's window."""
    with TruncatingServer(Serving(way, 1, WINDOW, "messages" if way == "apart" else "half")) as server:
        said = _longplay("check-server", "openai/m", "--base-url", server.url, "--items", "2", "--json")
        found: dict[str, Any] = json.loads(said[said.index("{") :])["real_window"]
        return found


def _longplay(*words: str) -> str:
    command = [sys.executable, "-m", "longplay", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    return done.stderr + done.stdout


def main() -> int:
    """0: every bar met, 1: one missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=STUDIES, help="of each kind")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} of each kind")
    parser.add_argument("--untyped", action="store_true", help="without the command line")
    asked = parser.parse_args()
    began_s = time.monotonic()
    met = show(figures(QUICK if asked.quick else asked.studies))
    met &= asked.untyped or show(typed())
    print(f"{time.monotonic() - began_s:.0f} s")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
