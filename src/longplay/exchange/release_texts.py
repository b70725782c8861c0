"""The texts of the authors' release: dialogues, answers, judge replies; one file at a time, every file accounted for.

Coordinates come from the names alone, by the one parser of them. Nothing is executed.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

import msgspec

from longplay.battery import slug
from longplay.exchange.chats import chat_pieces
from longplay.exchange.conversations import Conversation, transcript
from longplay.exchange.json_files import array, mapping, read_json, text
from longplay.exchange.release_items import PROBE_NAMES, item_ids
from longplay.exchange.release_names import MODELS, ReleaseError, ReleaseName, parse_name
from longplay.exchange.release_ratings import JUDGE, METRICS
from longplay.exchange.release_tables import Row, read_rows
from longplay.exchange.release_verdicts import BASES, Judgement, said, verdict
from longplay.exchange.release_walk import RATED, ROLES, left_out, walk
from longplay.exchange.source_files import ImportFault, sha256
from longplay.judging.parsing import Reading
from longplay.records import Cell, DialogueKey, RoundRef, Verdict
from longplay.records.transcripts import AnswerSheet, Deposit, SourceFile, Transcript, VerdictSheet

ABSENT = "the source holds null; its authors say that a provider's filter does that"
NOT_THERE = "the texts that it is about are not there"
PAIRS = ("instruction_general", "instruction_role_specific")
_BASELINE = "empty"
_Reader: TypeAlias = Callable[[str, list[str]], Iterator[Deposit]]


class NotHereError(ImportFault):
    """A file with no place in the release, or about texts that are not there: of no use, and no fault of the file."""


class Judged(msgspec.Struct, frozen=True):
    """Texts of one file that verdicts may be about: how many there are, and which rows hold none."""

    rows: int
    absent: frozenset[int] = frozenset()


class ReleaseTexts:
    """A walk over the release. Use up `deposits` once; then `files` says what became of every file.

    `asked`: rows that were answered, by dataset and persona's name (None = the baseline). `judges`: by metric or
    dataset. `spoken`: personas that spoke, or as whom the baseline was judged. `checkpoints`: of answers.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: list[SourceFile] = []
        self.personas = _descriptions(root)
        self.asked: dict[tuple[str, str | None], int] = {}
        self.judges: dict[str, set[str]] = {}
        self.spoken: set[str] = set()
        self.checkpoints: set[int] = set()
        self._found: dict[tuple[str, ReleaseName], Judged] = {}
        self._read: set[tuple[str, str, str]] = set()  # metric or dataset, model, name of the judged file

    def models(self) -> tuple[str, ...]:
        """Models whose generations are there. Raises ReleaseError where there are none."""
        found = tuple(name for name in MODELS if (self.root / "generations" / name).is_dir())
        if not found:
            raise ReleaseError(
                f"{self.root}: holds no generations of the paper's models; give the folder of the authors' repository."
            )
        return found

    def deposits(self) -> Iterator[Deposit]:
        """Dialogues, then answers, then verdicts: each after what it is about. A fault of one file is noted with it."""
        names, left = walk(self.root)
        self.files += left
        texts = [name for name in names if name.startswith("generations/")]
        dialogues = [name for name in texts if name.rpartition("/")[2].startswith(("interview_", "instructions_"))]
        judged = [name for name in names if name.startswith("metrics/")]
        rated = [name for name in names if name in RATED]
        others = sorted(set(names) - {*texts, *judged, *rated})
        for name in (*dialogues, *sorted(set(texts) - set(dialogues))):
            yield from self._taken(name, self._generated)
        for name in judged:
            yield from self._taken(name, self._said)
        for name in rated:
            yield from self._taken(name, self._rated)
        self.files += [left_out(name) for name in others]

    def _taken(self, name: str, reader: _Reader) -> Iterator[Deposit]:
        texts = characters = 0
        why: list[str] = []
        try:
            for deposit in reader(name, why):
                sizes = _sizes(deposit)
                texts, characters = texts + len(sizes), characters + sum(sizes)
                yield deposit
            digest = sha256(self.root / name)
        except NotHereError as fault:
            self.files.append(SourceFile(name, "left", str(fault)))
        except (ImportFault, ReleaseError) as fault:
            self.files.append(SourceFile(name, "refused", str(fault), texts, characters))
        else:
            what = "read" if texts else "left"
            self.files.append(SourceFile(name, what, "; ".join(why), texts, characters, digest))

    def _generated(self, name: str, why: list[str]) -> Iterator[Deposit]:
        folders = name.split("/")
        if len(folders) != 3 or not name.endswith(".json"):
            raise NotHereError("is no generations/MODEL/NAME.json")
        model, place = _placed(folders[1], folders[2])
        if place.judged_as is not None or place.reference != "dataset":
            raise NotHereError(f"{folders[2]!r} is no name of generations")
        self._known(place.persona)
        where = str(self.root / name)
        value = array(read_json(self.root / name), where)
        if place.probe is None:
            found = _dialogue(model, place, value, where)
            self._found[model, place] = Judged(len(found.rounds))
            why += [f"{part.why}: message {n}" for n, part in enumerate(found.parts, 1) if not part.side]
            yield found
        else:
            yield self._answers(model, place, value, where, why)

    def _answers(self, model: str, place: ReleaseName, value: list[object], where: str, why: list[str]) -> AnswerSheet:
        answers = [None if one is None else text(one, f"{where}, answer {n}") for n, one in enumerate(value)]
        absent = frozenset(row for row, one in enumerate(answers) if one is None)
        why += [f"{len(absent):,} answers are null and missing"] if absent else []
        self._found[model, place] = Judged(len(answers), absent)
        asked = place.probe or "", place.persona
        self.checkpoints.add(place.checkpoint or 0)
        self.asked[asked] = max(len(answers), self.asked.get(asked, 0))
        cells = (_ref(model, place, row, len(answers)) for row in range(len(answers)))
        kept = ((cell, one) for cell, one in zip(cells, answers, strict=True) if isinstance(cell, Cell))
        return AnswerSheet(where, tuple(kept), ABSENT)

    def _said(self, name: str, why: list[str]) -> Iterator[Deposit]:
        folders = name.split("/")
        if len(folders) != 5 or not name.endswith(".csv") or folders[1] not in BASES:
            raise NotHereError(f"is no metrics/METRIC/JUDGE/MODEL/NAME.csv with one of {', '.join(BASES)}")
        dataset, judge = folders[1], folders[2]
        model, place = _placed(folders[3], folders[4])
        _fits(dataset, place, folders[4])
        found = self._judged(model, place)
        self._known(place.judged_as)
        replies = [row.fields[dataset] for row in read_rows(self.root / name, (dataset,))]
        if len(replies) != found.rows:
            raise ImportFault(f"holds {len(replies):,} judge replies to {found.rows:,} texts.")
        verdicts = tuple(
            (verdict(_asked(dataset, judge, model, place, row, found.rows), said(dataset, reply)), reply)
            for row, reply in enumerate(replies)
            if row not in found.absent
        )
        unread = sum(one.status == "missing" for one, _ in verdicts)
        why += [f"{len(found.absent):,} replies about answers that are null are left out"] if found.absent else []
        why += [f"{unread:,} replies name no result and are missing"] if unread else []
        self._read.add((dataset, model, _file_key(place)))
        self.judges.setdefault(dataset, set()).add(judge)
        yield VerdictSheet(str(self.root / name), verdicts)

    def _rated(self, name: str, why: list[str]) -> Iterator[Deposit]:
        """Ratings of texts whose judge replies are not there."""
        dataset = RATED[name]
        columns = ("model", "metric", "role", "idx", JUDGE) if dataset is None else ("model", "role", "idx", "rating")
        rows = read_rows(self.root / name, columns)
        left: Counter[str] = Counter()
        for _, group in groupby(rows, key=lambda row: (row.fields["model"], row.fields["role"])):
            verdicts: list[tuple[Verdict, None]] = []
            for row in group:
                try:
                    verdicts.append((self._rating(row, dataset or row.fields["metric"]), None))
                except NotHereError as fault:
                    left[str(fault)] += 1
            if verdicts:
                yield VerdictSheet(str(self.root / name), tuple(verdicts))
        why += [f"{count:,} ratings left: {reason}" for reason, count in left.items()]

    def _rating(self, row: Row, dataset: str) -> Verdict:
        if dataset not in BASES:
            raise row.fault(f"{dataset!r} is no metric of the release.")
        model, place = row.fields["model"], row.name()
        _fits(dataset, place, row.fields["role"])
        if (dataset, model, _file_key(place)) in self._read:
            raise NotHereError("their judge's replies were read")
        found, at = self._judged(_model(model), place), row.count("idx")
        self._known(place.judged_as)
        if at >= found.rows:
            raise NotHereError(NOT_THERE)
        column = JUDGE if dataset in METRICS else "rating"
        choice, choices = row.fields[column], BASES[dataset][1]
        if choice not in choices:
            raise row.fault(f"{column} is {choice!r}; known: {', '.join(choices)}.")
        if at in found.absent:
            raise NotHereError("the answers are null")
        self.judges.setdefault(dataset, set()).add(JUDGE)
        return verdict(_asked(dataset, JUDGE, model, place, at, found.rows), Reading("ok", choice))

    def _known(self, persona: str | None) -> None:
        """A persona speaks, or a baseline is judged as it. Raises ReleaseError where nothing describes it."""
        if persona is None:
            return
        if persona not in self.personas:
            raise ReleaseError(f"{ROLES} holds no description of {persona}; put it there.")
        self.spoken.add(persona)

    def _judged(self, model: str, place: ReleaseName) -> Judged:
        """The texts that a file of judge replies is about. Raises NotHereError."""
        if place.persona is None and place.probe in PAIRS:
            raise NotHereError(
                "which of the baseline's answers each row is about, only the questions of RoleBench can say, "
                "and the release does not hold them"
            )
        subject = msgspec.structs.replace(place, judged_as=None, reference="dataset")
        found = self._found.get((model, subject))
        if found is None:
            raise NotHereError(NOT_THERE)
        return found


