"""Transcripts of one format from one file or a folder of them, every file accounted for. Knows no single format."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from longplay.exchange.conversations import Conversation, transcript, with_names
from longplay.exchange.formats import FORMATS
from longplay.exchange.json_files import encoding_of
from longplay.exchange.source_files import ImportFault, Skipped, named_files, sha256, shown
from longplay.records.transcripts import SourceFile, Transcript
from longplay.specs import plain, unknown_macros

NOBODY = "imported"  # whose replies they are where neither the source nor the user says
MOST_NAME = 200
MOST_LISTED = 100  # refused lines of one file that are listed one by one


class Chosen(msgspec.Struct, frozen=True):
    """What the user says of transcripts: `model`, whose replies they are, for all, or where the source does not say
    (`otherwise`); `persona` and `char`: id and name of the persona, None for none; `speaker`: who is the persona among
    many speakers; `name`: what the dialogues are called, with a number where there are several."""

    model: str | None = None
    otherwise: str = NOBODY
    persona: str | None = None
    speaker: str | None = None
    char: str | None = None
    name: str | None = None


class _Reading(msgspec.Struct):
    """What was found in a file so far."""

    texts: int = 0
    characters: int = 0
    filled: int = 0
    beside: Counter[str] = msgspec.field(default_factory=Counter[str])
    encoding: str = ""
    macros: dict[str, None] = {}
    refused: list[SourceFile] = []
    unlisted: int = 0

    def take(self, found: Transcript, filled: int) -> None:
        """Count one dialogue."""
        self.texts += len(found.pieces)
        self.characters += sum(map(len, found.pieces))
        self.filled += filled
        self.beside.update(part.why for part in found.parts if not part.side)
        self.macros |= dict.fromkeys(unknown_macros(found.pieces))

    def refuse(self, what: str, why: str) -> None:
        """List one part, or count it where many are listed."""
        if len(self.refused) < MOST_LISTED:
            self.refused.append(SourceFile(what, "refused", why))
        else:
            self.unlisted += 1

    def why(self) -> str:
        """What is to be said of the file."""
        said = [f"{count:,} kept beside the rounds: {reason}" for reason, count in self.beside.items()]
        said += [f"{self.filled:,} macros such as {{{{char}}}} filled with names"] if self.filled else []
        said += [f"macros that longplay does not know: {', '.join(self.macros)}"] if self.macros else []
        said += [f"read as {self.encoding}"] if self.encoding else []
        said += [] if self.texts else ["nothing in it could be taken in"]
        return "; ".join(said)


class TranscriptFiles:
    """Look over `titles` first: it finds every fault of the files. Use up `deposits`; then `files` says what became of
    every file."""

    def __init__(self, source: Path, form: str, chosen: Chosen) -> None:
        self.files: list[SourceFile] = []
        self.names: dict[str, None] = {}
        self._chosen = chosen
        self._format = FORMATS[form]
        self._paths, self._others = named_files(source)
        self._bases = _bases(self._paths, source)
        self._called: dict[str, str] = {}  # the name of each transcript, by its place

    def titles(self) -> tuple[str, ...]:
        """Whose replies are in the source. Reads all of it once. Raises ImportFault where there is nothing."""
        found: dict[str, None] = {}
        faults: list[str] = []
        for path in self._paths:
            for one in self._format(path, self._chosen.speaker):
                try:
                    read, _ = self._read(one)
                except ImportFault as fault:
                    faults = faults or [str(fault)]
                    continue
                if isinstance(one, Conversation):
                    self._called[one.source] = self._name(one, self._bases[path])
                found[read.key.model] = None
        if not found:
            raise ImportFault(*(faults or [f"{shown(self._paths[0])}: there is no transcript in it."]))
        if self._chosen.name is not None:
            self._call_all(self._chosen.name)
        self.names = dict.fromkeys(self._called.values())
        return tuple(found)

    def _read(self, one: Conversation | Skipped) -> tuple[Transcript, int]:
        """The dialogue, and how many macros were filled in it. Raises ImportFault where it cannot be taken in."""
        if isinstance(one, Skipped):
            raise ImportFault(one.why)
        model = self._chosen.model or one.speaker or self._chosen.otherwise
        if not model.isprintable() or not 0 < len(model) <= MOST_NAME:
            raise ImportFault(
                f"{one.source}: {plain(model, 60)!r} cannot be a name: give 1 to {MOST_NAME} printable characters."
            )
        called = msgspec.structs.replace(one, name=self._called.get(one.source, one.name))
        named, filled = with_names(called, self._chosen.char)
        return transcript(named, model, self._chosen.persona), filled

    def _name(self, one: Conversation, base: str) -> str:
        """A name that no other transcript of the source has: its title and id, else its file and place."""
        name = "-".join(part for part in (_clean(one.title) or base, _clean(one.name)) if part)[:MOST_NAME]
        taken, number, found = self.names, 1, name
        while found in taken:
            number += 1
            found = f"{name[: MOST_NAME - 8]}-{number}"
        taken[found] = None
        return found

    def _call_all(self, name: str) -> None:
        if len(self._called) == 1:
            self._called = dict.fromkeys(self._called, name)
        else:
            self._called = {place: f"{name}-{n:04}" for n, place in enumerate(self._called, start=1)}

    def deposits(self) -> Iterator[Transcript]:
        """The transcripts, one at a time."""
        self.files += [SourceFile(one.what, "left", one.why) for one in self._others]
        for path in self._paths:
            yield from self._of_file(path)

    def _of_file(self, path: Path) -> Iterator[Transcript]:
        reading, where = _Reading(encoding=encoding_of(path)), shown(path)
        for one in self._format(path, self._chosen.speaker):
            try:
                found, filled = self._read(one)
            except ImportFault as fault:
                reading.refuse(one.what if isinstance(one, Skipped) else one.source, str(fault))
                continue
            reading.take(found, filled)
            yield found
        whole = [one for one in reading.refused if one.path == where]
        if not whole:
            what = "read" if reading.texts else "refused"
            self.files.append(SourceFile(where, what, reading.why(), reading.texts, reading.characters, _digest(path)))
        self.files += reading.refused
        if reading.unlisted:
            self.files.append(SourceFile(where, "refused", f"{reading.unlisted:,} more parts of it"))


def _digest(path: Path) -> str:
    try:
        return sha256(path)
    except ImportFault:
        return ""  # the file's row says why it was not read


def _bases(paths: Sequence[Path], source: Path) -> dict[Path, str]:
    """What the transcripts of each file are called after: the file's name, with the folders between it and the source;
    its suffix too where two files differ in that alone."""
    inside = {path: path.relative_to(source) if path != source else Path(path.name) for path in paths}
    short = {path: _clean("-".join((*one.parts[:-1], _stem(one)))) or "chat" for path, one in inside.items()}
    shared = {name for name, count in Counter(short.values()).items() if count > 1}
    return {path: _clean("-".join(inside[path].parts)) if name in shared else name for path, name in short.items()}


def _stem(path: Path) -> str:
    return (path.with_suffix("") if path.suffix.lower() == ".gz" else path).stem


def _clean(name: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[: MOST_NAME - 20]
