"""Replies of earlier runs in a run: what is found again, what never is, and what it costs."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from faults import FaultServer, no_faults
from longplay.cli import main
from longplay.folder import Outcome
from longplay.pipeline import Control, load_text, run_study
from longplay.store import Reader, replies_path
from tables import contents
from vouching import vouch

STUDY = """
seed = 7
[[models]]
name = "openai/m"
base_url = "URL"
attempts = 1
{model}
[judge]
name = "openai/j"
base_url = "URL"
attempts = 1
{judge}
[dialogues]
personas = ["silver"]
baseline = false
scripts = ["goal-oriented"]
rounds = 4
[conditioning]
noise_share = 0
checkpoints = [0, 4]
repeats = {repeats}
[judging]
repeats = {judgements}
[[probes]]
name = "fidelity"
limit = 2
"""
KEY = "key-that-nobody-may-ever-see-0123456789"


def study(url: str, model: str = "", judge: str = "", repeats: int = 0, judgements: int = 1) -> str:
    text = STUDY.format(model=model, judge=judge, repeats=repeats, judgements=judgements)
    return text.replace("URL", url)


def go(text: str, into: Path, *, cache: bool = True) -> tuple[Outcome, Control]:
    seen: list[Control] = []
    outcome = run_study(load_text(text), into, watch=seen.append, cache=cache, go_on=True)
    assert outcome == Outcome("complete")
    return outcome, seen[0]


def asked(server: FaultServer, name: str) -> list[bytes]:
    """The bodies that one model was sent so far."""
    return [seen.body for seen in server.requests if json.loads(seen.body)["model"] == name]


def by_digest(body: bytes) -> str:
    """A verdict that the body decides."""
    return f"So it seems. Result: {sum(body) % 5 + 1}"


def test_a_second_run_judges_the_same_texts_for_nothing(tmp_path: Path) -> None:
    with FaultServer(words=by_digest) as server:
        text = study(server.url)
        _, first = go(text, tmp_path / "one")
        before = len(asked(server, "m")), len(asked(server, "j"))
        _, second = go(text, tmp_path / "two")
        after = len(asked(server, "m")), len(asked(server, "j"))
    assert before[1] > 10
    assert after == (2 * before[0], before[1]), "models are asked again, the judge is not"
    assert (first.spending.reused, second.spending.reused) == (0, before[1])
    assert second.spending.requests == before[0]
    assert second.spending.prompt < first.spending.prompt
    assert contents(tmp_path / "one") == contents(tmp_path / "two"), "the run is whole without the file"
    with Reader.open(tmp_path / "two") as reader:
        counts = reader.counts()
    assert counts.reused == before[1]
    assert list(counts.spent) == ["openai/m"]


def test_a_run_that_is_resumed_counts_what_it_found_and_pays_nothing_twice(tmp_path: Path) -> None:
    with FaultServer(words=by_digest) as server:
        text = study(server.url)
        go(text, tmp_path / "one")
        go(text, tmp_path / "two")
        sent = len(server.requests)
        _, again = go(text, tmp_path / "two")
        assert len(server.requests) == sent
    assert again.spending.requests == len(asked(server, "m")) // 2
    assert again.spending.reused == 0


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        (lambda url: study(url, judge="cache = false"), False),
        (lambda url: study(url, judge='label = "another"'), False),
        (lambda url: study(url, judge="sampling = { temperature = 0.5 }"), False),
        (lambda url: study(url).replace("seed = 7", "seed = 8"), False),
        (lambda url: study(url, judge="concurrency = 2\ntimeout_s = 60"), True),
        (lambda url: study(url, judge="cache = true"), True),
    ],
)
def test_only_the_same_request_to_the_same_judge_is_found(
    tmp_path: Path, changed: Callable[[str], str], found: bool
) -> None:
    with FaultServer(words=lambda _: '{"reason": "so", "level": 3}') as server:
        go(study(server.url), tmp_path / "one")
        before = len(asked(server, "j"))
        go(changed(server.url), tmp_path / "two")
        assert (len(asked(server, "j")) == before) is found


def test_a_judge_of_the_same_name_at_another_address_is_another_judge(tmp_path: Path) -> None:
    with FaultServer(words=by_digest) as one, FaultServer(words=by_digest) as other:
        go(study(one.url), tmp_path / "one")
        go(study(other.url), tmp_path / "two")
        assert len(asked(one, "j")) == len(asked(other, "j")) > 0


def test_models_under_test_are_found_again_only_where_the_study_says_so(tmp_path: Path) -> None:
    with FaultServer(words=by_digest) as server:
        text = study(server.url, model="cache = true")
        go(text, tmp_path / "one")
        sent = len(server.requests)
        _, second = go(text, tmp_path / "two")
        assert len(server.requests) == sent
    assert second.spending.requests == 0


def test_a_judges_repeats_are_requests_of_their_own(tmp_path: Path) -> None:
    with FaultServer(words=by_digest) as server:
        go(study(server.url), tmp_path / "one")
        once = len(asked(server, "j"))
        go(study(server.url, judgements=3), tmp_path / "three")
        assert len(asked(server, "j")) == 3 * once, "the first opinion is found, the second and third are asked"


def test_repeats_of_answers_never_come_from_the_file(tmp_path: Path) -> None:
    with FaultServer(words=by_digest) as server:
        text = study(server.url, model="cache = true", repeats=2)
        go(text, tmp_path / "one")
        sent = len(server.requests)
        go(text, tmp_path / "two")
        assert len(server.requests) == sent + 4, "two answers at two checkpoints"


def test_without_the_cache_nothing_is_read_and_nothing_is_kept(tmp_path: Path) -> None:
    with FaultServer(words=by_digest) as server:
        text = study(server.url)
        go(text, tmp_path / "one", cache=False)
        assert not replies_path().exists()
        go(text, tmp_path / "two")
        sent = len(server.requests)
        go(text, tmp_path / "three", cache=False)
        assert len(server.requests) == sent // 2 * 3


def test_a_study_of_simulated_models_makes_no_file(tmp_path: Path) -> None:
    text = study("http://127.0.0.1:1/v1").replace("openai/m", "sim/speaker").replace("openai/j", "sim/judge")
    go(text, tmp_path / "one")
    assert not replies_path().exists()


def test_missing_replies_are_asked_for_by_every_run(tmp_path: Path) -> None:
    def faults(body: bytes, attempt: int) -> str | None:
        del attempt
        return "filter" if json.loads(body)["model"] == "j" else no_faults(body, 1)

    with FaultServer(faults) as server:
        for name in ("one", "two"):
            go(study(server.url), tmp_path / name)
        bodies = asked(server, "j")
        assert len(bodies) == 2 * len(set(bodies)) > 0


def test_a_damaged_file_is_said_and_the_run_is_complete(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with FaultServer(words=by_digest) as server:
        (tmp_path / "study.toml").write_text(study(server.url))
        assert main(["run", str(tmp_path / "study.toml"), "--into", str(tmp_path / "one")]) == 0
        replies_path().write_bytes(b"garbage " * 1000)
        capsys.readouterr()
        assert main(["run", str(tmp_path / "study.toml"), "--into", str(tmp_path / "two")]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("Complete")
    assert said.err.count("the cache of replies is not used") == 1
    assert replies_path().read_bytes() == b"garbage " * 1000


def test_the_end_of_a_run_and_its_status_say_what_was_not_paid(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with FaultServer(words=by_digest) as server:
        (tmp_path / "study.toml").write_text(study(server.url))
        for name in ("one", "two"):
            assert main(["run", str(tmp_path / "study.toml"), "--into", str(tmp_path / name)]) == 0
        judged = len(asked(server, "j"))
        assert f"{judged} replies of earlier runs, not paid" in capsys.readouterr().out.splitlines()[-1]
        assert main(["status", str(tmp_path / "two")]) == 0
        assert f"{judged} replies were found in earlier runs and not paid" in capsys.readouterr().out
        assert main(["status", str(tmp_path / "two"), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["reused"] == judged
        sent = len(server.requests)
        assert main(["run", str(tmp_path / "study.toml"), "--into", str(tmp_path / "three"), "--no-cache"]) == 0
        assert len(server.requests) == sent + len(asked(server, "m")) // 3 + judged


def test_the_file_holds_no_api_key_even_where_a_server_repeats_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGPLAY_TEST_KEY", KEY)
    with FaultServer(words=lambda _: f"your key is {KEY}, level 3") as server:
        vouch(server.url, "LONGPLAY_TEST_KEY")
        go(study(server.url, judge='api_key_env = "LONGPLAY_TEST_KEY"'), tmp_path / "one")
    folder = replies_path().parent
    assert list(folder.iterdir())
    assert not [path for path in folder.iterdir() if KEY.encode() in path.read_bytes()]
