"""Wording of a run: what fades and what does not, halves kept apart, hostile words, and nothing stored."""

import asyncio
import csv
import io
import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from longplay.analysis.wording import (
    MINERS,
    Heard,
    Miner,
    Plan,
    Point,
    PremiseError,
    compare,
    fades,
    paper_forms,
)
from longplay.analysis.wording.comparing import Compared, Who, halves
from longplay.analysis.wording.patterns import patterns
from longplay.analysis.wording.premise import Premise
from longplay.cli.app import main
from longplay.pipeline import load_text, run_study
from longplay.records import PLAIN, Cell, DialogueKey, Estimate, Reply
from longplay.records.word_patterns import Wording
from longplay.report import write_patterns
from longplay.store import Reader, Store
from named import condition, having, metric

PLACES = (Point("talk", 0), Point("talk", 8))
ITEMS = [f"q{i:02}" for i in range(60)]
STUDY = """
seed = 5
[[models]]
name = "sim/speaker"
[models.speaker]
fidelity = { start = 4.9, end = 1.5, shape = "step", at = 2 }
[judge]
name = "sim/judge"
[dialogues]
personas = ["queen", "scrooge", "silver", "wren"]
scripts = ["goal-oriented"]
rounds = 4
baseline_draws = 1
[conditioning]
repeats = 0
checkpoints = [0, 4]
draws_at_0 = 1
[judging]
rounds = []
[[probes]]
name = "general"
"""


def said(rng: random.Random, shares: Mapping[str, float]) -> Heard:
    """One answer an item: common words, and each of some words with its probability."""
    pairs = []
    for item in ITEMS:
        common = [f"w{rng.randrange(30)}" for _ in range(12)]
        pairs.append((item, " ".join([*common, *(word for word, share in shares.items() if rng.random() < share)])))
    return Heard.read(pairs, MINERS["built-in"]().split)


def cells(late: float, seed: int = 1, gained: float = 0.0, miner: Miner | None = None) -> Iterator[Compared]:
    """Five personas that say `ahoy` and `aye` in most answers, and after 8 rounds in a share of `late`."""
    rng = random.Random(seed)
    baseline = {place: said(rng, {"helpful": 0.8}) for place in PLACES}
    for name in "abcde":
        early = said(rng, {"ahoy": 0.8, "aye": 0.7})
        own = {PLACES[0]: early, PLACES[1]: said(rng, {"ahoy": late, "aye": late, "helpful": gained})}
        yield compare(Who("m", PLAIN, name, "probe"), own, baseline, miner or MINERS["built-in"](), seed=3)


def pick(estimates: list[Estimate], analysis: str, metric: str = "persona-patterns", **wanted: object) -> Estimate:
    fields = {"condition": "persona", **wanted, "analysis": analysis, "metric": metric}
    (found,) = having(estimates, **fields)
    return found


def test_words_that_are_lost_and_words_that_are_gained_are_two_directions() -> None:
    found = fades(list(cells(late=0.2, gained=0.5)), Plan(0.95, 3, "built-in"))
    start = pick(found, "wording", position=0)
    assert start.value == pytest.approx(0.75, abs=0.08)
    fade, gain = pick(found, "wording-fade"), pick(found, "wording-fade", "baseline-patterns")
    assert fade.low is not None
    assert fade.high is not None
    assert fade.low < -0.55 < fade.high < 0
    assert gain.low is not None
    assert gain.low > 0.2
    assert (fade.span, fade.position, fade.seed, fade.clusters, fade.target) == ((0, 8), 8, 3, 5, "personas like these")
    assert fade.n == 2 * 5 * 30
    relative = pick(found, "wording-fade-relative")
    assert relative.value == pytest.approx(-0.73, abs=0.1)


def test_the_baseline_has_numbers_but_no_interval() -> None:
    found = fades(list(cells(late=0.7)), Plan(0.95, 3, "built-in"))
    told = [e for e in found if condition(e) == "baseline"]
    assert {e.analysis for e in told} == {"wording", "wording-fade", "wording-fade-relative"}
    assert all(e.low is None and e.high is None and "one baseline" in e.note for e in told)


