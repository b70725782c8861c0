"""What a run has of what it owes: obtained, due and missing by reason, of every kind. One count for the last lines of a
run, for its status and for its page. Reads the store; sends nothing.

Due is what the study owes in full. A verdict on a text that was not obtained is due and missing as `no-text`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from longplay.experiment.experiment import Experiment
from longplay.experiment.workload import Place, brought_in, count, due, text_of
from longplay.folder.ended_dialogues import with_ended
from longplay.records import Cell, RoundRef, VerdictSet
from longplay.store import Reader

KINDS = ("rounds", "answers", "verdicts")
NO_TEXT = "no-text"


class Part(msgspec.Struct, frozen=True):
    """Pieces of one place. `missing`: by reason, those that may still come on another run too."""

    due: int = 0
    obtained: int = 0
    missing: dict[str, int] = {}

    @property
    def lost(self) -> int:
        """How many are missing."""
        return sum(self.missing.values())

    @property
    def left(self) -> int:
        """How many have not been tried yet."""
        return max(self.due - self.obtained - self.lost, 0)


class Held(msgspec.Struct, frozen=True):
    """What is stored of one set of verdicts. `missing`: by reason; `counting`: those that are read, because the study
    gives this set now, or because they were brought in and none of a later set has taken their place."""

    of: VerdictSet
    obtained: int
    missing: dict[str, int]
    counting: int

    @property
    def superseded(self) -> int:
        """How many are not read."""
        return self.obtained + sum(self.missing.values()) - self.counting


class Standing(msgspec.Struct, frozen=True):
    """All places of a run; `others`: verdicts of judges or metrics that the study does not ask for now, by judge;
    `sets`: every set of verdicts, people's too; `ended`: after how many rounds users have ended dialogues."""

    parts: dict[Place, Part]
    others: dict[str, int] = {}
    sets: tuple[Held, ...] = ()
    ended: tuple[int, ...] = ()

    def superseded(self) -> dict[str, int]:
        """Verdicts of earlier methods of what is asked for now, by judge."""
        found = Counter[str]()
        for held in self.sets:
            if held.of.judge_kind == "person" or Place("verdicts", held.of.judge, held.of.metric) in self.parts:
                found[held.of.judge] += held.superseded
        return dict(+found)

    def by_people(self) -> dict[str, int]:
        """People's verdicts by person."""
        found = Counter[str]()
        for held in self.sets:
            if held.of.judge_kind == "person":
                found[held.of.judge] += held.counting
        return dict(+found)

    def kind(self, kind: str) -> Part:
        """All of one kind together."""
        return together(part for place, part in self.parts.items() if place.kind == kind)

    def by(self, kind: str) -> dict[str, Part]:
        """One kind by whose it is."""
        of = list(dict.fromkeys(place.who for place in self.parts if place.kind == kind))
        return {who: together(p for at, p in self.parts.items() if at.kind == kind and at.who == who) for who in of}

    def at(self, kind: str) -> dict[str, Part]:
        """One kind by checkpoint or metric, over whose they are."""
        of = list(dict.fromkeys(place.part for place in self.parts if place.kind == kind))
        return {one: together(p for at, p in self.parts.items() if at.kind == kind and at.part == one) for one in of}

    @property
    def left(self) -> int:
        """Pieces that have not been tried yet."""
        return sum(self.kind(kind).left for kind in KINDS)

    @property
    def lost(self) -> int:
        """Pieces that are missing."""
        return sum(self.kind(kind).lost for kind in KINDS)

    @property
    def failed(self) -> int:
        """Pieces that another run tries again."""
        return sum(self.kind(kind).missing.get("failed", 0) for kind in KINDS)

    @property
    def none(self) -> tuple[tuple[str, str], ...]:
        """Kinds, and whose, of which nothing was obtained though it was due."""
        return tuple(
            (kind, who) for kind in KINDS for who, part in self.by(kind).items() if part.due and not part.obtained
        )


