"""The page of messages cannot rot: every message that it quotes is one that the code, or make, can still say."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from documents import DOCUMENTS, ROOT, sections
from longplay.records.messages import FINAL, REASONS

PAGE = DOCUMENTS["docs/troubleshooting.md"]
CELLS = re.findall(r"^\| ([^|]*`[^|]*) \|", PAGE, re.MULTILINE)
MESSAGES = [message for cell in CELLS if "(of the shell)" not in cell for message in re.findall(r"`([^`]+)`", cell)]
OWN = [message for message in MESSAGES if message not in (*REASONS, "no-text")]
ANY = "\0"  # what stands for a value in a text of the code


def texts(tree: ast.AST) -> Iterator[str]:
    """The string literals of a module, with ANY for what is filled in. Parts written side by side are one literal."""
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else ANY for part in node.values)
            yield "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.value


@cache
def said() -> tuple[str, ...]:
    """Everything that the code can say, literal by literal, and the Makefile."""
    files = sorted((ROOT / "src" / "longplay").rglob("*.py"))
    literals = [text for file in files for text in texts(ast.parse(file.read_text("utf-8")))]
    return *literals, *(ROOT / "Makefile").read_text("utf-8").splitlines()


def is_said(message: str) -> bool:
    """Whether the fixed words of a message, those between its `...`, stand in one literal, in their order."""
    fixed = message.split("...")
    return any(_in_order(fixed, text) for text in said())


def _in_order(parts: list[str], text: str) -> bool:
    place = 0
    for part in parts:
        place = text.find(part, place) + len(part)
        if place < len(part):
            return False
    return True


@pytest.mark.parametrize("message", OWN)
def test_every_message_of_the_page_stands_in_the_code(message: str) -> None:
    words = re.findall(r"\w+", message.replace("...", " "))
    assert len(words) >= 2, "too few fixed words to be found by"
    assert is_said(message)


def test_the_page_quotes_many_messages_and_a_made_up_one_is_not_found() -> None:
    assert len(OWN) > 60
    assert len(set(OWN)) == len(OWN)
    assert not is_said("the moon ... is made of cheese")
    assert not is_said("...: no such file. Name a ... that is not there.")


def test_every_reason_for_what_is_missing_is_explained() -> None:
    part = sections(PAGE)["The last lines of a run, status and the page"]
    again = dict(re.findall(r"^\| `([\w-]+)` \| [^|]+ \| (\w+)", part, re.MULTILINE))
    assert set(again) == {*REASONS, "no-text"}
    assert {reason for reason, word in again.items() if word == "no"} == FINAL
