"""Do the cards of a page claim what is there, and nothing else? Pages of seven models on two scripts whose changes are
planted; what cards said before stands beside. Knows no run and no pipeline.

python bench/coverage_cards.py [--seed N] [--studies 2000]: a line a figure with its bar; exit 1 when a bar is missed.
"""

import sys
from collections.abc import Iterator

import msgspec
import numpy as np

from bars import Figure, seeded
from cards_planted import MARGIN, changes, findings, study
from longplay.analysis import p_values
from longplay.analysis.declared import corrected
from longplay.records import Estimate, Quantity
from longplay.records.findings import Finding
from longplay.specs import Analysis

STUDIES = 2000
PERSONAS, MODELS, SCRIPTS = 8, 7, 2
CARDS = MODELS * SCRIPTS
FALSE, FOUND = 5.0, 80.0
SPREAD = 0.8  # of what personas' changes vary by, the share that a model's two scripts have in common
LOSSES = frozenset(("clear-loss", "loss-unclear", "small-loss", "loss"))
CLEAR = frozenset(("clear-loss", "clear-gain"))
NO_CLAIM = frozenset(("untold", "no-interval", "no-number"))
WITHIN = frozenset(("small-loss", "small-gain", "no-change"))


def figures(seed: int, studies: int = STUDIES) -> Iterator[Figure]:
    """False claims of pages, and how often a planted loss is told."""
    rng = np.random.default_rng([seed, 13])
    declared, bare = study(), study(None)
    none = [page(rng, np.zeros(CARDS)) for _ in range(studies)]
    said = [any(map(claims, findings(e, bare))) for e in none]
    yield share("no change: a card says that there is one", said, "0.2.0, measured once: 45-48 %")
    said = [any(map(claims, findings(e, declared))) for e in none]
    yield share("the same, with a margin", said)
    yield before(
        "a card that is not “No clear change”, as cards were",
        [any(told_before(e) != "unclear" for e in one) for one in none],
    )
    edge = [page(rng, np.full(CARDS, -MARGIN)) for _ in range(studies)]
    wrong = [any(found.tag in CLEAR | WITHIN for found in findings(e, declared)) for e in edge]
    yield share("changes at the margin: a card says beyond or within", wrong)
    yield before(
        "at the margin: a clear loss, as cards were", [any(told_before(e) == "loss" for e in one) for one in edge]
    )
    half = np.repeat([0.0, -MARGIN], CARDS // 2)
    mixed = [findings(page(rng, half), declared) for _ in range(studies)]
    wrong = [any(map(claims, one[: CARDS // 2])) or any(e.tag in CLEAR | WITHIN for e in one[7:]) for one in mixed]
    yield share("half none, half at the margin: a false claim", wrong)
    lost = [findings(page(rng, np.full(CARDS, -2 * MARGIN), MARGIN), declared) for _ in range(studies)]
    told = float(np.mean([found.tag in LOSSES for one in lost for found in one]))
    yield Figure("a loss of twice the margin: told as a loss", 100 * told, low=FOUND, unit=" %", digits=1, of=studies)
    yield one_by_one(rng)


def page(rng: np.random.Generator, change: np.ndarray, sd: float = MARGIN) -> list[Estimate]:
    """The drifts of one page. Personas' changes vary by `sd`, in part alike on a model's two scripts."""
    shared = np.repeat(rng.standard_normal((MODELS, PERSONAS)), SCRIPTS, axis=0)
    own = rng.standard_normal((CARDS, PERSONAS))
    return changes(change[:, None] + sd * (np.sqrt(SPREAD) * shared + np.sqrt(1 - SPREAD) * own))


def claims(found: Finding) -> bool:
    """Whether a card says that something changed."""
    return found.tag not in NO_CLAIM and found.tag != "no-change"


def told_before(e: Estimate) -> str:
    """A card's tag as it was: by its own 95 % interval, sized by the point estimate."""
    assert e.value is not None
    assert e.low is not None
    assert e.high is not None
    if e.low <= 0 <= e.high:
        return "unclear"
    return ("small-" if abs(e.value) < MARGIN else "") + ("loss" if e.value < 0 else "gain")


def share(name: str, wrong: list[bool], note: str = "") -> Figure:
    """Pages with a false claim, against the bar."""
    return Figure(name, 100 * float(np.mean(wrong)), high=FALSE, unit=" %", note=note, digits=1, of=len(wrong))


def before(name: str, wrong: list[bool]) -> Figure:
    """The same as it was, for comparison."""
    return Figure(f"  {name}", 100 * float(np.mean(wrong)), unit=" %", digits=1, of=len(wrong))


def one_by_one(rng: np.random.Generator) -> Figure:
    """Tests of families of one that a page counts as corrected; they were shown as such."""
    names = ("knowledge", "style", "in-character")
    tests = [
        msgspec.structs.replace(e, quantity=Quantity(name), judge="sim/j")
        for e, name in zip(page(rng, np.zeros(CARDS)), names, strict=False)
    ]
    split = Analysis(families={name: (f"last-first/{name}",) for name in names})
    of = msgspec.structs.replace(study(), analysis=split)
    counted = p_values(corrected(tests, of, {name: Quantity(name) for name in names}))
    note = f"of {counted.made} tests, {counted.alone} alone in a family; all were called corrected before"
    return Figure("families of one: called corrected", counted.corrected, high=0, note=note)


def main() -> int:
    """0: every bar met, 1: one missed."""
    return seeded(figures, "Do cards claim what is there, and nothing else?", STUDIES, least=20)


if __name__ == "__main__":
    sys.exit(main())
