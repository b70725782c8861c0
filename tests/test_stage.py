"""Dialogues stay with one server, move only when it dies, and as many are alive as its cache holds."""

import asyncio
import math
from collections import Counter, OrderedDict
from pathlib import Path

import msgspec
import pytest

from longplay.experiment import Experiment, expected
from longplay.folder import Outcome
from longplay.inference.cache import CacheBudget
from longplay.inference.endpoint import Endpoint, EndpointDown
from longplay.inference.sim import open_simulated
from longplay.pipeline import Control, Progress, Spending, load_text
from longplay.pipeline.run import run
from longplay.records import DialogueKey, Reply, Request, Role, Usage
from longplay.specs import Budget, ModelSpec
from longplay.store import Store
from tables import contents

STUDY = """
[[models]]
name = "sim/speaker"
concurrency = 8
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver", "marsh", "wren", "saleh"]
baseline_draws = 2
rounds = 12
[conditioning]
checkpoints = [0, 6, 12]
[judging]
rounds = ["style"]
[[probes]]
name = "follow"
limit = 4
"""


JUDGE = Role("judge", "sim/judge")


class Server:
    """A simulated model on a server with a cache of so many dialogues; it dies after so many requests."""

    def __init__(self, spec: ModelSpec, holds: int = 1000, dies_after: int | None = None) -> None:
        self.spec = spec
        self.width = spec.concurrency
        self.asked: list[DialogueKey] = []
        self.hits: list[bool] = []
        self._model = open_simulated(spec)
        self._held: OrderedDict[DialogueKey, None] = OrderedDict()
        self._holds = holds
        self._dies_after = dies_after

    async def reply(self, request: Request) -> Reply:
        await asyncio.sleep(0)
        if self._dies_after is not None and len(self.asked) >= self._dies_after:
            raise EndpointDown("the server is gone")
        assert request.cell is not None
        key = request.cell.ref.dialogue
        self.asked.append(key)
        hit = key in self._held
        self.hits.append(hit)
        self._held[key] = None
        self._held.move_to_end(key)
        if len(self._held) > self._holds:
            self._held.popitem(last=False)
        reply = await self._model.reply(request)
        tokens = 1000 + request.prefix.length * 50
        usage = Usage(tokens + 20, tokens if hit else 0, 50)
        return msgspec.structs.replace(reply, usage=usage)

    async def close(self) -> None:
        """Nothing to give back."""


def experiment(text: str = STUDY) -> Experiment:
    return load_text(text).experiment


def play(what: Experiment, servers: list[Server], folder: Path) -> Outcome:
    judge: Endpoint = open_simulated(what.judge)
    progress = Progress(expected(what), Spending(Budget()))
    with Store.open(folder, 0.0) as store:
        return asyncio.run(run(what, store, {Role("model", "sim/speaker"): servers, JUDGE: [judge]}, Control(progress)))


def test_a_dialogue_stays_with_the_server_that_began_it(tmp_path: Path) -> None:
    what = experiment()
    servers = [Server(what.models["sim/speaker"]) for _ in range(3)]
    assert play(what, servers, tmp_path).status == "complete"
    keys = [set(server.asked) for server in servers]
    assert all(keys), "every server has work"
    for i, mine in enumerate(keys):
        for other in keys[i + 1 :]:
            shared = mine & other
            assert not shared or all(key.persona is None for key in shared), shared


def test_a_dead_servers_dialogues_go_on_at_the_others_and_nothing_is_lost(tmp_path: Path) -> None:
    what = experiment()
    spec = what.models["sim/speaker"]
    assert play(what, [Server(spec)], tmp_path / "one").status == "complete"
    servers = [Server(spec, dies_after=40), Server(spec), Server(spec, dies_after=90)]
    assert play(what, servers, tmp_path / "three").status == "complete"
    assert len(servers[0].asked) == 40
    one, three = contents(tmp_path / "one"), contents(tmp_path / "three")
    assert one["answers"] == three["answers"]
    assert one["round_verdicts"] == three["round_verdicts"]


