"""A run killed at twenty points, on a server with every kind of fault, ends as if nothing had happened."""

import hashlib
import random
import signal
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pytest

from faults import FaultServer, Seen
from killed_run import Running, key_of, play, settled_calls, told, words, write_study
from longplay.records import Reply
from longplay.records.messages import Reason
from longplay.store import Store

KILLS = 20
SEED = 20
ATTEMPTS = 5
TIMEOUT_S = 2.0
# Which requests meet which faults: decided by a hash of the body. Change it where texts of the battery have changed so
# that a kind of fault is met by no request any more, which the tests then say.
SALT = b"6"

# Faults of the first attempts; a later one is answered well. Attempts of killed processes count too.
PASSING: tuple[tuple[str, ...], ...] = (
    *(("429",), ("429-date", "429"), ("500",), ("529", "500"), ("disconnect",), ("disconnect", "truncated")),
    *(("truncated",), ("half",), ("half", "500"), ("hang",)),
)
# Faults of every attempt: why nothing is obtained, or None where the reply is kept as behaviour.
LASTING: dict[str, Reason | None] = {
    "filter": "filtered",
    "refused-input": "filtered",
    "undecodable": "undecodable",
    "large": "undecodable",
    "overflow": "overflow",
    "400": "failed",
    "429": "failed",
    "empty": None,
    "null": None,
    "cut": None,
}
PLANS = (*PASSING, *((fault,) * ATTEMPTS for fault in LASTING))
KINDS = {fault for faults in PASSING for fault in faults} | LASTING.keys()


def plan_of(body: bytes) -> tuple[str, ...]:
    """The faults that a request meets: () none, one that lasts, or those that pass; one request in ten meets some."""
    number = int.from_bytes(hashlib.blake2b(body, key=SALT, digest_size=4).digest(), "big") % (10 * len(PLANS))
    return PLANS[number] if number < len(PLANS) else ()


def faults(body: bytes, attempt: int) -> str | None:
    """The fault of one attempt."""
    plan = plan_of(body)
    if len(plan) == ATTEMPTS:
        return plan[0]
    return plan[attempt - 1] if attempt <= len(plan) else None


@dataclass(frozen=True)
class Kill:
    """A process that was killed: how many requests the server had seen by then, which calls were on the disk."""

    requests: int
    settled: frozenset[bytes]


