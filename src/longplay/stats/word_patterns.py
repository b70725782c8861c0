"""Word patterns that tell two sets of texts apart, and where they occur. Knows texts only, not who wrote them.

A pattern is a run of one to three words or signs, in lower case, and a text has it or not: how often it repeats it does
not count. Selected are patterns whose shares differ by Fisher's exact test with the false discovery rate held
(Benjamini & Hochberg 1995); they are ranked by the log-odds ratio with an informative Dirichlet prior (Monroe, Colaresi
& Quinn 2008, eqs. 16-22), whose prior here is what both sets say together.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import chain, count
from typing import TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from longplay.stats.intervals import Floats, Integers

LONGEST = 3
_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
# a pattern must be in so many texts of both sets together: with fewer no test could select it, or it would tell nothing
LEAST_TEXTS, _LEAST_SHARE = 5, 1 / 2000
# 4 %, not 5: how many are false varies, and a single mining should keep 5 % too
RATE, MOST_RATE = 0.04, 0.1

Gram: TypeAlias = tuple[str, ...]
Present: TypeAlias = NDArray[np.bool_]


class Pattern(msgspec.Struct, frozen=True):
    """Words that more of the first texts have than of the second, or fewer.

    `share`, `other_share`: of texts that have it; `log_odds` and its `z` shrunk towards what both say; `p`: Fisher's,
    two-sided; `q`: the least false discovery rate at which it is selected, None where the
    pattern was selected in another way.
    """

    words: Gram
    share: float
    other_share: float
    log_odds: float
    z: float
    p: float
    q: float | None


class _Grams(msgspec.Struct, frozen=True, eq=False):
    """Runs of one length that enough texts have: their words by number, texts here and there that have them, and the
    number of the run that starts at each word of all texts (-1: none of them)."""

    words: Integers  # (grams, length)
    counts: Integers  # (grams, 2)
    starting: Integers


class Texts:
    """Texts as numbers of words, read once; patterns are looked up in them as often as wanted."""

    def __init__(self, texts: Sequence[str], split: Callable[[str], list[str]] | None = None) -> None:
        """`split`: a text's words in their order; `words` when left out."""
        self.size = len(texts)
        numbers = defaultdict[str, int](count().__next__)
        read = split or words
        tokens = [list(map(numbers.__getitem__, read(text))) for text in texts]
        self.numbers = dict(numbers)
        lengths = np.array([len(found) for found in tokens], dtype=np.int64)
        self._words = np.fromiter(chain.from_iterable(tokens), np.int64, int(lengths.sum()))
        self._text = np.repeat(np.arange(self.size), lengths)

    def grams(self, first: int, shorter: _Grams | None = None) -> _Grams:
        """Runs one word longer than `shorter` (of one word: None), counted in the first `first` texts and the others.

        A run that enough texts have is made of runs that enough texts have, so that only those are looked at.
        """
        at, key = np.arange(len(self._words)), self._words
        if shorter is not None:
            begin, end = shorter.starting[:-1], shorter.starting[1:]
            known = (begin >= 0) & (end >= 0) & (self._text[:-1] == self._text[1:])
            at = np.flatnonzero(known)
            key = begin[at] * len(shorter.words) + end[at]
        packed = np.sort(key * self.size + self._text[at])
        packed = packed[np.diff(packed, prepend=-1) > 0]
        of, text = packed // self.size, packed % self.size
        edges = np.flatnonzero(np.diff(of, prepend=-1))
        total = np.diff(edges, append=len(of))
        here = np.add.reduceat(text < first, edges, dtype=np.int64) if len(of) else total
        often = total >= max(LEAST_TEXTS, _LEAST_SHARE * self.size)
        keys = of[edges][often]
        starting = np.full(len(self._words), -1, dtype=np.int64)
        starting[at] = _places(keys, key)
        runs = keys[:, None]
        if shorter is not None:
            runs = np.hstack(
                [shorter.words[keys // len(shorter.words)], shorter.words[keys % len(shorter.words)][:, -1:]]
            )
        return _Grams(runs, np.stack([here, total - here], axis=1)[often], starting)

    def holding(self, patterns: Sequence[Gram]) -> Present:
        """(texts, patterns): whether a text has all words of a pattern, wherever they stand."""
        places = {word: place for place, word in enumerate(dict.fromkeys(word for one in patterns for word in one))}
        column = np.full(len(self.numbers) + 1, -1, dtype=np.int64)
        for word, place in places.items():
            column[self.numbers.get(word, -1)] = place
        column[-1] = -1  # where words went that no text has
        hit = column[self._words]
        found = np.zeros((self.size, len(places)), dtype=np.bool_)
        found[self._text[hit >= 0], hit[hit >= 0]] = True
        alone = [found[:, [places[word] for word in pattern]].all(axis=1) for pattern in patterns]
        return np.stack(alone, axis=1) if alone else np.zeros((self.size, 0), dtype=np.bool_)

    def present(self, patterns: Sequence[Gram]) -> Present:
        """(texts, patterns): whether a text has a pattern, its words one after the other."""
        found = np.zeros((self.size, len(patterns)), dtype=np.bool_)
        for length in {len(pattern) for pattern in patterns}:
            wanted = {
                tuple(self.numbers[word] for word in pattern): place
                for place, pattern in enumerate(patterns)
                if len(pattern) == length and all(word in self.numbers for word in pattern)
            }
            if wanted:
                self._mark(found, wanted, length)
        return found

    def _mark(self, found: Present, wanted: dict[tuple[int, ...], int], length: int) -> None:
        ends = len(self._words) - length + 1
        if ends <= 0:
            return
        firsts = np.zeros(len(self.numbers), dtype=np.bool_)
        firsts[[key[0] for key in wanted]] = True
        starts = np.flatnonzero(firsts[self._words[:ends]] & (self._text[:ends] == self._text[length - 1 :]))
        runs = np.stack([self._words[starts + i] for i in range(length)], axis=1)
        places = np.array([wanted.get(tuple(run), -1) for run in runs.tolist()], dtype=np.int64)
        hit = places >= 0
        found[self._text[starts[hit]], places[hit]] = True


def words(text: str) -> list[str]:
    """Words (with their inner apostrophes) and signs of a text, in lower case."""
    return _WORD.findall(text.lower())


def mine(texts: Sequence[str], others: Sequence[str], rate: float = RATE) -> list[Pattern]:
    """Patterns whose share among `texts` differs from that among `others`, most telling first.

    `rate`: expected share of false ones among all that are returned, both directions together. Empty where one of the
    sets is empty. Raises ValueError for a rate over MOST_RATE.
    """
    if not 0 < rate <= MOST_RATE:
        raise ValueError(f"rate {rate} must lie above 0 and not above {MOST_RATE}.")
    if not texts or not others:
        return []
    both, n = Texts([*texts, *others]), len(texts)
    found, grams = list[_Grams](), None
    for _ in range(LONGEST):
        grams = both.grams(n, grams)
        if not len(grams.words):
            break
        found.append(grams)
    return _select(both, found, (n, len(others)), rate) if found else []


def described(patterns: Sequence[Gram], here: Present, there: Present) -> list[Pattern]:
    """Patterns that were selected in another way, with their shares and odds in two sets of texts.

    here, there: (texts, patterns), as `Texts.present` or `Texts.holding` give them.
    """
    counts = np.stack([here.sum(axis=0), there.sum(axis=0)], axis=1).astype(np.int64)
    sizes = len(here), len(there)
    shares = counts / np.array(sizes)
    p = fisher(counts, sizes)
    log_odds, z = log_odds_ratio(counts, sizes)
    return [
        Pattern(words, float(shares[i, 0]), float(shares[i, 1]), float(log_odds[i]), float(z[i]), float(p[i]), None)
        for i, words in enumerate(patterns)
    ]


def _places(keys: Integers, wanted: Integers) -> Integers:
    """Where each wanted number stands in sorted keys; -1 where it does not."""
    if not len(keys):
        return np.full(len(wanted), -1, dtype=np.int64)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, place, -1)


def _select(both: Texts, found: Sequence[_Grams], sizes: tuple[int, int], rate: float) -> list[Pattern]:
    counts = np.concatenate([grams.counts for grams in found])
    likely = _likely(counts, sizes)
    p = np.ones(len(counts))  # the rest could not be selected, whatever it is exactly
    p[likely] = fisher(counts[likely], sizes)
    q = false_discovery(p)
    log_odds, z = log_odds_ratio(counts, sizes)
    kept = np.flatnonzero(q <= rate)
    kept = kept[np.lexsort((kept, -np.abs(z[kept])))]
    word = {number: name for name, number in both.numbers.items()}
    runs = [run for grams in found for run in grams.words]
    return [
        Pattern(
            tuple(word[number] for number in runs[i].tolist()),
            share=float(counts[i, 0] / sizes[0]),
            other_share=float(counts[i, 1] / sizes[1]),
            log_odds=float(log_odds[i]),
            z=float(z[i]),
            p=float(p[i]),
            q=float(q[i]),
        )
        for i in kept
    ]


def _likely(counts: Integers, sizes: tuple[int, int]) -> Present:
    """Rows whose shares differ by 1.5 standard errors or more; the exact p of others is above MOST_RATE."""
    shares = counts / np.array(sizes)
    mean = counts.sum(axis=1) / sum(sizes)
    error = np.sqrt(mean * (1 - mean) * (1 / sizes[0] + 1 / sizes[1]))
    return np.abs(shares[:, 0] - shares[:, 1]) >= 1.5 * error


def fisher(counts: Integers, sizes: tuple[int, int]) -> Floats:
    """Fisher's exact p of each row of counts (patterns, 2): texts that have the pattern, of `sizes` texts of each set.

    Two-sided as twice the tail on the side where it lies, at most 1.
    """
    from scipy.stats import hypergeom  # slow to load, and counting words does without it

    total = counts.sum(axis=1)
    # as many or more here is as many or fewer there
    side = (counts[:, 0] * sizes[1] > counts[:, 1] * sizes[0]).astype(np.int64)
    few = counts[np.arange(len(counts)), side]
    return np.minimum(2 * hypergeom.cdf(few, sum(sizes), total, np.array(sizes)[side]), 1.0)


def false_discovery(p: Floats) -> Floats:
    """Benjamini and Hochberg's adjusted p: the least false discovery rate at which each would be selected."""
    order = np.argsort(p, kind="stable")
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    q = np.empty_like(p)
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q


def log_odds_ratio(counts: Integers, sizes: tuple[int, int]) -> tuple[Floats, Floats]:
    """Log-odds ratio of each row of counts (patterns, 2), shrunk towards the share in both sets, and its z.

    The prior stands for a tenth of the texts, at most for 100.
    """
    weight = min(100.0, sum(sizes) / 10)
    # one text more than there are, so that a pattern of every text has odds
    prior = weight * counts.sum(axis=1) / (sum(sizes) + 1)
    odds = [(counts[:, side] + prior) / (sizes[side] + weight - counts[:, side] - prior) for side in (0, 1)]
    log_odds = np.log(odds[0]) - np.log(odds[1])
    variance = 1 / (counts[:, 0] + prior) + 1 / (counts[:, 1] + prior)
    return log_odds, log_odds / np.sqrt(variance)
