"""Damaged study, persona, script and transcript files through the command line in this process. Asks no model but
simulated ones.

python bench/fuzz_files.py [--count N] [--seed S]: a line a kind; exit 1 where anything but an error of longplay's own
came out, or a file was written outside the run folder.
"""

import argparse
import contextlib
import io
import json
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from fuzz_mutate import damaged
from longplay.cli import main as longplay
from longplay.cli.exit_codes import BAD_INPUT
from longplay.store import Store

EACH = 5_000
RUN_SHARE = 0.05  # of what `plan` accepts, which is also run, and of what `import` takes in, which is also shown
SHOWN = frozenset("\n\t\u200c\u200d")  # what is printed of control characters
SLOW_S = 30.0  # a file that takes so long is shown; it is no failure
STUDY = """\
[[models]]
name = "sim/speaker"
[judge]
name = "sim/judge"
[dialogues]
rounds = 2
baseline_draws = 1
personas = ["PERSONA"]
scripts = ["SCRIPT"]
[conditioning]
checkpoints = [0, 2]
repeats = 0
[judging]
rounds = ["style"]
[[probes]]
name = "fidelity"
limit = 1
"""
IMPORTED = (
    '[[models]]\nname = "sim/speaker"\nlabel = "imported"\n[judge]\nname = "sim/judge"\n[dialogues]\nimported = true\n'
)
CARD = {
    "name": "Vera",
    "description": "{{char}} keeps a harbour.",
    "personality": "dry",
    "first_mes": "Hm.",
    "tags": ["a"],
    "character_book": {"entries": [{"keys": ["tide"], "content": "It turns at six.", "insertion_order": 1}]},
}
ADA = 'name = "Ada"\ndescription = "You are Ada, who keeps a lighthouse."\nkind = "working"\ngreeting = "Hm."\n'
LORE = '[[persona.lore]]\nkeys = ["lamp"]\ncontent = "It is from 1871."\n'
ADA_JSON = json.dumps({"name": "Ada", "description": "You are Ada."})
PERSONAS: dict[str, tuple[str, ...]] = {
    "cast.toml": (f"[[persona]]\n{ADA}[persona.traits]\nopenness = 4.5\n{LORE}", ADA),
    "cast.json": (
        ADA_JSON,
        f"[{ADA_JSON}, {json.dumps({'name': 'Бо', 'description': 'You are Бо.', 'id': 'bo'})}]",
        json.dumps({"Ada": "You are Ada.", "Bo": "You are Bo.", "empty": ""}),
        json.dumps(CARD),
        json.dumps({"spec": "chara_card_v2", "spec_version": "2.0", "data": CARD}, indent=1),
        json.dumps({"char_name": "Vera", "char_persona": "dry", "char_greeting": "Hm."}),
    ),
}
QUESTIONS = ["Who are you?", "What do you see, {{user}}?", "And then?"]
SCRIPTS: dict[str, tuple[str, ...]] = {
    "talk.toml": (f'kind = "goal-oriented"\nquestions = {json.dumps(QUESTIONS)}\nopening = "Welcome, {{persona}}!"\n',),
    "talk.json": (
        json.dumps({"questions": QUESTIONS}),
        json.dumps({"questions": QUESTIONS, "introductory_remark": "Welcome, {role}!", "concluding_remark": "Bye."}),
    ),
}
CHAT = [
    {"role": "system", "content": "You are Vera."},
    {"role": "user", "content": "hi {{char}}", "name": "Tom"},
    {"role": "assistant", "content": [{"type": "text", "text": "Closed."}, {"type": "refusal", "refusal": "No."}]},
    {"role": "assistant", "content": "", "tool_calls": [{"id": "1"}]},
    {"role": "tool", "content": "r"},
    {"role": "assistant", "content": None, "refusal": "I will not.", "reasoning": "hm"},
]
SHARED = {"id": "a", "conversations": [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "hello"}]}
TURNS = [
    {"NAMES": ["A"], "UTTERANCES": ["x", "y"]},
    {"NAMES": ["B"], "UTTERANCES": ["z"]},
    {"NAMES": ["A"], "UTTERANCES": ["w"]},
]
TALKED = json.dumps({"conv": [{"user": "a", "sys": "b"}, {"user": "c", "sys": "d"}]})
TRANSCRIPTS: dict[str, tuple[str, ...]] = {
    "openai-chat": (
        json.dumps(CHAT),
        json.dumps({"title": "Vera", "id": 7, "model": "m", "messages": CHAT}, indent=2),
        f"{json.dumps({'messages': CHAT})}\n" * 3,
    ),
    "sharegpt": (json.dumps([SHARED, SHARED]), f"{json.dumps(SHARED)}\r\n{json.dumps(SHARED)}\r\n"),
    "mt-eval": (f"{TALKED}\n{TALKED}\n",),
    "crd3": (json.dumps({"TURNS": TURNS}),),
}
ITEM = {"id": "a", "text": 'What is "2+2"?', "reference": "4", "turns": ["1+1?"], "choices": ["4", "5"]}
SHOTS = [{"role": "user", "content": "1?"}, {"role": "assistant", "content": "one"}]
ITEMS = (
    json.dumps([ITEM, {**ITEM, "id": "b", "shots": SHOTS}]),
    f"{json.dumps(ITEM)}\n{json.dumps({'text': 'Who?', 'reference': 5, 'persona': 'Ada'})}\n",
    f'[[items]]\ntext = "Who?"\nreference = "you"\nturns = ["a"]\n[[items]]\nid = "b"\n{ADA}text = "b"\n',
    'id,text,reference,turns\na,"What, ""2+2""?",4,"[""1+1?""]"\nb,"Who\nare you?",you,\n',
    "sep=;\ntext;reference\nWho?;you\n",
)
OWN_PROBE = '\n[[probes]]\nname = "own"\nfile = "items"\nmetrics = ["style"]\n'
OWN_FIELDS = f'{OWN_PROBE}fields = {{ text = "text", reference = "reference" }}\n'
PLANNED = ("plan", "study.toml")
SUFFIXES = (".json", ".jsonl", ".ndjson", ".txt", ".json.gz", "")


