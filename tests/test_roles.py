"""A study maps roles to models: several judges side by side, helpers and users, each asked at its own server."""

import asyncio
import json
import re
from collections import Counter
from pathlib import Path

import pytest

import longplay
from longplay.cli import main
from longplay.experiment import expected, plan
from longplay.folder import stand
from longplay.folder.costs import taken
from longplay.inference.sim import open_simulated
from longplay.pipeline import Control, Progress, Spending, load, run_study
from longplay.pipeline.run import run
from longplay.policies import POLICIES
from longplay.policies.plain import plain
from longplay.records import (
    NO_ROUNDS,
    USER,
    DialogueKey,
    Message,
    Reply,
    Request,
    Role,
    Round,
    RoundRef,
    Said,
    Scene,
    Script,
    Steps,
    Turn,
    View,
)
from longplay.specs import Budget, LongplayError, ModelSpec, Persona, Sampling
from longplay.store import Reader, Store
from longplay.users import USERS
from tables import contents

STUDY = """
[[models]]
name = "sim/speaker"
[[judges]]
name = "sim/judge"
[[judges]]
name = "sim/judge-2"
[judges.judge]
accuracy = 0.5
[dialogues]
personas = ["silver", "marsh"]
baseline_draws = 1
rounds = 6
[conditioning]
repeats = 0
checkpoints = [0, 3, 6]
[[probes]]
name = "follow"
limit = 2
[[probes]]
name = "refusal"
limit = 2
"""
ONE_JUDGE = STUDY.replace('[[judges]]\nname = "sim/judge-2"\n[judges.judge]\naccuracy = 0.5\n', "")


