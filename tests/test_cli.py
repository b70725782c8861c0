"""The command line: what each command prints, where it prints it, and with which code it ends."""

import asyncio
import io
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

import longplay
from faults import FaultServer, digest_words, no_faults
from longplay.cli import COMMANDS, main
from longplay.cli.demo import demo_study
from longplay.cli.display import amounts, pace
from longplay.cli.host_approval import approval
from longplay.cli.terminal import clean, line
from longplay.experiment import plan
from longplay.inference import Pair
from longplay.pipeline import Control, Progress, Spending, load_text
from longplay.records import Usage
from longplay.specs import Budget, Prices
from longplay.store import Reader, Store
from vouching import vouch

SIM = """
title = "Small"
[[models]]
name = "sim/speaker"
prices = { input = 1.0, cached = 0.1, output = 2.0 }
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver", "marsh"]
scripts = ["goal-oriented"]
rounds = 4
baseline_draws = 1
[conditioning]
noise_share = 0
checkpoints = [0, 4]
[[probes]]
name = "fidelity"
limit = 2
[[probes]]
name = "follow"
limit = 1
"""
SERVED = """
[[models]]
name = "openai/tiny"
base_url = "URL"
api_key_env = "LONGPLAY_TEST_KEY"
attempts = 1
concurrency = 2
[judge]
name = "openai/judge"
base_url = "URL"
api_key_env = "LONGPLAY_TEST_KEY"
attempts = 1
concurrency = 2
[dialogues]
personas = ["silver"]
baseline = false
scripts = ["goal-oriented"]
rounds = 12
[conditioning]
noise_share = 0
repeats = 0
checkpoints = [0, 12]
[[probes]]
name = "fidelity"
limit = 2
"""
KEY = "key-that-nobody-may-ever-see-0123456789"


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small complete run on simulated models."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "study.toml").write_text(SIM)
    assert main(["run", str(folder / "study.toml"), "--into", str(folder / "run")]) == 0
    return folder / "run"


def test_help_imports_no_command_and_nothing_heavy() -> None:
    code = (
        "import sys; from longplay.cli import main; assert main(['--help']) == 0; "
        "heavy = {'aiohttp', 'numpy', 'pandas', 'scipy', 'altair', 'jinja2', 'longplay.pipeline', "
        "'longplay.experiment', 'longplay.store'}; "
        "sys.exit(repr(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert all(f"\n│ {name} " in ended.stdout for name in COMMANDS)


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    for name in COMMANDS:
        assert main([name, "--help"]) == 0
        assert f"Usage: longplay {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["frob"], "no such command: frob. Known: demo, init, run, plan"),
        (["run"], "STUDY"),
        (["run", "no.toml"], "--into"),
        (["run", "no.toml", "--into", "r"], "no.toml: no such file"),
        (["run", "no.toml", "--into", "r", "--chekpoint"], "--chekpoint"),
        (["plan", "no.toml", "--reply-tokens", "many"], "many"),
        (["plan", "no.toml", "--reply-tokens", "0"], "--reply-tokens 0"),
        (["status", "nowhere"], "no such file"),
        (["report", "nowhere"], "no such file"),
        (["show", "nowhere"], "no such file"),
        (["run", "no\x1b[31m\u202e.toml", "--into", "r"], "no[31m.toml: no such file"),
    ],
)
def test_bad_arguments_are_one_line_on_stderr_and_exit_code_2(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert said in err
    assert list(tmp_path.iterdir()) == []


def test_a_run_ends_with_what_it_obtained_and_the_next_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "study.toml").write_text(SIM)
    run = tmp_path / "a run"
    assert main(["run", str(tmp_path / "study.toml"), "--into", str(run)]) == 0
    out, err = capsys.readouterr()
    first, rounds, answers, verdicts, *roles, used = out.splitlines()
    assert first == "Complete: everything that was due was obtained."
    assert (rounds, answers) == ("Rounds: 12 of 12 obtained.", "Answers: 27 of 27 obtained.")
    assert re.fullmatch(r"Verdicts: (\d+) of \1 obtained\.", verdicts)
    assert re.fullmatch(r"Used: \d+ requests; cost 0\.\d+; \d+ s\.", used)
    took = r": \d+ requests?; tokens: [\d,]+ prompt \([\d,]+ cached\), [\d,]+ reply(; cost 0\.\d+)?"
    assert re.fullmatch("Model sim/speaker" + took, roles[0])
    assert re.fullmatch("Judge sim/judge" + took, roles[1])
    assert len(roles) == 2
    assert "SIMULATED" in err
    assert f"Next: longplay report '{run}'" in err


