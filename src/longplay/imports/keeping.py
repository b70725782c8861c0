"""Puts what others obtained into a run folder, and reads it back: text in equals text out. Knows no format.

Everything is put under keys of its own, so that the same import once more finds it there and changes nothing.
"""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from longplay.experiment.imported_dialogues import Tally
from longplay.experiment.resolving import resolve
from longplay.folder.recording import goes_on, record
from longplay.folder.study_file import FolderError, kept_study, write_study
from longplay.imports.origins import TRANSCRIPT, Origin, dialogue_name, origin_text
from longplay.imports.stored_dialogues import SOURCES, TALLY, imported_for
from longplay.records import Cell, DialogueKey, Item, Reply, RoundRef, Script
from longplay.records.transcripts import AnswerSheet, Deposit, SourceFile, Spoken, Transcript, VerdictSheet, texts_of
from longplay.specs import Persona, Study, parse_study
from longplay.store import NotBegun, Reader, Store
from longplay.verifiers.copies import Earlier

FILES = "import"  # the kind of document that lists a source's files
AT_ONCE = 4096  # rows on their way to the disk


class Tallied(msgspec.Struct):
    """What an import took in. `texts`: messages, answers and judge replies; characters are theirs, read and as kept.

    `known`: dialogues that were there before; `beside`: messages that stand in no round.
    """

    dialogues: int = 0
    rounds: int = 0
    answers: int = 0
    verdicts: int = 0
    texts: int = 0
    beside: int = 0
    characters_in: int = 0
    characters_out: int = 0
    known: int = 0

    def text(self, before: str, after: str) -> None:
        """Count one text, as read and as kept."""
        self.texts += 1
        self.characters_in += len(before)
        self.characters_out += len(after)


class Around(msgspec.Struct, frozen=True):
    """What the deposits of a source are about: personas and scripts, items by `probe/id`, metrics by probe."""

    source: str
    personas: Mapping[str, Persona]
    scripts: Mapping[str, Script]
    items: Mapping[str, Item] = {}
    metrics: Mapping[str, Sequence[str]] = {}


def keep(into: Path, deposits: Iterable[Deposit]) -> Tallied:
    """Put deposits into a run folder and read them back.

    Raises FolderError where a dialogue is there with other words, or is not what was put in; StoreError.
    """
    with Store.open(into) as store:
        with Reader.open(into) as reader:
            whole = frozenset(reader.documents(TRANSCRIPT))
        found = asyncio.run(_Keeping(store, whole).all(deposits))
        with Reader.open(into) as reader:
            before = msgspec.json.decode(reader.meta().get(TALLY, "{}"), type=Tally)
        store.set_meta(TALLY, msgspec.json.encode(found.tally(before)).decode())
    return found.tallied


def interrupted(into: Path) -> bool:
    """Whether a run folder without a study file is what an import left that was ended early: the same import goes on.

    A run records its study before its first call, an import after its last text. Raises StoreError.
    """
    try:
        with Reader.open(into) as reader:
            bodies = reader.documents("study").values()
            asked = any(spent.requests for spent in reader.counts().spent.values())
    except NotBegun:
        return True
    return not asked and all(msgspec.json.decode(body, type=Study).dialogues.imported for body in bodies)


def explain(into: Path, around: Around, files: Sequence[SourceFile]) -> None:
    """Keep with the run what its imported texts are about, and what became of every file of the source."""
    digests = {one.path: one.sha256 for one in files if one.sha256}
    listed = "\n".join(f"{name} {digest}" for name, digest in sorted(digests.items()))
    of_all = f"sha256 {hashlib.sha256(listed.encode(errors='surrogatepass')).hexdigest()} of the list of files"
    digest = next(iter(digests.values())) if len(digests) == 1 else of_all
    with Store.open(into) as store:
        _same_personas(into, around.personas)
        store.set_documents("persona", {name: _json(one) for name, one in around.personas.items()})
        store.set_documents("script", {name: _json(one) for name, one in around.scripts.items()})
        store.set_documents("item", {name: _json(one) for name, one in around.items.items()})
        store.set_documents("probe", {name: _json({"metrics": list(m)}) for name, m in around.metrics.items()})
        store.set_documents(FILES, {around.source: _json(files)})
        with Reader.open(into) as reader:
            known = msgspec.json.decode(reader.meta().get(SOURCES, "{}"), type=dict[str, str])
        store.set_meta(SOURCES, json.dumps(known | {around.source: digest}, sort_keys=True))


def begin(into: Path, text: str, folder: Path) -> None:
    """Make the imported folder a run of the study in `text`; files that it names are read relative to `folder`.

    Raises StudyError, FolderError.
    """
    study = parse_study(text, stored=kept_study(into))
    experiment = resolve(study, "study", folder, imported_for(study, into))
    with Store.open(into) as store:
        record(store, into, experiment)
    write_study(into, text)


def _same_personas(into: Path, personas: Mapping[str, Persona]) -> None:
    with Reader.open(into) as reader:
        known = reader.documents("persona")
    for name, persona in personas.items():
        if name in known and not goes_on("persona", known[name], _json(persona)):
            raise FolderError(f"{into}: holds the persona {name!r} with other words; give the new one another id.")