def written(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text(text)
    return folder / "study.toml"


def test_every_judged_metric_is_judged_by_each_judge_and_what_programs_score_once(tmp_path: Path) -> None:
    ready = load(written(tmp_path, STUDY))
    assert run_study(ready, tmp_path / "run").status == "complete"
    with Reader.open(tmp_path / "run") as reader:
        judged = Counter[tuple[str, str]]()
        for one in reader.scored():
            judged[one.of.judge, one.of.metric] += one.count
        standing = stand(reader, ready.experiment)
    metrics = {metric for judge, metric in judged if judge == "sim/judge"}
    assert {"style", "knowledge", "in-character", "refusal"} <= metrics
    assert all(judged["sim/judge", metric] == judged["sim/judge-2", metric] > 0 for metric in metrics)
    assert {judge for judge, metric in judged if metric.startswith("follow")} == {"verifier"}
    assert (standing.left, standing.lost, standing.others) == (0, 0, {})
    assert {who: part.due for who, part in standing.by("verdicts").items()} == {
        who: sum(count for (judge, _), count in judged.items() if judge == who)
        for who in ("sim/judge", "sim/judge-2", "verifier")
    }


def test_a_second_judge_joins_a_run_with_extend_and_only_its_own_verdicts_are_paid(tmp_path: Path) -> None:
    study, run = written(tmp_path, ONE_JUDGE), tmp_path / "run"
    assert main(["run", str(study), "--into", str(run)]) == 0
    before = contents(run)
    written(tmp_path, STUDY)
    assert main(["run", str(study), "--into", str(run)]) == 2
    assert main(["run", str(study), "--into", str(run), "--extend"]) == 0
    after = contents(run)
    assert after["rounds"] == before["rounds"]
    with Reader.open(run) as reader:
        spent = {place: one.requests for place, one in reader.spent().items()}
    assert spent["sim/judge-2", "judge"] == spent["sim/judge", "judge"]
    assert load(run / "study.toml").experiment.study == load(study).experiment.study


def test_a_run_whose_judge_was_called_as_programs_are_goes_on_without_a_call_and_no_new_one_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    study = written(tmp_path, ONE_JUDGE.replace('"sim/judge"', '"sim/judge"\nlabel = "verifier"'))
    with monkeypatch.context() as earlier:
        earlier.setattr("longplay.specs.reading.title_faults", lambda *_: ())
        assert run_study(load(study), tmp_path / "run", cache=False).status == "complete"
    with Reader.open(tmp_path / "run") as reader:
        before = len(reader.table("calls").rows)
    assert main(["run", str(study), "--into", str(tmp_path / "run"), "--no-cache"]) == 0
    with Reader.open(tmp_path / "run") as reader:
        assert len(reader.table("calls").rows) == before
    assert main(["export", str(tmp_path / "run")]) == 0
    assert longplay.open(tmp_path / "run").status().judges["verifier"].kind == "model", "programs are not its judges"
    capsys.readouterr()
    assert main(["run", str(study), "--into", str(tmp_path / "new")]) == 2
    assert "[judge] label 'verifier' is the name" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("width", [1, 3])
def test_both_judges_say_the_same_whatever_the_number_of_slots(tmp_path: Path, width: int) -> None:
    narrow = STUDY.replace('name = "sim/', f'concurrency = {width}\nname = "sim/')
    for name, text in (("wide", STUDY), ("narrow", narrow)):
        assert run_study(load(written(tmp_path / name, text)), tmp_path / name / "run").status == "complete"
    wide, found = contents(tmp_path / "wide/run"), contents(tmp_path / "narrow/run")
    for table in ("rounds", "answers", "round_verdicts", "answer_verdicts"):
        assert found[table] == wide[table], table


CURIOUS = """
kind = "goal-oriented"
opening = "Hello {persona}."
questions = ["What is your name?"]
user = "You are a curious visitor who talks to {{char}}. Ask about the sea."
closing = "Goodbye."
"""
LED = STUDY.replace("rounds = 6", 'rounds = 6\nscripts = ["curious.toml"]') + '[[users]]\nname = "sim/visitor"\n'


def led(folder: Path, text: str = LED, script: str = CURIOUS) -> Path:
    """A study whose user is played by a model, in a folder of its own."""
    study = written(folder, text)
    (folder / "curious.toml").write_text(script)
    return study


def rounds_of(run: Path) -> dict[str, list[str]]:
    """What the user said in each dialogue."""
    with Reader.open(run) as reader:
        turns = reader.user_turns()
    return {str(key.persona): [user for user, _ in found] for key, found in turns.items()}


def test_where_a_script_has_no_turn_the_users_model_makes_it_and_remarks_keep_their_places(tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert run_study(load(led(tmp_path)), run).status == "complete"
    found = rounds_of(run)
    assert len(found) == 3
    for turns in found.values():
        assert turns[0].startswith("Hello")
        assert (turns[1], turns[5]) == ("What is your name?", "Goodbye.")
        assert len(set(turns)) == 6
    with Reader.open(run) as reader:
        spent = {place: one.requests for place, one in reader.spent().items()}
    assert spent["sim/visitor", "user"] == 3 * 3
    assert spent["sim/speaker", "turn"] > 3 * 6
    assert ("sim/visitor", "turn") not in spent


def test_a_resumed_run_asks_the_user_nothing_again(tmp_path: Path) -> None:
    study, run = led(tmp_path), tmp_path / "run"
    assert main(["run", str(study), "--into", str(run)]) == 0
    with Reader.open(run) as reader:
        before = reader.spent()
    assert main(["run", str(study), "--into", str(run)]) == 0
    with Reader.open(run) as reader:
        assert reader.spent() == before


def test_the_user_sees_the_dialogue_from_its_own_side() -> None:
    history = NO_ROUNDS.add(Round(1, "Hello.", "Ahoy.")).add(Round(2, "Who?", "Silver."))
    script = Script("s", "goal-oriented", (), user="Ask {{char}} about the sea.")
    silver = Persona("silver", "Silver", "A cook.")
    key = DialogueKey("m", "silver", "s", draw=2)
    scene = Scene(script, silver, (None, None, None), history, RoundRef(key, 3), 2, {USER: Sampling()})
    steps = USERS["script"](scene)
    request = next(steps)
    whole = request.prefix.extend(*request.tail)
    told, *said = [(message.role, message.content) for message in whole.messages()]
    assert told[0] == "system"
    assert told[1].startswith("Ask Silver about the sea.")
    begun = ("user", "(The conversation begins. Write your first message.)")
    assert said == [begun, ("assistant", "Hello."), ("user", "Ahoy."), ("assistant", "Who?"), ("user", "Silver.")]
    assert (request.to, request.draw) == (USER, 2)
    with pytest.raises(StopIteration) as ended:
        steps.send(Reply("ok", " Is it deep? ", finish="stop"))
    assert ended.value.value == Said("Is it deep?")


def test_a_user_who_says_nothing_ends_its_dialogue_and_what_would_have_come_is_not_owed(tmp_path: Path) -> None:
    silent = LED.replace('name = "sim/visitor"', 'name = "sim/visitor"\nspeaker = { empty_rate = 0.7 }')
    study, run = led(tmp_path, silent), tmp_path / "run"
    assert main(["run", str(study), "--into", str(run)]) == 0
    lengths = {persona: len(turns) for persona, turns in rounds_of(run).items()}
    assert min(lengths.values()) < 6, "nobody fell silent: choose another rate"
    experiment = load(study).experiment
    with Reader.open(run) as reader:
        standing, before = stand(reader, experiment), reader.spent()
    assert standing.kind("rounds").due == standing.kind("rounds").obtained == sum(lengths.values())
    assert (standing.left, standing.lost) == (0, 0)
    assert expected(experiment)["rounds"] == 18, "the study alone does not know it"
    assert main(["run", str(study), "--into", str(run)]) == 0
    with Reader.open(run) as reader:
        assert reader.spent() == before
    assert {persona: len(turns) for persona, turns in rounds_of(run).items()} == lengths


def test_a_user_that_cannot_be_heard_stops_its_dialogue_and_another_run_asks_it_again(tmp_path: Path) -> None:
    experiment = load(led(tmp_path)).experiment
    servers = {role: [open_simulated(spec)] for role, spec in experiment.roles.items()}
    visitor = Role("user", "sim/visitor")
    ways = {**servers, visitor: [Deaf(experiment.roles[visitor])]}
    for roles, missing in ((ways, 3 * 4), (servers, 0)):
        progress = Progress(expected(experiment), Spending(Budget()))
        with Store.open(tmp_path / "run", 0.0) as store:
            assert asyncio.run(run(experiment, store, roles, Control(progress))).status == "complete"
        with Reader.open(tmp_path / "run") as reader:
            rounds = stand(reader, experiment).kind("rounds")
        assert (rounds.due, rounds.lost) == (18, missing)


class Deaf:
    """A server that fails every request."""

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec
        self.width = spec.concurrency

    async def reply(self, request: Request) -> Reply:
        del request
        return Reply("missing", reason="failed", detail="out of order")

    async def close(self) -> None:
        """Holds nothing."""


@pytest.mark.parametrize(
    ("study", "script", "said"),
    [
        (LED.replace("[[users]]", "[[helpers]]"), CURIOUS, "leaves turns to a model; name one under [[users]]"),
        (LED, CURIOUS + 'side = "nobody"', "side] 'nobody' is not known. Known: script"),
        (LED, re.sub('user = ".*"', 'user = " "', CURIOUS), "user is blank"),
        (LED.replace("rounds = 6", "rounds = 6\norders = [0, 1]"), CURIOUS, "has nothing to put in another order"),
    ],
)
def test_a_script_that_cannot_be_played_is_refused_with_what_to_do(
    tmp_path: Path, study: str, script: str, said: str
) -> None:
    with pytest.raises(LongplayError, match=re.escape(said)):
        load(led(tmp_path, study, script))


def test_a_plan_has_a_line_for_each_role_and_says_what_the_user_will_be_asked(tmp_path: Path) -> None:
    priced = LED.replace('name = "sim/visitor"', 'name = "sim/visitor"\nprices = { input = 10.0, output = 20.0 }')
    experiment = load(led(tmp_path, priced)).experiment
    planned = plan(experiment, reply_tokens=100)
    lines = {(one.role, one.model, one.kind): one for one in planned.lines}
    assert set(lines) == {
        ("model", "sim/speaker", "rounds"),
        ("model", "sim/speaker", "answers"),
        ("judge", "sim/judge", "judging"),
        ("judge", "sim/judge-2", "judging"),
        ("user", "sim/visitor", "user turns"),
    }
    user = lines["user", "sim/visitor", "user turns"]
    assert (user.calls, user.completion) == (9, 900)
    assert user.cost == pytest.approx((user.prompt * 10 + 900 * 20) / 1e6)
    first, second = (lines["judge", f"sim/judge{end}", "judging"].calls for end in ("", "-2"))
    assert first == second == planned.judge_calls.both_orders / 2
    run = tmp_path / "run"
    assert run_study(load(led(tmp_path, priced)), run).status == "complete"
    with Reader.open(run) as reader:
        found = {(one.role, one.model): one for one in taken(reader, experiment.study)}
    assert found["user", "sim/visitor"].calls == 9
    assert found["user", "sim/visitor"].cost is not None
    assert list(found) == [("model", "sim/speaker"), ("judge", "sim/judge"), ("judge", "sim/judge-2"), *list(found)[3:]]


def test_status_and_the_last_lines_of_a_run_say_what_each_role_took(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study, run = led(tmp_path), tmp_path / "run"
    assert main(["run", str(study), "--into", str(run)]) == 0
    for said in (capsys.readouterr().out, shown(capsys, "status", str(run))):
        assert re.search(r"^Model sim/speaker: \d+ requests; tokens: ", said, re.MULTILINE)
        assert re.search(r"^Judge sim/judge-2: \d+ requests; tokens: ", said, re.MULTILINE)
        assert re.search(r"^User sim/visitor: 9 requests; tokens: ", said, re.MULTILINE)
    roles = json.loads(shown(capsys, "status", str(run), "--json"))["roles"]
    assert [(one["role"], one["model"]) for one in roles] == [
        ("model", "sim/speaker"),
        ("judge", "sim/judge"),
        ("judge", "sim/judge-2"),
        ("user", "sim/visitor"),
    ]
    shown(capsys, "report", str(run))
    page = (run / "report.html").read_text()
    assert "plays the user" in page
    assert "The turns after the written ones are made by sim/visitor." in page
    assert '<b>curious.toml</b> <span class="quiet">goal-oriented</span>' in page


def shown(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    """What a command says."""
    assert main(list(command)) == 0
    return capsys.readouterr().out


def test_plan_names_users_and_helpers_that_nothing_asks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "curious.toml").write_text(CURIOUS, encoding="utf-8")
    helped = '[[helpers]]\nname = "sim/adviser"\n[[users]]\nname = "sim/second"\n'
    for text, unasked in (
        (STUDY + '[[users]]\nname = "sim/visitor"\n', ["sim/visitor: no script leaves turns to a user."]),
        (LED, []),
        (
            LED + helped,
            ["sim/second: only the first user is asked.", "sim/adviser: no policy or rubric of this study asks one."],
        ),
    ):
        (tmp_path / "study.toml").write_text(text, encoding="utf-8")
        assert main(["plan", str(tmp_path / "study.toml")]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [said.removeprefix("Nobody asks ") for said in lines if said.startswith("Nobody")] == unasked


def test_plan_counts_what_a_policy_asks_its_model_before_every_round_and_at_every_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def now_and_then(view: View) -> Steps[Turn]:
        turn = yield from plain(view)
        if len(view.rounds.rounds()) in (1, 4):  # never in the middle of the dialogue alone
            yield Request(turn.prefix, (Message("user", "Sum up."),), Sampling())
        return turn

    monkeypatch.setitem(POLICIES, "now-and-then", now_and_then)
    study = (
        '[[models]]\nname = "sim/speaker"\n[judge]\nname = "sim/judge"\n'
        '[dialogues]\npersonas = ["silver", "marsh"]\nbaseline = false\nscripts = ["goal-oriented"]\nrounds = 6\n'
        'policy = "now-and-then"\n[conditioning]\nnoise_share = 0\ncheckpoints = [0, 4]\npolicies = ["now-and-then"]\n'
        '[[probes]]\nname = "fidelity"\nlimit = 3\n'
    )
    (tmp_path / "study.toml").write_text(study, encoding="utf-8")
    (line,) = (one for one in longplay.plan(tmp_path / "study.toml").lines if one.kind == "steps")
    assert (line.role, line.calls) == ("model", 2 * (2 + 3))  # a persona's two rounds, and its items after round 4