def test_a_run_that_its_budget_stops_says_how_to_go_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = tmp_path / "study.toml"
    study.write_text(SIM + "[budget]\nrequests = 9\n")
    arguments = ["run", str(study), "--into", str(tmp_path / "run")]
    assert main(arguments) == 1
    out, err = capsys.readouterr()
    assert out.startswith("Stopped (budget.requests = 9 is reached): ")
    assert f"Once the cause is mended, to go on: longplay run {study} --into {tmp_path / 'run'}" in err
    study.write_text(SIM)
    assert main(arguments) == 0
    assert capsys.readouterr().out.startswith("Complete: ")


def test_what_failed_for_now_makes_exit_code_1_and_is_tried_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGPLAY_TEST_KEY", KEY)
    with FaultServer(lambda body, attempt: "500" if attempt == 1 and b'"judge"' not in body else None) as server:
        (tmp_path / "study.toml").write_text(SERVED.replace("URL", server.url))
        vouch(server.url, "LONGPLAY_TEST_KEY")
        arguments = ["run", str(tmp_path / "study.toml"), "--into", str(tmp_path / "run")]
        assert main(arguments) == 1
        out, err = capsys.readouterr()
        assert "failed" in out
        assert "To try these again: longplay run" in err


def test_a_refused_key_ends_the_run_with_one_line_and_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGPLAY_TEST_KEY", KEY)
    with FaultServer(lambda _body, _attempt: "401") as server:
        (tmp_path / "study.toml").write_text(SERVED.replace("URL", server.url))
        vouch(server.url, "LONGPLAY_TEST_KEY")
        assert main(["run", str(tmp_path / "study.toml"), "--into", str(tmp_path / "run")]) == 1
    err = capsys.readouterr().err
    assert err.count("error: ") == 1
    assert "LONGPLAY_TEST_KEY" in err or "401" in err
    assert "To go on: longplay run" in err


def test_sigterm_ends_a_run_cleanly_and_the_same_command_completes_it_without_a_second_payment(tmp_path: Path) -> None:
    reached, asked = threading.Event(), iter(range(1_000_000))

    def words(body: bytes) -> str:
        if next(asked) == 8:
            reached.set()
        return digest_words(body) + " Result: 3"

    with FaultServer(no_faults, words) as server:
        (tmp_path / "study.toml").write_text(SERVED.replace("URL", server.url))
        vouch(server.url, "LONGPLAY_TEST_KEY")
        command = [
            sys.executable,
            "-m",
            "longplay",
            "run",
            str(tmp_path / "study.toml"),
            "--into",
            str(tmp_path / "run"),
        ]
        environment = {**os.environ, "LONGPLAY_TEST_KEY": KEY, "PYTHONPATH": str(Path(longplay.__file__).parents[1])}
        first = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        assert reached.wait(60)
        first.send_signal(signal.SIGTERM)
        out, err = first.communicate(timeout=60)
        assert first.returncode == 1
        assert out.startswith("Stopped (interrupted): ")
        assert "To go on: longplay run" in err
        assert "Traceback" not in err
        second = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
        assert second.returncode == 0, second.stderr
        bodies = [seen.body for seen in server.requests]
    assert len(bodies) == len(set(bodies))


