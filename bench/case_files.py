"""One case of files: bytes beside a study, or a source of dialogues, through the real command line in this process;
what was sent and kept, and how that differs from what must become of it.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from case_due import last, matches
from case_run import Tiny, command, hasty, write_study
from case_server import Asked, CaseServer, On
from longplay.specs import LongplayError
from longplay.store import Reader


class FileDue(msgspec.Struct, frozen=True):
    """What must become of files. Empty or None: anything.

    `says`, `keeps_quiet`: patterns, any case, in what was printed. `sent`, `unsent`: words that some request, and
    that no request held. `speakers`: how many personas have dialogues, `dialogues` how many there are. `turns`,
    `lacks`: texts that were kept as a turn or reply, words that none holds. `in_all`: requests at most.
    """

    code: tuple[int, ...] = ()
    says: tuple[str, ...] = ()
    keeps_quiet: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    unsent: tuple[str, ...] = ()
    speakers: int | None = None
    dialogues: int | None = None
    turns: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    one_line: bool = False
    in_all: int | None = None


class FileCase(msgspec.Struct, frozen=True):
    """`files` by name (`None` = a folder). With `source`, that is imported in `form`; else a study runs with `study`'s
    lines, where `files` may replace its own files, on a server that meets `ons`. `arguments` replace the command: RUN,
    STUDY and HERE in them are paths."""

    kind: str
    name: str
    files: Mapping[str, bytes | None]
    due: tuple[FileDue, ...]
    study: Tiny = Tiny(rounds=2)
    form: str = "openai-chat"
    source: str = ""
    ons: tuple[On, ...] = ()
    arguments: tuple[str, ...] = ()

    def play(self, server: CaseServer, folder: Path) -> list[str]:
        """Run it; how what was found differs from what is due, [] where it does not."""
        url = server.open(self.ons)
        study, run = write_study(folder, self.study, url), folder / "run"
        for name, body in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if body is None:
                path.unlink(missing_ok=True)
                path.mkdir()
            else:
                path.write_bytes(_addressed(body, url))
        places = {"RUN": str(run), "STUDY": str(study), "HERE": str(folder)}
        if self.source:
            arguments = ["import", self.form, str(folder / self.source), "--into", str(run), *self.arguments]
        else:
            arguments = [*self.arguments] or ["run", "STUDY", "--into", "RUN"]
        for name, place in places.items():
            arguments = [one.replace(name, place) for one in arguments]
        before = _files(folder)
        with hasty():
            code, printed, defect = command(arguments)
        if defect:
            return ["a traceback: " + defect.strip().splitlines()[-1]]
        asked = server.line(url).asked
        found = [list(_differences(due, code, printed, asked, run)) for due in self.due]
        return [*min(found, key=len), *_strays(before, _files(folder))]


def _addressed(body: bytes, url: str) -> bytes:
    """A file that names the server, in whatever encoding."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        body = body.replace('"URL"'.encode(encoding), f'"{url}"'.encode(encoding))
    return body


def _files(folder: Path) -> dict[str, bytes]:
    """Every file in a folder but those of the run."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.parts[len(folder.parts)] != "run"]
    return {str(path): path.read_bytes() for path in paths}


def _strays(before: dict[str, bytes], after: dict[str, bytes]) -> Iterator[str]:
    for name in sorted(before.keys() ^ after.keys() | {one for one in before if after.get(one) != before[one]}):
        yield f"nothing written outside the run folder, found {name}"


def _kept(run: Path) -> tuple[int, int, list[str]]:
    """Personas, dialogues, and every turn and reply of a run."""
    if not (run / "run.sqlite").is_file():
        return 0, 0, []
    with contextlib.suppress(LongplayError), Reader.open(run) as reader:
        dialogues = list(reader.dialogues().values())
        rounds = [one for key in dialogues for one in reader.dialogue_text(key)]
        texts = [one.user for one in rounds] + [one.reply.text or "" for one in rounds if one.reply is not None]
        return len({key.persona for key in dialogues}), len(dialogues), texts
    return 0, 0, []


def _differences(due: FileDue, code: int, printed: str, asked: list[Asked], run: Path) -> Iterator[str]:
    if due.code and code not in due.code:
        yield f"exit code {' or '.join(map(str, due.code))}, found {code} ({last(printed)})"
    for pattern in due.says:
        if not matches(pattern, printed):
            yield f"says /{pattern}/, found: {last(printed)}"
    for pattern in due.keeps_quiet:
        if matches(pattern, printed):
            yield f"does not say /{pattern}/, found: {last(printed)}"
    lines = [line for line in printed.splitlines() if line.startswith("error: ")]
    if due.one_line and (len(lines) != 1 or len(lines[0]) > 2500):
        yield f"one line of error, found {len(lines)}: {last(printed)}"
    if due.in_all is not None and len(asked) > due.in_all:
        yield f"at most {due.in_all} requests, found {len(asked)}"
    bodies = json.dumps([one.body["messages"] for one in asked], ensure_ascii=False)
    for words, there in (*((one, True) for one in due.sent), *((one, False) for one in due.unsent)):
        if (words in bodies) != there:
            yield f"{words!r} sent to a model: {there}, found otherwise ({last(printed)})"
    speakers, dialogues, texts = _kept(run)
    if due.speakers is not None and speakers != due.speakers:
        yield f"{due.speakers} personas, found {speakers} ({last(printed)})"
    if due.dialogues is not None and dialogues != due.dialogues:
        yield f"{due.dialogues} dialogues, found {dialogues} ({last(printed)})"
    for text in due.turns:
        if text not in texts:
            yield f"the turn {text!r}, found {texts[:6]!r} ({last(printed)})"
    for words in due.lacks:
        if any(words in text for text in texts):
            yield f"no turn with {words!r}, found one"
