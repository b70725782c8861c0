"""Every command line of the documents can be given, and every command has its twin in the library: the same arguments,
the same values where they are left out."""

import inspect
import re
import shlex
from collections.abc import Callable

import pytest

import longplay
from documents import DOCUMENTS, blocks
from longplay.cli import COMMANDS
from longplay.cli.app import application

PAGE, CLI = DOCUMENTS["docs/library.md"], DOCUMENTS["docs/cli.md"]


def lines_of(text: str) -> list[str]:
    """The command lines in the shell blocks of a page."""
    shell = [block.body for block in blocks(text) if block.language == "sh"]
    return re.findall(r"^longplay [a-z-]+.*$", "".join(shell).replace("\\\n", " "), re.MULTILINE)


OF_A_RUN = {"status", "report", "wording", "export", "label", "power", "show"}  # RUN is what `longplay.open` is given
LINES = [
    pytest.param(line, id=f"{name}: {line.partition('#')[0].strip()}")
    for name, text in DOCUMENTS.items()
    for line in lines_of(text)
]


def twins() -> dict[str, tuple[list[str], set[str]]]:
    """By command: the public names that stand for it on the page, and the options that are called otherwise."""
    rows = re.findall(r"^\| `longplay ([a-z-]+)` \| (.+?) \| (.*?) ?\|$", PAGE, re.MULTILINE)
    calls = r"longplay\.(open\(run\)\.\w+|\w+)\("
    return {name: (re.findall(calls, cell), set(re.findall(r"--[a-z-]+", other))) for name, cell, other in rows}


def found(name: str) -> Callable[..., object]:
    _, inside, method = name.partition("open(run).")
    return getattr(longplay.Run, method) if inside else getattr(longplay, name)


def arguments_of(command: str) -> dict[str, inspect.Parameter]:
    """Every argument that a twin of a command has, by its name."""
    found_there = [inspect.signature(found(name)).parameters for name in twins()[command][0]]
    return {name: parameter for parameters in found_there for name, parameter in parameters.items()}


def test_every_command_line_has_its_twin() -> None:
    headings = {title.split()[1] for title in re.findall(r"^## (longplay .+)$", CLI, re.MULTILINE)}
    assert headings == set(COMMANDS) == set(twins())
    assert all(callable(found(name)) for names, _ in twins().values() for name in names)
    assert all(names for names, _ in twins().values())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_an_argument_of_the_twin_or_said_to_be_called_otherwise(command: str) -> None:
    names, otherwise = twins()[command]
    arguments = {one for name in names for one in inspect.signature(found(name)).parameters}
    options = {one.name for one in application()[command].assemble_argument_collection() if one.name.startswith("--")}
    assert {one for one in options if one[2:].replace("-", "_") not in arguments} - {"--json"} == otherwise


def test_the_calls_of_the_page_can_be_made_as_they_stand() -> None:
    rows = re.findall(r"^\| `longplay [a-z-]+` \| (.+?) \|", PAGE, re.MULTILINE)
    calls = [call for row in rows for call in re.findall(r"longplay\.((?:open\(run\)\.)?\w+)\(([^)]*)\)", row)]
    assert len(calls) >= len(COMMANDS)
    for name, given in calls:
        words = [word for word in given.split(", ") if word]
        inside = ["run"] if name.startswith("open(run).") else []
        inspect.signature(found(name)).bind(*inside, *words)


@pytest.mark.parametrize("command", COMMANDS)
def test_what_stands_without_an_option_is_an_argument_of_the_twin_too(command: str) -> None:
    (heading,) = re.findall(rf"^## longplay {command}\b(.*)$", CLI, re.MULTILINE)
    there = [one.name for one in application()[command].assemble_argument_collection() if one.name.isupper()]
    told = re.findall(r"[A-Z]+", heading)
    assert len(told) == len(there) or (command, there) == ("serve-local", ["GGUF"])  # which may be left out
    names = {name.lower() for name in there} - ({"run"} if command in OF_A_RUN else set())
    # which of several functions is called, says the page of the library
    assert names - set(arguments_of(command)) == ({"action"} if command in ("data", "rubric") else set())


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_left_out_is_the_same_in_both(command: str) -> None:
    differing: dict[str, object] = {}
    for one in application()[command].assemble_argument_collection():
        twin = arguments_of(command).get(one.name.removeprefix("--").replace("-", "_").lower())
        if twin is not None and one.name != "--into" and twin.kind != twin.VAR_POSITIONAL:
            differing |= {one.name: twin.default} if twin.default != one.field_info.default else {}
    assert differing == {}


@pytest.mark.parametrize("line", LINES)
def test_every_command_line_of_the_documents_can_be_given_and_has_its_twin(line: str) -> None:
    command, *words = shlex.split(line, comments=True)[1:]
    called, bound, _ = application().parse_args([command, *words], print_error=False, exit_on_error=False)
    names, otherwise = twins()[command]
    assert callable(called)
    assert names
    options = {word.partition("=")[0] for word in words if word.startswith("--")}
    arguments = arguments_of(command)
    known = {option for option in options if option[2:].replace("-", "_") in arguments}
    assert options - known - otherwise - {"--json"} == set()
    assert len(bound.arguments) + len(bound.kwargs) > 0 or not words
