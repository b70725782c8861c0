"""What recall promises: facts checked by a program as whole words, told apart by the rounds since they were told."""

from pathlib import Path

import msgspec
import pytest

from driving import drive
from longplay.analysis import ANALYSES, Data, prepare, read_tables
from longplay.battery import BATTERIES, BatteryError, core_items, core_personas, core_scripts, read_script
from longplay.experiment import Experiment, resolve
from longplay.judging import METRICS, JudgingError
from longplay.pipeline import load, run_study
from longplay.records import Cell, DialogueKey, Estimate, Item, Reply, Request, Script, Subject
from longplay.specs import ModelSpec, parse_study
from longplay.store import Reader

RECALL = METRICS["recall"]
JUDGE = ModelSpec("sim/judge")
STUDY = """
seed = 3
[[models]]
name = "sim/speaker"
[models.speaker]
recall = { start = 1.0, end = 0.0, shape = "step", at = 8 }
[judge]
name = "sim/judge"
[dialogues]
rounds = 24
personas = ["silver", "queen", "scrooge", "saleh"]
scripts = ["goal-oriented"]
baseline_draws = 2
[conditioning]
checkpoints = [0, 4, 12, 24]
repeats = 0
[[probes]]
name = "recall"
[judging]
rounds = []
"""
TALK = """
kind = "goal-oriented"
questions = ["I am Ada and I have 3 cats. How are you?", "What is rain?"]
[[facts]]
question = 1
ask = "How many cats do I have?"
accept = ["3", "three"]
refuse = ["four"]
infer = "How many ears do my cats have together?"
accept_inferred = ["6", "six"]
"""


def experiment(text: str = STUDY, folder: Path = Path()) -> Experiment:
    return resolve(parse_study(text, "study.toml"), "study.toml", folder)


def score(answer: str, accept: tuple[str, ...], refuse: tuple[str, ...] = ()) -> float | None:
    item = Item("i", "How many?", accept=accept, refuse=refuse)
    cell = Cell(DialogueKey("m", "silver", "s"), 8, "silver", "plain", "recall", "i")
    return drive(RECALL.judge(Subject(cell, item.text, answer, None, item), JUDGE), _nobody)[0].score


def _nobody(request: Request) -> Reply:
    raise AssertionError(request)


@pytest.mark.parametrize(
    ("answer", "accept", "refuse", "wanted"),
    [
        ("It was Flint, matey.", ("flint",), (), 1.0),
        ("Cap'n FLINT!", ("Flint",), (), 1.0),
        ("It was a flintlock.", ("Flint",), (), 0.0),
        ("I have 15 of them.", ("15", "fifteen"), (), 1.0),
        ("In 1512, I think.", ("15",), (), 0.0),
        ("The Spy\u2010glass.", ("Spy-glass",), (), 1.0),
        ("The   shipping\nforecast.", ("shipping forecast",), (), 1.0),
        ("One, or was it two?", ("one",), ("two",), 0.0),
        ("No. I would not.", ("no",), ("yes",), 1.0),
        ("I know nothing of it.", ("no",), ("yes",), 0.0),
        ("", ("Flint",), (), 0.0),
        ("Stra\u00dfe", ("strasse",), (), 1.0),
        ("It\u2019s Fan's.", ("Fan",), (), 1.0),
        ("\uff13", ("3",), (), 1.0),
    ],
)
def test_an_answer_is_right_where_it_holds_the_fact_as_whole_words(
    answer: str, accept: tuple[str, ...], refuse: tuple[str, ...], wanted: float
) -> None:
    assert score(answer, accept, refuse) == wanted


def test_an_item_without_accepted_answers_cannot_be_scored() -> None:
    subject = Subject(Cell(DialogueKey("m", None, "s"), 0, None, "plain", "p", "i"), "?", "!", None, Item("i", "?"))
    with pytest.raises(JudgingError, match="accept"):
        drive(RECALL.judge(subject, JUDGE), _nobody)


def test_the_bundled_facts_stand_in_the_cards_and_in_the_script() -> None:
    personas, script = core_personas(), core_scripts()["goal-oriented"]
    asked = core_items("recall")
    for name in personas:
        own = [item.label for item in asked if item.persona == name]
        assert (own.count("card"), own.count("card-inferred")) == (3, 2)
    for item in asked:
        if item.label == "card":
            assert item.persona is not None
            text = personas[item.persona].description
            assert score(text, item.accepted) == 1.0, item.id
            assert score(item.text, item.accepted) == 0.0, item.id
        elif item.label == "said":
            assert item.stated
            assert score(script.questions[item.stated.question - 1], item.accepted) == 1.0, item.id