def test_no_file_and_no_line_of_output_holds_the_key_even_where_the_server_says_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGPLAY_TEST_KEY", KEY)
    said = iter(range(1_000_000))

    def words(body: bytes) -> str:
        return f"You sent {KEY} and {body[:20]!r}. Result: {next(said) % 5 + 1}"

    def faults(body: bytes, _attempt: int) -> str | None:
        return f"body:{KEY} is no JSON" if sum(body) % 7 == 0 else None

    run = tmp_path / "run"
    with FaultServer(faults, words) as server:
        (tmp_path / "study.toml").write_text(SERVED.replace("URL", server.url))
        vouch(server.url, "LONGPLAY_TEST_KEY")
        main(["run", str(tmp_path / "study.toml"), "--into", str(run)])
        assert all(seen.headers["Authorization"] == f"Bearer {KEY}" for seen in server.requests)
        assert server.requests
    for command in ("status", "report", "show"):
        assert main([command, str(run)]) == 0
    out, err = capsys.readouterr()
    assert KEY not in out + err
    written = [path for path in run.rglob("*") if path.is_file()]
    assert {"run.sqlite", "study.toml", "report.html", "estimates.csv"} <= {path.name for path in written}
    assert [path.name for path in written if KEY.encode() in path.read_bytes()] == []


