"""Cases of dialogues of others: roles, parts, names, encodings and damage in the formats that `longplay import` reads.
A bad line costs that line; nothing is guessed, nothing lost without a word.
"""

import gzip
import json
import random
from collections.abc import Iterator

from case_files import FileCase, FileDue
from cases_files import encoded, picture, zipped

ASKED, SAID = "Who keeps Skerry?", "I do, Zo\u00eb."
TAKEN = FileDue((0,), turns=(ASKED, SAID))
LOST = FileDue((1, 2))


def _messages(*pairs: tuple[str, str], keys: tuple[str, str] = ("role", "content")) -> list[dict[str, object]]:
    return [{keys[0]: role, keys[1]: text} for role, text in pairs]


def _chat(user: str = "user", assistant: str = "assistant", asked: str = ASKED) -> dict[str, object]:
    return {"messages": _messages((user, asked), (assistant, SAID))}


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


GOOD = _dumped(_chat())
OTHER = _dumped(_chat(asked="And who else?"))
BOTH = FileDue((0,), turns=(ASKED, "And who else?", SAID), dialogues=2)
PART = FileDue((1,), turns=(ASKED, "And who else?"), dialogues=2)


def chats(rng: random.Random) -> Iterator[FileCase]:
    """All of them."""
    del rng
    yield from _encodings()
    yield from _shapes()
    yield from _roles()
    yield from _parts()
    yield from _damage()
    yield from _names()


def _encodings() -> Iterator[FileCase]:
    for name, form, text in (
        ("chat.jsonl", "openai-chat", GOOD + "\n"),
        ("chat.json", "openai-chat", _dumped([_chat()])),
        (
            "chat.json",
            "sharegpt",
            _dumped([{"conversations": _messages(("human", ASKED), ("gpt", SAID), keys=("from", "value"))}]),
        ),
    ):
        for how, (body, reads, called) in encoded(text).items():
            refused = FileDue((1, 2), (name.replace(".", r"\."), called), dialogues=0)
            dues = (TAKEN,) if reads else (refused,) if reads is False else (TAKEN, refused)
            yield FileCase(f"encodings of dialogues, {form}, {name}", how, {name: body}, dues, form=form, source=name)


def _shapes() -> Iterator[FileCase]:
    kind = "shapes of dialogue files"
    for name, file, text in (
        ("JSON Lines called .json", "chat.json", f"{GOOD}\n{OTHER}\n"),
        ("JSON Lines without a last line break", "chat.jsonl", f"{GOOD}\n{OTHER}"),
        ("JSON Lines with blank lines", "chat.jsonl", f"\n{GOOD}\n\n\n{OTHER}\n\n"),
        ("a list called .jsonl", "chat.jsonl", f"[{GOOD},\n{OTHER}]"),
        ("a list over lines called .jsonl", "chat.jsonl", json.dumps([_chat(), json.loads(OTHER)], indent=1)),
        (".ndjson", "chat.ndjson", f"{GOOD}\n{OTHER}\n"),
        (
            "lists of messages, a line each",
            "chat.jsonl",
            "\n".join(_dumped(json.loads(t)["messages"]) for t in (GOOD, OTHER)),
        ),
    ):
        yield FileCase(kind, name, {file: text.encode()}, (BOTH,), source=file)
    folder = {"in/a.jsonl": GOOD.encode(), "in/deep/down/b.ndjson": OTHER.encode()}
    yield FileCase(kind, "folders in folders", folder, (BOTH,), source="in")
    for form in ("openai-chat", "sharegpt"):
        for key in ("messages", "conversation", "conversations"):
            for keys in (("role", "content"), ("from", "value")):
                body = _dumped({key: _messages(("user", ASKED), ("assistant", SAID), keys=keys)}).encode()
                name = f"{form}: `{key}` of {' and '.join(keys)}"
                yield FileCase(kind, name, {"c.json": body}, (TAKEN,), form=form, source="c.json")


def _roles() -> Iterator[FileCase]:
    kind = "names of roles"
    for user, assistant in (
        *(("User", "Assistant"), ("human", "ai"), ("user", "model"), ("user", "bot"), ("Human", "AI"), ("USER", "GPT")),
        *(("human", "gpt"), ("prompter", "assistant"), ("user", "chatgpt")),
    ):
        for form, value in (
            ("openai-chat", _chat(user, assistant)),
            ("sharegpt", {"conversations": _messages((user, ASKED), (assistant, SAID), keys=("from", "value"))}),
        ):
            body = {"c.json": _dumped(value).encode()}
            yield FileCase(kind, f"{form}: {user}, {assistant}", body, (TAKEN,), form=form, source="c.json")
    odd = {"c.json": _dumped(_chat("user", "narrator of fate")).encode()}
    due = FileDue((1, 2), ("narrator of fate",), dialogues=0)
    yield FileCase(kind, "one that nobody knows", odd, (due,), source="c.json")