def test_no_battery_asks_it_unless_a_study_names_it() -> None:
    assert all("recall" not in battery.probes for battery in BATTERIES.values())
    assert "recall" not in experiment(STUDY.replace('[[probes]]\nname = "recall"\n', "")).probes


def test_facts_beyond_the_rounds_or_of_scripts_that_are_not_played_are_not_asked() -> None:
    def said(text: str) -> set[int]:
        items = experiment(text).probes["recall"]
        return {item.stated.question for item in items if item.stated}

    assert said(STUDY) == {1, 3, 18, 21}
    assert said(STUDY.replace("rounds = 24", "rounds = 8").replace(", 12, 24]", ", 8]")) == {1, 3}
    assert said(STUDY.replace('"goal-oriented"', '"persona-directed"')) == set()


def test_facts_of_a_script_of_ones_own_are_asked(tmp_path: Path) -> None:
    (tmp_path / "talk.toml").write_text(TALK, "utf-8")
    text = STUDY.replace('"goal-oriented"', '"talk.toml"').replace("rounds = 24", "rounds = 2")
    items = experiment(text.replace("[0, 4, 12, 24]", "[0, 2]"), tmp_path).probes["recall"]
    own = {item.label: item for item in items if item.stated}
    assert own["said"].accepted == ("3", "three")
    assert own["said"].refused == ("four",)
    assert own["said-inferred"].accepted == ("6", "six")


@pytest.mark.parametrize(
    ("was", "now", "fault"),
    [
        ("question = 1", "question = 3", "there is no question 3"),
        ('accept_inferred = ["6", "six"]', "", "infer and accept_inferred go together"),
        ('accept = ["3", "three"]', "accept = []", "accept"),
        ("question = 1", "question = 0", "question"),
    ],
)
def test_a_faulty_fact_is_refused_by_name(was: str, now: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / "talk.toml").write_text(TALK.replace(was, now, 1), "utf-8")
    with pytest.raises(BatteryError, match=fault):
        read_script(tmp_path / "talk.toml")


def test_scripts_and_items_of_earlier_runs_are_written_as_before() -> None:
    script, item = msgspec.json.encode(Script("s", "k", ("q",))), msgspec.json.encode(Item("i", "t"))
    assert b"facts" not in script
    assert not any(key in item for key in (b"accept", b"refuse", b"stated"))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    folder = tmp_path_factory.mktemp("recall")
    (folder / "study.toml").write_text(STUDY, "utf-8")
    assert run_study(load(folder / "study.toml", folder / "run"), folder / "run").status == "complete"
    with Reader.open(folder / "run") as reader:
        return prepare(read_tables(reader), changed_after_data=False)


def of(estimates: list[Estimate], label: str, speaker: str = "persona") -> dict[str, float | None]:
    wanted = (e for e in estimates if e.quantity.part.label == label and e.place.speaker == speaker)
    return {e.quantity.part.kind: e.value for e in wanted}


def test_recall_by_distance_finds_when_facts_are_forgotten(data: Data) -> None:
    found = ANALYSES["recall-by-distance"](data)
    for label in ("said", "said-inferred"):
        for speaker in ("persona", "baseline"):
            assert of(found, label, speaker) == {
                "not stated yet": 0.0,
                "0 to 8 rounds later": 1.0,
                "9 to 32 rounds later": 0.0,
            }
    assert not any(e.quantity.part.label.startswith("card") for e in found)
    counted = sum(e.n for e in found if e.place.speaker == "persona" and e.quantity.part.label == "said")
    said = data.scores[(data.scores["speaker"] == "persona") & (data.scores["source"] == "recall")]
    labels = [quantity.part.label == "said" for quantity in said["quantity"]]
    assert counted == sum(labels)


def test_facts_of_cards_are_recalled_by_personas_and_not_by_the_baseline(data: Data) -> None:
    levels = [e for e in ANALYSES["curves"](data) if e.quantity.part.label == "card" and e.replies == "all"]
    assert {(e.place.speaker, e.position): e.value for e in levels} == {
        **{("persona", at): float(at <= 8) for at in (0, 4, 12, 24)},
        **{("baseline", at): 0.0 for at in (0, 4, 12, 24)},
    }