def test_without_any_server_left_the_run_stops_and_a_later_one_completes_it(tmp_path: Path) -> None:
    what = experiment()
    spec = what.models["sim/speaker"]
    with pytest.raises(EndpointDown, match="gone"):
        play(what, [Server(spec, dies_after=40), Server(spec, dies_after=50)], tmp_path / "cut")
    again = Server(spec)
    assert play(what, [again], tmp_path / "cut").status == "complete"
    play(what, [Server(spec)], tmp_path / "whole")
    assert contents(tmp_path / "cut")["answers"] == contents(tmp_path / "whole")["answers"]
    calls = Counter(row[0] for row in contents(tmp_path / "cut")["calls"])
    assert max(calls.values()) == 1


def test_the_number_of_dialogues_alive_follows_a_cache_that_holds_two(tmp_path: Path) -> None:
    what = experiment(STUDY.replace("limit = 4", "limit = 40"))
    spec = what.models["sim/speaker"]
    small, large = Server(spec, holds=2), Server(spec)
    play(what, [small], tmp_path / "small")
    play(what, [large], tmp_path / "large")
    assert sum(large.hits) / len(large.hits) > 0.98
    assert sum(small.hits) / len(small.hits) > 0.9
    late = small.asked[-len(small.asked) // 2 :]
    alive = [len(set(late[i : i + 50])) for i in range(0, len(late) - 50, 50)]
    assert sorted(alive)[len(alive) // 2] <= 3


def window(budget: CacheBudget, cached: int, *, after: int = 0, live: int = 0, wanted: bool = False) -> bool:
    """As many calls with 1,000 cacheable tokens as are judged together; whether the budget changed."""
    noted = [budget.note(1000, cached, after) for _ in range(budget.WINDOW)]
    return noted[-1] and budget.judge(live, wanted=wanted)


def hold(budget: CacheBudget, windows: int, *, live: int, wanted: bool = True) -> None:
    for _ in range(windows):
        window(budget, 990, live=live, wanted=wanted)


def fallen(after: int) -> CacheBudget:
    """A budget that has learnt that so many tokens do not fit."""
    budget = CacheBudget()
    assert window(budget, 0, after=after)
    assert not window(budget, 0, after=after), "calls begun before the change do not count"
    return budget


def test_a_budget_is_unlimited_until_hits_fall_and_then_fits_the_cache() -> None:
    budget = CacheBudget()
    hold(budget, 10 * budget.PATIENCE, live=150_000)
    assert budget.tokens == math.inf
    assert window(budget, 300, after=100_000)
    assert budget.tokens == 75_000


def test_a_miss_after_more_than_the_budget_came_in_says_nothing_of_the_cache() -> None:
    budget = CacheBudget(50_000)
    for _ in range(10):
        assert not window(budget, 0, after=50_001)
    assert window(budget, 0, after=40_000)
    assert budget.tokens == 30_000


def test_a_budget_tries_a_little_more_only_while_hits_hold_and_others_wait() -> None:
    budget = fallen(40_000)
    hold(budget, budget.PATIENCE, live=3_000, wanted=False)
    assert budget.tokens == 30_000, "there was no want"
    hold(budget, budget.PATIENCE, live=3_000)
    assert budget.tokens == pytest.approx(33_000)


def test_what_did_not_fit_before_is_tried_again_only_after_long_and_what_fits_after_all_is_believed() -> None:
    budget = fallen(40_000)
    hold(budget, 3 * budget.PATIENCE, live=3_000)
    assert budget.tokens == pytest.approx(33_000), "a step more would come near to what did not fit"
    hold(budget, budget.DOUBT * budget.PATIENCE, live=3_000)
    assert budget.tokens == pytest.approx(36_300)
    hold(budget, budget.PATIENCE, live=90_000)
    assert budget.tokens == 90_000, "a dialogue alone was longer than that, and was found"


def test_a_budget_never_grows_beyond_the_size_that_the_study_says() -> None:
    budget = CacheBudget(20_000)
    hold(budget, 10 * budget.PATIENCE, live=19_000)
    assert budget.tokens == 20_000


def test_servers_that_say_nothing_of_their_cache_and_short_prefixes_teach_nothing() -> None:
    budget = CacheBudget()
    for _ in range(100):
        assert not budget.note(10_000, None, after=10**6)
    assert not budget.reported
    for _ in range(100):
        assert not budget.note(CacheBudget.LEAST_PREFIX - 1, 0, after=10**6)
    assert budget.reported
