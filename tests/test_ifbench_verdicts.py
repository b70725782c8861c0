"""Our checks against the official verdicts of IFBench, and against every row of the published prompt files."""

import csv
from pathlib import Path

import msgspec
import pytest

from longplay.probes import ProbeError, ifbench, ifeval
from longplay.probes.probe import Probe
from longplay.verifiers import verify

DIFFERENCES = Path(__file__).parents[1] / "bench" / "ifbench_differences.csv"
Decision = tuple[str, str, str, bool, bool]


class Verdicts(msgspec.Struct):
    prompt: str
    response: str
    instruction_id_list: list[str]
    follow_all_instructions: bool
    follow_instruction_list: list[bool]


@pytest.fixture
def named_data(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGPLAY_DATA", str(data_dir))


def official(data_dir: Path, mode: str) -> dict[str, Verdicts]:
    lines = (data_dir / f"ifbench/eval_results_{mode}.jsonl").read_text("utf-8").splitlines()
    return {row.prompt: row for row in map(msgspec.json.Decoder(Verdicts).decode, lines)}


def decisions(data_dir: Path, mode: str) -> list[Decision]:
    """(key, instruction, mode, ours, official) of every instruction."""
    verdicts = official(data_dir, mode)
    found: list[Decision] = []
    for item in ifbench.PROBE.items():
        theirs = verdicts[item.text]
        followed = verify(item.constraints, theirs.response)
        ours = followed.strict if mode == "strict" else followed.loose
        kinds = [constraint.kind.removeprefix("ifbench/") for constraint in item.constraints]
        assert kinds == theirs.instruction_id_list
        pairs = zip(kinds, ours, theirs.follow_instruction_list, strict=True)
        found.extend((item.id.removeprefix("ifbench-"), kind, mode, one, other) for kind, one, other in pairs)
    return found


@pytest.mark.usefixtures("named_data")
@pytest.mark.parametrize(("mode", "instructions", "prompts"), [("strict", 93, 77), ("loose", 109, 88)])
def test_the_published_verdicts_are_ours_but_for_exactly_the_listed_ones(
    data_dir: Path, mode: str, instructions: int, prompts: int
) -> None:
    verdicts = official(data_dir, mode).values()
    assert sum(sum(row.follow_instruction_list) for row in verdicts) == instructions
    assert sum(row.follow_all_instructions for row in verdicts) == prompts
    found = decisions(data_dir, mode)
    assert len(found) == 335
    with DIFFERENCES.open(encoding="utf-8", newline="") as file:
        listed = [row for row in csv.DictReader(file) if row["mode"] == mode]
    assert all(row["reason"] for row in listed)
    assert {(key, kind, ours, other) for key, kind, _, ours, other in found if ours != other} == {
        (row["key"], row["instruction"], row["ours"] == "true", row["official"] == "true") for row in listed
    }


@pytest.mark.usefixtures("named_data")
@pytest.mark.parametrize(
    ("probe", "prompts", "instructions", "kinds"),
    [(ifbench.PROBE, 294, 335, 57), (ifbench.PROBE_300, 300, 344, 58), (ifeval.PROBE, 541, 834, 25)],
    ids=lambda value: value.name if isinstance(value, Probe) else str(value),
)
def test_every_row_of_a_prompt_file_becomes_an_item_that_can_be_checked(
    probe: Probe, prompts: int, instructions: int, kinds: int
) -> None:
    items = probe.items()
    constraints = [constraint for item in items for constraint in item.constraints]
    assert (len({item.id for item in items}), len(constraints)) == (prompts, instructions)
    assert len({constraint.kind for constraint in constraints}) == kinds
    assert items[0].id == {"ifeval": "ifeval-1000"}.get(probe.name, f"{probe.name}-0")
    assert items == probe.items()


def test_another_version_in_the_place_of_the_294_prompts_is_refused(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ifbench").mkdir()
    other = (data_dir / "ifbench/IFBench_test_300_head.jsonl").read_bytes()
    (tmp_path / "ifbench/IFBench_test_294.jsonl").write_bytes(other)
    monkeypatch.setenv("LONGPLAY_DATA", str(tmp_path))
    with pytest.raises(ProbeError, match="holds 300 prompts, not 294"):
        ifbench.PROBE.items()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (None, "cannot be read .FileNotFoundError.. Set LONGPLAY_DATA"),
        ("{", "line 1: .*Put data/IFBench_test.jsonl"),
        ('{"key": "0", "prompt": 1}', r"line 1: Expected a text, got a whole number - at `\$\.prompt`\. Put data/"),
        ('{"key": "0", "prompt": "a", "instruction_id_list": ["count:numbers"], "kwargs": [{"N": null}]}', "lacks"),
        ('{"key": "0", "prompt": "a", "instruction_id_list": ["count:letters"], "kwargs": [{}]}', "unknown kind"),
        ('{"key": "0", "prompt": "a", "instruction_id_list": ["count:numbers"], "kwargs": []}', "damaged"),
        ('{"key": "0", "prompt": "a", "instruction_id_list": [], "kwargs": []}', "no constraints"),
    ],
)
def test_a_missing_or_damaged_prompt_file_says_what_to_put_where(
    line: str | None, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ifbench").mkdir()
    if line is not None:
        (tmp_path / "ifbench/IFBench_test_294.jsonl").write_text(line)
    monkeypatch.setenv("LONGPLAY_DATA", str(tmp_path))
    with pytest.raises(ProbeError, match=says):
        ifbench.PROBE.items()
