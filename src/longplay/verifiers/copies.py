"""Whether a reply is a copy of one earlier reply of its dialogue; pure, and must not know models, scripts or the store.

A reply of at least LENGTH words is copied where SHARE of its runs of LENGTH words stand in one earlier reply. What its
question holds is nobody's copy: runs that stand there are not counted, and a question that asks to say something again
is exempt. Words are compared without case and punctuation; of writing without spaces each character is a word.
"""

import re
from collections.abc import Iterator
from string import ascii_letters, digits

from longplay.verifiers.text import BREAKS

LENGTH = 8
SHARE = 0.8
_BITS = 18  # 32 KiB a dialogue; 100 replies of 300 words set an eighth of them
_MASK = 2**_BITS - 1
# kana, ideographs, Thai to Burmese, Khmer: no spaces between words
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^{BREAKS}{_UNSPACED}]+")
_TYPOGRAPHIC = "\u2019\u2018\u201c\u201d\u2013\u2014\u2026"  # all in BREAKS, and often all that is not ASCII
_KEPT = (ascii_letters + digits).encode()
_SPACES = bytes(code if code in _KEPT else ord(" ") for code in range(256))  # of ASCII, signs become spaces
# words of one request, without a clause of their own
_CLAUSE = r"(?:(?!\b(?:about|ever|how|if|what|when|where|whether|who|why|will|would)\b)[^,.?!]){0,40}"
_SAID = r"(?:say|said|tell|told|answer|answered|write|wrote|replied|mention|mentioned)"
_AGAIN = re.compile(
    r"\brepeat (?:after|back|every|everything|exactly|it|me|my|the|that|them|these|this|those|to me|what|word|your)\b"
    r"|\brepeat(?: yourself)?(?: please)?[.!?:]|\b(?:re-?state|reiterate|verbatim)\b"
    r"|\bquote (?:back|exactly|it|me|that|what|your)\b"
    r"|\bword[- ](?:for|by)[- ]word\b|\bthe (?:exact|exact same|same|very same) (?:words?|wording|reply|answer|text)\b"
    rf"|\b(?:say|tell|write|give|sing|read|show|print)\b{_CLAUSE}\b(?:again|once more|one more time)\b"
    rf"|\bwhat (?:did you|you(?: have|'ve| had|'d)?)(?: just| already)? {_SAID}"
    r"(?:[.?!]|$| (?:about|above|at the (?:beginning|start)|before|earlier|first|in your|just now|last|to me)\b)"
    r"|\b(?:copy|repeat)\b[^.?!]{0,40}\b(?:above|earlier|before|previous(?:ly)?)\b"
    r"|\b(?:copy|repeat)\b[^.?!]{0,40}\b(?:first|last) (?:answer|message|reply)\b"
)

_Run = tuple[str, ...]


class Earlier:
    """The replies of one dialogue so far, in their order; to be grown round by round.

    Two stages. A reply that is no copy is told by a few bits of runs that were never seen: enough of them, and no
    earlier reply can hold it. Only where bits do not tell are the replies compared one by one, by hashes of their runs,
    which are made once for each reply that is ever compared.
    """

    __slots__ = ("_hashes", "_known", "_replies", "_seen", "_silent")

    def __init__(self) -> None:
        self._replies: list[str] = []
        self._silent = 0  # empty replies before the first that says something
        self._known = 0  # replies whose runs were read: none before they are asked about
        self._seen = bytearray()
        self._hashes: dict[int, frozenset[int]] = {}  # of the runs of a reply, by its place

    def add(self, reply: str) -> None:
        """The reply of the next round."""
        self._silent += self._silent == len(self._replies) and not reply
        self._replies.append(reply)

    def holds(self, reply: str, asked: str, rounds: int | None = None) -> bool:
        """Whether `reply` to `asked` is a copy of one of the first `rounds` replies; None = of any so far."""
        count = len(self._replies) if rounds is None else min(rounds, len(self._replies))
        said = words(reply) if self._silent < count else []
        if len(said) < LENGTH:
            return False
        given = frozenset(_runs(asked))
        if not self._may_hold(said, given) or asks_again(asked):
            return False
        own = [hash(run) for run in _in_order(said) if run not in given]
        return bool(own) and any(_stand_in(own, self._runs_of(place)) for place in reversed(range(count)))

    def _runs_of(self, place: int) -> frozenset[int]:
        held = self._hashes.get(place)
        if held is None:
            held = self._hashes[place] = frozenset(map(hash, _runs(self._replies[place])))
        return held

    def _may_hold(self, said: list[str], given: frozenset[_Run]) -> bool:
        """Whether bits leave it open that one earlier reply holds enough of the runs that were not given."""
        self._read()
        left, seen = _may_lack(len(said) - LENGTH + 1), self._seen
        for run in _in_order(said):
            place = hash(run) & _MASK
            if not seen[place >> 3] >> (place & 7) & 1 and run not in given:
                left -= 1
                if left < 0:
                    return False
        return True

    def _read(self) -> None:
        """Set the bits of replies that were added since."""
        seen = self._seen = self._seen or bytearray(2 ** (_BITS - 3))
        for reply in self._replies[self._known :]:
            for run in _runs(reply):
                place = hash(run) & _MASK
                seen[place >> 3] |= 1 << (place & 7)
        self._known = len(self._replies)


def words(text: str) -> list[str]:
    """The words in lower case, without punctuation."""
    text = text.casefold()
    if not text.isascii():
        for sign in _TYPOGRAPHIC:
            text = text.replace(sign, " ")
    return text.encode().translate(_SPACES).decode().split() if text.isascii() else _WORD.findall(text)


def asks_again(asked: str) -> bool:
    """Whether a question asks for something that was said before, in the words of a small English rule."""
    return _AGAIN.search(asked.casefold()) is not None


def _stand_in(runs: list[int], held: frozenset[int]) -> bool:
    """Whether enough of the runs are held."""
    left = _may_lack(len(runs))
    for run in runs:
        if run not in held:
            left -= 1
            if left < 0:
                return False
    return True


def _may_lack(runs: int) -> int:
    """How many of so many runs a copy may have that the other text lacks."""
    return int(runs * (1 - SHARE) + 1e-9)


def _runs(text: str) -> Iterator[_Run]:
    return _in_order(words(text))


def _in_order(said: list[str]) -> Iterator[_Run]:
    return zip(*(said[start:] for start in range(LENGTH)), strict=False)
