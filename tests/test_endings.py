"""How a run ends: obtained of due, an early stop where nothing usable comes, and words and exit codes that are true."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from faults import REFUSALS, Fault, FaultServer, Refusal, Words, completion, no_faults
from longplay.cli import main
from longplay.pipeline.alarms import UNREAD, Alarms, Heard
from longplay.records import DialogueKey, Reply, RoundRef, Verdict
from longplay.store import Reader

STUDY = """
[[models]]
name = "openai/speaker"
base_url = "URL"
attempts = 1
concurrency = 4
MODEL
[judge]
name = "openai/judge"
base_url = "URL"
attempts = 1
concurrency = 4
JUDGE
[dialogues]
personas = ["silver", "marsh"]
scripts = ["goal-oriented"]
rounds = 6
baseline = false
[conditioning]
noise_share = 0
repeats = 0
checkpoints = [0, 6]
[[probes]]
name = "fidelity"
limit = 6
"""
BUDGET = "[budget]\n"


def judges(body: bytes) -> bool:
    """Whether the request is to the judge."""
    return b'"openai/judge"' in body or b'"model":"judge"' in body


def words(body: bytes) -> str:
    """A reply, and a level that it may have been asked for."""
    return f"Aye, {sum(body)}. Result: {sum(body) % 5 + 1}"


class Ran:
    """One `longplay` command that has ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err
        self.all = out + err


Run = Callable[..., Ran]


