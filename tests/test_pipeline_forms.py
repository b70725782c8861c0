"""Forms of judging in whole runs: each is owed, counted and resumed like any verdict, and waits for what it needs."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from faults import FaultServer
from longplay.experiment import expected, plan
from longplay.experiment.workload import verdicts_due
from longplay.folder import Outcome
from longplay.pipeline import Control, Ready, load_text, run_study
from longplay.pipeline.comparisons import Answered, opponent_at
from longplay.records import REASONS, DialogueKey, RoundRef
from longplay.specs import StudyError
from longplay.store import Reader
from paper_prompts import write_prompts
from tables import contents

ALL = '["ours", "preamble", "parity", "own-0", "previous", "paper", "paper-blind", "paper-own-0", "paper-previous"]'
QUESTION = "did you come to lose your leg?"
NO_REFERENCE = f"missing {1 + REASONS.index('no-reference')}"
STUDY = """
seed = 7
[[models]]
name = "sim/speaker"
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver"]
rounds = 6
baseline_draws = 2
[conditioning]
checkpoints = [0, 2, 6]
[judging]
forms = FORMS
""" + "".join(
    f'[[probes]]\nname = "{name}"\nlimit = {limit}\n'
    for name, limit in [("fidelity", 1), ("follow", 1), ("refusal", 2), ("traits", 5), ("general", 2), ("role", 2)]
)


def study(forms: str = ALL, more: str = "") -> Ready:
    return load_text(STUDY.replace("FORMS", forms) + more)


def go(ready: Ready, into: Path, **options: bool) -> tuple[Outcome, Control]:
    seen: list[Control] = []
    outcome = run_study(ready, into, watch=seen.append, **options)
    return outcome, seen[0]


def verdicts(run: Path) -> Counter[tuple[str, int, str | None]]:
    """(metric, checkpoint, reason or label) of every verdict on an answer."""
    word = "(SELECT name FROM names WHERE id={})".format
    query = (
        f"SELECT {word('s.metric')}, o.checkpoint, CASE WHEN v.reason > 0 THEN 'missing ' || v.reason ELSE "
        f"{word('v.label')} END FROM verdicts v JOIN sets s ON s.id=v.set_id "
        "JOIN answers a ON v.kind=1 AND a.id=v.subject JOIN conditions o ON o.id=a.condition"
    )
    with closing(sqlite3.connect(f"file:{run / 'run.sqlite'}?mode=ro", uri=True)) as connection:
        return Counter(connection.execute(query).fetchall())


def test_every_form_is_judged_counted_and_complete(tmp_path: Path) -> None:
    ready = study()
    outcome, control = go(ready, tmp_path)
    assert outcome == Outcome("complete")
    assert dict(control.progress.done) == expected(ready.experiment)
    assert not control.progress.missing
    found = verdicts(tmp_path)
    metrics = {metric for metric, _, _ in found}
    assert metrics == {name for several in ready.experiment.scored_by.values() for name in several}
    assert {"role-win-paper-previous", "refusal-preamble", "trait-paper-blind", "style-paper"} <= metrics
    own = {(metric, checkpoint) for metric, checkpoint, _ in found if metric.endswith(("own-0", "previous"))}
    assert {checkpoint for _, checkpoint in own} == {2, 6}
    planned = next(line.calls for line in plan(ready.experiment).lines if line.kind == "judging")
    with Reader.open(tmp_path) as reader:
        assert sum(row[1] == 2 for row in reader.table("calls").rows) <= planned
    calls = contents(tmp_path)["calls"]
    go(study(), tmp_path)
    assert contents(tmp_path)["calls"] == calls


def test_a_cut_run_resumes_to_the_same_verdicts(tmp_path: Path) -> None:
    go(study(), tmp_path / "whole")
    for cap in (60, 500):
        outcome, _ = go(study(more=f"[budget]\nrequests = {cap}\n"), tmp_path / "cut")
        assert outcome.status == "stopped"
    assert go(study(), tmp_path / "cut")[0].status == "complete"
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")


def test_a_form_added_later_judges_what_is_there_and_asks_no_model_again(tmp_path: Path) -> None:
    go(study('["ours"]'), tmp_path)
    before = {row[0] for row in contents(tmp_path)["calls"] if row[1] != 2}
    outcome, _ = go(study('["ours", "previous", "own-0"]'), tmp_path, extend=True)
    assert outcome.status == "complete"
    assert {row[0] for row in contents(tmp_path)["calls"] if row[1] != 2} == before
    assert {"role-win-own-0", "general-win-previous"} <= {metric for metric, _, _ in verdicts(tmp_path)}


def test_both_sides_of_a_comparison_are_the_same_question_of_the_same_dialogue(tmp_path: Path) -> None:
    go(study('["own-0", "paper"]', ""), tmp_path)
    with closing(sqlite3.connect(f"file:{tmp_path / 'run.sqlite'}?mode=ro", uri=True)) as connection:
        word = "(SELECT name FROM names WHERE id={})".format
        rows = connection.execute(
            f"SELECT o.checkpoint, a.draw, {word('a.item')}, d.persona, d.script, d.draw, c.text, {word('v.label')} "
            "FROM answers a JOIN conditions o ON o.id=a.condition JOIN dialogues d ON d.id=o.dialogue "
            "JOIN calls c ON c.id=a.call LEFT JOIN verdicts v ON v.kind=1 AND v.subject=a.id "
            "AND v.set_id=(SELECT s.id FROM sets s JOIN names n ON n.id=s.metric WHERE n.name='role-win-own-0') "
            f"WHERE {word('a.probe')}='role'"
        ).fetchall()
    texts = {(checkpoint, *place): text for checkpoint, *place, text, _ in rows}
    judged = [(place, text, label) for checkpoint, *place, text, label in rows if checkpoint > 0]
    assert judged
    for place, text, label in judged:
        assert label in ("win", "tie", "loss", "inconsistent", "inconsistent-A", "inconsistent-B")
        if texts[0, *place] == text:
            assert label != "win"


def test_an_answer_that_was_not_obtained_leaves_comparisons_with_it_missing_until_it_is(tmp_path: Path) -> None:
    broken = True

    def faults(body: bytes, attempt: int) -> str | None:
        del attempt
        before_the_dialogue = body.count(b'"role":"user"') == 1
        return "500" if broken and before_the_dialogue and QUESTION.encode() in body else None

    with FaultServer(faults) as server:
        text = STUDY.replace("FORMS", '["ours", "own-0", "paper-previous"]').partition("[[probes]]")[0]
        text = text.replace('"sim/speaker"', f'"openai/m"\nbase_url = "{server.url}"\nattempts = 1\ntimeout_s = 5')
        text = text.replace("[conditioning]", "[conditioning]\nrepeats = 0\nnoise_share = 0\ndraws_at_0 = 1")
        ready = load_text(text + '[[probes]]\nname = "role"\nlimit = 1\n')
        outcome, control = go(ready, tmp_path / "run")
        assert outcome.status == "complete"
        # silver's answer and the baseline's in its two draws, on two scripts: at 0 itself one verdict each is not owed
        assert control.progress.missing["failed"] == 6
        found = verdicts(tmp_path / "run")
        assert {key for key in found if key[2] == NO_REFERENCE} == {
            ("role-win-own-0", 2, NO_REFERENCE),
            ("role-win-own-0", 6, NO_REFERENCE),
            ("role-win-paper-previous", 2, NO_REFERENCE),
        }
        assert found["role-win-own-0", 6, NO_REFERENCE] == 6
        assert control.progress.missing["no-reference"] == 18
        broken = False
        outcome, control = go(ready, tmp_path / "run")
        assert not control.progress.missing
        assert go(ready, tmp_path / "whole")[0].status == "complete"
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")


def test_a_comparison_is_ready_once_both_prefixes_are_asked_in_whatever_order() -> None:
    key = DialogueKey("m", None, "s")
    for order in ((0, 2, 6), (6, 2, 0), (2, 6, 0), (0, 6, 2)):
        answered = Answered(study().experiment)
        assert answered.end(DialogueKey("m", None, "other"), 0, "plain") == []
        ended: set[int] = set()
        pairs: list[tuple[int, int]] = []
        for checkpoint in order:
            ended.add(checkpoint)
            ready = answered.end(key, checkpoint, "plain")
            assert all({later, earlier} <= ended for later, earlier in ready)
            pairs += ready
        assert sorted(pairs) == [(2, 0), (6, 0), (6, 2)]
    assert Answered(study('["ours"]').experiment).end(key, 0, "plain") == []


def test_the_first_checkpoint_has_nothing_to_be_compared_with() -> None:
    experiment = study().experiment
    key = next(key for key in experiment.dialogues() if key.persona == "silver")
    for checkpoint in (0, 2, 6):
        cell = next(cell for cell in experiment.cells(key, checkpoint) if cell.probe == "role")
        own = {due.metric.against for due in verdicts_due(experiment, cell)} - {"item"}
        assert own == (set() if checkpoint == 0 else {"own-0", "previous"})
        assert all(
            due.metric.against == "item" or opponent_at(due.metric, checkpoint, (0, 2, 6)) is not None
            for due in verdicts_due(experiment, cell)
        )


def test_a_baseline_s_refusals_are_judged_once_in_the_forms_that_tell_the_persona() -> None:
    experiment = study().experiment
    keys = {key.persona: key for key in experiment.dialogues()}
    for persona, seen in ((None, None), ("silver", "silver")):
        cell = next(cell for cell in experiment.cells(keys[persona], 2) if cell.probe == "refusal")
        due = [(one.metric.name, one.judged_as) for one in verdicts_due(experiment, cell) if not one.repeat]
        assert sorted(due, key=repr) == sorted(
            [("refusal", None), ("refusal-preamble", seen), ("refusal-paper", seen), ("refusal-paper-blind", None)],
            key=repr,
        )


def test_rounds_are_judged_in_the_same_forms() -> None:
    experiment = study('["ours", "paper"]').experiment
    ref = RoundRef(next(key for key in experiment.dialogues() if key.persona == "silver"), 3)
    names = [due.metric.name for due in verdicts_due(experiment, ref)]
    bases = ("knowledge", "style", "in-character")
    assert names == [name for base in bases for name in (base, f"{base}-paper")]


@pytest.mark.parametrize(
    ("forms", "fault"),
    [
        (
            '["parity"]',
            r"forms\] parity is no form of the metric 'knowledge' \(fidelity\), which has: ours, paper\. Add",
        ),
        ("[]", r"\[judging\.forms\] is empty"),
        ('["ours", "ours"]', "stands there twice"),
        ('["both"]', "Invalid enum value 'both'"),
    ],
)
def test_forms_that_leave_a_metric_out_or_are_not_known_are_refused(forms: str, fault: str) -> None:
    with pytest.raises(StudyError, match=fault):
        study(forms)


def test_a_comparison_with_the_answer_before_the_dialogue_needs_checkpoint_0() -> None:
    with pytest.raises(StudyError, match=r"add 0 to conditioning\.checkpoints"):
        load_text(STUDY.replace("FORMS", '["ours", "own-0"]').replace("[0, 2, 6]", "[2, 6]"))
    load_text(STUDY.replace("FORMS", '["ours", "previous"]').replace("[0, 2, 6]", "[2, 6]"))


def test_the_authors_prompts_are_used_and_recorded_where_they_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGPLAY_DATA", str(tmp_path / "data"))
    ours = study('["paper"]').experiment
    assert "not comparable with the paper" in ours.notes["paper"]
    assert study('["ours"]').experiment.notes["paper"] == ""
    write_prompts(tmp_path / "data")
    theirs = study('["paper"]').experiment
    assert theirs.notes["paper"] == ""
    assert theirs.sources["persistent-personas/data/prompts.py"] == f"unverified sha256 {theirs.prompts.sha256}"
    assert "persistent-personas/data/prompts.py" not in study('["ours"]').experiment.sources
    judge = theirs.judge
    assert ours.metrics["style-paper"].method(judge) != theirs.metrics["style-paper"].method(judge)
    assert ours.metrics["style"].method(judge) == theirs.metrics["style"].method(judge)


def test_prompts_that_appear_later_judge_anew_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGPLAY_DATA", str(tmp_path / "data"))
    go(study('["paper"]'), tmp_path / "run")
    before = contents(tmp_path / "run")
    write_prompts(tmp_path / "data")
    go(study('["paper"]'), tmp_path / "run")
    after = contents(tmp_path / "run")
    assert before["answers"] == after["answers"]
    with Reader.open(tmp_path / "run") as reader:
        assert len(before["answer_verdicts"]) == len(reader.table("answer_verdicts").rows)
        every = len(reader.table("verdicts").rows)
    assert len(after["answer_verdicts"]) + len(after["round_verdicts"]) == every > len(before["answer_verdicts"])


def test_verdicts_of_another_parser_are_read_anew_from_the_stored_replies_without_a_call(tmp_path: Path) -> None:
    go(study(), tmp_path)
    before = contents(tmp_path)
    with closing(sqlite3.connect(tmp_path / "run.sqlite")) as connection, connection:
        style = "SELECT id, method FROM sets WHERE metric=(SELECT id FROM names WHERE name='style')"
        ((number, method),) = connection.execute(style).fetchall()
        connection.execute("UPDATE names SET name='of an earlier parser' WHERE id=?", (method,))
        read = "UPDATE verdicts SET score=1.5, label=0 WHERE set_id=?"
        changed = connection.execute(read, (number,)).rowcount
        assert changed > 0
    outcome, _ = go(study(), tmp_path)
    after = contents(tmp_path)
    assert outcome.status == "complete"
    assert after["calls"] == before["calls"]
    earlier = 0
    for table in ("answer_verdicts", "round_verdicts"):
        assert set(before[table]) <= set(after[table])
        beside = set(after[table]) - set(before[table])
        assert all("of an earlier parser" in row and 1.5 in row for row in beside)
        earlier += len(beside)
    assert earlier == changed
