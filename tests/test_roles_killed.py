"""A study with two models in its judge, a helper and a simulated user, killed twenty times, ends as if nothing was."""

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from killed_run import settled_calls, told
from longplay.folder.costs import ROLES, taken
from longplay.specs import RoleKind, parse_study
from longplay.store import CALL_KINDS, Reader
from roles_run import JUDGES, SCRIPT, STUDY

KILLS = 20
SEED = 7
CHILD = Path(__file__).with_name("roles_run.py")


@dataclass(frozen=True)
class Ended:
    """How a process ended, how many replies all processes had by then, and which calls were on the disk."""

    code: int
    replies: int
    settled: frozenset[bytes]


@dataclass
class Told:
    """A run with the keys of all replies that were obtained for it, in their order."""

    run: Path
    log: Path

    @property
    def replies(self) -> list[bytes]:
        """Keys of the replies."""
        return [bytes.fromhex(line) for line in self.log.read_text().split()]

    def go(self, kill_at: int = 0) -> Ended:
        """One process more."""
        command = [sys.executable, str(CHILD), str(kill_at), str(self.log)]
        command += ["run", str(self.run.parent / "study.toml"), "--into", str(self.run)]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        ended = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
        assert ended.returncode in (0, -signal.SIGKILL), ended.stderr
        return Ended(ended.returncode, len(self.replies), frozenset(settled_calls(self.run)))


def begun(folder: Path) -> Told:
    (folder / "study.toml").write_text(STUDY)
    (folder / "talk.toml").write_text(SCRIPT)
    return Told(folder / "run", folder / "log")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """A run that nobody interrupts."""
    found = begun(tmp_path_factory.mktemp("whole"))
    assert found.go().code == 0
    return found


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory, whole: Told) -> tuple[Told, list[Ended]]:
    """The same by twenty processes that are killed and one that finishes."""
    found, rng = begun(tmp_path_factory.mktemp("killed")), random.Random(SEED)
    points = sorted(rng.sample(range(1, len(whole.replies) * 19 // 20), KILLS))
    kills = [found.go(max(1, point - len(settled_calls(found.run)))) for point in points]
    assert [kill.code for kill in kills] == [-signal.SIGKILL] * KILLS, "it ended before it was killed so often"
    assert found.go().code == 0
    return found, kills


def test_every_role_is_asked_and_a_verdict_holds_what_two_judges_said(whole: Told) -> None:
    with Reader.open(whole.run) as reader:
        asked = {place: one.requests for place, one in reader.spent().items()}
    users, helpers = asked["sim/visitor", "user"], asked["sim/adviser", "helper"]
    assert users == 2 * (5 + 5 + 3), "two calls a turn that is not written; Marsh's visitor leaves after four rounds"
    assert helpers > 30
    assert all(asked[judge, "judge"] > 20 for judge in JUDGES)
    verdicts = [row for row in told(whole.run)["round_verdicts"] if "style" in row]
    assert Counter(judge for row in verdicts for judge in JUDGES if judge in row) == {
        j: len(verdicts) // 2 for j in JUDGES
    }
    assert all("sim/judge-2: A simulated judgement" in str(row) for row in verdicts if JUDGES[0] in row)


def test_a_run_killed_twenty_times_equals_one_left_alone(whole: Told, killed: tuple[Told, list[Ended]]) -> None:
    expected, found = told(whole.run), told(killed[0].run)
    for table, rows in expected.items():
        assert found[table] == rows, table
    assert all(len(rows) > 10 for rows in expected.values())


def test_no_reply_that_was_on_the_disk_is_asked_for_again(killed: tuple[Told, list[Ended]]) -> None:
    run, kills = killed
    assert set(run.replies) == settled_calls(run.run)
    for kill in kills:
        assert not set(run.replies[kill.replies :]) & kill.settled
    shares = [len(kill.settled) / len(set(run.replies)) for kill in kills]
    assert all(any(low <= share < low + 0.25 for share in shares) for low in (0.0, 0.25, 0.5, 0.75)), shares


def test_a_run_that_is_complete_asks_nobody(killed: tuple[Told, list[Ended]]) -> None:
    run, before = killed[0], len(killed[0].replies)
    assert run.go() == Ended(0, before, frozenset(settled_calls(run.run)))


def test_what_each_role_took_is_the_sum_over_the_store_however_often_a_run_was_killed(
    whole: Told, killed: tuple[Told, list[Ended]]
) -> None:
    found: list[dict[tuple[RoleKind, str], int]] = []
    for run in (whole.run, killed[0].run):
        with Reader.open(run) as reader:
            found.append({(one.role, one.model): one.requests for one in taken(reader, parse_study(STUDY))})
            stored = Counter[tuple[RoleKind, str]]()
            for (model, kind), spent in reader.spent().items():
                stored[ROLES[kind], model] += spent.attempts
            calls, names = reader.table("calls"), reader.names()
            model, kind, tries = (calls.columns.index(name) for name in ("model", "kind", "attempts"))
            rows = Counter[tuple[RoleKind, str]]()
            for row in calls.rows:
                rows[ROLES[CALL_KINDS[int(row[kind] or 0)]], names[int(row[model] or 0)]] += int(row[tries] or 0)
        assert found[-1] == stored == rows
    assert found[0] == found[1]
