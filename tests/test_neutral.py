"""What neutral prompts promise: played and judged as the baseline, told a text, counted among no personas."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest

import longplay
from longplay.analysis import ANALYSES, prepare, read_tables
from longplay.analysis.neutral import neutral
from longplay.battery import NEUTRAL_KINDS, ROLE, core_personas, fill_places, neutral_speakers, speakers_of
from longplay.battery.neutral import LONG, SHORT
from longplay.experiment import Experiment, plan, resolve
from longplay.experiment.workload import expected, text_of
from longplay.folder.recording import as_begun
from longplay.pipeline import load, run_study
from longplay.records import Cell, DialogueKey, Estimate, Quantity, RoundRef
from longplay.records.places import NEUTRAL
from longplay.specs import NOBODY, PersonaKind, StudyError, parse_study
from longplay.store import Reader
from longplay.study.recorded_experiment import recorded

STUDY = """
seed = 3
[[models]]
name = "sim/speaker"
[models.speaker]
neutral_fidelity = 3.0
baseline_fidelity = 1.5
persona_sd = 0.0
[judge]
name = "sim/judge"
[judge.judge]
accuracy = 1.0
[dialogues]
rounds = 4
personas = ["silver", "queen", "scrooge", "saleh"]
scripts = ["goal-oriented"]
baseline_draws = 2
{neutral}
[conditioning]
checkpoints = [0, 4]
repeats = 0
[[probes]]
name = "fidelity"
limit = 2
[[probes]]
name = "refusal"
limit = 4
"""
TEXT = STUDY.format(neutral='neutral = ["short", "long"]')


def experiment(text: str = TEXT) -> Experiment:
    return resolve(parse_study(text, "study.toml"), "study.toml", Path())


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("neutral")
    (folder / "study.toml").write_text(TEXT, "utf-8")
    assert run_study(load(folder / "study.toml", folder / "run"), folder / "run").status == "complete"
    return folder / "run"


@pytest.fixture(scope="module")
def found(run: Path) -> list[Estimate]:
    with Reader.open(run) as reader:
        data = prepare(read_tables(reader), changed_after_data=False)
    return neutral(data)


def test_the_long_text_is_as_long_as_the_middle_one_of_the_personas_messages() -> None:
    personas = list(core_personas().values())
    lengths = sorted(len(fill_places(ROLE, {"role": p.name, "role_desc": p.description})) for p in personas)
    [long] = neutral_speakers(["long"], personas).values()
    assert lengths[3] - 100 <= len(long.message) <= lengths[4] + 100
    brief = msgspec.structs.replace(personas[0], message="Be brief.")
    assert len(neutral_speakers(["long"], [brief])["neutral-long-1"].message) < 100
    endless = msgspec.structs.replace(personas[0], message="Talk. " * 10_000)
    assert neutral_speakers(["long"], [endless])["neutral-long-1"].message == LONG


def test_the_texts_name_no_persona_and_their_speakers_are_nobody() -> None:
    speakers = neutral_speakers(["short", "long"], core_personas().values())
    assert list(speakers) == [*speakers_of("short"), *speakers_of("long")] == list(NEUTRAL_KINDS)
    assert [one.message for one in speakers.values()][:3] == list(SHORT)
    for one in speakers.values():
        assert (one.name, one.kind, one.traits) == (NOBODY, PersonaKind.NEUTRAL, {})
        assert not any(persona.name in one.message for persona in core_personas().values())


def test_each_kind_has_about_as_many_dialogues_as_the_baseline() -> None:
    played = Counter(key.persona for key in experiment().dialogues())
    assert played == {None: 2, "silver": 1, "queen": 1, "scrooge": 1, "saleh": 1} | {
        "neutral-short-1": 1,
        "neutral-short-2": 1,
        "neutral-short-3": 1,
        "neutral-long-1": 2,
    }
    assert all(key.persona not in NEUTRAL_KINDS for key in experiment(STUDY.format(neutral="")).dialogues())


def test_they_are_asked_in_the_baselines_words_and_judged_as_every_persona() -> None:
    ready = experiment()
    assert ready.asked("neutral-long-1") == ready.asked(None)
    assert list(ready.personas) == ["silver", "queen", "scrooge", "saleh"]
    for probe, item in ready.asked(None):
        assert ready.wording(item, "neutral-short-2") == ready.wording(item, None)
        cells = [
            Cell(DialogueKey("sim/speaker", who, "goal-oriented"), 4, who, "plain", probe, item.id)
            for who in (None, "neutral-short-1")
        ]
        assert text_of(ready, cells[0]) == text_of(ready, cells[1])
    rounds = [RoundRef(DialogueKey("sim/speaker", who, "goal-oriented"), 2) for who in (None, "neutral-long-1")]
    assert text_of(ready, rounds[0]) == text_of(ready, rounds[1])


def test_the_users_turns_are_the_baselines() -> None:
    text = TEXT.replace('"goal-oriented"', '"persona-directed"')
    ready = experiment(text)
    turns = {who: ready.turns(DialogueKey("sim/speaker", who, "persona-directed")) for who in (None, "neutral-long-1")}
    assert turns[None] == turns["neutral-long-1"]
    told = ready.persona("neutral-long-1")
    assert told is not None
    assert told.message in LONG


def test_a_plan_counts_them_and_a_run_obtains_what_it_counts(run: Path) -> None:
    ready = experiment()
    assert plan(ready).dialogues == 11
    with Reader.open(run) as reader:
        counts = expected(recorded(reader))
        rounds, answers = (reader.columns(name).size for name in ("rounds", "answers"))
    assert (counts["rounds"], counts["answers"]) == (rounds, answers) == (44, expected(ready)["answers"])


def levels(found: list[Estimate], quantity: Quantity, source: str) -> dict[tuple[str, int | None], float | None]:
    return {
        (e.place.speaker, e.position): e.value
        for e in found
        if e.analysis == "curves" and e.quantity == quantity and e.source == source and e.replies == "all"
    }


def test_their_levels_and_gaps_are_what_is_planted(found: list[Estimate]) -> None:
    style = levels(found, Quantity("style"), "fidelity")
    assert style == {(speaker, at): 3.0 for speaker in NEUTRAL.values() for at in (0, 4)}
    gaps = [e for e in found if e.analysis == "gap" and e.quantity == Quantity("style") and e.source == "fidelity"]
    assert {e.of.right.speaker for e in gaps if e.of.right is not None} == set(NEUTRAL.values())
    for e in gaps:
        assert e.place.speaker == "persona"
        assert e.value is not None
        assert 0.8 < e.value < 2.0  # 4.7 falling, less 3
        assert "baseline" not in e.target + e.method + e.note
        assert e.missing == 0


def test_no_other_analysis_meets_them(run: Path) -> None:
    with Reader.open(run) as reader:
        data = prepare(read_tables(reader), changed_after_data=False)
    speakers = {
        place.speaker
        for name in ("curves", "drift", "gap", "gap-drift", "missing")
        for e in ANALYSES[name](data)
        for place in e.of.places
    }
    assert speakers <= {"persona", "baseline", "anyone"}
    assert {e.clusters for e in ANALYSES["drift"](data) if e.place.speaker == "persona"} == {4}


def test_a_study_without_them_has_no_such_estimates(run: Path) -> None:
    with Reader.open(run) as reader:
        tables = read_tables(reader)
    without = msgspec.structs.replace(tables, neutral={})
    assert neutral(prepare(without, changed_after_data=False)) == []


def test_a_run_keeps_its_texts_when_personas_are_added(run: Path) -> None:
    begun = experiment()
    longer = msgspec.structs.replace(
        begun, neutral={name: msgspec.structs.replace(one, message="Other.") for name, one in begun.neutral.items()}
    )
    assert as_begun(run, longer).neutral == begun.neutral


def test_imported_dialogues_and_taken_ids_are_refused() -> None:
    taken = TEXT.replace('"saleh"', '{ id = "neutral-long-1", name = "N", description = "You are N." }')
    with pytest.raises(StudyError, match="'neutral-long-1' is the id of a neutral speaker"):
        experiment(taken)
    with pytest.raises(StudyError, match="neutral"):
        experiment(TEXT.replace('["short", "long"]', '["tall"]'))
    kinds = '{ name = "N", description = "You are N.", kind = "neutral" }'
    with pytest.raises(StudyError, match="kind"):
        experiment(TEXT.replace('"saleh"', kinds))


def test_tables_say_who_spoke(run: Path) -> None:
    rounds = longplay.open(run).rounds()
    spoken = {(str(who), str(persona)) for who, persona in zip(rounds["condition"], rounds["persona"], strict=True)}
    counts = Counter(who for who, _ in spoken)
    assert counts == {"baseline": 1, "neutral-long": 1, "neutral-short": 3, "persona": 4}
