"""A real llama-server with a small window, with context shift and without: what is past it is missing as overflow, and
what fits is never suspected."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from llama_server import LlamaServer
from longplay.folder import Outcome
from longplay.inference.local_server import Serving
from longplay.pipeline import Control, load_text, run_study
from longplay.store import Reader
from tiny_model import write_tiny_model

SMALL, LARGE = 1024, 16_384
STUDY = """
seed = SEED
[[models]]
name = "openai/tiny"
base_url = "URL"
concurrency = 2
sampling = { temperature = 1.0, max_tokens = 24 }
probe_sampling = { temperature = 1.0, max_tokens = 24 }
WINDOW
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver"]
baseline_draws = 1
scripts = ["goal-oriented"]
rounds = 10
[conditioning]
checkpoints = [0, 3, 6, 10]
draws_at_0 = 1
[[probes]]
name = "fidelity"
limit = 2
"""
UNTOLD = "context_window = 1_000_000"  # so that nothing is held back and the server alone decides


@pytest.fixture(scope="module", params=[False, True], ids=["refusing", "shifting"])
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, str]]:
    """Two servers of one kind, by their windows."""
    folder = tmp_path_factory.mktemp("windows")
    write_tiny_model(folder / "tiny.gguf")
    small, large = (
        LlamaServer(
            folder / "tiny.gguf",
            folder / f"{context}.log",
            Serving(context=context, slots=2, exact=True, shift=request.param, threads=1),
        )
        for context in (SMALL, LARGE)
    )
    with small, large:
        yield {SMALL: small.url, LARGE: large.url}


def go(url: str, into: Path, seed: int, window: str = "") -> tuple[Outcome, Control]:
    seen: list[Control] = []
    text = STUDY.replace("URL", url).replace("SEED", str(seed)).replace("WINDOW", window)
    outcome = run_study(load_text(text), into, watch=seen.append)
    return outcome, seen[0]


def kept(run: Path) -> list[int]:
    """Prompt tokens of every round that was obtained."""
    with Reader.open(run) as reader:
        rounds = [one for key in reader.dialogues().values() for one in reader.dialogue_text(key)]
    replies = [one.reply for one in rounds if one.reply is not None and one.reply.text is not None]
    return [reply.usage.prompt or 0 for reply in replies]


@pytest.mark.parametrize("window", ["", UNTOLD], ids=["told", "untold"])
@pytest.mark.parametrize("seed", [1, 2])
def test_rounds_past_a_real_servers_window_are_missing_and_the_dialogue_ends(
    servers: dict[int, str], window: str, seed: int, tmp_path: Path
) -> None:
    outcome, control = go(servers[SMALL], tmp_path / "run", seed, window)
    assert outcome.status == "complete"
    assert set(control.progress.missing) == {"overflow", "dialogue-stopped"}
    assert 2 <= len(kept(tmp_path / "run")) < 20
    assert max(kept(tmp_path / "run")) <= SMALL


@pytest.mark.parametrize("seed", [1, 2])
def test_a_real_server_with_room_enough_is_never_said_to_cut(
    servers: dict[int, str], seed: int, tmp_path: Path
) -> None:
    outcome, control = go(servers[LARGE], tmp_path / "run", seed)
    assert outcome.status == "complete"
    assert not control.progress.missing
    assert not any("cut prompts silently" in note for note in control.notes)
    assert len(kept(tmp_path / "run")) == 20