def _parts() -> Iterator[FileCase]:
    kind = "replies of dialogues"
    no = "I can't do that."
    call = {"role": "assistant", "content": "", "tool_calls": [{"id": "x", "type": "function"}]}
    tool = {"role": "tool", "tool_call_id": "x", "content": "12 degrees"}
    told = {"role": "assistant", "content": SAID}
    for name, replies, text in (
        ("a refusal as part", [{"role": "assistant", "content": [{"type": "refusal", "refusal": no}]}], no),
        ("a refusal beside null", [{"role": "assistant", "content": None, "refusal": no}], no),
        ("a refusal beside nothing", [{"role": "assistant", "refusal": no}], no),
        ("a refusal that is null", [{**told, "refusal": None}], SAID),
        ("a call of a tool with an empty text before it", [call, tool, told], SAID),
        ("a call of a tool with null before it", [{**call, "content": None}, tool, told], SAID),
        ("text parts", [{"role": "assistant", "content": [{"type": "text", "text": SAID}]}], SAID),
        ("output_text parts", [{"role": "assistant", "content": [{"type": "output_text", "text": SAID}]}], SAID),
    ):
        body = {"c.jsonl": _dumped({"messages": [{"role": "user", "content": ASKED}, *replies]}).encode()}
        yield FileCase(kind, name, body, (FileDue((0,), turns=(ASKED, text)),), source="c.jsonl")
    middle = _messages(("user", ASKED), ("system", "It is night."), ("assistant", SAID))
    due = FileDue((0,), ("system",), turns=(ASKED, SAID))
    yield FileCase(
        kind, "a system message in the middle is said", {"c.json": _dumped(middle).encode()}, (due,), source="c.json"
    )
    first = _messages(("assistant", "Who goes there?"), ("user", ASKED), ("assistant", SAID))
    due = FileDue((0,), ("greeting|before the first",), turns=(ASKED, SAID))
    yield FileCase(kind, "a greeting is said", {"c.json": _dumped(first).encode()}, (due,), source="c.json")


def _damage() -> Iterator[FileCase]:
    kind = "damage in dialogue files"
    for name, bad in (
        ("a line that breaks off", GOOD[:-9]),
        ("NaN", '{"messages": [], "score": NaN}'),
        ("no JSON", "user: hello"),
        ("a number", "7"),
        ("half a character", GOOD.replace("Skerry", "Skerry\\ud83d")),
        ("no messages", '{"title": "x"}'),
        ("a key twice", '{"messages": 1, "messages": 2}'),
    ):
        for place, lines in {"first": (bad, GOOD, OTHER), "last": (GOOD, OTHER, bad)}.items():
            kept = FileDue((0,), turns=(ASKED, "And who else?"), dialogues=3)
            dues = (PART, kept) if name in ("half a character", "NaN") else (PART,)
            yield FileCase(
                kind, f"{name}, {place} line", {"c.jsonl": "\n".join(lines).encode()}, dues, source="c.jsonl"
            )
    glued = (GOOD + OTHER).encode()
    dues = (BOTH, FileDue((1, 2), (r"c\.jsonl",)))
    yield FileCase(kind, "two values on one line", {"c.jsonl": glued}, dues, source="c.jsonl")
    spread = "\n".join(json.dumps(json.loads(text), indent=1) for text in (GOOD, OTHER)).encode()
    yield FileCase(kind, "values over many lines", {"c.jsonl": spread}, dues, source="c.jsonl")
    tail = FileDue((0, 1), turns=(ASKED,)), FileDue((1, 2), (r"c\.json",), dialogues=0)
    yield FileCase(kind, "something after a value", {"c.json": (GOOD + "\nbye").encode()}, tail, source="c.json")
    latin = GOOD.encode().replace(b"Zo\xc3\xab", b"Zo\xeb") + b"\n" + GOOD.encode() + b"\n" + OTHER.encode()
    yield FileCase(kind, "a line that is not UTF-8", {"c.jsonl": latin}, (PART,), source="c.jsonl")
    for name, file, body, called in (
        ("one in UTF-16", "b.jsonl", GOOD.encode("utf-16"), "UTF-16"),
        ("one compressed", "b.jsonl.gz", gzip.compress(GOOD.encode(), mtime=0), "gz"),
        ("one log of Inspect", "b.eval", zipped("header.json", b"{}"), "eval|Inspect|ZIP"),
        ("one archive", "b.zip", zipped("a.json", GOOD.encode()), "ZIP"),
        ("one picture", "b.png", picture(), "PNG|picture|image"),
        ("one in YAML", "b.yaml", b"messages:\n  - role: user\n", "YAML"),
    ):
        files = {"in/a.jsonl": f"{GOOD}\n{OTHER}".encode(), f"in/{file}": body}
        kept = FileDue((0, 1), (file.replace(".", r"\."), called), turns=(ASKED, "And who else?"))
        yield FileCase(f"{kind}, in a folder", name, files, (kept,), source="in")
        alone = FileDue((1, 2), (file.replace(".", r"\."), called), dialogues=0)
        read = FileDue((0,), turns=(ASKED, SAID))
        yield FileCase(f"{kind}, alone", name, {file: body}, (alone, read), source=file)


def _names() -> Iterator[FileCase]:
    kind = "names of dialogues"
    yield FileCase(
        kind, "x.json beside x.jsonl", {"in/x.json": GOOD.encode(), "in/x.jsonl": OTHER.encode()}, (BOTH,), source="in"
    )
    same = {"in/a/conversations.json": GOOD.encode(), "in/b/conversations.json": OTHER.encode()}
    yield FileCase(kind, "one name in two folders", same, (BOTH,), source="in")
    titled = [{"id": str(n), "title": "Night", **json.loads(text)} for n, text in enumerate((GOOD, OTHER))]
    yield FileCase(kind, "one title twice", {"c.json": _dumped(titled).encode()}, (BOTH,), source="c.json")
    odd = {"in/\u9f8d \u864e.json": GOOD.encode(), "in/a b..json": OTHER.encode()}
    yield FileCase(kind, "files with odd names", odd, (BOTH,), source="in")
