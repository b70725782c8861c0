"""The paper's battery: dialogues, items and sampling are the paper's, and a run takes what the paper took."""

import contextlib
import json
import random
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from longplay.battery import BATTERIES, DataError, located
from longplay.cli import main
from longplay.dialogue import ScriptError
from longplay.experiment import plan
from longplay.experiment.experiment import Experiment
from longplay.experiment.workload import answer_text
from longplay.inference.encoding import Encoder
from longplay.judging import METRICS
from longplay.judging.owed import judged_as
from longplay.pipeline import load, load_text
from longplay.probes import PROBES, ProbeError, limited
from longplay.probes.paper_role import nameless
from longplay.records import EMPTY, DialogueKey, Item, Message, Request
from longplay.specs import ModelSpec, Prices, Sampling, StudyError, completed_text, parse_study
from paper_data import GENERAL, ROLES, write_paper_data

STUDY = """battery = "paper"
[[models]]
name = "sim/hub/talker-4b-it"
[judge]
name = "sim/judge"
[analysis]
bfi_labels = "none"
"""
TALKER = "sim/hub/talker-4b-it"


@pytest.fixture(scope="module")
def experiment(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    """The whole study, looked up once."""
    folder = write_paper_data(tmp_path_factory.mktemp("paper"), data_dir)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LONGPLAY_DATA", str(folder))
        return load_text(STUDY).experiment


def key(
    script: str, persona: str | None = "gaston", order: int = 0, model: str = "sim/hub/talker-4b-it"
) -> DialogueKey:
    return DialogueKey(model, persona, script, order, "plain", 0)


def replaced(path: str, text: str) -> None:
    """Another file in the place of one of the data folder's."""
    located(path).unlink()
    located(path).write_text(text, "utf-8")


# --- dialogues


def test_the_shuffled_interview_is_the_published_one(experiment: Experiment, data_dir: Path) -> None:
    seen = json.loads((data_dir / "persistent-personas/data/shuffle_idx_to_question_seen.json").read_text())
    turns = experiment.turns(key("persona-directed", order=1))
    assert len(turns) == 102
    assert {at: turns[int(at)] for at in seen} == seen
    assert len(seen) >= 20


def test_the_interviews_remarks_stay_in_place_and_all_goal_oriented_questions_move(experiment: Experiment) -> None:
    for script, fixed in (("persona-directed", 1), ("goal-oriented", 0)):
        written, shuffled = (list(experiment.turns(key(script, order=order))) for order in (0, 1))
        questions = written[fixed : len(written) - fixed]
        random.Random(42).shuffle(questions)
        assert shuffled == [*written[:fixed], *questions, *written[len(written) - fixed :]]
        assert len(written) == 102


@pytest.mark.usefixtures("paper")
def test_the_papers_scripts_have_no_third_order() -> None:
    with pytest.raises(ScriptError, match=r"no order 2 .*Known: 0, 1"):
        load_text(STUDY + "[dialogues]\norders = [0, 2]\n")


@pytest.mark.usefixtures("paper")
def test_personas_are_greeted_by_name_and_each_baseline_by_its_models_short_name() -> None:
    second = STUDY.replace("[judge]", '[[models]]\nname = "sim/other-8b"\nlabel = "Other"\n[judge]')
    found = load_text(second).experiment
    assert found.turns(key("persona-directed", "hal-9000"))[0].startswith("Welcome, HAL 9000!")
    for model, name in ((TALKER, "talker-4b-it"), ("Other", "other-8b")):
        first, *_, last = found.turns(key("persona-directed", None, model=model))
        assert first.startswith(f"Welcome, {name}!")
        assert f"with me today, {name}." in last


@pytest.mark.usefixtures("paper")
def test_the_eight_personas_are_found_by_name_and_by_id() -> None:
    asked = '[dialogues]\npersonas = ["Queen Catherine", "hal-9000"]\n'
    assert list(load_text(STUDY + asked).experiment.personas) == ["queen-catherine", "hal-9000"]
    assert [persona.name for persona in load_text(STUDY).experiment.personas.values()] == list(ROLES)
    with pytest.raises(StudyError, match=r"'silver' is not known. Known: gaston, "):
        load_text(STUDY + '[dialogues]\npersonas = ["silver"]\n')


# --- what the battery sets


def test_the_battery_sets_what_the_study_leaves_open() -> None:
    study = parse_study(STUDY)
    assert study.checkpoints == (0, 11, 22, 34, 45, 56, 68, 79, 90, 102)
    assert (study.dialogues.orders, study.conditioning.orders) == ((0, 1), (0,))
    assert (study.dialogues.draws, study.dialogues.baseline_draws) == (1, 1)
    assert (study.conditioning.draws, study.conditioning.draws_at_0) == (1, 1)
    assert study.models[0].sampling == Sampling(temperature=0.0, top_p=0.95, max_tokens=8192)
    assert study.models[0].probe_sampling == Sampling(temperature=0.0, top_p=None, max_tokens=8192)
    assert study.judge.sampling == Sampling(temperature=0.0)
    assert parse_study(STUDY.replace("paper", "core")).dialogues.orders == (0,)


def test_what_the_study_says_goes_before_what_the_battery_sets() -> None:
    said = "[models.sampling]\ntemperature = 0.7\n[dialogues]\nrounds = 20\n[conditioning]\ndraws_at_0 = 3\n[judge]"
    study = parse_study(STUDY.replace("[judge]", said))
    assert study.models[0].sampling == Sampling(temperature=0.7, top_p=0.95, max_tokens=8192)
    assert study.conditioning.draws_at_0 == 3
    assert study.checkpoints == (0, 2, 4, 6, 8, 11, 13, 15, 17, 20)


@pytest.mark.parametrize(
    "added",
    [
        "",
        'title = "Häm \\"x\\" \\u007f\\n"\n',
        "dialogues = { rounds = 30, baseline = false }\n",
        "dialogues.rounds = 30 # why\n",
        '[budget]\ncost = 1e-3\n[analysis.families]\n"a b" = ["last-first"]\n[[probes]]\nname = "bfi"\n',
    ],
)
def test_the_runs_study_file_says_all_of_it_and_means_the_same(added: str) -> None:
    text = added + STUDY if not added.startswith("[") else STUDY + added
    whole = completed_text(text)
    assert parse_study(whole) == parse_study(text)
    assert parse_study(whole.replace('battery = "paper"', 'battery = "core"', 1)).dialogues.orders == (0, 1)
    assert completed_text(whole) == whole
    assert "# " + STUDY.splitlines()[1] in whole.splitlines()


def test_the_study_file_of_another_battery_stays_as_it_was_written() -> None:
    text = STUDY.replace("paper", "core") + "# a remark\n"
    assert completed_text(text) == text


# --- items


def test_every_set_has_the_papers_size(experiment: Experiment) -> None:
    asked = {
        persona: Counter(probe for probe, _ in experiment.asked(persona)) for persona in [None, *experiment.personas]
    }
    common = {"ifbench": 294, "bfi": 44, "xstest": 450, "paper-general": GENERAL}
    for persona in experiment.personas.values():
        assert asked[persona.id] == {**common, "paper-role": ROLES[persona.name]}
    assert asked[None] == {**common, "paper-role": sum(ROLES.values())}
    assert sum(ROLES.values()) == 1539


def of_baseline(experiment: Experiment, metric: str, probe: str, item: Item) -> tuple[str | None, ...]:
    """As whom a baseline's answer is judged."""
    return judged_as(
        METRICS[metric], answer_text(experiment, probe, item, None, first=False), experiment.panel.personas
    )


def test_the_baseline_answers_each_general_question_once_for_all_personas(experiment: Experiment) -> None:
    put = [item for probe, item in experiment.asked(None) if probe == "paper-general"]
    assert len({item.text for item in put}) == len(put) == GENERAL
    for item in (put[0], put[-1]):
        assert of_baseline(experiment, "general-win", "paper-general", item) == tuple(experiment.personas)
        for seen, persona in experiment.personas.items():
            own = experiment.judged_item(item, seen)
            assert (own.persona, own.text, own.baseline_item) == (seen, item.text, item.id)
            assert str(own.reference).startswith(f"{persona.name} lists")


@pytest.mark.usefixtures("paper")
def test_a_question_of_one_persona_alone_is_judged_for_that_persona_alone() -> None:
    rows = [json.loads(line) for line in located("rolebench/general_test.jsonl").read_text().splitlines()]
    alone = next(row for row in rows if row["role"] == "Juno MacGuff")
    alone["question"] = "Something else."
    replaced("rolebench/general_test.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    found = load_text(STUDY).experiment
    put = {item.text: item for probe, item in found.asked(None) if probe == "paper-general"}
    assert len(put) == GENERAL + 1
    assert of_baseline(found, "general-win", "paper-general", put["Something else."]) == ("juno-macguff",)
    assert len(of_baseline(found, "general-win", "paper-general", put["Make a list of 0.\n"])) == 7


def test_the_baseline_is_asked_role_questions_without_the_name_and_duplicates_stay(experiment: Experiment) -> None:
    items = [item for item in experiment.probes["paper-role"] if item.persona == "gaston"]
    assert experiment.wording(items[1], "gaston") == "Gaston, what is 1 to you?"
    assert experiment.wording(items[1], None) == "What is 1 to you?"
    assert (items[0].text, items[0].reference) != (items[-1].text, items[-1].reference)
    assert items[0].text == items[-1].text
    assert of_baseline(experiment, "role-win", "paper-role", items[0]) == ("gaston",)


@pytest.mark.parametrize(
    ("question", "name", "asked"),
    [
        ("Gaston, what is it?", "Gaston", "What is it?"),
        (" HAL 9000, if you could, would you? ", "HAL 9000", "If you could, would you? "),
        ("Juno, are you well?", "Juno MacGuff", "Are you well?"),
        ("When you left, what did you take?", "Mary Sibley", "When you left, what did you take?"),
        ("How did Marius react?", "Lestat de Lioncourt", "How did Marius react?"),
        ("Gaston, ", "Gaston", "Gaston, "),
    ],
)
def test_a_leading_name_alone_is_taken_off(question: str, name: str, asked: str) -> None:
    assert nameless(question, name) == asked


def test_trait_items_keep_the_questionnaires_order_and_dimensions(experiment: Experiment) -> None:
    items = experiment.probes["bfi"]
    counts = Counter(item.dimension for item in items)
    assert sorted(counts.values()) == [8, 8, 9, 9, 10]
    assert counts["openness"] == 10
    assert (items[0].id, items[0].text) == ("bfi-00", "Do you take number 1 to heart?")
    assert {item.key for item in items} == {"+", "-"}


@pytest.mark.usefixtures("paper")
def test_a_limit_takes_the_baselines_items_along() -> None:
    some = limited(PROBES["paper-general"].items(), 2)
    assert Counter(item.persona for item in some) == {**dict.fromkeys(load_text(STUDY).experiment.personas, 2), None: 2}
    orphan = Item(id="a", text="?", persona="p", baseline_item="gone")
    with pytest.raises(ProbeError, match="no item 'gone'"):
        limited([orphan], None)


# --- versions of the data


def test_the_questionnaire_needs_its_terms_accepted(paper: Path) -> None:
    (paper / "CHECKED.json").unlink()
    with pytest.raises(DataError, match="terms were not accepted"):
        load_text(STUDY)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("xstest/xstest_prompts.csv", "id_v1,id_v2,type,prompt,focus,note\n"),
        ("ifbench/IFBench_test_294.jsonl", "{}\n"),
        ("persistent-personas/data/roles.json", '{"Gaston": "Somebody else."}'),
        ("persistent-personas/data/interview.json", '{"questions": ["Who?"]}'),
    ],
)
@pytest.mark.usefixtures("paper")
def test_another_version_of_a_pinned_file_is_refused_by_name(path: str, text: str) -> None:
    replaced(path, text)
    with pytest.raises(DataError, match=Path(path).name):
        load_text(STUDY)