@pytest.fixture
def ran(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a study against a server into the one run folder."""

    def run(
        server: FaultServer,
        *options: str,
        model: str = "",
        judge: str = "",
        attempts: int = 1,
        more: str = "",
        baseline: bool = False,
    ) -> Ran:
        text = STUDY.replace("URL", server.url).replace("MODEL", model).replace("JUDGE", judge) + more
        text = text.replace("baseline = false", f"baseline = {str(baseline).lower()}")
        text = text.replace("attempts = 1", f"attempts = {attempts}")
        (tmp_path / "study.toml").write_text(text)
        capsys.readouterr()
        code = main(["run", str(tmp_path / "study.toml"), "--into", str(tmp_path / "run"), "--no-cache", *options])
        return Ran(code, *capsys.readouterr())

    return run


def status(tmp_path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    capsys.readouterr()
    assert main(["status", str(tmp_path / "run"), *options]) == 0
    return capsys.readouterr().out


def page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["report", str(tmp_path / "run")]) == 0
    capsys.readouterr()
    return (tmp_path / "run" / "report.html").read_text("utf-8")


def speaker_fails(fault: str) -> Fault:
    return lambda body, _: None if judges(body) else fault


def judge_says(text: str) -> Words:
    return lambda body: text if judges(body) else words(body)


def lines(text: str, *begins: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(begins)]


KINDS = ("Rounds: ", "Answers: ", "Verdicts: ")


def test_a_whole_run_says_so_and_status_and_page_agree(
    ran: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with FaultServer(no_faults, words) as server:
        ended = ran(server)
    assert ended.code == 0
    assert ended.out.startswith("Complete: everything that was due was obtained.\n")
    assert "Rounds: 12 of 12 obtained." in ended.out
    told = lines(ended.out, *KINDS)
    assert lines(status(tmp_path, capsys), *KINDS) == told
    shown = page(tmp_path, capsys)
    assert all(line in shown for line in told)
    assert "missing (" not in shown


def overflows_late(body: bytes, _attempt: int) -> str | None:
    """The window is full once four turns stand in the prompt."""
    return "overflow" if not judges(body) and body.count(b'"role":"user"') > 3 else None


def test_gaps_that_are_final_end_with_exit_code_0_and_are_counted_alike_everywhere(
    ran: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with FaultServer(overflows_late, words) as server:
        ended = ran(server)
    assert ended.code == 0
    assert ended.out.startswith("Ended with gaps: ")
    assert "Complete" not in ended.all
    assert "Rounds: 6 of 12 obtained, 6 missing (dialogue-stopped 4, overflow 2)." in ended.out
    assert "  after 6 rounds: 0 of 12 obtained, 12 missing (dialogue-stopped 12)" in ended.out
    told = lines(ended.out, *KINDS)
    assert "no-text" in told[2]
    assert lines(status(tmp_path, capsys), *KINDS) == told
    shown = page(tmp_path, capsys)
    assert all(line in shown for line in told)
    assert '2 times openai/speaker gave no usable reply (overflow): "400: 9000 tokens' in ended.out
    parts = json.loads(status(tmp_path, capsys, "--json"))["parts"]
    for part in parts.values():
        assert part["done"] + sum(part["missing"].values()) == part["expected"]


def test_a_kind_of_which_nothing_was_obtained_is_exit_code_1_and_never_complete(ran: Run) -> None:
    with FaultServer(no_faults, judge_says("It is a fine answer.")) as server:
        ended = ran(server, "--go-on")
    assert ended.code == 1
    assert ended.out.startswith("Ended with no verdicts by openai/judge.")
    assert "Complete" not in ended.all
    assert "Verdicts: 0 of " in ended.out
    assert 'gave no verdict: "It is a fine answer."' in ended.out


def test_a_judge_whose_first_verdicts_cannot_be_read_stops_the_run(
    ran: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with FaultServer(no_faults, judge_says("A fine\x1b[31m answer. " + "Very fine. " * 100)) as server:
        ended = ran(server)
        asked = sum(judges(seen.body) for seen in server.requests)
        again = ran(server)
    assert ended.code == again.code == 1
    first = ended.out.splitlines()[0]
    assert first.startswith("Stopped (none of the first 20 verdicts of the judge openai/judge could be read): ")
    assert 'The judge openai/judge replied, for example: "A fine' in ended.err
    assert "\x1b" not in ended.all
    assert max(map(len, ended.all.splitlines())) < 400
    assert "--go-on" in ended.err
    assert 20 <= asked < 80
    assert "none of the first 20 verdicts" in status(tmp_path, capsys)
    assert "none of the first 20 verdicts" in page(tmp_path, capsys)


def test_a_judge_whose_first_replies_are_all_cut_is_said_to_be_cut(ran: Run) -> None:
    with FaultServer(lambda body, _: "cut" if judges(body) else None, words) as server:
        ended = ran(server)
    assert ended.code == 1
    assert 'The judge openai/judge replied, for example (cut at max_tokens): "Aye' in ended.err
    assert "What to do: give it more max_tokens under [judge.sampling]." in ended.err
    assert "A reply of openai/judge that gave no verdict: " in ended.out
    assert "Once the cause is mended, to go on: longplay run " in ended.err


def test_a_judge_that_was_read_before_does_not_stop_the_run(ran: Run) -> None:
    with FaultServer(no_faults, words) as server:
        assert ran(server).code == 0
    with FaultServer(no_faults, judge_says("It is a fine answer.")) as server:
        ended = ran(server, "--extend", more='[[probes]]\nname = "general"\nlimit = 12\n')
    assert ended.code == 0
    assert "unparsable" in ended.out


def test_first_calls_that_are_all_refused_alike_stop_the_run_with_the_servers_words(
    ran: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with FaultServer(speaker_fails("400-odd"), words) as server:
        ended = ran(server)
        sent = len(server.requests)
        assert ended.code == 1
        assert ended.out.startswith("Stopped (the first 8 calls of openai/speaker all failed alike): ")
        assert 'What came: "400: this deployment wants ceremony"' in ended.err
        assert "--go-on" in ended.err
        assert 8 <= sent < 20
        said = status(tmp_path, capsys)
        assert "The last run stopped: the first 8 calls of openai/speaker all failed alike" in said
        assert f'{sent} times openai/speaker gave no usable reply (failed): "400: this deployment' in said
        assert f"{sent} requests" in said


def test_a_model_that_answered_in_an_earlier_run_does_not_stop_a_later_one(ran: Run) -> None:
    with FaultServer(no_faults, words) as server:
        assert ran(server).code == 0
    with FaultServer(speaker_fails("400-odd"), words) as server:
        ended = ran(server, "--extend", more='[[probes]]\nname = "general"\nlimit = 12\n')
    assert ended.code == 1
    assert ended.out.startswith("Ended with gaps: ")


@pytest.mark.parametrize(
    ("refused", "setting"),
    [
        (b'"role":"system"', 'system_role = "user"'),
        (b'"temperature":0.0', "sampling = { temperature = 0.7 }\nprobe_sampling = { temperature = 0.7 }"),
    ],
)
def test_the_setting_that_a_refusal_names_may_change_in_the_same_folder_where_no_reply_was_kept(
    refused: bytes, setting: str, ran: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def faults(body: bytes, _attempt: int) -> str | None:
        return "400-odd" if not judges(body) and refused in body else None

    with FaultServer(faults, words) as server:
        assert ran(server).code == 1
        mended = ran(server, model=setting)
    assert mended.code == 0, mended.all
    assert mended.out.startswith("Complete: ")
    assert "ceremony" not in status(tmp_path, capsys) + page(tmp_path, capsys)


def test_a_system_role_may_change_where_only_the_baseline_without_one_has_answered(
    ran: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(REFUSALS, "400-system", Refusal(400, "invalid_request_error", "System role not supported"))

    def faults(body: bytes, _attempt: int) -> str | None:
        if judges(body) or b'"role":"system"' not in body:
            return None
        return "400-system"

    with FaultServer(faults, words) as server:
        first = ran(server, baseline=True)
        assert first.code == 1
        with Reader.open(tmp_path / "run") as reader:
            assert [one.model for one in reader.replied() if not one.judging], "the baseline has answered"
        ended = ran(server, baseline=True, model='system_role = "user"')
    assert ended.code == 0, ended.all
    assert ended.out.startswith("Complete: ")


def test_go_on_insists(ran: Run) -> None:
    with FaultServer(speaker_fails("400-odd"), words) as server:
        ended = ran(server, "--go-on")
    assert ended.code == 1
    assert ended.out.startswith("Ended with no rounds of openai/speaker, no answers of openai/speaker, ")


def test_a_web_page_in_place_of_replies_stops_the_run_and_says_what_to_check(ran: Run) -> None:
    html = "<!DOCTYPE html><html><body>Welcome</body></html>"
    with FaultServer(speaker_fails(f"body:{html}"), words) as server:
        ended = ran(server)
    assert ended.code == 1
    assert ended.out.startswith("Stopped (the first 8 calls of openai/speaker all failed alike): ")
    assert 'What came: "the ' in ended.err


def reasoned(body: bytes, _attempt: int) -> str | None:
    """All text in the reasoning."""
    if judges(body):
        return None
    found = json.loads(completion(body, None))
    found["choices"][0]["message"]["reasoning_content"] = "The user wants an answer."
    found["usage"]["completion_tokens"] = 6
    return f"body:{json.dumps(found)}"


def test_first_replies_that_are_all_empty_stop_the_run_and_name_the_cause(
    ran: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with FaultServer(reasoned, words) as server:
        ended = ran(server)
    assert ended.code == 1
    assert ended.out.startswith("Stopped (the first 20 replies of openai/speaker are all empty): ")
    assert "all text stands in the reasoning" in ended.err
    cause = "All replies of openai/speaker are empty: the text of "
    assert cause in ended.out
    assert cause in status(tmp_path, capsys)
    assert cause in page(tmp_path, capsys)


def test_a_setting_of_a_model_of_which_replies_were_kept_still_cannot_change(ran: Run) -> None:
    with FaultServer(no_faults, words) as server:
        assert ran(server).code == 0
        ended = ran(server, model='system_role = "user"')
    assert ended.code == 2
    assert "the model openai/speaker cannot change within a run" in ended.err


def test_a_budget_of_requests_counts_every_try(ran: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def faults(body: bytes, attempt: int) -> str | None:
        del body
        return "429" if attempt < 4 else None

    with FaultServer(faults, words) as server:
        ended = ran(server, attempts=6, more=BUDGET + "requests = 37\n")
        assert (ended.code, len(server.requests)) == (1, 37)
        assert ended.out.startswith("Stopped (budget.requests = 37 is reached): ")
        assert "Used: 37 requests" in ended.out
        assert "37 requests; " in status(tmp_path, capsys)
        again = ran(server, attempts=6, more=BUDGET + "requests = 50\n")
        assert (again.code, len(server.requests)) == (1, 50)
        assert "50 requests; " in status(tmp_path, capsys)


def test_a_budget_of_requests_holds_over_the_tries_of_one_call(ran: Run) -> None:
    with FaultServer(lambda *_: "429", words) as server:
        ended = ran(server, "--go-on", attempts=9, more=BUDGET + "requests = 5\n")
        assert (ended.code, len(server.requests)) == (1, 5)


def no_usage(body: bytes, _attempt: int) -> str | None:
    found = json.loads(completion(body, words(body)))
    del found["usage"]
    return f"body:{json.dumps(found)}"


@pytest.mark.parametrize("cap", ["tokens = 100000", "cost = 5.0"])
def test_without_token_counts_a_cap_on_them_stops_the_run(
    cap: str, ran: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prices = "prices = { input = 1.0, output = 2.0 }"
    with FaultServer(no_usage) as server:
        ended = ran(server, model=prices, judge=prices, more=BUDGET + cap)
        sent = len(server.requests)
        assert ended.code == 1
        assert f"budget.{cap.split()[0]} cannot be kept" in ended.out
        assert 1 <= sent <= 8
        assert "cost not known (" in ended.out
        said = status(tmp_path, capsys)
        assert "cost not known (" in said
        assert "Token counts missing or contradictory: " in said
        insisted = ran(server, "--go-on", model=prices, judge=prices, more=BUDGET + cap)
        assert insisted.code == 0, insisted.all
        assert "0.00" not in insisted.all


def test_a_cap_on_cost_without_prices_is_said_before_anything_is_sent(ran: Run) -> None:
    with FaultServer(no_faults, words) as server:
        ended = ran(server, more=BUDGET + "cost = 5.0\n")
        assert (ended.code, server.requests) == (1, [])
        assert "budget.cost cannot be kept: the study gives no prices for openai/speaker" in ended.out
        assert ran(server, "--go-on", more=BUDGET + "cost = 5.0\n").code == 0


def test_what_an_earlier_judge_gave_and_cost_stays_and_is_not_counted_for_the_new_one(
    ran: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prices = "prices = { input = 1.0, output = 2.0 }"
    with FaultServer(no_faults, words) as server:
        first = ran(server, judge=prices)
        assert first.code == 0
        cost = json.loads(status(tmp_path, capsys, "--json"))["cost"]
        second = ran(server, "--extend", judge='label = "another"')
    assert second.code == 0
    assert lines(second.out, *KINDS) == lines(first.out, *KINDS)
    assert "verdicts by openai/judge, which the study does not ask for now." in second.out
    assert json.loads(status(tmp_path, capsys, "--json"))["cost"] == cost > 0


def test_after_a_404_status_shows_the_request_and_the_fault(
    ran: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with FaultServer(lambda *_: "404", words) as server:
        ended = ran(server)
        assert ended.code == 1
        said = status(tmp_path, capsys)
        assert "The last run stopped: " in said
        assert "no such model" in said
        assert f"\n{len(server.requests)} requests; " in said


def test_a_model_that_changes_its_name_during_a_run_is_said(
    ran: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = iter(range(1_000_000))

    def named(body: bytes, _attempt: int) -> str | None:
        found = json.loads(completion(body, words(body)))
        found["model"] = "speaker-2" if not judges(body) and next(asked) >= 10 else "speaker-1"
        return f"body:{json.dumps(found)}"

    with FaultServer(named) as server:
        ended = ran(server)
    said = "openai/speaker answered as speaker-1 (10), then as speaker-2 ("
    assert said in ended.out
    assert said in status(tmp_path, capsys)
    assert said in page(tmp_path, capsys)
    assert "openai/judge answered" not in ended.all


def test_a_model_that_judges_itself_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with FaultServer(no_faults, words) as server:
        text = STUDY.replace("URL", server.url).replace("openai/judge", "openai/speaker")
        (tmp_path / "study.toml").write_text(text.replace("MODEL", "").replace("JUDGE", ""))
        assert main(["plan", str(tmp_path / "study.toml")]) == 0
        assert "openai/speaker is judged by itself" in capsys.readouterr().out
        main(["run", str(tmp_path / "study.toml"), "--into", str(tmp_path / "run")])
    assert "openai/speaker is judged by itself" in capsys.readouterr().err
    assert "openai/speaker is judged by itself" in page(tmp_path, capsys)


def test_check_server_stops_where_nothing_answers(capsys: pytest.CaptureFixture[str]) -> None:
    with FaultServer(lambda *_: "400-odd") as server:
        assert main(["check-server", "openai/m", "--base-url", server.url]) == 1
        assert len(server.requests) < 6
    said = capsys.readouterr().err
    assert "none of the first 3 requests had a reply" in said
    assert "this deployment wants ceremony" in said


def test_counts_are_those_of_the_store(ran: Run, tmp_path: Path) -> None:
    with FaultServer(overflows_late, words) as server:
        ran(server)
    with Reader.open(tmp_path / "run") as reader:
        obtained = sum(one.count for one in reader.obtained() if one.reason is None and one.checkpoint is None)
    assert obtained == 6


def aborts_first(body: bytes, attempt: int) -> str | None:
    """The speaker's first try of every call ends as `abort`, with tokens counted."""
    return "body:" + completion(body, "Half a", "abort").decode() if attempt == 1 and not judges(body) else None


def test_tokens_of_replies_that_are_not_believed_are_counted_as_spent(
    ran: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prices = "prices = { input = 1.0, cached = 1.0, output = 0 }"
    with FaultServer(aborts_first, words) as server:
        ended = ran(server, model=prices, judge=prices, attempts=3)
        sent = [len(seen.body) // 4 for seen in server.requests]
    assert ended.code == 0
    told = json.loads(status(tmp_path, capsys, "--json"))
    assert (told["requests"], told["prompt_tokens"]) == (len(sent), sum(sent))
    assert told["cost"] == pytest.approx(sum(sent) / 1e6)


def test_a_judges_replies_are_read_for_its_alarm_alone() -> None:
    said: list[str] = []
    alarms = Alarms(said.append, said.append, Heard())
    ref = RoundRef(DialogueKey("model", None, "script"), 1)
    unread = Verdict(ref, "style", "judge", "method", "missing", reason="unparsable")
    replies = iter([Reply("ok", "I would rather not say.", finish="stop")] * UNREAD)
    for _ in range(UNREAD):
        alarms.judged(unread, replies)
    assert "I would rather not say." in said[0]
    assert len(list(replies)) == UNREAD - 1