def _descriptions(root: Path) -> dict[str, str]:
    """Descriptions by persona's name; empty where the release's file of them is not there."""
    path = root / ROLES
    if not path.is_file() or path.is_symlink():
        return {}
    roles = mapping(read_json(path), str(path))
    return {name: text(words, f"{path}, {name}") for name, words in roles.items() if name != _BASELINE}


def _dialogue(model: str, place: ReleaseName, messages: list[object], where: str) -> Transcript:
    persona = None if place.persona is None else slug(place.persona)
    found = transcript(Conversation(place.script, where, tuple(chat_pieces(messages, where))), model, persona)
    return msgspec.structs.replace(found, key=_key(model, place))


def _key(model: str, place: ReleaseName) -> DialogueKey:
    persona = None if place.persona is None else slug(place.persona)
    return DialogueKey(model, persona, place.script, int(place.shuffled))


def _ref(model: str, place: ReleaseName, row: int, rows: int) -> RoundRef | Cell:
    """Where a text stands. The two sets of answers before any dialogue are two draws of the same question."""
    key = _key(model, place)
    if place.probe is None or place.checkpoint is None:
        return RoundRef(key, row + 1)
    draw = int(place.checkpoint == 0 and place.script == "goal-oriented")
    item = item_ids(place.probe, place.persona, rows)[row]
    return Cell(key, place.checkpoint, key.persona, "plain", PROBE_NAMES[place.probe], item, draw)