@pytest.mark.usefixtures("paper")
def test_todays_ifbench_is_no_part_of_the_papers_battery() -> None:
    with pytest.raises(StudyError, match="'ifbench-300' does not go with battery 'paper'"):
        load_text(STUDY + '[[probes]]\nname = "ifbench-300"\n')


GENERAL_FILE = "rolebench/general_test.jsonl"
ROLE_FILE = "rolebench/instructions-eng/role-specific-HAL 9000.jsonl"
BFI_FILE = "incharacter/BFI.json"


@pytest.mark.parametrize(
    ("path", "text", "fault"),
    [
        (GENERAL_FILE, '{"role": "Gaston", "question": "?", "generated": ["!"]}\n', "1 questions of Gaston, not 310"),
        (GENERAL_FILE, '{"role": "Gaston", "question": "?", "generated": []}\n', "line 1: `generated` is empty"),
        (GENERAL_FILE, "{}\n", "line 1: .*role"),
        (ROLE_FILE, '{"instruction": "?", "answer": "!"}\n', "1 questions, not 197"),
        (ROLE_FILE, '{"question": "?"}\n', "instruction"),
        (BFI_FILE, '{"questions": {}}', "does not hold the 44 items"),
        (BFI_FILE, '{"questions": {"2": {"rewritten_en": "", "dimension": "", "category": "positive"}}}', "'1'"),
        (BFI_FILE, "[]", "Expected a table"),
    ],
)
@pytest.mark.usefixtures("paper")
def test_a_file_of_another_size_or_form_is_refused(path: str, text: str, fault: str) -> None:
    replaced(path, text)
    with pytest.raises(ProbeError, match=fault) as caught:
        load_text(STUDY)
    assert Path(path).name in str(caught.value)


