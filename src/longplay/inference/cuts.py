"""Whether a server has cut the prompts of a dialogue without saying so, told by its own counts. Pure: numbers in,
round numbers out; knows no texts, no server and no store.

A prompt that holds an earlier one and more has more tokens. Where the counts fall or stand still all the same, the
server has dropped a part. Honest counts do odd things too, and are not taken for cuts:

- Numbers that never grow at all count nothing, unless a window of that size may have been full from the beginning.
- Counts of any scale: growth is compared with what this dialogue's own rounds have grown by before.
- Cached tokens counted apart: the sum of both is looked at where that alone grows as it should.
- A trace that was sent back and that the template leaves out of the next prompt: so much may be lost.
- Two back ends behind one address whose tokenizers differ: each label of the server is a series of its own; where there
  is none, a count that is lower by less than that difference is a doubt, cleared by a later count that is as high as
  it should have been. A server that cuts can never count so much.
"""

from collections.abc import Hashable, Sequence

import msgspec

from longplay.inference.cut_answers import Answers, Asked, Doubt, Name, crossed, level
from longplay.inference.growth import Anchor, Counted, Scales, growth

TOKENIZERS = 0.72  # of two tokenizers for one text, the lower count is at least this share of the higher one
LABELS = 3  # a server that names more than so many back ends names each reply, and tells nothing
LEAST_WINDOW = 256  # tokens: no server has a smaller one
_MOST_A_BYTE = 0.5  # tokens in a byte of text
_PER_BYTE = 0.25  # tokens in a byte, before any prompt was counted
_CLEAR = 0.25  # of the growth expected: a count so much above what is doubted clears it


class Habits(msgspec.Struct):
    """What all dialogues of one server have shown of how it counts. `apart`: cached tokens beside the prompt's;
    `routed`: two back ends with two tokenizers; `scale`: how much prompts grow beside what is expected; `most`: the
    highest count of a dialogue that was cut, None before the first."""

    apart: bool = False
    routed: bool = False
    scale: float | None = None
    most: int | None = None


class Place(msgspec.Struct, frozen=True):
    """The state after a number of rounds, against which prompts after that prefix are held."""

    rounds: int
    anchors: dict[str, Anchor]
    last: Counted | None


