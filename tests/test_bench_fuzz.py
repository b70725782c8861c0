"""Damaged replies and files: a small sample breaks nothing, and what would be a break is seen."""

import json
import random
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "bench"))

from case_server import Answer, read_request  # noqa: E402 - after the folder it lies in
from fuzz_replies import Damaged, Watch, damage  # noqa: E402

BODY = b'{"choices": [{"message": {"content": "Aye."}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 3}}'


def test_a_small_sample_breaks_nothing() -> None:
    command = [sys.executable, "-W", "error", "bench/fuzz.py", "--replies", "300", "--files", "40", "--seed", "5"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert ran.stderr == ""
    assert "seed 5" in ran.stdout
    assert "MISSED" not in ran.stdout, ran.stdout
    assert ran.returncode == 0


def test_damage_depends_on_the_seed_alone_and_changes_most_replies() -> None:
    made = [damage(random.Random(seed), Answer(BODY)) for seed in range(200)]
    assert made == [damage(random.Random(seed), Answer(BODY)) for seed in range(200)]
    assert sum(one.body != BODY for one in made) > 180
    assert len({one.status for one in made}) > 5


def test_replies_depend_on_the_request_and_those_damaged_are_counted() -> None:
    raw = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Turn 1: what do you see?"}]}).encode()
    asked = [read_request(raw, attempt, attempt) for attempt in range(1, 31)]
    first, second = Damaged(1), Damaged(1)
    assert [first(one) for one in asked] == [second(one) for one in asked]
    assert 15 <= first.count == second.count < 30


def test_a_write_outside_the_allowed_folder_is_seen(tmp_path: Path) -> None:
    watch = Watch()
    (tmp_path / "run").mkdir()
    watch.begin(tmp_path / "run")
    (tmp_path / "run" / "kept.txt").write_text("x")
    (tmp_path / "run" / "kept.txt").read_text()
    assert watch.strays == []
    (tmp_path / "stray.txt").write_text("x")
    (tmp_path / "folder").mkdir()
    watch.end()
    (tmp_path / "unwatched.txt").write_text("x")
    assert [Path(stray.split(" ", 1)[1]).name for stray in watch.strays] == ["stray.txt", "folder"]
