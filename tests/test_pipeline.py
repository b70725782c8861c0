"""The main flow: whole studies on simulated models and on a loopback server that misbehaves."""

import asyncio
import contextlib
import gc
import shutil
from collections import Counter
from pathlib import Path

import pytest

from faults import FaultServer
from longplay.experiment import expected, plan
from longplay.folder import FolderError, Outcome
from longplay.pipeline import Control, Ready, load_text, run_study
from longplay.specs import LongplayError, StudyError
from longplay.store import Reader
from tables import contents

SIM = """
seed = 7
[[models]]
name = "sim/speaker"
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver", "marsh"]
rounds = 6
baseline_draws = 2
orders = [0, 1]
[conditioning]
repeats = 0
checkpoints = [0, 2, 6]
"""
PROBES = "".join(
    f'[[probes]]\nname = "{name}"\nlimit = {limit}\n'
    for name, limit in [("fidelity", 2), ("follow", 2), ("refusal", 2), ("traits", 5), ("general", 1), ("role", 1)]
)


def study(text: str = SIM + PROBES, *changes: tuple[str, str]) -> Ready:
    """A study text with some words exchanged, looked up."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return load_text(text)


def go(ready: Ready, into: Path, **options: bool) -> tuple[Outcome, Control]:
    """Run a study; the outcome and what its control saw."""
    seen: list[Control] = []
    outcome = run_study(ready, into, watch=seen.append, go_on=True, **options)
    return outcome, seen[0]


def test_a_study_ends_with_every_round_answer_and_verdict_present(tmp_path: Path) -> None:
    ready = study()
    outcome, control = go(ready, tmp_path / "run")
    assert outcome == Outcome("complete")
    assert dict(control.progress.done) == expected(ready.experiment)
    assert not control.progress.missing
    with Reader.open(tmp_path / "run") as reader:
        assert len(reader.table("rounds").rows) == 2 * 2 * (2 + 2) * 6
        verdicts = len(reader.table("round_verdicts").rows) + len(reader.table("answer_verdicts").rows)
        assert verdicts == expected(ready.experiment)["verdicts"]


def test_the_plan_counts_the_calls_that_a_run_makes(tmp_path: Path) -> None:
    ready = study()
    _, control = go(ready, tmp_path / "run")
    planned = {line.kind: line.calls for line in plan(ready.experiment).lines}
    done = control.progress.done
    with Reader.open(tmp_path / "run") as reader:
        kinds = Counter(row[1] for row in reader.table("calls").rows)
    assert kinds[0] == planned["rounds"] + planned["answers"]
    # equal texts under equal questions are judged once, so a run may need less than planned, never more
    assert 0.9 * planned["judging"] < kinds[2] <= planned["judging"]
    assert plan(ready.experiment).answers_expanded == done["answers"] > planned["answers"]
    assert planned["rounds"] == done["rounds"] - 4, "two orders begin with one opening"


def test_checkpoint_0_is_asked_once_over_scripts_orders_and_draws(tmp_path: Path) -> None:
    ready = study()
    go(ready, tmp_path / "run")
    with Reader.open(tmp_path / "run") as reader:
        table = reader.table("answers")
        place = {name: i for i, name in enumerate(table.columns)}
        at_0 = [row for row in table.rows if row[place["checkpoint"]] == 0]
        later = [row for row in table.rows if row[place["checkpoint"]] == 2]
        assert len({row[place["call"]] for row in later}) == len(later)
        baseline = [row for row in at_0 if row[place["ask_persona"]] == 0]
        assert len(baseline) == len({row[place["call"]] for row in baseline}) * 2 * 2  # scripts x baseline draws


def test_a_finished_run_makes_no_call_when_it_is_run_again(tmp_path: Path) -> None:
    go(study(), tmp_path / "run")
    before = contents(tmp_path / "run")
    outcome, control = go(study(), tmp_path / "run")
    assert outcome.status == "complete"
    assert control.progress.found == sum(control.progress.expected.values())
    assert contents(tmp_path / "run") == before


def test_a_run_leaves_the_garbage_collector_as_it_was(tmp_path: Path) -> None:
    before = gc.get_threshold(), gc.get_freeze_count()
    go(study(), tmp_path)
    assert (gc.get_threshold(), gc.get_freeze_count()) == before


def test_a_run_cut_by_its_budget_resumes_to_the_same_tables(tmp_path: Path) -> None:
    go(study(), tmp_path / "whole")
    for cap in (30, 200, 500):
        outcome, control = go(study(SIM + PROBES + f"[budget]\nrequests = {cap}\n"), tmp_path / "cut")
        assert outcome.status == "stopped"
        assert f"budget.requests = {cap}" in outcome.why
        assert control.spending.requests == cap
    outcome, _ = go(study(), tmp_path / "cut")
    assert outcome.status == "complete"
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")


def test_stopping_a_run_keeps_what_it_has_and_it_resumes_to_the_same_tables(tmp_path: Path) -> None:
    go(study(), tmp_path / "whole")
    outcome = run_study(study(), tmp_path / "stopped", watch=lambda control: control.stop("interrupted"))
    assert outcome == Outcome("stopped", "interrupted")
    go(study(), tmp_path / "stopped")
    assert contents(tmp_path / "stopped") == contents(tmp_path / "whole")


def test_empty_and_cut_replies_are_behaviour_kept_flagged_and_judged(tmp_path: Path) -> None:
    ready = study(SIM + PROBES, ('"sim/speaker"', '"sim/speaker"\nspeaker = {empty_rate = 0.3, cut_rate = 0.3}'))
    outcome, control = go(ready, tmp_path / "run")
    assert outcome.status == "complete"
    assert not control.progress.missing
    with Reader.open(tmp_path / "run") as reader:
        table = reader.table("answers")
        place = {name: i for i, name in enumerate(table.columns)}
        assert 0.2 < sum(row[place["empty"]] for row in table.rows) / len(table.rows) < 0.4


def test_a_dialogue_may_stop_at_a_cut_reply_and_says_what_it_lacks(tmp_path: Path) -> None:
    ready = study(
        SIM + PROBES,
        ('"sim/speaker"', '"sim/speaker"\nspeaker = {cut_rate = 0.2}'),
        ("[conditioning]", '[conditioning]\non_cut = "stop"'),
    )
    outcome, control = go(ready, tmp_path / "run")
    assert outcome.status == "complete"
    assert control.progress.missing["dialogue-stopped"] > 0
    counts = expected(ready.experiment)
    assert control.progress.done["rounds"] == counts["rounds"]
    assert control.progress.done["answers"] == counts["answers"]
    before = contents(tmp_path / "run")
    go(ready, tmp_path / "run")
    assert contents(tmp_path / "run") == before


def test_a_changed_study_says_what_changed_and_needs_extend(tmp_path: Path) -> None:
    go(study(), tmp_path / "run")
    larger = study(SIM + PROBES, ('personas = ["silver", "marsh"]', 'personas = ["silver", "marsh", "wren"]'))
    with pytest.raises(FolderError, match=r"dialogues\.personas.*--extend"):
        go(larger, tmp_path / "run")
    assert go(larger, tmp_path / "run", extend=True)[0].status == "complete"
    go(larger, tmp_path / "fresh")
    grown, fresh = contents(tmp_path / "run"), contents(tmp_path / "fresh")
    assert grown["answers"] == fresh["answers"]
    assert grown["rounds"] == fresh["rounds"]


@pytest.mark.parametrize(
    "change", [("seed = 7", "seed = 8"), ("rounds = 6", "rounds = 8"), ("[0, 1]", "[0, 1]\ndraws = 2")]
)
def test_what_would_put_other_replies_in_old_places_cannot_change(tmp_path: Path, change: tuple[str, str]) -> None:
    go(study(), tmp_path / "run")
    if "draws" in change[1]:
        assert go(study(SIM + PROBES, change), tmp_path / "run", extend=True)[0].status == "complete"
        return
    with pytest.raises(FolderError, match="cannot change within a run"):
        go(study(SIM + PROBES, change), tmp_path / "run", extend=True)


def test_analysis_budget_and_addresses_may_change_at_any_time(tmp_path: Path) -> None:
    go(study(), tmp_path / "run")
    freely = SIM.replace('name = "sim/speaker"', 'name = "sim/speaker"\nconcurrency = 3') + PROBES
    assert go(study(freely + '[analysis]\nprimary = ["style"]\n'), tmp_path / "run")[0].status == "complete"


def test_a_persona_rewritten_under_its_old_name_is_refused(tmp_path: Path) -> None:
    for words in ("first words", "other words"):
        text = SIM.replace('["silver", "marsh"]', f'[{{name = "Ada", description = "{words}"}}]') + PROBES
        if words == "first words":
            go(study(text), tmp_path / "run")
            shutil.copy(tmp_path / "run" / "study.toml", tmp_path / "kept.toml")
        else:
            with pytest.raises(LongplayError, match="changed"):
                go(study(text), tmp_path / "run", extend=True)


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        (('"silver"', '"silvre"'), ["'silvre' is not known", "silver", "marsh"]),
        (('name = "fidelity"', 'name = "fidelty"'), ["'fidelty' is not known", "fidelity"]),
        (("rounds = 6", "rounds = 103"), ["dialogues.rounds = 103"]),
        (("[dialogues]", '[dialogues]\nscripts = ["nothing"]'), ["'nothing' is not known", "goal-oriented"]),
        (("[dialogues]", '[dialogues]\nscripts = ["gone.toml"]'), ["gone.toml", "no such file"]),
        (("[dialogues]", '[dialogues]\npolicy = "plane"'), ["'plane' is not known", "plain"]),
        (("[conditioning]", '[conditioning]\npolicies = ["plane"]'), ["'plane' is not known", "plain"]),
        (("seed = 7", 'battery = "corse"'), ["'corse' is not known", "core"]),
        (("[conditioning]", '[judging]\nrounds = ["trait"]\n[conditioning]'), ["'trait' is not known", "knowledge"]),
    ],
)
def test_a_name_that_is_not_known_is_said_with_those_that_are(change: tuple[str, str], parts: list[str]) -> None:
    with pytest.raises(LongplayError) as caught:
        study(SIM + PROBES, change)
    for part in parts:
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_host_is_refused_unless_it_is_allowed(tmp_path: Path) -> None:
    text = SIM.replace('"sim/judge"', '"openai/j"\nbase_url = "https://example.org/v1"\napi_key_env = "HOME"') + PROBES
    with pytest.raises(StudyError, match=r"--allow-host example\.org\+HOME"):
        go(study(text), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def server_study(url: str, *more: str) -> Ready:
    """A small study whose models are a loopback server."""
    text = SIM.replace('"sim/speaker"', f'"openai/m"\nbase_url = "{url}"\nattempts = 2\ntimeout_s = 5')
    text = text.replace('"sim/judge"', f'"openai/j"\nbase_url = "{url}"\nattempts = 2\ntimeout_s = 5')
    return study(text.replace("orders = [0, 1]", "orders = [0]") + PROBES + "".join(more))


def test_a_round_that_is_filtered_stops_its_dialogue_and_the_rest_says_so(tmp_path: Path) -> None:
    third = load_text(SIM).experiment.turns(next(iter(load_text(SIM).experiment.dialogues())))[2]

    def faults(body: bytes, attempt: int) -> str | None:
        del attempt
        return (
            "filter"
            if body.count(b'"role":"user"') == 3 and third.encode() in body.split(b'"role":"user"')[3]
            else None
        )

    with FaultServer(faults) as server:
        ready = server_study(server.url)
        outcome, control = go(ready, tmp_path / "run")
        first = contents(tmp_path / "run")
        sent = len(server.requests)
        go(ready, tmp_path / "run")
        assert len(server.requests) == sent, "filtered is final: nothing is asked again"
    assert outcome.status == "complete"
    assert control.progress.missing["filtered"] >= 1
    assert control.progress.missing["dialogue-stopped"] > 0
    assert contents(tmp_path / "run") == first


def test_a_transient_failure_is_asked_again_by_the_next_run_alone(tmp_path: Path) -> None:
    broken = True

    def faults(body: bytes, attempt: int) -> str | None:
        del attempt
        return "500" if broken and hash_of(body) % 5 == 0 else None

    def hash_of(body: bytes) -> int:
        return sum(body)

    with FaultServer(faults) as server:
        ready = server_study(server.url)
        outcome, control = go(ready, tmp_path / "run")
        assert outcome.status == "complete"
        assert control.progress.missing["failed"] > 0
        broken = False
        done = Counter(seen.body for seen in server.requests if seen.fault is None)
        outcome, control = go(ready, tmp_path / "run")
        assert not control.progress.missing.keys() & {"failed", "dialogue-stopped"}
        again = Counter(seen.body for seen in server.requests if seen.fault is None)
        assert all(again[body] == done[body] for body in done), "what was answered is not asked again"
        go(ready, tmp_path / "whole")
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")


def test_a_refused_key_stops_the_run_with_one_line_and_everything_kept(tmp_path: Path) -> None:
    count = 0

    def faults(body: bytes, attempt: int) -> str | None:
        nonlocal count
        del body, attempt
        count += 1
        return "401" if count > 40 else None

    with FaultServer(faults) as server:
        ready = server_study(server.url)
        with pytest.raises(LongplayError, match="key"):
            go(ready, tmp_path / "run")
        with Reader.open(tmp_path / "run") as reader:
            assert len(reader.table("calls").rows) == 40


def test_the_run_works_inside_a_running_event_loop(tmp_path: Path) -> None:
    async def notebook() -> Outcome:
        return run_study(study(), tmp_path / "run")

    with contextlib.suppress(asyncio.CancelledError):
        assert asyncio.run(notebook()).status == "complete"


def test_two_models_of_one_name_on_two_servers_are_two_models(tmp_path: Path) -> None:
    with FaultServer() as one, FaultServer() as other:
        model = '[[models]]\nname = "openai/m"\nlabel = "{}"\nbase_url = "{}"\n'
        text = model.format("one", one.url) + model.format("other", other.url) + SIM[SIM.index("[judge]") :]
        outcome, _ = go(load_text(text + '[[probes]]\nname = "follow"\nlimit = 2\n'), tmp_path / "run")
        assert outcome.status == "complete"
        assert len(one.requests) == len(other.requests) > 0
