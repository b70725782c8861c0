"""Caps of a budget by role: none beyond is sent, what is there is kept, and who lies below the estimate is told."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from faults import Fault, FaultServer, completion, no_faults
from longplay.cli import main
from longplay.cli.display import pace
from longplay.experiment import plan
from longplay.folder.costs import ROLES
from longplay.folder.outcome import UNSETTLED, UNSETTLED_BY_ROLE
from longplay.pipeline import Control, Progress, Spending, load, run_study
from longplay.records import Reply, Usage
from longplay.specs import Budget, Caps, CapsByRole, ModelSpec, Prices, RoleKind, StudyError, parse_study
from longplay.store import Reader, Store
from tables import contents

SIM = """
seed = 7
[[models]]
name = "sim/speaker"
[[judges]]
name = "sim/judge"
[[judges]]
name = "sim/judge-2"
[[users]]
name = "sim/visitor"
[dialogues]
personas = ["silver"]
baseline_draws = 1
rounds = 6
scripts = ["curious.toml"]
[conditioning]
repeats = 0
checkpoints = [0, 6]
[[probes]]
name = "refusal"
limit = 2
"""
SCRIPT = """
kind = "goal-oriented"
questions = ["What is your name?"]
user = "You are a curious visitor who talks to {{char}}."
"""
SERVED = """
[[models]]
name = "openai/speaker"
base_url = "URL"
attempts = 5
MODEL
[judge]
name = "openai/judge"
base_url = "URL"
attempts = 5
JUDGE
[dialogues]
personas = ["silver"]
scripts = ["goal-oriented"]
rounds = 4
baseline = false
[conditioning]
noise_share = 0
repeats = 0
checkpoints = [0, 4]
[[probes]]
name = "fidelity"
limit = 4
"""
PRICES = "prices = { input = 1.0, output = 2.0 }"
Say = Callable[..., str]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """What a command says; `code` is how it ends."""

    def said(*command: str, code: int = 0) -> str:
        capsys.readouterr()
        found = main(list(command))
        out, err = capsys.readouterr()
        assert found == code, out + err
        return out

    return said


def written(folder: Path, text: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text(text)
    (folder / "curious.toml").write_text(SCRIPT)
    return str(folder / "study.toml")


def served(folder: Path, server: FaultServer, caps: str = "", model: str = "", judge: str = "") -> str:
    text = SERVED.replace("URL", server.url).replace("MODEL", model).replace("JUDGE", judge)
    return written(folder, text + caps)


def sent_to(server: FaultServer, model: str) -> int:
    """Requests that reached the server for one model, tries included."""
    return sum(json.loads(seen.body)["model"] == model for seen in server.requests)


def words(body: bytes) -> str:
    return f"Aye, {sum(body)}. Result: {sum(body) % 5 + 1}"


@pytest.mark.parametrize(("kind", "cap"), [("model", 9), ("judge", 5), ("user", 4)])
def test_a_cap_of_a_role_stops_a_run_that_resumes_to_the_same_tables(
    kind: str, cap: int, tmp_path: Path, say: Say
) -> None:
    written(tmp_path, SIM)
    assert run_study(load(tmp_path / "study.toml"), tmp_path / "whole").status == "complete"
    study, run = written(tmp_path, f"{SIM}[budget.roles.{kind}]\nrequests = {cap}\n"), str(tmp_path / "cut")
    out = say("run", study, "--into", run, code=1)
    assert out.startswith(f"Stopped (budget.roles.{kind}.requests = {cap} is reached): ")
    status = json.loads(say("status", run, "--json"))
    spent = Counter[str]()
    for one in status["roles"]:
        spent[one["role"]] += one["requests"]
    assert spent[kind] == cap
    assert status["caps"] == [{"of": f"budget.roles.{kind}", "what": "requests", "spent": cap, "most": cap}]
    assert f"budget.roles.{kind}.requests {cap} of {cap}" in say("status", run)
    assert say("run", study, "--into", run, code=1).startswith("Stopped (budget.roles."), "it stays reached"
    say("run", written(tmp_path, f"{SIM}[budget.roles.{kind}]\nrequests = 9_000\n"), "--into", run)
    whole, cut = contents(tmp_path / "whole"), contents(tmp_path / "cut")
    assert {name: rows for name, rows in cut.items() if name != "documents"} == {
        name: rows for name, rows in whole.items() if name != "documents"
    }


@pytest.mark.parametrize(("caps", "said"), [("tokens = 2_000", "tokens = 2,000"), ("cost = 0.001", "cost = 0.001")])
def test_tokens_and_cost_of_a_role_are_capped_by_its_own_calls_alone(
    caps: str, said: str, tmp_path: Path, say: Say
) -> None:
    with FaultServer(no_faults, words) as server:
        study = served(tmp_path, server, f"[budget.roles.judge]\n{caps}\n", judge=PRICES)
        out = say("run", study, "--into", str(tmp_path / "run"), "--no-cache", code=1)
    assert out.startswith(f"Stopped (budget.roles.judge.{said} is reached): ")
    roles = {one["role"]: one for one in json.loads(say("status", str(tmp_path / "run"), "--json"))["roles"]}
    assert roles["model"]["prompt"] > 2000
    assert roles["judge"]["requests"] > 0


def busy(body: bytes, attempt: int) -> str | None:
    del body
    return "429" if attempt < 4 else None


def always_busy(body: bytes, attempt: int) -> str | None:
    del attempt
    return "429" if json.loads(body)["model"] == "judge" else None


@pytest.mark.parametrize("faults", [busy, always_busy])
def test_every_try_counts_for_its_role_and_none_beyond_the_cap_is_sent(faults: Fault, tmp_path: Path, say: Say) -> None:
    run = str(tmp_path / "run")
    with FaultServer(faults, words) as server:
        for cap in (7, 18):
            study = served(tmp_path, server, f"[budget.roles.judge]\nrequests = {cap}\n")
            out = say("run", study, "--into", run, "--no-cache", "--go-on", code=1)
            assert f"budget.roles.judge.requests = {cap} is reached" in out
            assert sent_to(server, "judge") == cap
            status = json.loads(say("status", run, "--json"))
            assert status["caps"][0]["spent"] == cap
            assert status["requests"] == len(server.requests)


def test_the_caps_of_the_whole_run_and_of_a_role_hold_together(tmp_path: Path, say: Say) -> None:
    caps = "[budget]\nrequests = 30\n[budget.roles.judge]\nrequests = 900\n"
    with FaultServer(busy, words) as server:
        study = served(tmp_path, server, caps)
        out = say("run", study, "--into", str(tmp_path / "run"), "--no-cache", code=1)
        assert out.startswith("Stopped (budget.requests = 30 is reached): ")
        assert len(server.requests) == 30


def test_a_cap_on_the_cost_of_a_role_needs_the_prices_of_that_role_alone(tmp_path: Path, say: Say) -> None:
    caps = "[budget.roles.judge]\ncost = 5.0\n"
    with FaultServer(no_faults, words) as server:
        bare = served(tmp_path, server, caps, model=PRICES)
        out = say("run", bare, "--into", str(tmp_path / "run"), "--no-cache", code=1)
        assert "budget.roles.judge.cost cannot be kept: the study gives no prices for openai/judge" in out
        assert sent_to(server, "judge") == 0
        say("run", served(tmp_path, server, caps, judge=PRICES), "--into", str(tmp_path / "run"), "--no-cache")


@pytest.mark.parametrize(("mute", "code"), [("speaker", 0), ("judge", 1)])
def test_missing_token_counts_stop_a_run_only_where_they_are_of_a_role_with_such_a_cap(
    mute: str, code: int, tmp_path: Path, say: Say
) -> None:
    def no_usage(body: bytes, _attempt: int) -> str | None:
        if json.loads(body)["model"] != mute:
            return None
        found = json.loads(completion(body, words(body)))
        del found["usage"]
        return f"body:{json.dumps(found)}"

    run = str(tmp_path / "run")
    with FaultServer(no_usage, words) as server:
        study = served(tmp_path, server, "[budget.roles.judge]\ntokens = 1_000_000\n")
        out = say("run", study, "--into", run, "--no-cache", code=code)
        assert ("budget.roles.judge.tokens cannot be kept" in out) == bool(code)
        assert ("budget.roles.judge.tokens not known of 1,000,000" in say("status", run)) == bool(code)
        assert say("run", study, "--into", run, "--no-cache", code=code).startswith("Stopped" if code else "Complete")


def test_replies_of_earlier_runs_are_no_spending_of_a_role(tmp_path: Path, say: Say) -> None:
    with FaultServer(no_faults, words) as server:
        say("run", served(tmp_path, server, judge=PRICES), "--into", str(tmp_path / "one"))
        before = sent_to(server, "judge")
        study = served(tmp_path, server, "[budget.roles.judge]\nrequests = 1\ncost = 0.000001\n", judge=PRICES)
        say("run", study, "--into", str(tmp_path / "two"))
        assert sent_to(server, "judge") == before > 1
    status = json.loads(say("status", str(tmp_path / "two"), "--json"))
    assert [one["role"] for one in status["roles"]] == ["model"]
    assert [cap["spent"] for cap in status["caps"]] == [0, 0]


def test_what_each_role_took_sums_to_the_whole_over_a_stop_and_a_resumption(tmp_path: Path, say: Say) -> None:
    run = tmp_path / "run"
    with FaultServer(busy, words) as server:
        stopping = served(tmp_path, server, "[budget]\nrequests = 60\n", model=PRICES, judge=PRICES)
        say("run", stopping, "--into", str(run), "--no-cache", code=1)
        study = served(tmp_path, server, model=PRICES, judge=PRICES)
        out = say("run", study, "--into", str(run), "--no-cache")
        sent = {kind: sent_to(server, model) for kind, model in (("model", "speaker"), ("judge", "judge"))}
    status = json.loads(say("status", str(run), "--json"))
    assert {one["role"]: one["requests"] for one in status["roles"]} == sent
    assert status["requests"] == sum(sent.values())
    assert status["cost"] == pytest.approx(sum(one["cost"] for one in status["roles"]))
    assert status["prompt_tokens"] == sum(one["prompt"] for one in status["roles"])
    assert f"Used: {status['requests']} requests" in out
    with Reader.open(run) as reader:
        stored = Counter[RoleKind]()
        for (_, kind), spent in reader.spent().items():
            stored[ROLES[kind]] += spent.attempts
    assert stored == sent


def test_requests_of_calls_that_were_broken_off_count_for_their_role_in_a_later_run(tmp_path: Path) -> None:
    study = parse_study(SIM)
    with Store.open(tmp_path) as store:
        store.set_meta(UNSETTLED_BY_ROLE, '{"judge": 3}')
        store.set_meta(UNSETTLED, "5")  # two of them an earlier version counted, by no role
        with Reader.open(tmp_path) as reader:
            spending = Spending(Budget(requests=6, roles=CapsByRole(judge=Caps(requests=4))))
            spending.take_over(reader, study)
    judge = spending.roles["judge"]
    assert (judge.sent, spending.sent) == (3, 5)
    assert judge.tries.begin()
    assert not judge.tries.begin()
    assert spending.refused("judge") == "budget.roles.judge.requests = 4 is reached"
    assert spending.refused("model") is None
    assert not spending.roles["model"].tries.begin()
    assert spending.refused("model") == "budget.requests = 6 is reached"
    assert spending.unsettled() == {"model": 0, "judge": 4, "user": 0, "helper": 0}


def test_the_lines_of_a_run_say_what_was_spent_of_each_cap() -> None:
    spending = Spending(Budget(requests=1000, roles=CapsByRole(judge=Caps(cost=5.0), user=Caps(tokens=90))))
    judge = ModelSpec("openai/j", prices=Prices(input=1e6))
    spending.roles["judge"].heard(judge, Reply("ok", "Aye.", usage=Usage(2, 0, 1)))
    said = pace(Control(Progress({"answers": 2}, spending))).split(" · ")
    caps = ["budget.requests 1 of 1,000", "budget.roles.judge.cost 2.00 of 5.00", "budget.roles.user.tokens 0 of 90"]
    assert [part for part in said if part.startswith("budget")] == caps
    assert "budget" not in pace(Control(Progress({"answers": 2}, Spending(Budget()))))


def test_a_plan_warns_of_each_cap_that_lies_below_its_estimate(tmp_path: Path, say: Say) -> None:
    caps = "[budget]\nrequests = 9_000\n[budget.roles.judge]\nrequests = 3\n[budget.roles.user]\nrequests = 900\n"
    study = written(tmp_path, SIM + caps)
    found = plan(load(Path(study)).experiment)
    judged = sum(one.calls for one in found.lines if one.role == "judge")
    assert [(cap.of, cap.what, cap.spent, cap.most) for cap in found.beyond] == [
        ("budget.roles.judge", "requests", judged, 3)
    ]
    warning = f"WARNING: budget.roles.judge.requests = 3 lies below the estimate, {judged:,}; a run would end there."
    assert warning in say("plan", study)
    assert "lies below" not in say("plan", written(tmp_path, SIM))


@pytest.mark.parametrize(
    ("caps", "said"),
    [
        (
            "[budget.roles.juge]\ncost = 1.0",
            "roles] has no key 'juge'. Known keys: helper, judge, model, user.",
        ),
        (
            "[budget.roles.judge]\ncalls = 1",
            "judge] has no key 'calls'. Known keys: cost, requests, tokens.",
        ),
        ("[budget.roles.judge]\nrequests = 0", "[budget.roles.judge.requests]: Expected a whole number >= 1"),
    ],
)
def test_a_fault_in_the_caps_of_a_role_is_named_with_what_is_known(caps: str, said: str) -> None:
    with pytest.raises(StudyError, match=re.escape(said)):
        parse_study(f"{SIM}{caps}\n")


def test_a_study_without_caps_by_role_is_written_as_before() -> None:
    bare = {"cost": 5.0, "requests": None, "tokens": None}
    assert msgspec.to_builtins(parse_study(SIM + "[budget]\ncost = 5\n").budget) == bare
    capped = parse_study(SIM + "[budget.roles.judge]\ncost = 5\n")
    assert msgspec.json.decode(msgspec.json.encode(capped), type=type(capped)) == capped