def together(parts: Iterable[Part]) -> Part:
    """The sum of parts."""
    due, obtained, missing = 0, 0, Counter[str]()
    for part in parts:
        due, obtained = due + part.due, obtained + part.obtained
        missing.update(part.missing)
    return Part(due, obtained, dict(missing))


def stand(reader: Reader, experiment: Experiment) -> Standing:
    """Count a run that goes on or has ended. Raises StoreError."""
    with reader.snapshot():
        tally = _Tally(with_ended(experiment, reader))
        tally.texts(reader)
        tally.verdicts(reader)
    return tally.standing()


class _Tally:
    """The counts of one run while they are made."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self._keys = set(experiment.dialogues())
        self._due = due(experiment)
        self._due.update(brought_in(experiment))
        self._obtained: Counter[Place] = Counter()
        self._missing: dict[Place, Counter[str]] = {}
        self._others: Counter[str] = Counter()
        self._sets: dict[VerdictSet, Counter[str | None]] = {}
        self._counting: Counter[VerdictSet] = Counter()

    def texts(self, reader: Reader) -> None:
        """Rounds and answers of the study's dialogues, and those brought in."""
        owed = {key: set(self._experiment.checkpoints(key)) for key in self._keys}
        for found in reader.obtained():
            asked = found.probe is None or found.probe in self._experiment.asking
            if found.checkpoint is None:
                place = Place("rounds", found.dialogue.model)
            else:
                place = Place("answers", found.dialogue.model, str(found.checkpoint))
            if not asked:
                self._due[place] += found.count  # brought in beside what the study asks for
            elif found.dialogue not in owed or found.checkpoint not in (None, *owed[found.dialogue]):
                continue  # a study that has become smaller keeps what it does not owe
            self._add(place, found.reason, found.count)

    def verdicts(self, reader: Reader) -> None:
        """Verdicts by judge and metric, and those that no text was obtained for."""
        for found in reader.scored():
            of = found.of
            self._sets.setdefault(of, Counter())[found.reason] += found.count
            if found.counts:
                self._counting[of] += found.count
            place = Place("verdicts", of.judge, of.metric)
            if of.judge_kind == "person":  # a sample: nobody owes it
                continue
            if place not in self._due:
                self._others[of.judge] += found.count
            elif found.counts:
                self._add(place, found.reason, found.count)
        lost = (text_of(self._experiment, ref) for ref in self._lost(reader))
        for place, many in count(self._experiment, lost).items():
            self._add(place, NO_TEXT, many)

    def _lost(self, reader: Reader) -> Iterator[RoundRef | Cell]:
        """Rounds and answers of the study that were not obtained."""
        owed = {(key, at) for key in self._keys for at in self._experiment.checkpoints(key)}
        for ref in reader.lost():
            if isinstance(ref, Cell):
                known = (ref.probe, ref.item) in self._experiment.items and ref.probe in self._experiment.asking
                if known and (ref.dialogue, ref.checkpoint) in owed:
                    yield ref
            elif ref.dialogue in self._keys:
                yield ref

    def standing(self) -> Standing:
        """What was counted."""
        parts = {
            place: Part(due, self._obtained[place], dict(self._missing.get(place, {})))
            for place, due in self._due.items()
        }
        ended = tuple(sorted(rounds for key, rounds in self._experiment.ended.items() if key in self._keys))
        return Standing(parts, dict(self._others), tuple(self._held()), ended)

    def _held(self) -> Iterator[Held]:
        for of, counts in sorted(self._sets.items()):
            missing = {reason: count for reason, count in counts.items() if reason is not None}
            yield Held(of, counts[None], missing, self._counting[of])

    def _add(self, place: Place, reason: str | None, count: int) -> None:
        if reason is None:
            self._obtained[place] += count
        else:
            self._missing.setdefault(place, Counter())[reason] += count