def test_a_host_nobody_vouched_for_is_refused_with_the_option_that_allows_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGPLAY_TEST_KEY", KEY)
    (tmp_path / "study.toml").write_text(SERVED.replace("URL", "https://models.example/v1"))
    assert main(["run", str(tmp_path / "study.toml"), "--into", str(tmp_path / "run")]) == 2
    assert "add --allow-host models.example+LONGPLAY_TEST_KEY" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_allow_host_is_taken_for_the_pair_it_names_and_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pair passes; what is said next is the next fault, the key that is not set."""
    monkeypatch.delenv("LONGPLAY_TEST_KEY", raising=False)
    (tmp_path / "study.toml").write_text(SERVED.replace("URL", "https://models.example/v1"))
    arguments = ["run", str(tmp_path / "study.toml"), "--into", str(tmp_path / "run"), "--allow-host"]
    assert main([*arguments, "models.example"]) == 2
    assert "--allow-host models.example+LONGPLAY_TEST_KEY" in capsys.readouterr().err
    assert main([*arguments, "models.example+LONGPLAY_TEST_KEY"]) == 2
    assert "LONGPLAY_TEST_KEY is not set" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_what_was_allowed_once_needs_no_word_again_in_any_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LONGPLAY_TEST_KEY", raising=False)
    (tmp_path / "study.toml").write_text(SERVED.replace("URL", "http://vllm:8000/v1"))
    run = ["run", str(tmp_path / "study.toml"), "--into"]
    assert main([*run, str(tmp_path / "one")]) == 2
    said = capsys.readouterr().err
    assert "Plain http: whoever is on the way can read and change what is sent" in said
    assert "add --allow-host http://vllm:8000+LONGPLAY_TEST_KEY" in said
    assert main([*run, str(tmp_path / "one"), "--allow-host", "http://vllm:8000+LONGPLAY_TEST_KEY"]) == 2
    assert "LONGPLAY_TEST_KEY is not set" in capsys.readouterr().err
    assert main([*run, str(tmp_path / "two")]) == 2
    assert "LONGPLAY_TEST_KEY is not set" in capsys.readouterr().err


def test_a_run_folder_of_a_stranger_approves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGPLAY_TEST_KEY", KEY)
    with FaultServer() as server:
        study = SERVED.replace("URL", server.url)
        (tmp_path / "study.toml").write_text(study)
        run = tmp_path / "run"
        with Store.open(run) as store:  # as version 0.1.0 kept them
            pair = f"127.0.0.1:{server.url.split(':')[2].partition('/')[0]}+LONGPLAY_TEST_KEY"
            store.set_meta("approved", f"127.0.0.1\n127.0.0.1+LONGPLAY_TEST_KEY\n{pair}")
        (run / "study.toml").write_text(study)
        assert main(["run", str(tmp_path / "study.toml"), "--into", str(run)]) == 2
        assert f"the key in LONGPLAY_TEST_KEY to {pair.partition('+')[0]}" in capsys.readouterr().err
        assert server.requests == []


def test_an_allow_host_that_names_no_server_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "study.toml").write_text(SIM)
    arguments = ["run", str(tmp_path / "study.toml"), "--into", str(tmp_path / "run"), "--allow-host", "a..b"]
    assert main(arguments) == 2
    assert "Write HOST, HOST:PORT or http://HOST:PORT" in capsys.readouterr().err


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("typed", "allowed"), [("yes\n", True), ("y\n", True), ("no\n", False), ("\n", False), ("", False)]
)
def test_on_a_terminal_one_is_asked_about_a_host_and_only_yes_allows_it(
    typed: str, allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    monkeypatch.setattr("sys.stderr", Terminal())
    pair = Pair("models.example", "MODELS_KEY")
    assert approval(())([pair]) == ([pair] if allowed else [])
    assert "send its texts and the key in MODELS_KEY to models.example. Type yes" in sys.stderr.getvalue()


def test_a_terminal_gets_a_picture_that_goes_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    (tmp_path / "study.toml").write_text(SIM)
    assert main(["run", str(tmp_path / "study.toml"), "--into", str(tmp_path / "run")]) == 0
    out, err = capsys.readouterr()
    assert "Complete: " in out
    assert "verdicts" in err
    assert "\x1b[?25h" in err, "the cursor is shown again"


def test_progress_says_done_and_total_rate_missing_cost_and_what_is_left() -> None:
    spending = Spending(Budget())
    progress = Progress({"rounds": 4, "answers": 1000}, spending)
    spending.roles["model"].add(Prices(input=1e6), 1, Usage(5))
    progress.settle("rounds")
    progress.settle("rounds", "filtered")
    control = Control(progress)
    assert amounts(progress) == "rounds 1/4, answers 0/1,000"
    said = pace(control).split(" · ")
    assert said[0].endswith("/min")
    assert said[1:3] == ["1 missing", "cost 5.00"]
    assert said[3].endswith(" left")
    assert said[4] == "cost left 2,505.00"
    control.interrupt()
    assert "ending (interrupted)" in pace(control)


def test_output_that_nobody_reads_any_more_is_no_fault(done: Path) -> None:
    command = [sys.executable, "-m", "longplay", "show", str(done)]
    environment = {"PYTHONPATH": str(Path(longplay.__file__).parents[1])}
    showing = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    assert showing.stdout is not None
    showing.stdout.close()
    assert showing.stderr is not None
    with showing.stderr:
        assert b"Traceback" not in showing.stderr.read()
    assert showing.wait(60) == 1


def test_plan_counts_calls_and_cost_and_spends_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "study.toml").write_text(SIM)
    assert main(["plan", str(tmp_path / "study.toml"), "--reply-tokens", "100", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["dialogues"], found["rounds"], found["reply_tokens"]) == (3, 12, 100)
    assert [line["kind"] for line in found["lines"]] == ["rounds", "answers", "judging"]
    assert found["lines"][0]["cost"] > found["lines"][0]["cost_once"] > 0
    assert main(["plan", str(tmp_path / "study.toml")]) == 0
    table = capsys.readouterr().out
    assert all(name in table for name in ("work ", "tokens, prefixes once", "cost, prefixes cached"))
    assert "No prices in the study file for sim/judge." in table
    assert "Time: " not in table  # simulated models take none to speak of
    assert "Prompts to judges are counted as if none began like another" in table
    assert [path.name for path in tmp_path.iterdir()] == ["study.toml"]


def test_plan_says_how_long_a_study_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = 'base_url = "http://127.0.0.1:9/v1"\nconcurrency = 64\nsampling = { max_tokens = 60 }'
    study = f"""