class Ledger:
    """The counts of one dialogue, in the order of its rounds. `cut`: the first round that is taken for cut, so far."""

    def __init__(self, habits: Habits | None = None) -> None:
        self.cut: int | None = None
        self.rounds = 0
        self._habits = habits or Habits()
        self._labels: set[str] = set()
        self._anchors: dict[str, Anchor] = {}
        self._last: Counted | None = None
        self._per_byte = _PER_BYTE  # tokens in a byte, by this dialogue's prompts
        self._scales = Scales()
        self._doubts: list[Doubt] = []
        self._answers = Answers()
        self._counts: dict[int, int] = {}  # of the rounds that are not sure
        self._apart = self._habits.apart
        self._top = 0  # the highest count of any prompt
        self._most = 0  # tokens by which a round has grown, at most of those remembered
        self._sure = 0

    @property
    def sure(self) -> int:
        """Rounds up to here will not be taken back any more: later counts are higher by more than a round."""
        return self.rounds if not self._anchors and self.cut is None else self._sure

    def _settle_rounds(self) -> None:
        """Rounds far enough below the highest count, with none in doubt before them, are settled."""
        low = [number for number, count in self._counts.items() if count <= self._top - self._most]
        first = min([self._newest, *(doubt.number for doubt in self._doubts)])
        self._sure = max([self._sure, *(number for number in low if number < first)])
        self._counts = {number: count for number, count in self._counts.items() if number > self._sure}

    @property
    def place(self) -> Place:
        """Where prompts after the rounds so far stand."""
        return Place(self.rounds, dict(self._anchors), self._last)

    def add(self, counted: Counted) -> int | None:
        """The next round; the first round that is cut, as far as that is known now."""
        self.rounds += 1
        if self.cut is None:
            self._add(counted)
            self._measure()
        return self.cut

    def answer(self, name: Hashable, place: Place, counted: Counted) -> None:
        """A prompt after a prefix that is no round of the dialogue."""
        self._learn_apart(counted)
        anchor = place.anchors.get(self._label(counted))
        if place.last is None or anchor is None or not counted.counted or not counted.extends:
            return
        before, now = self._total(anchor.counted), self._total(counted)
        if before != anchor.tokens:  # it has become known since that cached tokens are counted apart
            anchor = msgspec.structs.replace(anchor, tokens=before)
        if now == before and self._counts_nothing(counted):
            return
        anchor = anchor.later(growth(place.last, counted.size, self._per_byte))
        still = now < before + anchor.least(self._scale)
        if not still:
            self._habits.routed |= self._jumped(anchor, counted)
            self._clear(now)
        self._answers.put(name, Asked(Doubt(place.rounds, self._cleared_at(anchor), now, still), anchor))

    def doubtful(self, names: Sequence[Hashable]) -> bool:
        """Whether one of these prompts is not shown to be whole, so far."""
        return any(not self._shown(self._answers.find(name)) for name in names)

    def settle(self, names: Sequence[Name]) -> list[Name]:
        """No more counts will come that tell of these prompts: those that were cut. A count equal to that of the round
        before it shows that this round was cut too."""
        asked = self._answers.take(names)
        doubted = [one for one in asked.values() if one is not None]
        odd = [one for one in doubted if not self._whole(one)]
        still = [one for one in odd if one.doubt.still]
        if self.cut is None and still and crossed(doubted, self._per_byte):
            self._habits.routed = True
            return []
        if self.cut is None and not still and (self._habits.routed or not level(odd, self._top)):
            return []
        if self.cut is None:
            deep = still and all(one.doubt.count < TOKENIZERS * one.anchor.tokens for one in still)
            self._found(self._newest + 1, shallow=not deep)
        return [name for name in names if name not in asked or not self._shown(asked[name])]

    def finish(self) -> int | None:
        """No more counts will come: a count that did not grow and was never cleared is a cut."""
        if self.cut is None and not self._habits.routed and any(doubt.still for doubt in self._doubts):
            self._found(self._newest + 1)
        if self.cut is None and self._unseen():
            self._found(self._newest + 1)
        return self.cut

    def _unseen(self) -> bool:
        """Whether rounds without a count, by what they should have grown to, lie where the server has cut others."""
        newest = max(self._anchors.values(), key=lambda one: one.number, default=None)
        if newest is None or self._habits.most is None or self._habits.routed or not newest.rounds:
            return False
        return newest.tokens + self._low * newest.all > self._habits.most

    def _add(self, counted: Counted) -> None:
        last, self._last = self._last, counted
        self._learn_apart(counted)
        label = self._label(counted)
        if not counted.extends or last is None:
            self._anchors, self._doubts = {}, []
            self._counts, self._top, self._sure = {}, self._total(counted), self.rounds - 1
            if counted.counted:
                self._anchors[label] = Anchor(self.rounds, counted, self._total(counted))
                self._counts[self.rounds] = self._top
            return
        grown = growth(last, counted.size, self._per_byte)
        self._anchors = {name: anchor.later(grown) for name, anchor in self._anchors.items()}
        if counted.counted:
            tokens = self._grown_to(label, counted)
            if tokens is not None:
                self._anchors[label] = Anchor(self.rounds, counted, tokens, held=grown.trace)
                self._counts[self.rounds] = tokens
                self._settle_rounds()

    def _grown_to(self, label: str, counted: Counted) -> int | None:
        """The tokens of a prompt that has grown as it should, so that later ones are held against it."""
        anchor = self._anchors.get(label)
        if anchor is not None:
            return self._compared(anchor, counted)
        tokens = self._total(counted)
        if self._anchors:  # another back end, which may have another tokenizer
            nearest = max(self._anchors.values(), key=lambda one: one.number)
            if tokens < TOKENIZERS * (nearest.tokens + self._low * nearest.all):
                self._found(self._newest + 1, shallow=False)
                return None
        return tokens

    def _compared(self, anchor: Anchor, counted: Counted) -> int | None:
        scale, now, before = self._scale, self._total(counted), anchor.tokens
        if now == before and self._counts_nothing(counted):
            return None
        doubt = Doubt(self._newest + 1, self._cleared_at(anchor), now, still=False)
        if now >= before + anchor.least(scale):
            self._habits.routed |= self._jumped(anchor, counted)
            self._clear(now)
            if now < before + anchor.full * (scale or 1.0) * anchor.all:
                self._doubts.append(doubt)
            self._most = max(self._most * 3 // 4, (now - before) // anchor.rounds)
            if anchor.rounds == 1 and anchor.all > 0:
                self._habits.scale = self._scales.add((now - before) / anchor.all)
            return now
        again = any(one.still and one.count == now for one in self._doubts)
        level = now == before and (again or not self._habits.routed)
        if self._may_be_apart(anchor, counted):
            self._doubts.append(msgspec.structs.replace(doubt, still=True, excused=True))
        elif not level and now < TOKENIZERS * (before + self._low * anchor.all):
            self._found(self._newest + 1, shallow=not self._most)
        elif level or self._again(now, self._low * anchor.all / anchor.rounds):
            self._found(self._newest + 1)
        else:
            self._doubts.append(msgspec.structs.replace(doubt, still=True))
        return None

    def _counts_nothing(self, counted: Counted) -> bool:
        """Whether a number that was never seen to grow is no count, and not that of a window that was full from the
        first prompt on."""
        may_be_full = LEAST_WINDOW <= self._total(counted) <= counted.size * _MOST_A_BYTE
        return self._scale is None and not may_be_full

    def _learn_apart(self, counted: Counted) -> None:
        """What was held against each other before it was known that cached tokens are counted apart, is forgotten."""
        self._habits.apart |= counted.apart
        if self._apart == self._habits.apart:
            return
        self._apart = True
        self._scales = Scales()
        self._doubts.clear()
        self._answers.believe()
        self._anchors = {
            label: msgspec.structs.replace(anchor, tokens=self._total(anchor.counted))
            for label, anchor in self._anchors.items()
        }
        self._counts = {anchor.number: anchor.tokens for anchor in self._anchors.values()}
        self._top, self._most = max(self._counts.values(), default=0), 0
        self._measure()

    def _total(self, counted: Counted) -> int:
        """All tokens of a prompt."""
        beside = self._apart and not counted.apart
        return (counted.prompt or 0) + (counted.cached or 0) * beside

    def _may_be_apart(self, anchor: Anchor, counted: Counted) -> bool:
        """Whether this count is the first that did not grow, and would have with the cached tokens beside it."""
        both = (counted.prompt or 0) + (counted.cached or 0)
        known = self._habits.apart or any(doubt.still for doubt in self._doubts)
        return not known and bool(counted.cached) and both >= anchor.tokens + self._low * anchor.all

    def _jumped(self, anchor: Anchor, counted: Counted) -> bool:
        """Whether a count grew by more than the reply's tokens and a token for each byte beside it, with the cached
        tokens or without: then another back end counted it."""
        most = (1.25 * anchor.sure + anchor.rest + 24 * anchor.rounds) * max(self._scale or 1.0, 1.0)
        grown = self._total(counted) - anchor.tokens
        beside = 0 if self._apart else (counted.cached or 0) - (anchor.counted.cached or 0)
        return not anchor.guessed and not anchor.held and min(grown, grown + beside) > most

    def _again(self, now: int, grown: float) -> bool:
        """Whether another count that did not grow is in doubt, and this one has not grown on from it."""
        still = [doubt for doubt in self._doubts if doubt.still]
        return bool(still) and not self._habits.routed and now < still[-1].count + TOKENIZERS * grown / 2

    def _shown(self, asked: Asked | None) -> bool:
        """Whether a prompt is whole beyond doubt: it grew as it should, and higher counts are known."""
        return asked is None or (self._whole(asked) and asked.doubt.count <= self._top - self._most)

    def _whole(self, asked: Asked) -> bool:
        anchor, now = asked.anchor, asked.doubt.count
        if self._habits.routed and now >= TOKENIZERS * (anchor.tokens + self._low * anchor.all):
            return True
        return now >= anchor.tokens + anchor.full * (self._scale or 1.0) * anchor.all

    def _clear(self, now: int) -> None:
        """A count so high shows that the server holds as much as doubted prompts should have had."""
        self._top = max(self._top, now)
        cleared = self._answers.clear(now)
        if self._doubts:
            cleared += [doubt for doubt in self._doubts if now >= doubt.cleared_at]
            self._doubts = [doubt for doubt in self._doubts if now < doubt.cleared_at]
        if cleared:
            self._habits.routed |= any(one.still and not one.excused for one in cleared)

    def _found(self, number: int, *, shallow: bool = True) -> None:
        """Rounds from `number` on are cut, and before it those that were never shown to be whole. `shallow`: little was
        dropped, so rounds whose counts are close to the highest one may have lost something too."""
        near = [
            one for one, count in self._counts.items() if shallow and (count > self._top - self._most or not self._most)
        ]
        self._habits.most = max(self._habits.most or 0, self._top, *self._counts.values(), 0)
        self.cut = max(min([number, *near, *(doubt.number for doubt in self._doubts)]), self._sure + 1)

    @property
    def _newest(self) -> int:
        """The last round whose count has grown as it should."""
        return max((anchor.number for anchor in self._anchors.values()), default=1)

    @property
    def _scale(self) -> float | None:
        """How much prompts grow beside what is expected; None before the first growth."""
        return self._habits.scale if self._scales.median is None else self._scales.median

    @property
    def _low(self) -> float:
        """The same at its least: what a prompt has grown by at any rate."""
        return 0.7 * min(self._scale or 0.7, 1.0)

    def _cleared_at(self, anchor: Anchor) -> float:
        """A count that shows that the server holds all that a prompt should have had, at its most."""
        return anchor.tokens + anchor.all * self._scales.most * (1 + _CLEAR)

    def _measure(self) -> None:
        """Learn how many tokens a byte has."""
        known = [anchor for anchor in self._anchors.values() if anchor.counted.size]
        self._per_byte = min(max(known[-1].tokens / known[-1].counted.size, 0.02), 2.0) if known else _PER_BYTE

    def _label(self, counted: Counted) -> str:
        self._labels.add(counted.by)
        return counted.by if len(self._labels) <= LABELS else ""