@pytest.mark.usefixtures("paper")
def test_a_missing_role_file_is_named_as_it_is_published() -> None:
    located("rolebench/instructions-eng/role-specific-Mary Sibley.jsonl").unlink()
    with pytest.raises(DataError, match=r"role-specific-Mary Sibley\.jsonl"):
        load_text(STUDY)


# --- sizes


def test_a_plan_with_one_model_has_the_papers_numbers(experiment: Experiment) -> None:
    prices = Prices(input=1.0, cached=0.1, output=2.0)
    study = msgspec.structs.replace(
        experiment.study, models=(msgspec.structs.replace(experiment.study.models[0], prices=prices),)
    )
    found = plan(msgspec.structs.replace(experiment, study=study))
    assert (found.dialogues, found.rounds) == (36, 3672)
    assert (found.answers, found.answers_expanded) == (246_240, 259_200)
    assert found.round_verdicts == 3 * 32 * 102 * 2 == 19_584
    # After one prefix the judge reads 12,484 answers, 8,038 of them beside a reference.
    assert found.judge_calls.one_order == 19_584 + 19 * 12_484
    assert found.judge_calls.both_orders == 19_584 + 19 * (12_484 + 8_038)
    answers = next(line for line in found.lines if line.kind == "answers")
    assert answers.prompt > 100 * answers.prompt_once > 0
    assert answers.cost is not None
    assert answers.cost_once is not None
    assert answers.cost > answers.cost_once > 0


