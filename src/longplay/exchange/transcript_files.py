"""Transcripts of one format from one file or a folder of them, every file accounted for. Knows no single format."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from longplay.exchange.conversations import Conversation, transcript
from longplay.exchange.formats import FORMATS
from longplay.exchange.source_files import ImportFault, Skipped, named_files, printable, sha256
from longplay.records.transcripts import SourceFile, Transcript

NOBODY = "imported"  # whose replies they are where neither the source nor the user says
MOST_NAME = 200


class Chosen(msgspec.Struct, frozen=True):
    """What the user says of transcripts: `model`, whose replies they are, for all, or where the source does not say
    (`otherwise`); `persona`: id of the persona, None for none; `speaker`: who is the persona among many speakers."""

    model: str | None = None
    otherwise: str = NOBODY
    persona: str | None = None
    speaker: str | None = None


class TranscriptFiles:
    """Look over `titles` first: it finds every fault of the files. Use up `deposits`; then `files` says what became of
    every file."""

    def __init__(self, source: Path, form: str, chosen: Chosen) -> None:
        self.files: list[SourceFile] = []
        self.names: dict[str, None] = {}
        self._chosen = chosen
        self._format = FORMATS[form]
        self._paths, self._others = named_files(source)

    def titles(self) -> tuple[str, ...]:
        """Whose replies are in the source. Reads all of it once. Raises ImportFault, also where there is nothing."""
        found: dict[str, None] = {}
        faults: list[str] = []
        for path in self._paths:
            for one in self._format(path, self._chosen.speaker):
                try:
                    self._read(one)
                except ImportFault as fault:
                    faults = faults or [str(fault)]
                    continue
                if isinstance(one, Conversation):
                    if one.name in self.names:
                        raise ImportFault(f"{one.source}: two transcripts would be called {one.name!r}; rename a file.")
                    self.names[_usable(one.name, one.source)] = None
                    found[_usable(self._title(one), one.source)] = None
        if not found:
            raise ImportFault(*(faults or [f"{self._paths[0]}: there is no transcript in it."]))
        return tuple(found)

    def _read(self, one: Conversation | Skipped) -> Transcript:
        """Raises ImportFault where it cannot be taken in."""
        if isinstance(one, Skipped):
            raise ImportFault(one.why)
        return transcript(one, self._title(one), self._chosen.persona)

    def deposits(self) -> Iterator[Transcript]:
        """The transcripts, one at a time."""
        self.files += [SourceFile(one.what, "left", one.why) for one in self._others]
        for path in self._paths:
            yield from self._of_file(path)

    def _of_file(self, path: Path) -> Iterator[Transcript]:
        texts = characters = 0
        reasons: Counter[str] = Counter()
        refused: list[SourceFile] = []
        for one in self._format(path, self._chosen.speaker):
            try:
                found = self._read(one)
            except ImportFault as fault:
                refused.append(SourceFile(one.what if isinstance(one, Skipped) else one.source, "refused", str(fault)))
                continue
            texts, characters = texts + len(found.pieces), characters + sum(map(len, found.pieces))
            reasons.update(part.why for part in found.parts if not part.side)
            yield found
        why = "; ".join(f"{count:,} kept beside the rounds: {reason}" for reason, count in reasons.items())
        self.files.append(SourceFile(str(path), "read" if texts else "refused", why, texts, characters, sha256(path)))
        self.files += refused

    def _title(self, one: Conversation) -> str:
        return self._chosen.model or one.speaker or self._chosen.otherwise


def _usable(name: str, source: str) -> str:
    """The name, where it can name a dialogue or a model."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise ImportFault(f"{source}: the name {printable(name)!r} is no valid text; rename it.") from None
    if not name.isprintable() or not 0 < len(name) <= MOST_NAME:
        raise ImportFault(
            f"{source}: {printable(name)!r} cannot be a name: give 1 to {MOST_NAME} printable characters."
        )
    return name