def _asked(dataset: str, judge: str, model: str, place: ReleaseName, row: int, rows: int) -> Judgement:
    seen = place.persona or place.judged_as
    ref = _ref(model, place, row, rows)
    return Judgement(dataset, judge, ref, row, slug(seen) if seen else None, place.reference)


def _fits(dataset: str, place: ReleaseName, name: str) -> None:
    if dataset in METRICS and place.probe is None and (place.persona is None) == (place.judged_as is not None):
        return
    if dataset not in METRICS and place.probe == dataset:
        return
    raise ReleaseError(f"{name!r} is no name of judgements of {dataset}.")


def _file_key(place: ReleaseName) -> str:
    return msgspec.json.encode(place).decode()


def _placed(model: str, name: str) -> tuple[str, ReleaseName]:
    """Where a file belongs. Raises NotHereError where its folder or name has no place in the release."""
    try:
        return _model(model), parse_name(name)
    except ReleaseError as fault:
        raise NotHereError(str(fault)) from None


def _model(name: str) -> str:
    if name not in MODELS:
        raise ReleaseError(f"{name!r} is no model of the paper. Known: {', '.join(MODELS)}.")
    return name


def _sizes(deposit: Deposit) -> list[int]:
    """Characters of each text that a deposit takes from its source."""
    if isinstance(deposit, Transcript):
        return [len(piece) for piece in deposit.pieces]
    if isinstance(deposit, AnswerSheet):
        return [len(one) for _, one in deposit.answers if one is not None]
    return [len(reply or "") for _, reply in deposit.verdicts]