class Escape(NamedTuple):
    """Something that must not come out: its kind of file, the number of the case, and what came."""

    kind: str
    case: int
    what: str


class Case(NamedTuple):
    """One damaged file among sound ones: `files` by name, and the command's arguments; `RUN` is the run folder."""

    files: dict[str, bytes]
    arguments: tuple[str, ...]


def study_case(rng: random.Random) -> Case:
    text = STUDY.replace("PERSONA", "cast.toml").replace("SCRIPT", "talk.toml")
    if rng.random() < 0.1:
        text = IMPORTED
    return Case({**_sound(), "study.toml": damaged(text, rng, "toml")}, ("plan", "study.toml"))


def _sound() -> dict[str, bytes]:
    return {"cast.toml": PERSONAS["cast.toml"][0].encode(), "talk.toml": SCRIPTS["talk.toml"][0].encode()}


def persona_case(rng: random.Random) -> Case:
    return _named_by_study(rng, PERSONAS, "cast.toml")


def script_case(rng: random.Random) -> Case:
    return _named_by_study(rng, SCRIPTS, "talk.toml")


def item_case(rng: random.Random) -> Case:
    text = STUDY.replace("PERSONA", "cast.toml").replace("SCRIPT", "talk.toml") + rng.choice((OWN_PROBE, OWN_FIELDS))
    return Case({**_sound(), "items": damaged(rng.choice(ITEMS), rng, "json"), "study.toml": text.encode()}, PLANNED)


def _named_by_study(rng: random.Random, sources: dict[str, tuple[str, ...]], stands: str) -> Case:
    name = rng.choice(sorted(sources))
    raw = damaged(rng.choice(sources[name]), rng, name.rpartition(".")[2])
    if rng.random() < 0.1:
        name = rng.choice(("other.yaml", "other.png", "other.txt", "other.json", "other.toml"))
    names = {"cast.toml": "cast.toml", "talk.toml": "talk.toml", stands: name}
    text = STUDY.replace("PERSONA", names["cast.toml"]).replace("SCRIPT", names["talk.toml"])
    return Case({**_sound(), name: raw, "study.toml": text.encode()}, ("plan", "study.toml"))


def transcript_case(rng: random.Random) -> Case:
    form = rng.choice(sorted(TRANSCRIPTS))
    files = {
        f"chats/{folder}c{number}{rng.choice(SUFFIXES)}": damaged(rng.choice(TRANSCRIPTS[form]), rng, "json")
        for number, folder in enumerate(rng.choice((("",), ("",), ("", "", "deep/"))))
    }
    source = "chats" if len(files) > 1 or rng.random() < 0.2 else next(iter(files))
    given = {rng.choice(("--model", "--name")): rng.choice(("Vera", "x y", "")), "--persona-speaker": "A"}
    options = [word for pair in given.items() if rng.random() < 0.3 or form == "crd3" for word in pair]
    return Case(files, ("import", form, source, "--into", "RUN", *options))


