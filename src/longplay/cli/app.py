"""The commands and the one place where errors become a line and an exit code. Imports no command until it is used."""

import os
import sys
from collections.abc import Sequence

import msgspec
from cyclopts import App, CycloptsError, Parameter, UnknownCommandError
from rich.console import Console

from longplay.cli.exit_codes import BAD_INPUT, DONE, INCOMPLETE
from longplay.cli.misread import misread
from longplay.cli.terminal import STDOUT, error, ready_streams, unread
from longplay.cli.values import value_of
from longplay.plugged import allowing
from longplay.specs import LongplayError
from longplay.version import __version__

HELP = """Does a role-playing LLM stay in role, follow instructions and stay safe over a hundred rounds?

Start with `longplay demo`, or write a study file and `longplay run study.toml --into runs/first`."""


class Command(msgspec.Struct, frozen=True):
    """Where a command's function is, and its line in the list of commands. `prints`: what it prints is all it makes."""

    path: str
    help: str
    prints: bool = False


# A new command is one file and one line here.
COMMANDS: dict[str, Command] = {
    "demo": Command("longplay.cli.demo:demo", "Run a complete study on simulated models and write its report."),
    "init": Command("longplay.cli.init:init", "Write a first study to edit; --check tries a study on little."),
    "run": Command("longplay.cli.run:run", "Play, ask and judge a study; run it again to resume."),
    "plan": Command("longplay.cli.plan:plan", "Count a study's calls, tokens and cost; spends nothing.", prints=True),
    "status": Command("longplay.cli.status:status", "How far a run is: done, missing, rate, cost.", prints=True),
    "report": Command("longplay.cli.report:report", "Analyse a run and write its report.html."),
    "wording": Command(
        "longplay.cli.wording:wording", "Words that tell personas from the baseline, and how they fade."
    ),
    "export": Command("longplay.cli.export:export", "A run as tidy CSV and Parquet files."),
    "label": Command("longplay.cli.label:label", "Judged texts for people to label, and their labels back."),
    "power": Command("longplay.cli.power:power", "How large a study must be, from a pilot run.", prints=True),
    "check-server": Command(
        "longplay.cli.check_server:check_server", "What a model's server does: cache, seeds, flips.", prints=True
    ),
    "serve-local": Command(
        "longplay.cli.serve_local:serve_local", "Serve a model on this machine, for a study of real weights."
    ),
    "rubric": Command("longplay.cli.rubric:rubric", "Try a rubric on texts of a run, before a study.", prints=True),
    "import": Command("longplay.cli.importing:bring_in", "Bring dialogues of others into a run folder."),
    "reproduce": Command(
        "longplay.cli.reproduce:reproduce", "A published study from its authors' results, number beside number."
    ),
    "data": Command("longplay.cli.data:data", "Third-party data sets: list, fetch, check.", prints=True),
    "plugins": Command(
        "longplay.cli.plugins:plugins", "Installed plug-ins: what they bring, from where, allowed or not.", prints=True
    ),
    "show": Command(
        "longplay.cli.show:show", "One answer or round as text: dialogue, item, answer, verdicts.", prints=True
    ),
}


def application() -> App:
    """The command line as an App; commands are imported by their paths when they are called."""
    app = App(
        name="longplay",
        help=HELP,
        version=__version__,
        help_format="plaintext",
        console=Console(file=STDOUT),
        default_parameter=Parameter(negative=(), converter=value_of),
        suppress_keyboard_interrupt=False,
        result_action="return_value",
        print_error=False,
        exit_on_error=False,
    )
    for place, (name, command) in enumerate(COMMANDS.items()):
        app.command(command.path, name=name, help=command.help, sort_key=place)
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0 = done, 1 = a run ended incomplete or failed, 2 = bad input, nothing was started.

    What is no fault of the user keeps its traceback: it is a defect to report.
    """
    ready_streams()
    words = list(sys.argv[1:] if arguments is None else arguments)
    fault = _unfit()
    if fault:
        error(fault)
        return BAD_INPUT
    try:
        with allowing():  # what the user has allowed before; a command may allow more
            code = application()(words)
    except UnknownCommandError as unknown:
        error(f"no such command: {' '.join(unknown.unused_tokens or ())}. Known: {', '.join(COMMANDS)}.")
        return BAD_INPUT
    except CycloptsError as bad:
        error(misread(bad, words, list(COMMANDS)))
        return BAD_INPUT
    except LongplayError as bad:
        error(str(bad))
        return BAD_INPUT
    except OSError as refused:
        if not isinstance(refused.filename, str | bytes):
            raise
        error(f"{os.fsdecode(refused.filename)}: cannot be used ({refused.strerror}). Name another file or folder.")
        return BAD_INPUT
    except KeyboardInterrupt:
        error("interrupted; nothing was lost.")
        return INCOMPLETE
    lost = unread()
    if lost:
        error(lost)
    if lost is not None and not code and (not words or words[0] not in COMMANDS or COMMANDS[words[0]].prints):
        return INCOMPLETE  # what was asked for is the output; other commands have done their work all the same
    return DONE if code is None else code


def _unfit() -> str:
    """Why nothing can run here; "" = nothing speaks against it."""
    try:
        import fcntl
    except ImportError:
        return "longplay runs on Linux and macOS; on Windows use WSL (Windows Subsystem for Linux)."
    del fcntl
    try:
        os.getcwd()
    except OSError as gone:
        return f"the working folder cannot be used ({gone.strerror}). Change to another folder and try again."
    return ""