@dataclass
class Played:
    """A finished run, and what its server saw."""

    run: Path
    requests: list[Seen]
    kills: list[Kill] = field(default_factory=list)

    @cached_property
    def calls(self) -> dict[bytes, Reply]:
        """The stored calls by key."""
        with closing(sqlite3.connect(f"file:{self.run / 'run.sqlite'}?mode=ro", uri=True)) as connection:
            keys = [key for (key,) in connection.execute("SELECT key FROM calls").fetchall()]
        with Store.open(self.run) as store:
            found = {key: store.find_call(key) for key in keys}
        return {key: reply for key, reply in found.items() if reply is not None}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """A run that nobody interrupts."""
    folder = tmp_path_factory.mktemp("whole")
    with FaultServer(faults, words) as server:
        study = write_study(folder, server.url, timeout_s=TIMEOUT_S, attempts=ATTEMPTS, times=2)
        ended = play(study, folder / "run")
        assert ended.out.startswith("Ended with gaps: "), ended.err
        return Played(folder / "run", server.requests)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory, whole: Played) -> Played:
    """The same study on an equal server, by twenty processes that are killed and one that finishes."""
    folder = tmp_path_factory.mktemp("killed")
    rng = random.Random(SEED)
    points = sorted(rng.sample(range(1, len(settled_calls(whole.run)) * 19 // 20), KILLS))
    by_disk = set(rng.sample(range(KILLS), KILLS // 3))
    with FaultServer(faults, words) as server:
        study = write_study(folder, server.url, timeout_s=TIMEOUT_S, attempts=ATTEMPTS, times=2)
        played = Played(folder / "run", [])
        for number, point in enumerate(points):
            played.kills.append(kill(study, played.run, server, point, by_disk=number in by_disk))
        ended = play(study, played.run)
        assert ended.out.startswith("Ended with gaps: "), ended.err
        played.requests = server.requests
        return played


def kill(study: Path, run: Path, server: FaultServer, point: int, *, by_disk: bool) -> Kill:
    """Run until `point` different requests have been seen, or that many calls are on the disk, then kill.

    At least one must have come from this process, so that it is killed at work.
    """

    def reached() -> int:
        return len(settled_calls(run)) if by_disk else len({seen.body for seen in server.requests})

    before = reached()
    with Running(study, run) as running:
        running.until(lambda: reached() >= max(point, before + 1))
        running.send(signal.SIGKILL)
        ended = running.end()
    assert ended.code == -signal.SIGKILL
    assert "Traceback" not in ended.err
    return Kill(len(server.requests), frozenset(settled_calls(run)))


def test_the_tables_of_a_run_killed_twenty_times_equal_those_of_one_left_alone(whole: Played, killed: Played) -> None:
    expected, found = told(whole.run), told(killed.run)
    for table, rows in expected.items():
        assert found[table] == rows, table
    assert len(killed.kills) == KILLS
    assert all(len(rows) > 20 for rows in expected.values())


def test_the_kills_are_spread_over_the_run(whole: Played, killed: Played) -> None:
    shares = [len(kill.settled) / len(whole.calls) for kill in killed.kills]
    assert shares == sorted(shares), "what is on the disk stays there"
    assert all(any(low <= share < low + 0.25 for share in shares) for low in (0.0, 0.25, 0.5, 0.75)), shares


def test_no_call_that_was_on_the_disk_is_sent_again(killed: Played) -> None:
    stored = killed.calls.keys()
    assert stored == {key_of(seen) for seen in killed.requests}, "every request names its call"
    for kill in killed.kills:
        again = {key_of(seen) for seen in killed.requests[kill.requests :]} & kill.settled
        assert not again


@pytest.fixture(params=["left alone", "killed"])
def played(request: pytest.FixtureRequest, whole: Played, killed: Played) -> Played:
    """Either run."""
    return whole if request.param == "left alone" else killed


def test_every_kind_of_fault_was_met(played: Played) -> None:
    assert {seen.fault for seen in played.requests} - {None} == KINDS


def test_every_passing_fault_ends_as_a_reply_after_another_attempt(whole: Played, played: Played) -> None:
    met = {key_of(seen): plan_of(seen.body) for seen in played.requests if seen.fault in KINDS}
    passing = {key: plan for key, plan in met.items() if len(plan) < ATTEMPTS}
    assert {fault for plan in passing.values() for fault in plan} == {fault for plan in PASSING for fault in plan}
    calls = played.calls
    for key, plan in passing.items():
        assert calls[key].reason is None
        if played is whole:
            assert calls[key].attempts > len(plan)


def test_every_lasting_fault_ends_as_missing_with_its_reason_or_as_flagged_behaviour(played: Played) -> None:
    calls = played.calls
    lasting = {key_of(seen): plan_of(seen.body)[0] for seen in played.requests if len(plan_of(seen.body)) == ATTEMPTS}
    assert set(lasting.values()) == LASTING.keys()
    for key, fault in lasting.items():
        reply = calls[key]
        assert reply.reason == LASTING[fault], fault
        assert reply.empty == (fault in ("empty", "null"))
        assert reply.cut == (fault == "cut")
        assert (reply.raw is not None) == (fault == "undecodable")
        assert reply.attempts == ATTEMPTS or fault != "429"
    assert {key for key, reply in calls.items() if reply.reason} == {
        key for key, fault in lasting.items() if LASTING[fault] is not None
    }, "nothing else is missing"
