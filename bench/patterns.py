"""Does mining find the words that were planted, and does a fade that is not there stay away? Knows no models, no store.

python bench/patterns.py [--seed N] [--studies 400] [--size 20000]: a line a figure with its bar; exit 1 when a bar is
missed. Words of texts are drawn by Zipf's law; a planted word stands in 5 % of the texts of one side and 1 % of the
other's. Null studies: what a persona says does not depend on the round.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

import numpy as np

from bars import SEEDS, Figure, show
from longplay.analysis.wording import MINERS, Heard, Plan, Point, PremiseError, compare, fades, paper_forms
from longplay.analysis.wording.comparing import Compared, Who
from longplay.records import PLAIN, Estimate
from longplay.stats.word_patterns import Pattern, mine

SIZE, STUDIES = 20_000, 400
VOCABULARY, PLANTED = 5_000, 40
MORE, LESS = 0.05, 0.01
WORDS = (60, 200)  # of a text
RECALL_BAR, FALSE_BAR, CPU_BAR_S = 0.95, 0.05, 10.0
LEVEL = 0.95
PREMISE_SIZE, PREMISE_MORE, PREMISE_LESS = 400, 0.2, 0.02

# a null study
PERSONAS, PROBES, ITEMS, ROUNDS = 8, ("one", "two"), 60, 102
SCRIPT = "talk"
NULL_WORDS, NULL_LENGTH, NULL_VOICE, NULL_BORROWED = 300, 25, 12, 0.2
FADE, RELATIVE, PAPER = "wording-fade", "wording-fade-relative", "wording-paper-fade"


def texts(rng: np.random.Generator, size: int, shares: Sequence[float]) -> list[str]:
    """Texts in which word `plantN` stands with probability shares[N]."""
    frequency = 1 / np.arange(1, VOCABULARY + 1)
    lengths = rng.integers(*WORDS, size)
    drawn = rng.choice(VOCABULARY, size=int(lengths.sum()), p=frequency / frequency.sum())
    words = [f"w{i}" for i in range(VOCABULARY)]
    planted = rng.random((size, len(shares))) < np.array(shares)
    made: list[str] = []
    for at, end, has in zip(np.cumsum(lengths) - lengths, np.cumsum(lengths), planted, strict=True):
        text = [words[i] for i in drawn[at:end].tolist()]
        for number in np.flatnonzero(has).tolist():
            text.insert(int(rng.integers(0, len(text) + 1)), f"plant{number}")
        made.append(" ".join(text))
    return made


def planted_figures(seed: int, size: int) -> Iterator[Figure]:
    """Recall, false discoveries and processor time; half of the words are planted on each side."""
    rng = np.random.default_rng(seed)
    half = PLANTED // 2
    here = texts(rng, size, [MORE] * half + [LESS] * half)
    there = texts(rng, size, [LESS] * half + [MORE] * half)
    begun = time.process_time()
    found = mine(here, there)
    cpu_s = time.process_time() - begun
    names = {f"plant{i}": i < half for i in range(PLANTED)}
    right = {one.words[0] for one in found if len(one.words) == 1 and names.get(one.words[0]) == _here(one)}
    false = sum(not any(word in names for word in one.words) for one in found)
    recall, rate = len(right) / PLANTED, false / max(len(found), 1)
    label = f"seed {seed}, {size:,} answers a side"
    yield Figure(f"recall, {label}", recall, low=RECALL_BAR, note=f"of {PLANTED}")
    yield Figure(f"false, {label}", rate, high=FALSE_BAR, note=f"of {len(found)}")
    yield Figure(f"CPU, {label}", cpu_s, high=CPU_BAR_S, unit=" s", digits=1)


def _here(one: Pattern) -> bool:
    return one.share > one.other_share


def null_study(rng: np.random.Generator, seed: int) -> list[Estimate]:
    """The fade estimates of one study in which nothing fades: all answers are drawn alike at both checkpoints.

    Each persona and the baseline have words of their own at their own rates; items draw some words more than others.
    """
    miner = MINERS["built-in"]()
    places = (Point(SCRIPT, 0), Point(SCRIPT, ROUNDS))
    items = [f"item{i}" for i in range(ITEMS)]
    cells: list[Compared] = []
    for probe in PROBES:
        content = rng.dirichlet(np.full(NULL_WORDS, 0.3), size=ITEMS)
        helper = rng.beta(1, 3, NULL_VOICE) * rng.beta(8, 2, (ITEMS, 1))
        answers = {place: _said(rng, content, {"helper": helper}, items) for place in places}
        baseline = {place: Heard.read(answers[place], miner.split) for place in places}
        for persona in range(PERSONAS):
            voice = rng.beta(1, 3, NULL_VOICE) * rng.beta(8, 2, (ITEMS, 1))
            both = {"voice": voice, "helper": NULL_BORROWED * helper}
            said = {place: _said(rng, content, both, items) for place in places}
            own = {place: Heard.read(said[place], miner.split) for place in places}
            cells.append(compare(Who("model", PLAIN, f"p{persona}", probe), own, baseline, miner, seed))
    plan = Plan(LEVEL, seed, miner.method)
    return [*fades(cells, plan), *paper_forms(cells, plan)]


def _said(
    rng: np.random.Generator, content: np.ndarray, voices: Mapping[str, np.ndarray], items: Sequence[str]
) -> list[tuple[str, str]]:
    """One answer an item: words of the item, and those words of the voices that the answer happens to have."""
    has = np.hstack([rng.random(voice.shape) < voice for voice in voices.values()])
    words = [f"{word}{i}" for word, voice in voices.items() for i in range(voice.shape[1])]
    return [
        (item, " ".join(chain(
            (f"w{i}" for i in rng.choice(NULL_WORDS, size=NULL_LENGTH, p=content[row]).tolist()),
            (words[i] for i in np.flatnonzero(has[row]).tolist()),
        )))
        for row, item in enumerate(items)
    ]  # fmt: skip


def null_figures(seeds: Sequence[int], studies: int) -> Iterator[Figure]:
    """How often the interval of a fade that is not there holds 0, of ours and of the paper's form."""
    found: list[Estimate] = []
    for seed in seeds:
        rng = np.random.default_rng((seed, 1))
        for number in range(studies // len(seeds)):
            found += null_study(rng, number)
    for toward in ("persona", "baseline"):
        for analysis in (FADE, RELATIVE, PAPER):
            ends = [e for e in found if e.analysis == analysis and e.quantity.metric == f"{toward}-patterns"]
            yield _coverage(f"null {analysis}, {toward} patterns", [e for e in ends if e.place.speaker == "persona"])


def _coverage(name: str, estimates: Sequence[Estimate]) -> Figure:
    known = [(e.value, e.low, e.high) for e in estimates]
    known = [(v, low, high) for v, low, high in known if v is not None and low is not None and high is not None]
    error = (LEVEL * (1 - LEVEL) / max(len(known), 1)) ** 0.5
    low, high = (None, None) if PAPER in name else (100 * (LEVEL - 3 * error), 100 * (LEVEL + 3 * error))
    if not known:
        return Figure(name, None, low, high, note="no interval")
    share = sum(low <= 0 <= high for _, low, high in known) / len(known)
    mean = statistics.fmean(value for value, _, _ in known)
    note = f"of {len(known):,} hold 0 (MC error {100 * error:.1f}), mean {mean:+.4f}"
    return Figure(name, 100 * share, low, high, unit=" %", note=note, digits=1)


def premise_figures(seed: int, size: int) -> Iterator[Figure]:
    """Single words that both miners find, in texts as many as PREMISE takes in seconds."""
    try:
        premise = MINERS["premise"]()
    except PremiseError as error:
        yield Figure("pypremise", None, note=f"not installed ({error})")
        return
    rng = np.random.default_rng((seed, 2))
    half = PLANTED // 2
    here = texts(rng, size, [PREMISE_MORE] * half + [PREMISE_LESS] * half)
    there = texts(rng, size, [PREMISE_LESS] * half + [PREMISE_MORE] * half)
    theirs = {word for one in premise.mine(here, there) for word in one.words}
    ours = {word for one in mine(here, there) for word in one.words if len(one.words) == 1}
    union = len(ours | theirs)
    share = len(ours & theirs) / union if union else 0.0
    counts = f"ours {len(ours)}, PREMISE {len(theirs)}, both {len(ours & theirs)}, of {PLANTED} planted"
    yield Figure(f"pypremise, seed {seed}, {size} answers a side: overlap", share, note=counts, digits=2)


def main() -> int:
    """0: every bar met, 1: one missed, 2: no figures."""
    parser = argparse.ArgumentParser(
        description="Are planted words found, and does a fade that is not there stay away?"
    )
    parser.add_argument("--seed", type=int, help=f"one seed; left out, seeds {SEEDS}, null studies shared among them")
    parser.add_argument("--studies", type=int, default=STUDIES, help="null studies in all, at least 3 a seed")
    parser.add_argument("--size", type=int, default=SIZE, help="answers a side; bars are meant for 20,000")
    asked = parser.parse_args()
    seeds = SEEDS if asked.seed is None else (asked.seed,)
    if asked.studies < 3 * len(seeds) or asked.size < 1:
        parser.error("too few studies or answers to say anything")
    figures = (
        *(planted_figures(seed, asked.size) for seed in seeds),
        null_figures(seeds, asked.studies),
        *(premise_figures(seed, min(PREMISE_SIZE, asked.size // 10)) for seed in seeds),
    )
    return 0 if show(chain.from_iterable(figures)) else 1


if __name__ == "__main__":
    sys.exit(main())