@pytest.mark.usefixtures("paper")
def test_the_plan_says_these_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "study.toml").write_text(STUDY, "utf-8")
    with contextlib.suppress(SystemExit):
        main(["plan", str(tmp_path / "study.toml")])
    said = capsys.readouterr().out
    for words in (
        "NOTE: not comparable with the paper",
        "36 dialogues with 3,672 rounds in all.",
        "246,240 answers are asked for and stand for 259,200: equal requests are asked once.",
        "19,584 of them on rounds.",
        "256,780 times where comparisons are asked in one order, 409,502 times in both.",
    ):
        assert words in said


# --- what is sent


def body(spec: ModelSpec, *messages: Message) -> dict[str, object]:
    request = Request(EMPTY.extend(*messages), (Message("user", "Hello."),), spec.sampling)
    return msgspec.json.decode(b"".join(Encoder(spec).chunks(request)))


def test_the_switch_for_reasoning_stands_before_a_baseline_too() -> None:
    spec = ModelSpec("openai/m", preamble="detailed thinking: off")
    alone, with_persona = body(spec)["messages"], body(spec, Message("system", "You are Ann."))["messages"]
    assert alone == [{"role": "system", "content": "detailed thinking: off"}, {"role": "user", "content": "Hello."}]
    assert isinstance(with_persona, list)
    assert with_persona[0]["content"] == "detailed thinking: off\n\nYou are Ann."


def test_a_models_extra_fields_are_sent_as_they_stand_and_belong_to_its_identity() -> None:
    extra = {"reasoning_effort": "none", "extra": {"google": {"thinking_budget": 0}}}
    spec = msgspec.convert({"name": "openai/m", "extra_body": extra}, ModelSpec)
    assert extra.items() <= body(spec).items()
    assert body(spec)["messages"] == [{"role": "user", "content": "Hello."}]
    assert spec.identity != ModelSpec("openai/m").identity
    with pytest.raises(StudyError, match="extra_body must not hold 'temperature'"):
        parse_study(STUDY.replace("[judge]", "extra_body = { temperature = 1 }\n[judge]"))


@pytest.mark.usefixtures("paper")
def test_without_its_authors_prompts_a_study_is_marked() -> None:
    assert load_text(STUDY).experiment.marks == BATTERIES["paper"].marks() != ()
    assert load_text(STUDY.replace("paper", "core")).experiment.marks == ()


def test_every_file_that_was_read_stands_in_the_sources_with_what_is_known_of_it(experiment: Experiment) -> None:
    unverified = {path for path, stamp in experiment.sources.items() if stamp.startswith("unverified sha256 ")}
    verified = {path for path, stamp in experiment.sources.items() if stamp.startswith("sha256 ")}
    assert len(unverified) == 8 + 2
    assert "incharacter/BFI.json" in unverified
    assert {Path(path).name for path in verified} >= {"roles.json", "interview.json", "xstest_prompts.csv"}


@pytest.mark.usefixtures("paper")
def test_the_bundled_study_asks_everything_of_the_paper() -> None:
    found = load(Path(__file__).parents[1] / "src" / "longplay" / "cli" / "paper.toml").experiment
    assert tuple(found.probes) == BATTERIES["paper"].probes
    assert len(list(found.dialogues())) == 36
