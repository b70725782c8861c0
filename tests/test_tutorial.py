"""The tutorial as a newcomer does it: every file written, every command run, every line of output looked for.

Its last runs are those of a real model. Here a real llama-server serves a tiny random one in its place; with the real
weights, as the page has it, they run under `make real`.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

import longplay
from documents import DOCUMENTS, Block, blocks, sections
from llama_server import LlamaServer
from longplay.cli import main
from longplay.inference.local_server import Serving
from longplay.study.serving import PORT, study_lines
from tiny_model import write_tiny_model

BLOCKS = blocks(DOCUMENTS["docs/tutorial.md"])
SERVE = "longplay serve-local\n"  # ends with Ctrl-C, so it runs beside the rest
HERE = f"http://127.0.0.1:{PORT}/v1"


def run_block(block: Block, names: dict[str, object], capsys: pytest.CaptureFixture[str]) -> str:
    """What a block printed; "" for a file, which is written."""
    if block.name:
        Path(block.name).write_text(block.body, encoding="utf-8")
    elif block.language == "python":
        exec(compile(block.body, "docs/tutorial.md", "exec"), names)
    elif block.language == "sh":
        for line in block.body.splitlines():
            program, *words = shlex.split(line, comments=True)
            assert (program, main(words)) == ("longplay", 0), line
    else:
        raise AssertionError(f"the tutorial has a block that is not run: {block.language}")
    return "".join(capsys.readouterr())


def follow(told: list[Block], served: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Do what the page says, with the model of the lines `served` in place of the page's; all that was printed."""
    names: dict[str, object] = {}
    printed, everything = "", ""
    for block in told:
        if block.language == "text":
            for line in block.body.splitlines():
                start, _, end = line.partition("...")
                assert any(said.startswith(start) and said.endswith(end) for said in printed.splitlines()), line
        elif block.body != SERVE:
            printed = run_block(with_model(block, served), names, capsys)
            everything += printed
    return everything


def with_model(block: Block, served: str) -> Block:
    """A study of the page with the model that is served, at the address where it is."""
    if HERE not in block.body:
        return block
    (url,) = re.findall(r'^base_url = "(.+)"$', served, re.MULTILINE)
    page_lines = "".join(block.body.splitlines(keepends=True)[: len(served.splitlines())])
    return block._replace(body=block.body.replace(page_lines, served).replace(HERE, url))


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a newcomer begins."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A tiny random model that is served: its lines for a study."""
    model = tmp_path_factory.mktemp("tiny") / "tiny.gguf"
    write_tiny_model(model)
    with longplay.serve_local(model, port=0, context=8192, slots=2) as lines:
        yield lines


def test_the_tutorial_can_be_followed_to_its_end(tiny: str, capsys: pytest.CaptureFixture[str]) -> None:
    printed = follow(BLOCKS, tiny, capsys)
    assert re.search(r"condition +position +value +low +high +n +missing\n", printed)
    for run in ("first", "real"):
        assert Path("runs", run, "report.html").exists()
    assert set(longplay.open("runs/first").rounds()["simulated"]) == {True}
    assert set(longplay.open("runs/real").rounds()["simulated"]) == {False}


def test_the_page_has_the_lines_that_serving_prints() -> None:
    (study,) = (block for block in BLOCKS if block.name == "study-real.toml")
    lines = study_lines(Path("SmolLM2-135M-Instruct.Q4_1.gguf"), HERE, Serving(port=PORT))
    assert study.body.startswith(f"{lines}\n")


@pytest.mark.real
def test_the_tutorial_can_be_followed_on_real_weights(
    weights: Path, real_server: LlamaServer, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [block for block in BLOCKS if block.name in ("ferry.toml", "talk-ferry.toml")]
    real = blocks(sections(DOCUMENTS["docs/tutorial.md"])["6. The same on a real model"])
    served = study_lines(weights, real_server.url, Serving(context=2_048, slots=2))
    printed = follow([*files, *real], f"{served}\n", capsys)
    assert "Rounds: 16 of 16 obtained." in printed
    replies = longplay.open("runs/real").rounds(texts=True)["reply"]
    assert all(len(reply) > 0 for reply in replies)
