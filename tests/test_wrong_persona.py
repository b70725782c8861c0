"""What the wrong persona promises: a seeded sample, counted before it is paid for, in no other estimate."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from longplay.analysis import ANALYSES, Data, headlines, prepare, read_tables
from longplay.experiment import Experiment, resolve
from longplay.experiment.workload import expected, text_of, verdicts_due
from longplay.experiment.wrong_persona import as_another
from longplay.judging import METRICS
from longplay.judging.owed import Panel, Text, scorings
from longplay.pipeline import load, run_study
from longplay.records import ROUNDS, Cell, DialogueKey, Estimate, Quantity, RoundRef
from longplay.specs import ModelSpec, parse_study
from longplay.store import Reader

STUDY = """
seed = 3
[[models]]
name = "sim/speaker"
[models.speaker]
persona_sd = 0.0
fidelity = { start = 4.0, end = 4.0 }
[judge]
name = "sim/judge"
[judge.judge]
accuracy = 1.0
wrong_persona = 2.0
[dialogues]
rounds = 4
personas = ["silver", "queen", "scrooge", "saleh"]
scripts = ["goal-oriented"]
baseline_draws = 2
[conditioning]
checkpoints = [0, 4]
repeats = 0
[[probes]]
name = "fidelity"
limit = 8
[[probes]]
name = "refusal"
limit = 2
"""
TEXT = STUDY + "[judging]\nwrong_persona = 0.5\n"
PERSONAS = ("silver", "queen", "scrooge", "saleh")


def experiment(text: str = TEXT) -> Experiment:
    return resolve(parse_study(text, "study.toml"), "study.toml", Path())


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wrong")
    (folder / "study.toml").write_text(TEXT, "utf-8")
    assert run_study(load(folder / "study.toml", folder / "run"), folder / "run").status == "complete"
    return folder / "run"


@pytest.fixture(scope="module")
def data(run: Path) -> Data:
    with Reader.open(run) as reader:
        return prepare(read_tables(reader), changed_after_data=False)


def test_the_sample_has_its_share_and_every_other_persona_in_turn() -> None:
    study = parse_study(TEXT, "study.toml")
    drawn = [as_another(study, PERSONAS, "silver", "fidelity", f"item-{i}") for i in range(2_000)]
    counts = Counter(drawn)
    assert 900 < counts[None] < 1_100
    assert set(counts) == {None, "queen", "scrooge", "saleh"}
    assert all(270 < counts[other] < 400 for other in ("queen", "scrooge", "saleh"))


def test_a_larger_share_and_a_further_persona_keep_most_of_the_sample() -> None:
    study, places = parse_study(TEXT, "study.toml"), [f"item-{i}" for i in range(300)]
    more = parse_study(TEXT.replace("0.5", "0.9"), "study.toml")
    for place in places:
        small = as_another(study, PERSONAS, "silver", "fidelity", place)
        if small is not None:
            assert as_another(more, PERSONAS, "silver", "fidelity", place) == small
            assert as_another(study, (*PERSONAS, "wren"), "silver", "fidelity", place) in (small, "wren")


def test_nobody_and_a_study_that_does_not_ask_have_none_and_versions_are_no_others() -> None:
    study = parse_study(TEXT, "study.toml")
    assert as_another(study, PERSONAS, None, "fidelity", "x") is None
    assert as_another(study, ("silver",), "silver", "fidelity", "x") is None
    plain = parse_study(STUDY, "study.toml")
    assert all(as_another(plain, PERSONAS, "silver", "fidelity", f"{i}") is None for i in range(50))
    versions = parse_study(TEXT + '[analysis.versions]\nshort = { queen = "silver" }\n', "study.toml")
    found = {as_another(versions, ("silver", "queen", "saleh"), "silver", "fidelity", f"{i}") for i in range(50)}
    assert found == {None, "saleh"}


def test_only_metrics_that_see_a_persona_are_owed_it_and_once() -> None:
    panel = Panel((ModelSpec("sim/judge"),), PERSONAS, repeats=3)
    text = Text("fidelity", "silver", "silver", another="queen")
    metrics = [METRICS[name] for name in ("style", "style-paper", "refusal", "follow-loose", "role-win", "harm")]
    owed = [(one.metric.name, one.judged_as, one.repeats) for one in scorings(metrics, text, panel)]
    assert [one for one in owed if one[1] == ("queen",)] == [("style", ("queen",), 1), ("style-paper", ("queen",), 1)]
    assert len(owed) == len(metrics) + 2


def test_a_text_is_judged_as_the_same_other_persona_after_every_dialogue_and_checkpoint() -> None:
    ready = experiment()
    key = DialogueKey("sim/speaker", "silver", "goal-oriented")
    other = DialogueKey("sim/speaker", "silver", "goal-oriented", 1, draw=3)
    for probe, item in ready.asked("silver"):
        texts = [
            text_of(ready, Cell(one, at, "silver", "plain", probe, item.id)) for one in (key, other) for at in (0, 4)
        ]
        assert len({text.another for text in texts}) == 1
    assert {text_of(ready, RoundRef(DialogueKey("sim/speaker", None, "goal-oriented"), n)).another for n in (1, 2)} == {
        None
    }


def test_a_plan_counts_it_and_a_run_gives_what_was_counted(run: Path) -> None:
    ready = experiment()
    with Reader.open(run) as reader:
        given = reader.columns("round_verdicts").size + reader.columns("answer_verdicts").size
    assert given == expected(ready)["verdicts"] > expected(experiment(STUDY))["verdicts"]
    key = DialogueKey("sim/speaker", "silver", "goal-oriented")
    due = [one.judged_as for number in range(1, 5) for one in verdicts_due(ready, RoundRef(key, number))]
    assert due.count("silver") > len(due) - due.count("silver") > 0


def of(estimates: list[Estimate], analysis: str, source: str = "fidelity") -> dict[int | None, Estimate]:
    wanted = (e for e in estimates if e.analysis == analysis and e.source == source and e.replies == "all")
    return {e.position: e for e in wanted if e.quantity == Quantity("style")}


def test_the_floor_is_what_is_planted_and_the_rest_of_the_page_does_not_hold_it(data: Data) -> None:
    found = ANALYSES["wrong-persona"](data)
    for source, positions in (("fidelity", {0, 4}), (ROUNDS, {4})):
        floor, above = of(found, "wrong-persona", source), of(found, "above-wrong-persona", source)
        assert set(floor) == set(above) == positions
        assert {e.value for e in floor.values()} == {2.0}
        assert {e.value for e in above.values()} == {2.0}
        assert {e.missing for e in (*floor.values(), *above.values())} == {0}
    levels = of(ANALYSES["curves"](data), "curves")
    assert levels[4].value == 4.0
    composite = [e for e in found if e.quantity == Quantity("fidelity") and e.analysis == "wrong-persona"]
    assert {e.value for e in composite} == {25.0}


def test_a_card_shows_the_floor_of_its_own_measure(data: Data) -> None:
    estimates = [e for name in ("curves", "drift", "wrong-persona") for e in ANALYSES[name](data)]
    [card] = headlines(estimates, data.tables.study)
    assert card.wrong_end is not None
    assert (card.wrong_end.value, card.wrong_end.position) == (25.0, 4)


def test_what_is_owed_and_not_judged_is_missing(run: Path) -> None:
    with Reader.open(run) as reader:
        tables = read_tables(reader)
    names = tables.names.dtype.categories
    verdicts = tables.answer_verdicts
    persona = dict(zip(tables.answers["id"], tables.answers["persona"].astype(object), strict=True))
    of_others = [
        isinstance(persona[subject], str) and isinstance(seen, str) and seen != persona[subject]
        for subject, seen in zip(verdicts["subject"], verdicts["judged_as"].astype(object), strict=True)
    ]
    assert any(of_others)
    assert set(PERSONAS) <= set(names)
    kept = verdicts[[not one for one in of_others]].reset_index(drop=True)
    less = prepare(msgspec.structs.replace(tables, answer_verdicts=kept), changed_after_data=False)
    floor = of(ANALYSES["wrong-persona"](less), "wrong-persona")
    assert {e.value for e in floor.values()} == {None}
    assert all(e.missing > 0 for e in floor.values())


def test_a_study_that_does_not_ask_has_no_such_estimates(run: Path) -> None:
    with Reader.open(run) as reader:
        tables = read_tables(reader)
    study = parse_study(STUDY, "study.toml")
    without = prepare(msgspec.structs.replace(tables, study=study), changed_after_data=False)
    assert ANALYSES["wrong-persona"](without) == []