KINDS: dict[str, Callable[[random.Random], Case]] = {
    "study": study_case,
    "persona": persona_case,
    "script": script_case,
    "item": item_case,
    "transcript": transcript_case,
}


def run(count: int, seed: int, kinds: tuple[str, ...] = tuple(KINDS)) -> list[Escape]:
    """So many damaged files of each kind. Prints a line a kind; gives back what escaped."""
    Store.open.__func__.__defaults__ = (0.001,)  # how long a write waits for company: only time
    escapes: list[Escape] = []
    with _folder() as place:
        for kind in kinds:
            started, codes = time.monotonic(), dict.fromkeys((0, 1, 2), 0)
            found = [one for case in range(count) if (one := _try(kind, case, seed, place, codes)) is not None]
            escapes += found
            took = time.monotonic() - started
            taken = ", ".join(f"exit {code} {number:,}" for code, number in codes.items())
            print(f"{kind:<11} {count:>7,} files, seed {seed}: {len(found)} escapes   {taken}   {took:.0f} s")
    return escapes


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A folder to work in, in memory where there is one, with everything that longplay writes for a person in it."""
    memory = Path("/dev/shm")
    before, home = Path.cwd(), {name: os.environ.get(name) for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as name:
        os.environ |= dict.fromkeys(home, str(Path(name, "home")))
        os.chdir(name)
        try:
            yield Path(name)
        finally:
            os.chdir(before)
            for key, value in home.items():
                os.environ.pop(key) if value is None else os.environ.update({key: value})


def _try(kind: str, number: int, seed: int, place: Path, codes: dict[int, int]) -> Escape | None:
    rng = random.Random(f"{seed}/{kind}/{number}")
    case = KINDS[kind](rng)
    work = place / "work"
    shutil.rmtree(work, ignore_errors=True)
    for name, raw in case.files.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_bytes(raw)
    os.chdir(work)
    try:
        what = _escape(case, rng, codes, place)
    finally:
        os.chdir(place)
    return None if what is None else Escape(kind, number, what)


def _escape(case: Case, rng: random.Random, codes: dict[int, int], place: Path) -> str | None:
    before = _tree(place)
    arguments = ["run" if word == "RUN" else word for word in case.arguments]
    code, said = _call(arguments)
    if isinstance(code, str):
        return code
    codes[code] += 1
    if code == 0 and arguments[0] == "plan" and rng.random() < RUN_SHARE and _small(said):
        code, said = _call(["run", "study.toml", "--into", "run", "--no-cache"])
    elif code < BAD_INPUT and arguments[0] == "import" and rng.random() < RUN_SHARE:
        code, said = _call(["show", "run", "--round", "1"])
    if isinstance(code, str):
        return code
    hidden = sorted({hex(ord(c)) for c in said if c not in SHOWN and unicodedata.category(c) in ("Cc", "Cf", "Cs")})
    if hidden:
        return f"printed control characters: {hidden[:5]}"
    lines = [line for line in said.splitlines() if line.startswith("error: ")]
    if code == BAD_INPUT and (len(lines) != 1 or len(lines[0]) > 3_000):
        return f"exit 2 with {len(lines)} lines of error: {lines[:2]}"
    after = {path: seen for path, seen in _tree(place).items() if not path.startswith(os.path.join("work", "run"))}
    changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    return f"written outside the run folder: {changed[:5]}" if changed else None


def _small(said: str) -> bool:
    """Whether the planned study has few calls, so that running it takes no time."""
    return any(line.startswith("all ") and int(line.split()[1].replace(",", "")) < 200 for line in said.splitlines())


def _call(arguments: list[str]) -> tuple[int | str, str]:
    """Exit code and output, or a traceback in place of the code."""
    said = io.StringIO()
    started = time.monotonic()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            code: int | str = longplay(arguments)
        except BaseException:  # noqa: BLE001 -- what escapes is what is looked for
            code = traceback.format_exc(limit=-3)
    if time.monotonic() - started > SLOW_S:
        print(f"slow: {time.monotonic() - started:.0f} s for {arguments}")
    return code, said.getvalue()


def _tree(place: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(place)): path.read_bytes() if path.is_file() else None for path in sorted(place.rglob("*"))
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Damaged files through the command line.")
    parser.add_argument("--count", type=int, default=EACH, help="files of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=KINDS, action="append")
    given = parser.parse_args()
    escapes = run(given.count, given.seed, tuple(given.kind or KINDS))
    for one in escapes[:20]:
        print(f"\n{one.kind} {one.case}: {one.what}")
    return 1 if escapes else 0


if __name__ == "__main__":
    sys.exit(main())
