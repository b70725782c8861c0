"""Cases of files beside a study: personas, scripts and the study itself, in every form and encoding that people have.
What is understood is read; what is not is refused in one line that names the file and what it is.
"""

import gzip
import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator

from case_files import FileCase, FileDue
from case_run import Tiny
from case_server import TURN

NAME, ABOUT = "Zo\u00eb Ames", "keeps the lamp of Skerry\u2019s Rock"
READ = FileDue((0,), sent=("Skerry",))
STUDY = Tiny(rounds=2).text("URL")


def zipped(name: str, body: bytes) -> bytes:
    """An archive with one file."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(name, body)
    return held.getvalue()


def picture() -> bytes:
    """A PNG of one pixel."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def encoded(text: str) -> dict[str, tuple[bytes, bool | None, str]]:
    """A text's bytes in many encodings: whether it is to be read (None: read, or refused by name), and how it is to be
    called where it is refused."""
    plain = text.encode()
    return {
        "plain": (plain, True, ""),
        "a byte order mark": (b"\xef\xbb\xbf" + plain, True, ""),
        "CRLF": (plain.replace(b"\n", b"\r\n"), True, ""),
        "UTF-16, little end first": (b"\xff\xfe" + text.encode("utf-16-le"), None, "UTF-16"),
        "UTF-16, big end first": (b"\xfe\xff" + text.encode("utf-16-be"), None, "UTF-16"),
        "Windows-1252": (text.encode("cp1252", "replace"), False, "UTF-8"),
        "gzip": (gzip.compress(plain, mtime=0), False, "gzip"),
        "ZIP": (zipped("a.txt", plain), False, "ZIP"),
        "PNG": (picture(), False, "PNG"),
        "nothing": (b"", False, ""),
        "zeros": (b"\0" * 64, False, ""),
        "breaks off": (plain[: len(plain) * 2 // 3], False, ""),
        "nested too deeply": (b"[" * 100_000, False, ""),
    }


def _toml_cast(name: str = NAME, about: str = ABOUT) -> str:
    return f'[[persona]]\nname = "{name}"\ndescription = "{name} {about}."\n'


def _json_cast(name: str = NAME, about: str = ABOUT) -> str:
    return json.dumps({name: f"{name} {about}."}, ensure_ascii=False, indent=1)


def _talk(suffix: str) -> str:
    questions = json.dumps([TURN.format(1), TURN.format(2) + " At Skerry\u2019s Rock?"], ensure_ascii=False)
    return f'kind = "goal-oriented"\nquestions = {questions}\n' if suffix == "toml" else f'{{"questions": {questions}}}'


def files(rng: random.Random) -> Iterator[FileCase]:
    """All of them."""
    del rng
    yield from _encodings()
    yield from _persona_forms()
    yield from _texts()
    yield from _named()
    yield from _commands()


def _cast(name: str) -> Tiny:
    return Tiny(rounds=2, personas=f'"{name}"')


def _encodings() -> Iterator[FileCase]:
    study = Tiny(rounds=2, personas=f'{{ name = "{NAME}", description = "{NAME} {ABOUT}." }}').text("URL")
    scripted = Tiny(rounds=2)
    for kind, name, text, asked in (
        ("personas in TOML", "cast.toml", _toml_cast(), _cast("cast.toml")),
        ("personas in JSON", "cast.json", _json_cast(), _cast("cast.json")),
        ("scripts in TOML", "talk.toml", _talk("toml"), scripted),
        ("scripts in JSON", "talk.json", _talk("json"), None),
        ("studies", "study.toml", study, scripted),
    ):
        for how, (body, reads, called) in encoded(text).items():
            files = {name: body}
            if asked is None:
                files["study.toml"] = STUDY.replace('"talk.toml"', '"talk.json"').encode()
            refused = FileDue((2,), (name.replace(".", r"\."), called), one_line=True)
            dues = (READ,) if reads else (refused,) if reads is False else (READ, refused)
            yield FileCase(f"encodings of {kind}", how, files, dues, asked or scripted)


def _card(spec: str) -> dict[str, object]:
    data: dict[str, object] = {
        "name": "Ada Finch",
        "description": "{{char}} keeps the lamp of Skerry Rock.",
        "personality": "stern",
        "scenario": "a storm at night",
        "first_mes": "Who goes there, {{user}}?",
        "mes_example": "<START>\n{{user}}: Hello\n{{char}}: Aye.",
    }
    if spec == "V1":
        return data
    more = {"creator_notes": "NEVER SENT", "tags": ["sea"], "alternate_greetings": ["Aye?"], "extensions": {}}
    version = {"V2": ("chara_card_v2", "2.0"), "V3": ("chara_card_v3", "3.0")}[spec]
    return {"spec": version[0], "spec_version": version[1], "data": {**data, **more}}


def _persona_forms() -> Iterator[FileCase]:
    kind = "forms of personas"
    ada, bo = ({"name": name, "description": f"{name} keeps the lamp of Skerry Rock."} for name in ("Ada", "Bo"))
    one, two = FileDue((0,), sent=("Skerry",), speakers=1), FileDue((0,), sent=("Skerry",), speakers=2)
    refused = FileDue((2,), (r"cast\.json", "name.*description|description.*name"), one_line=True)
    pygmalion = {"char_name": "Ada", "char_persona": "Keeps the lamp of Skerry Rock.", "char_greeting": "Aye?"}
    for name, value, dues in (
        ("an object of name and description", ada, (one,)),
        ("with an id", {**ada, "id": "finch"}, (one,)),
        ("a list of one", [ada], (one,)),
        ("a list of two", [ada, bo], (two,)),
        ("names and descriptions", {"Ada": ada["description"], "Bo": bo["description"]}, (two,)),
        ("a text", "Ada", (refused,)),
        ("a number", 7, (refused,)),
        ("a list of texts", ["Ada", "Bo"], (refused,)),
        ("an empty list", [], (refused, FileDue((2,), (r"cast\.json",)))),
        ("an empty object", {}, (refused, FileDue((2,), (r"cast\.json",)))),
        ("a name alone", {"name": "Ada"}, (refused,)),
        ("a name and a key that is not known", {"name": "Ada", "descripton": "Keeps a lamp."}, (refused,)),
        ("objects by name", {"Ada": {"age": "30"}}, (refused,)),
        ("a list with one that is none", [ada, {"title": "Bo"}], (refused,)),
        ("a description that is a number", {"name": "Ada", "description": 7}, (FileDue((2,), ("description",)),)),
    ):
        yield FileCase(kind, name, {"cast.json": json.dumps(value).encode()}, dues, _cast("cast.json"))
    kind = "cards as personas"
    card = FileDue((0,), ("first_mes|greeting",), sent=("Skerry", "Ada Finch"), unsent=("NEVER SENT", "{{"), speakers=1)
    for spec in ("V1", "V2", "V3"):
        yield FileCase(kind, spec, {"cast.json": json.dumps(_card(spec)).encode()}, (card,), _cast("cast.json"))
    by_name = FileDue((2,), (r"cast\.json", "card|char_|Pygmalion"), one_line=True)
    body = json.dumps(pygmalion).encode()
    yield FileCase(kind, "Pygmalion", {"cast.json": body}, (one, by_name), _cast("cast.json"))


def _texts() -> Iterator[FileCase]:
    kind = "texts in personas and scripts"
    kept_or_refused = (FileDue((0,), sent=("lamp",)), FileDue((2,), (r"cast\.json|talk\.json",), one_line=True))
    lone = b'{"Ada": "Keeps \\ud83d the lamp."}'
    yield FileCase(kind, "half a character, persona", {"cast.json": lone}, kept_or_refused, _cast("cast.json"))
    yield FileCase(
        kind, "and planned", {"cast.json": lone}, (FileDue((0, 2)),), _cast("cast.json"), arguments=("plan", "STUDY")
    )
    half = b'{"questions": ["Turn 1: what do you see? \\udc00 lamp", "Turn 2: what do you see?"]}'
    spoken = {"talk.json": half, "study.toml": STUDY.replace('"talk.toml"', '"talk.json"').encode()}
    yield FileCase(kind, "half a character, script", spoken, kept_or_refused)
    far = json.dumps({"\u9f8d": "Keeps the lamp of Skerry.", "\u864e": "Keeps it too."}).encode()
    two = FileDue((0,), sent=("Skerry",), speakers=2)
    yield FileCase(kind, "two names without a Latin letter", {"cast.json": far}, (two,), _cast("cast.json"))
    twins = '[[persona]]\nname = "\u9f8d"\ndescription = "A."\n[[persona]]\nname = "\u864e"\ndescription = "Skerry."\n'
    yield FileCase(kind, "and in TOML", {"cast.toml": twins.encode()}, (two,), _cast("cast.toml"))
    macros = "{{char}} keeps Skerry for {{user}}."
    filled = FileDue((0,), sent=("Ada keeps Skerry for",), unsent=("{{char}}", "{{user}}"))
    body = json.dumps([{"name": "Ada", "description": macros}]).encode()
    yield FileCase(kind, "macros, JSON", {"cast.json": body}, (filled,), _cast("cast.json"))
    cased = json.dumps([{"name": "Ada", "description": macros.replace("char", "Char")}]).encode()
    yield FileCase(kind, "macros, other case", {"cast.json": cased}, (filled,), _cast("cast.json"))
    toml = f'[[persona]]\nname = "Ada"\ndescription = "{macros}"\n'.encode()
    yield FileCase(kind, "macros, TOML", {"cast.toml": toml}, (filled,), _cast("cast.toml"))
    odd = json.dumps([{"name": "Ada", "description": "Keeps Skerry, {{mood}}."}]).encode()
    said = FileDue((0, 2), ("mood",))
    yield FileCase(kind, "a macro that is not known", {"cast.json": odd}, (said,), _cast("cast.json"))


def _named() -> Iterator[FileCase]:
    kind = "faults that errors name"
    extra = _toml_cast("Ada").replace("description", "age = 3\ndescription").encode()
    due = FileDue((2,), (r"cast\.toml", "age", "description"), one_line=True)
    yield FileCase(kind, "a key of a persona", {"cast.toml": extra}, (due,), _cast("cast.toml"))
    talk = (_talk("toml") + "mood = 3\n").encode()
    due = FileDue((2,), (r"talk\.toml", "mood", "questions.*opening|opening.*questions|known"), one_line=True)
    yield FileCase(kind, "a key of a script", {"talk.toml": talk}, (due,))
    yaml = b"models:\n  - name: sim/speaker\njudge:\n  name: sim/judge\n"
    yield FileCase(kind, "a study in YAML", {"study.toml": yaml}, (FileDue((2,), ("YAML",), one_line=True),))
    named = {"study.yaml": yaml}
    ask = ("run", "HERE/study.yaml", "--into", "RUN")
    yield FileCase(kind, "a study called .yaml", named, (FileDue((2,), ("YAML|TOML",), one_line=True),), arguments=ask)
    for name, body, called in (
        ("cast.yaml", b"- name: Ada\n  description: Keeps the lamp.\n", "YAML"),
        ("cast.png", picture(), "PNG|picture|image"),
        ("cast.txt", b"Ada keeps the lamp.", r"\.toml|\.json|TOML|JSON"),
        ("cast.json.gz", gzip.compress(_json_cast().encode(), mtime=0), "gzip|gz"),
    ):
        due = FileDue((2,), (name.replace(".", r"\."), called), one_line=True)
        yield FileCase(kind, f"personas in {name}", {name: body}, (due,), _cast(name))
    due = FileDue((2,), (r"cast\.json",), one_line=True)
    yield FileCase(kind, "a folder as personas", {"cast.json": None}, (due,), _cast("cast.json"))
    yield FileCase(kind, "no such personas", {}, (due,), _cast("cast.json"))
    due = FileDue((2,), (r"talk\.toml",), one_line=True)
    yield FileCase(kind, "a folder as script", {"talk.toml": None}, (due,))


def _commands() -> Iterator[FileCase]:
    kind = "commands that lack something"
    for name, arguments, words in (
        ("run without --into", ("run", "STUDY"), "--into"),
        ("run without a study", ("run", "--into", "RUN"), "study"),
        ("an option that is none", ("run", "STUDY", "--into", "RUN", "--fast"), "--fast"),
        ("status of nothing", ("status", "RUN"), "run"),
        ("report of nothing", ("report", "RUN"), "run"),
        ("a format that is none", ("import", "paper-tape", "STUDY", "--into", "RUN"), "openai-chat"),
        ("a source that is none", ("import", "openai-chat", "HERE/gone.json", "--into", "RUN"), "gone"),
    ):
        due = FileDue((2,), (words,), one_line=True)
        yield FileCase(kind, name, {}, (due,), arguments=arguments)
    far = STUDY.replace('base_url = "URL"', 'base_url = "http://vllm:8000/v1"')
    due = FileDue((2,), ("vllm", "http", r"--[a-z]|insecure|allow_"), one_line=True)
    yield FileCase(kind, "plain http to another machine", {"study.toml": far.encode()}, (due,))
    plan = FileDue((0,), keeps_quiet=("error",))
    yield FileCase(kind, "plan", {}, (plan,), arguments=("plan", "STUDY"))