class _Keeping:
    """Deposits on their way to the disk: many are put before they are waited for and read back. `whole`: names of the
    dialogues that were there from their first round to their last, as their document follows their rounds."""

    def __init__(self, store: Store, whole: Collection[str]) -> None:
        self.store = store
        self.whole = whole
        self.tallied = Tallied()
        self.answers: Counter[str] = Counter()
        self.verdicts: Counter[tuple[str, str, str]] = Counter()
        self._waiting: list[asyncio.Future[None]] = []
        self._checks: list[Callable[[], None]] = []

    async def all(self, deposits: Iterable[Deposit]) -> "_Keeping":
        for deposit in deposits:
            if isinstance(deposit, Transcript):
                self._dialogue(deposit)
            elif isinstance(deposit, AnswerSheet):
                self._answers(deposit)
            else:
                self._verdicts(deposit)
            if len(self._waiting) >= AT_ONCE:
                await self._settle()
        await self._settle()
        return self

    def tally(self, before: Tally) -> Tally:
        """These counts, or those of before where they are larger: the same import once more counts the same again."""
        known = Counter({(source, metric, judge): number for source, metric, judge, number in before.verdicts})
        verdicts = [(*place, number) for place, number in sorted((known | self.verdicts).items())]
        return Tally(dict(Counter(before.answers) | self.answers), verdicts)

    async def _settle(self) -> None:
        await asyncio.gather(*self._waiting)
        for check in self._checks:
            check()
        self._waiting, self._checks = [], []

    def _dialogue(self, dialogue: Transcript) -> None:
        name, known = dialogue_name(dialogue.key), _stored(self.store, dialogue.key)
        there = dialogue.rounds if name in self.whole else dialogue.rounds[: len(known)]
        if known and known != there:
            raise FolderError(
                f"{dialogue.source}: the run holds other words of {_words(dialogue.key)}. Import into another folder, "
                "or under another --name."
            )
        earlier = Earlier()
        for number, spoken in enumerate(dialogue.rounds, start=1):
            copied = earlier.holds(spoken.reply, spoken.user)
            earlier.add(spoken.reply)
            if number <= len(known):
                continue
            key = _call_key("round", name, str(number), spoken.user, spoken.reply)
            reply = Reply("ok", text=spoken.reply, reasoning=spoken.reasoning, attempts=0)
            self.store.put_call(key, "import", dialogue.key.model, reply)
            self._waiting.append(
                self.store.put_round(RoundRef(dialogue.key, number), spoken.user, [key], copied=copied)
            )
        kept = Origin(dialogue.source, dialogue.about, dialogue.parts)
        self._waiting.append(self.store.put_document(TRANSCRIPT, name, origin_text(kept)))
        self.tallied.known += name in self.whole
        self._checks.append(lambda: self._read_back(dialogue))

    def _read_back(self, dialogue: Transcript) -> None:
        stored = _stored(self.store, dialogue.key)
        out = tuple(texts_of(dialogue.parts, stored))
        if out != dialogue.pieces or stored != dialogue.rounds:
            raise _changed(dialogue.source)
        self.tallied.dialogues += 1
        self.tallied.rounds += len(stored)
        self.tallied.beside += sum(not part.side for part in dialogue.parts)
        for before, after in zip(dialogue.pieces, out, strict=True):
            self.tallied.text(before, after)

    def _answers(self, sheet: AnswerSheet) -> None:
        for cell, text in sheet.answers:
            key = _call_key("answer", _json(cell), *([] if text is None else [text]))
            absent = Reply("missing", reason="undecodable", detail=sheet.absent, attempts=0)
            reply = absent if text is None else Reply("ok", text=text, attempts=0)
            self.store.put_call(key, "import", cell.dialogue.model, reply)
            self._waiting.append(self.store.put_answer(cell, [key]))
            self._checks.append(lambda key=key, text=text: self._find(key, text, sheet.source))
            self.answers[cell.probe] += 1
        self.tallied.answers += len(sheet.answers)

    def _verdicts(self, sheet: VerdictSheet) -> None:
        for verdict, text in sheet.verdicts:
            place = (verdict.metric, verdict.judge, verdict.judged_as or "", str(verdict.repeat))
            key = _call_key("verdict", _json(verdict.ref), *place, text or "")
            if text is not None:
                self.store.put_call(key, "import", verdict.judge, Reply("ok", text=text, attempts=0))
                self._checks.append(lambda key=key, text=text: self._find(key, text, sheet.source))
            self._waiting.append(self.store.put_verdict(verdict, [] if text is None else [key], brought_in=True))
            source = verdict.ref.probe if isinstance(verdict.ref, Cell) else "rounds"
            self.verdicts[source, verdict.metric, verdict.judge] += 1
        self.tallied.verdicts += len(sheet.verdicts)

    def _find(self, key: bytes, text: str | None, source: str) -> None:
        stored = self.store.find_call(key)
        if stored is None or stored.text != text:
            raise _changed(source)
        if text is not None:
            self.tallied.text(text, stored.text or "")


def _changed(source: str) -> FolderError:
    return FolderError(f"{source}: what was kept is not what was read. That is a defect; please report it.")


def _stored(store: Store, key: DialogueKey) -> tuple[Spoken, ...]:
    rounds = store.rounds(key)
    return tuple(Spoken(one.user, one.reply.text or "", one.reply.reasoning) for one in rounds if one.reply is not None)


def _call_key(*parts: str) -> bytes:
    """A key that no request has: of what was imported, not of what was sent."""
    state = hashlib.blake2b(b"imported", digest_size=16)
    for part in parts:
        raw = part.encode(errors="surrogatepass")
        state.update(len(raw).to_bytes(8, "little"))
        state.update(raw)
    return state.digest()


def _words(key: DialogueKey) -> str:
    return f"{key.model} as {key.persona or 'nobody'}, script {key.script}, order {key.order}, draw {key.draw}"


def _json(value: object) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()