def test_patterns_left_are_mined_anew_and_the_papers_ratio_stands_beside() -> None:
    plan = Plan(0.95, 3, "built-in")
    compared = list(cells(late=0.0))
    left = pick(fades(compared, plan), "wording-left", "patterns", condition="persona - baseline", position=None)
    assert left.value == pytest.approx(-0.7, abs=0.06)
    paper = paper_forms(compared, plan)
    assert pick(paper, "wording-paper", position=0).value == 1
    assert pick(paper, "wording-paper-fade").value == 1
    lost = pick(paper, "wording-paper-left", "patterns")
    assert lost.value == pytest.approx(0.7, abs=0.06)
    assert (lost.n, lost.span) == (5, (0, 8))


def test_items_are_mined_or_counted_never_both_and_by_seed() -> None:
    mined, held = halves(ITEMS, "1/probe")
    assert sorted((*mined, *held)) == ITEMS
    assert len(mined) == len(held) == 30
    assert halves(ITEMS, "1/probe") == (mined, held)
    assert halves(ITEMS, "2/probe") != (mined, held)
    assert set(halves(ITEMS[:9], "1")[0]).isdisjoint(halves(ITEMS[:9], "1")[1])


def test_personas_without_patterns_are_no_numbers() -> None:
    rng = random.Random(4)
    same = {place: said(rng, {}) for place in PLACES}
    found = compare(Who("m", PLAIN, "a", "probe"), same, same, MINERS["built-in"](), seed=1)
    estimates = fades([found], Plan(0.95, 1, "built-in"))
    assert pick(estimates, "wording", position=8).value is None
    assert "no pattern found in 1 of 1" in pick(estimates, "wording", position=8).note
    assert pick(estimates, "wording-left", "patterns", condition="persona - baseline", position=0).value == 0
    assert pick(paper_forms([found], Plan(0.95, 1, "x")), "wording-paper-left", "patterns").value is None


def test_missing_answers_are_counted_and_pairs_need_both() -> None:
    whole = next(cells(late=0.0))
    split = MINERS["built-in"]().split
    rng = random.Random(9)
    base = {place: said(rng, {"helpful": 0.8}) for place in PLACES}
    early = said(rng, {"ahoy": 0.9})
    lost = Heard.read([(item, None if i % 2 else "ahoy") for i, item in enumerate(ITEMS)], split)
    found = compare(whole.who, {PLACES[0]: early, PLACES[1]: lost}, base, MINERS["built-in"](), seed=3)
    late = pick(fades([found], Plan(0.95, 3, "x")), "wording", position=8)
    assert late.n + late.missing == 30
    assert late.missing > 0


def test_answers_that_are_not_there_are_no_lost_words() -> None:
    whole = next(cells(late=0.7))
    split, rng = MINERS["built-in"]().split, random.Random(9)
    base = {place: said(rng, {"helpful": 0.8}) for place in PLACES}
    early, nobody = said(rng, {"ahoy": 0.9}), Heard.read([(item, None) for item in ITEMS], split)
    for late in ({PLACES[1]: nobody}, {}):
        cut = compare(whole.who._replace(persona="b"), {PLACES[0]: early, **late}, base, MINERS["built-in"](), seed=3)
        for compared, n in (([cut], 0), ([whole, cut], 1)):
            found = [*fades(compared, Plan(0.95, 3, "x")), *paper_forms(compared, Plan(0.95, 3, "x"))]
            lost = [
                e for e in found if e.span == (0, 8) and metric(e) != "baseline-patterns" and "base" not in condition(e)
            ]
            lost += [e for e in found if e.span == (0, 8) and e.analysis == "wording-left"]
            assert len(lost) == 5 * (n or bool(late))
            assert {e.clusters for e in lost} <= {n}
            assert all((e.value is None) == (n == 0) for e in lost)
            curve = [
                e for e in found if (e.analysis, e.position) == ("wording-paper", 8) and metric(e) == "persona-patterns"
            ]
            assert all(e.value is None and "no answers" in e.note for e in curve)
        assert list(patterns([whole, cut]))


