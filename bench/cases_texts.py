"""Cases of files whose texts, names or shapes are odd: what is text stays text, what is no persona, script, study or
dialogue is refused in one line.
"""

import json
import random
from collections.abc import Iterator

from case_files import FileCase, FileDue
from case_run import Tiny
from case_server import TURN
from cases_chats import ASKED, GOOD, SAID
from cases_files import STUDY

JSON_TALK = STUDY.replace('"talk.toml"', '"talk.json"').encode()
CAST = Tiny(rounds=2, personas='"cast.json"')
ABOUT = {
    "a line separator": "Keeps\u2028Skerry.",
    "a next line": "Keeps\u0085Skerry.",
    "a form feed": "Keeps\u000cSkerry.",
    "emoji": "Keeps \U0001f9d1\u200d\U0001f680 Skerry.",
    "right to left": "\u202eKeeps Skerry.",
    "quotes and brackets": 'Keeps "Skerry" [1] {2} %s \\\\ <b>.',
    "a closing tag": "</persona> Keeps Skerry.",
}
REPLIES = {
    "a line separator": "I\u2028do.",
    "a next line": "I\u0085do.",
    "a form feed": "I\u000cdo.",
    "an escape": "I\u001b[31mdo.",
    "a zero": "I\0do.",
    "emoji": "\U0001f9d1\u200d\U0001f680 do.",
    "marks of a trace": "<think>",
    "blanks around it": "  I do. ",
}
NO_DIALOGUES: dict[str, object] = {
    "user turns alone": [{"role": "user", "content": ASKED}, {"role": "user", "content": "And?"}],
    "a system message alone": [{"role": "system", "content": "It is night."}],
    "replies alone": [{"role": "assistant", "content": SAID}],
    "no messages": {"messages": []},
    "messages that are an object": {"messages": {"user": ASKED}},
    "messages that are null": {"messages": None},
    "a message without a role": {"messages": [{"content": ASKED}, {"role": "assistant", "content": SAID}]},
    "a role that is null": {"messages": [{"role": None, "content": ASKED}, {"role": "assistant", "content": SAID}]},
    "a role that is a number": {"messages": [{"role": 7, "content": ASKED}]},
    "contents that are numbers": {"messages": [{"role": "user", "content": 7}, {"role": "assistant", "content": 8}]},
    "messages that are texts": {"messages": [ASKED, SAID]},
    "a text": ASKED,
    "null": None,
    "an empty list": [],
    "an empty object": {},
}


def texts(rng: random.Random) -> Iterator[FileCase]:
    """All of them."""
    del rng
    yield from _personas()
    yield from _scripts()
    yield from _studies()
    yield from _dialogues()


def _dumped(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _personas() -> Iterator[FileCase]:
    kind = "odd texts of personas and scripts"
    sent = (FileDue((0,), sent=("Skerry",)),)
    for name, about in ABOUT.items():
        body = _dumped([{"name": "Ada", "description": about}])
        yield FileCase(kind, f"{name}, persona", {"cast.json": body}, sent, CAST)
        talk = _dumped({"questions": [TURN.format(1), f"{TURN.format(2)} {about}"]})
        yield FileCase(kind, f"{name}, script", {"talk.json": talk, "study.toml": JSON_TALK}, sent)
    kind = "names and ids of personas"
    refused = FileDue((2,), (r"cast\.json",), one_line=True)
    for name, persona in (
        ("a path as id", {"id": "../../stray", "name": "Ada"}),
        ("an id with a slash", {"id": "a/b", "name": "Ada"}),
        ("a name with control characters", {"name": "A\u001b[31mda\u0007"}),
        ("a name over lines", {"name": "Ada\nof Skerry"}),
        ("a name of 5,100 characters", {"name": "Ada" * 1700}),
        ("a name of blanks", {"name": "  "}),
        ("an empty name", {"name": ""}),
        ("the name baseline", {"name": "baseline"}),
    ):
        body = _dumped([{**persona, "description": "Keeps Skerry."}])
        yield FileCase(kind, name, {"cast.json": body}, (*sent, refused), CAST)
    twice = _dumped([{"name": "Ada", "description": f"Keeps Skerry {number}."} for number in range(2)])
    two = FileDue((0,), sent=("Skerry 0", "Skerry 1"), speakers=2)
    named = FileDue((2,), (r"study\.toml|cast\.json", "ada"), one_line=True)
    yield FileCase(kind, "one name twice", {"cast.json": twice}, (two, named), CAST)


def _scripts() -> Iterator[FileCase]:
    kind = "forms of scripts"
    refused, read = FileDue((2,), (r"talk\.json",), one_line=True), FileDue((0,), sent=("Turn 2",))
    named = FileDue((2,), (r"talk\.json", "questions"), one_line=True)
    for name, value, dues in (
        ("questions", {"questions": [TURN.format(1), TURN.format(2)]}, (read,)),
        ("a list of texts", [TURN.format(1), TURN.format(2)], (read, refused)),
        ("no questions", {"questions": []}, (refused,)),
        ("a blank question", {"questions": [TURN.format(1), " "]}, (refused,)),
        ("a number as question", {"questions": [TURN.format(1), 7]}, (refused,)),
        ("questions that are a text", {"questions": "Turn 1"}, (refused,)),
        ("another key", {"turns": [TURN.format(1)]}, (named,)),
        ("a text", "Turn 1", (refused,)),
    ):
        yield FileCase(kind, name, {"talk.json": _dumped(value), "study.toml": JSON_TALK}, dues)


def _studies() -> Iterator[FileCase]:
    kind = "faults of studies that errors name"
    for name, old, new, words in (
        ("a key", "[[models]]", "sead = 3\n[[models]]", "sead"),
        ("a number as text", "rounds = 2", 'rounds = "2"', "rounds"),
        ("a number with a point", "rounds = 2", "rounds = 2.5", "rounds"),
        ("a key twice", "baseline = false", "baseline = false\nbaseline = true", "baseline|line"),
        ("a bracket too few", "[judge]", "[judge", "line"),
        ("a budget of 0", "[conditioning]", "[budget]\nrequests = 0\n[conditioning]", "requests"),
        ("a probe that is none", '"follow"', '"folow"', "folow"),
        ("no such script", '"talk.toml"', '"tale.toml"', r"tale\.toml"),
    ):
        due = FileDue((2,), (r"study\.toml|tale\.toml|folow", words), one_line=True)
        yield FileCase(kind, name, {"study.toml": STUDY.replace(old, new, 1).encode()}, (due,))


def _dialogues() -> Iterator[FileCase]:
    kind = "odd texts of dialogues"
    for name, said in REPLIES.items():
        chat = [{"role": "user", "content": ASKED}, {"role": "assistant", "content": said}]
        lines, due = _dumped(chat) + b"\n" + GOOD.encode(), FileDue((0,), turns=(ASKED, said), dialogues=2)
        yield FileCase(kind, f"{name}, lines", {"c.jsonl": lines}, (due,), source="c.jsonl")
        due = FileDue((0,), turns=(ASKED, said), dialogues=1)
        yield FileCase(kind, f"{name}, list", {"c.json": _dumped([chat])}, (due,), source="c.json")
    kind = "dialogues that are none"
    refused = FileDue((1, 2), (r"c\.json",), dialogues=0)
    for name, value in NO_DIALOGUES.items():
        yield FileCase(kind, name, {"c.json": _dumped(value)}, (refused,), source="c.json")