[[models]]
name = "openai/m"
{server}
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver"]
baseline = false
scripts = ["goal-oriented"]
rounds = 10
[[probes]]
name = "follow"
limit = 1
"""
    (tmp_path / "study.toml").write_text(study)
    plan = ["plan", str(tmp_path / "study.toml")]
    assert main([*plan, "--json", "--tokens-per-second", "2"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["seconds"] == 10 * 60 / 2  # the rounds of the one dialogue follow each other
    assert main([*plan, "--tokens-per-second", "0.1"]) == 0
    assert "Time: about 100 min at 0.1 tokens a second for each reply" in " ".join(capsys.readouterr().out.split())
    assert main([*plan, "--tokens-per-second", "0"]) == 2


def test_a_model_that_judges_itself_is_given_time_for_each_of_its_roles_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = 'name = "openai/m"\nbase_url = "http://127.0.0.1:9/v1"\nconcurrency = 1'
    study = f"""
[[models]]
{model}
[judge]
{model}
[dialogues]
personas = ["silver"]
baseline = false
scripts = ["goal-oriented"]
rounds = 2
[[probes]]
name = "fidelity"
limit = 1
"""
    (tmp_path / "study.toml").write_text(study)
    assert main(["plan", str(tmp_path / "study.toml"), "--json", "--tokens-per-second", "1"]) == 0
    found = json.loads(capsys.readouterr().out)
    each = Counter[str]()
    for one in found["lines"]:
        each[one["role"]] += one["completion"]
    assert found["seconds"] == max(each.values())


def test_status_says_how_far_a_run_is(done: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", str(done), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["simulated"] is True
    assert found["parts"].keys() == {"rounds", "answers", "verdicts"}
    assert all(part["done"] == part["expected"] and not part["missing"] for part in found["parts"].values())
    assert found["ended"] == {"status": "complete", "why": ""}
    assert found["cost"] > 0
    assert main(["status", str(done)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("SIMULATED")
    assert "Answers: 27 of 27 obtained." in out


def test_status_gives_a_rate_only_where_the_calls_lie_far_enough_apart(
    done: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    shutil.copytree(done, run)
    for seconds in (0, 1, 9, 100):
        with closing(sqlite3.connect(run / "run.sqlite")) as connection, connection:
            connection.execute("UPDATE calls SET at=1000+?*(id=(SELECT max(id) FROM calls))", (seconds,))
        assert main(["status", str(run), "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["rate"] == (found["requests"] / 100 if seconds == 100 else None)
        assert main(["status", str(run)]) == 0
        out = capsys.readouterr().out
        assert ("requests a second" in out) == (seconds == 100)
        assert "The last call ended" in out


def test_report_prints_the_path_of_the_page_and_keeps_the_estimates(
    done: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(done)]) == 0
    assert capsys.readouterr().out == f"{done / 'report.html'}\n"
    page = (done / "report.html").read_text("utf-8")
    assert "SIMULATED" in page
    assert "Long John Silver" in page
    assert (done / "estimates.csv").stat().st_size > 0
    with Reader.open(done) as reader:
        assert reader.estimates()


def test_show_prints_dialogue_item_answer_and_the_judges_reply(done: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(done), "--persona", "silver", "--probe", "fidelity"]) == 0
    out, err = capsys.readouterr()
    assert "ROUND 1, USER" in out
    assert "ROUND 4, REPLY" in out
    assert "asked after 4 rounds" in out
    assert out.count("VERDICT ") == 3
    assert "Result: " in out
    assert "chosen: " in err
    assert "--item" in err


def test_show_limits_the_history_to_the_last_rounds(done: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(done), "--rounds", "1"]) == 0
    out = capsys.readouterr().out
    assert "[3 earlier rounds not shown]" in out
    assert "ROUND 3, USER" not in out
    assert "ROUND 4, USER" in out


def test_show_prints_a_round_of_the_baseline_with_a_verdict_for_each_persona(
    done: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", str(done), "--persona", "baseline", "--round", "2"]) == 0
    out = capsys.readouterr().out
    assert "ROUND 3" not in out
    assert out.count("VERDICT ") == 6
    assert ", as marsh" in out


@pytest.mark.parametrize(
    ("option", "known"),
    [
        (["--model", "x"], "--model x. Known here: sim/speaker."),
        (["--persona", "x"], "silver, marsh, baseline"),
        (["--script", "x"], "goal-oriented"),
        (["--order", "7"], "Known here: 0."),
        (["--draw", "7"], "Known here: 0."),
        (["--policy", "x"], "plain"),
        (["--checkpoint", "3"], "4, 0"),
        (["--probe", "x"], "fidelity, follow"),
        (["--probe", "follow", "--item", "x"], "follow-01"),
        (["--round", "9"], "1, 2, 3, 4"),
        (["--round", "1", "--probe", "follow"], "leave --checkpoint, --probe and --item out"),
    ],
)
def test_show_answers_an_unknown_name_with_the_known_ones(
    option: list[str], known: str, done: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", str(done), *option]) == 2
    assert known in capsys.readouterr().err


def test_the_library_runs_a_study_from_a_notebook_whose_loop_is_running(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(SIM)

    async def cell() -> str:
        return longplay.run(tmp_path / "study.toml", tmp_path / "run").status

    assert asyncio.run(cell()) == "complete"


def test_the_demo_study_is_as_large_as_it_says() -> None:
    found = plan(load_text(demo_study()).experiment)
    assert (found.dialogues, found.rounds) == (40, 4080), "of two models and two scripts"
    assert f"{found.answers:,} answers and {found.verdicts:,} verdicts" in demo_study()


def test_foreign_text_loses_what_could_move_the_cursor_or_reorder() -> None:
    hostile = "a\x1b[2Jb\u202ec\x07d\u2066e\x9bf\U000e0041g\ud800h\nnext\tline \N{ZERO WIDTH JOINER}é 漢"
    assert clean(hostile) == "a[2Jbcdefgh\nnext\tline \N{ZERO WIDTH JOINER}é 漢"
    assert line("one\n two\u202e\r\nthree") == "one two three"


def test_report_says_on_a_terminal_what_it_does_and_about_how_long(
    done: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(done)]) == 0
    assert "Analysing" not in capsys.readouterr().err
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    assert main(["report", str(done)]) == 0
    assert re.search(r"Analysing [0-9,]+ verdicts and drawing the page: about 3 s\.", screen.getvalue())


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "RUN", "--round", "2.5"],
        ["show", "RUN", "--rounds", "1e1"],
        ["plan", "RUN/study.toml", "--reply-tokens", "300.5"],
        ["wording", "RUN", "--seed", "0.5"],
        ["power", "RUN", "--seed", "1_0"],
        ["label", "RUN", "--into", "s.csv", "--checkpoints", "0", "3.9"],
        ["check-server", "sim/x", "--items", "2.5"],
    ],
)
def test_a_whole_number_is_never_rounded(done: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([word.replace("RUN", str(done)) for word in arguments]) == 2
    said = capsys.readouterr()
    assert (said.out, f'"{arguments[-1]}" is no whole number' in said.err) == ("", True)


def test_a_folder_in_place_of_a_study_is_answered_with_the_file_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", str(tmp_path)]) == 2
    assert "is a folder. Name a study file (TOML); there is none in it." in capsys.readouterr().err
    (tmp_path / "mine.toml").write_text(SIM)
    assert main(["plan", str(tmp_path)]) == 2
    assert f"Name the study file (TOML) in it, such as {tmp_path / 'mine.toml'}." in capsys.readouterr().err


def test_every_command_that_reads_a_study_or_a_run_lets_packages_be_allowed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("run", "plan", "status", "report", "wording", "export", "label", "power", "check-server", "show"):
        assert main([name, "--help"]) == 0
        assert "--allow-code" in capsys.readouterr().out, name