def test_a_persona_that_began_later_is_compared_from_there() -> None:
    rng = random.Random(4)
    base = {Point("talk", at): said(rng, {"helpful": 0.8}) for at in (0, 4, 8)}
    own = {Point("talk", at): said(rng, {"ahoy": 0.8}) for at in (4, 8)}
    found = compare(Who("m", PLAIN, "a", "probe"), own, base, MINERS["built-in"](), seed=1)
    assert {(row.mined_at, row.words) for row in patterns([found])} >= {(4, "ahoy"), (8, "ahoy")}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small study whose personas lose their voices at once."""
    folder = tmp_path_factory.mktemp("wording")
    assert run_study(load_text(STUDY), folder, linger_s=0.001).status == "complete"
    return folder


def test_the_command_prints_estimates_writes_patterns_and_stores_nothing(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (run / "run.sqlite").read_bytes()
    assert main(["wording", str(run), "--seed", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    fade = next(
        e
        for e in found
        if (e["analysis"], e["quantity"]["metric"], e["of"]["left"]["speaker"])
        == ("wording-fade", "persona-patterns", "persona")
    )
    assert fade["high"] < 0
    assert {e["seed"] for e in found if e["analysis"].startswith("wording")} == {2}
    measures = {"distinct-1", "distinct-2", "distinct-3", "compression", "saved", "shared", "opening", "ending"}
    measures |= {"length", "runaway", "copied", "copied-elsewhere"}
    assert measures == {e["quantity"]["metric"] for e in found if e["analysis"] == "repetition"}
    assert (run / "run.sqlite").read_bytes() == before
    rows = list(csv.DictReader(io.StringIO((run / "wording.csv").read_text("utf-8"))))
    assert {row["toward"] for row in rows} == {"persona", "baseline"}
    assert {row["mined_at"] for row in rows} <= {"0", "4"}
    assert not any("sim" in row["words"].split() for row in rows), "what was planted is no wording"


def test_the_command_prints_a_table(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wording", str(run)]) == 0
    shown = capsys.readouterr()
    assert "Patterns that tell persona from baseline before the dialogue" in shown.out
    assert "How far replies repeat themselves" in shown.out
    assert "wording.csv" in shown.err


def test_the_report_has_the_section_where_it_was_asked_for(run: Path) -> None:
    assert main(["report", str(run), "--wording"]) == 0
    page = (run / "report.html").read_text("utf-8")
    assert '<section id="wording"' in page
    assert "wording-fade" in (run / "estimates.csv").read_text("utf-8")


def test_premise_finds_what_was_planted() -> None:
    miner = Premise()
    rng = random.Random(6)
    here = [" ".join(f"w{rng.randrange(40)}" for _ in range(15)) + " Ahoy there" * (i % 3 > 0) for i in range(60)]
    there = [" ".join(f"w{rng.randrange(40)}" for _ in range(15)) + " I'm helpful" * (i % 3 > 0) for i in range(60)]
    found = miner.mine(here, there)
    assert {word for one in found if one.share > one.other_share for word in one.words} >= {"Ahoy", "there"}
    assert {word for one in found if one.share < one.other_share for word in one.words} >= {"helpful"}
    assert all(one.q is None for one in found)
    assert miner.split("Don't \ud800") == ["Do", "n't", "?"]
    assert miner.mine(["a"], ["b"]) == []
    assert miner.mine([], ["b"]) == []


def test_premise_takes_the_built_in_miners_place() -> None:
    miner = MINERS["premise"]()
    told = next(cells(late=0.0, miner=miner))
    assert {word for one in told.first.patterns for word in one.words} >= {"ahoy", "helpful"}
    fade = pick(fades([told], Plan(0.95, 3, miner.method)), "wording-fade")
    assert fade.value == pytest.approx(-0.75, abs=0.15)
    assert "PREMISE" in fade.method


def test_a_machine_without_premise_is_told_so(monkeypatch: pytest.MonkeyPatch, run: Path) -> None:
    monkeypatch.setattr("platform.machine", lambda: "s390x")
    with pytest.raises(PremiseError, match=r"s390x; use the miner built-in"):
        Premise()
    assert main(["wording", str(run), "--miner", "premise"]) == 2


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("echo no room left >&2; exit 3", r"ended with 3 and said: no room left\. Use the miner built-in"),
        ('echo "7 patterns" > "$3"', r"cannot be read \(ValueError\)\. Use the miner built-in"),
        ('echo "99;1:0;1;0.1;2;x" > "$3"', r"cannot be read \(IndexError\)\. Use the miner built-in"),
        (None, r"cannot be started .*Use the miner built-in"),
    ],
)
def test_a_program_of_premise_that_fails_is_said(
    program: str | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = tmp_path / "engine"
    engine.write_text(f"#!/bin/sh\n{program}\n")
    engine.chmod(0o644 if program is None else 0o755)
    miner = Premise()
    monkeypatch.setattr(miner, "_engine", str(engine))
    with pytest.raises(PremiseError, match=said):
        miner.mine(["ahoy there"] * 20, ["I am helpful"] * 20)


def test_hostile_words_are_no_formula(tmp_path: Path) -> None:
    one = next(cells(late=0.0))
    rng = random.Random(1)
    evil = {place: said(rng, {"=cmd()": 0.9, "@x": 0.9, "\u202eevil": 0.9}) for place in PLACES}
    calm = {place: said(rng, {}) for place in PLACES}
    found = tuple(patterns([compare(one.who, evil, calm, MINERS["built-in"](), 1)]))
    assert any(pattern.words.startswith("=") for pattern in found)
    write_patterns(Wording("built-in", 1, (), found), tmp_path / "wording.csv")
    cells_of = [cell for row in csv.reader(io.StringIO((tmp_path / "wording.csv").read_text("utf-8"))) for cell in row]
    numbers = [cell for cell in cells_of if cell.replace("e", "").replace(".", "").replace("-", "").isdigit()]
    assert not [cell for cell in cells_of if cell.startswith(("=", "+", "-", "@")) and cell not in numbers]
    assert not any("\u202e" in cell for cell in cells_of)


def test_texts_are_read_one_prefix_and_probe_at_a_time(tmp_path: Path) -> None:
    dialogue = DialogueKey("m", "gaston", "interview")
    cell = Cell(dialogue, 8, "gaston", "plain", "follow", "f-01")

    async def fill() -> None:
        with Store.open(tmp_path, linger_s=0) as store:
            keys = [bytes([number]) * 16 for number in range(4)]
            replies = (Reply("ok", "Yes. \ud800"), Reply("missing", None, "filtered"), Reply("ok", ""))
            for key, reply in zip(keys, replies, strict=False):
                store.put_call(key, "turn", "m", reply)
            for key, item in zip(keys, ("f-01", "f-02", "f-03"), strict=False):
                await store.put_answer(Cell(dialogue, 8, "gaston", "plain", "follow", item), [key])
            await store.put_answer(Cell(dialogue, 8, "gaston", "plain", "other", "f-01"), [keys[0]])
            await store.put_unreached([Cell(dialogue, 8, "gaston", "plain", "follow", "f-04")])

    asyncio.run(fill())
    with Reader.open(tmp_path) as reader:
        found = reader.answer_texts(cell)
        assert [(one.item, one.text) for one in found] == [
            ("f-01", "Yes. \ud800"),
            ("f-02", None),
            ("f-03", ""),
            ("f-04", None),
        ]
        assert found[3].call is None
        assert reader.answer_texts(Cell(dialogue, 8, None, "plain", "follow", "")) == []
