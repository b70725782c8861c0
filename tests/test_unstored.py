"""How much is paid for and not yet on the disk: a small multiple of the slots, however slow the disk is."""

import threading
from pathlib import Path

import pytest

from faults import FaultServer
from longplay.pipeline import load_text, run_study
from longplay.store import Store
from longplay.store.batch import CallPut
from longplay.store.errors import StoreError
from longplay.store.writer import Queue, Writer

STUDY = """
[[models]]
name = "openai/m"
base_url = "URL"
concurrency = 3
[judge]
name = "openai/j"
base_url = "URL"
concurrency = 1
[dialogues]
personas = ["silver", "marsh"]
scripts = ["goal-oriented"]
rounds = 4
baseline_draws = 1
[conditioning]
repeats = 0
noise_share = 0
checkpoints = [0, 4]
[[probes]]
name = "fidelity"
limit = 12
"""
SLOTS = 4


class SlowDisk:
    """A commit ends when asking waits for it, or after a while. `lost`: calls that a kill just before it would lose."""

    def __init__(self, server: FaultServer, patch: pytest.MonkeyPatch) -> None:
        self.lost: list[int] = []
        self._server = server
        self._committed = 0
        self._awaited = threading.Event()
        self._commit, self._hurry = Writer._commit, Store.hurry

        def commit(writer: Writer, queue: Queue) -> StoreError | None:
            return self.commit(writer, queue)

        def hurry(store: Store) -> None:
            self.hurry(store)

        patch.setattr(Writer, "_commit", commit)
        patch.setattr(Store, "hurry", hurry)

    def commit(self, writer: Writer, queue: Queue) -> StoreError | None:
        self._awaited.wait(0.1)
        self._awaited.clear()
        self.lost.append(len(self._server.requests) - self._committed)
        self._committed += sum(isinstance(entry, CallPut) for entry in queue.entries)
        return self._commit(writer, queue)

    def hurry(self, store: Store) -> None:
        self._awaited.set()
        self._hurry(store)


def test_a_slow_disk_slows_the_asking_and_a_kill_loses_few_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer(words=lambda body: f"Result: {len(body) % 5 + 1}") as server:
        disk = SlowDisk(server, monkeypatch)
        assert run_study(load_text(STUDY.replace("URL", server.url)), tmp_path / "run").status == "complete"
        assert len(server.requests) > 100
    assert 2 * SLOTS < max(disk.lost) <= 3 * SLOTS
