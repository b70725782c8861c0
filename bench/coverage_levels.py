"""Do intervals of means, contrasts and gaps hold what they promise? Planted studies, counted. Draws no conclusions.

python bench/coverage_levels.py [--seed N] [--studies 2000]: a line a figure with its bar; exit 1 when a bar is missed.
`figures(seed, studies)` gives the same to a benchmark that puts several together.
"""

import sys
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy import stats

from bars import Figure, seeded
from coverage_planted import (
    BASELINES,
    BEGUN,
    CHECKPOINTS,
    DIALOGUE_SD,
    ITEM_SD,
    ITEMS,
    JUDGE_SD,
    LOSS,
    PACE_SD,
    PERSONA_SD,
    PERSONAS,
    TASTE_SD,
    Floats,
    PlantedRun,
    Scores,
    baseline_level,
    draw,
    level,
)
from longplay.analysis import ANALYSES, prepare, read_tables
from longplay.stats import (
    Cells,
    Crossed,
    added,
    crossed,
    equivalence_p,
    first_of_last_run,
    half_widths,
    holm,
    max_t,
    sidak_t,
    two_sided_p,
)
from longplay.stats.intervals import t_intervals
from longplay.stats.paper import line_bootstrap

SLOW = 500  # studies that the paper's bootstrap is shown on
WHOLE = 100  # studies that go through the whole analysis
BAND_DRAWS = 2000  # of max-t, a fifth of what the analysis takes
COVER = (93.0, 98.5)
WIDTH, JOINT, ALPHA = 1.25, 93.0, 0.05
Z = float(stats.norm.ppf(0.975))
ROUNDED = 1 / 6  # variance of rounding to one of two levels, averaged over what lies between them
MODELS, MODEL_SD = 7, 0.15


class Estimated(NamedTuple):
    """Estimates of many studies: each (studies, k) or (studies,)."""

    value: Floats
    error: Floats
    df: Floats

    @property
    def half(self) -> Floats:
        """Half widths of 95 % intervals."""
        return half_widths(self.error, self.df, 0.95)


def figures(seed: int, studies: int = 2000) -> list[Figure]:
    """Coverage of 95 % intervals and median width over an oracle's, which knows every variance and uses z; joint bands;
    errors of Holm's families and of equivalence; the paper's bootstrap over cells of models and personas beside."""
    rng = np.random.default_rng([seed, 20])
    scores = draw(rng, studies)
    slow = min(SLOW, studies)
    return [
        *_intervals(scores),
        *_these(scores),
        *_bands(rng, scores, studies),
        _holm(rng, studies),
        *_equivalence(rng, studies),
        *_papers(rng, slow),
        *_whole(rng, min(WHOLE, studies)),
    ]


def over_personas(values: Floats) -> Estimated:
    """t over the second axis of (studies, personas, ...)."""
    studies, personas = values.shape[:2]
    rest = values.reshape(studies, personas, -1)
    k = rest.shape[2]
    group = (np.arange(studies)[:, None, None] * k + np.arange(k)).repeat(personas, axis=1)
    found = t_intervals(rest.ravel(), group.ravel(), studies * k)
    shape = (studies, *values.shape[2:])
    return Estimated(found.mean.reshape(shape), found.error.reshape(shape), found.df.reshape(shape))


def gaps(scores: Scores) -> Estimated:
    """Persona - baseline at each checkpoint, the baseline's dialogues in the interval."""
    persona, baseline = scores.persona[:, :, 0].mean(axis=-1), scores.baseline.mean(axis=3)
    baseline[:, :, 0] = baseline[:, :1, 0]  # before the dialogue there is one set of answers
    found = over_personas(persona - baseline.mean(axis=1).swapaxes(1, 2))
    more, less = _table(baseline.transpose(0, 2, 3, 1).reshape(-1, baseline.shape[3], BASELINES)).of_columns()
    parts = np.stack([found.error.ravel() ** 2, more.variance, less.variance])
    whole = added(parts, np.stack([found.df.ravel(), more.df, less.df]))
    return Estimated(found.value, np.sqrt(whole.variance).reshape(found.df.shape), whole.df.reshape(found.df.shape))


def _table(values: Floats) -> Crossed:
    """Components of tables (table, row, column)."""
    table, row, column = np.indices(values.shape)
    _, rows, columns = values.shape
    ones = np.ones(len(values), dtype=np.int64)
    places = (table * rows + row).ravel(), (table * columns + column).ravel()
    return crossed(Cells(values.ravel(), table.ravel(), *places, ones))


def _noise() -> Floats:
    return (JUDGE_SD**2 + ROUNDED) / ITEMS


def _oracles() -> dict[str, Floats]:
    """True standard errors: of a mean, of last - first, of a gap and of a contrast between scripts."""
    own, taste = PERSONA_SD**2, TASTE_SD**2 / ITEMS
    pace, dialogue, noise = PACE_SD**2 * LOSS**2, DIALOGUE_SD**2 * BEGUN, _noise()
    mean = (own + taste + pace + dialogue + noise) / PERSONAS
    contrast = (pace[-1] + dialogue[-1] + noise[0] + noise[-1]) / PERSONAS
    sets = np.where(BEGUN > 0, BASELINES, 1)
    gap = mean + (PERSONA_SD / 2) ** 2 / PERSONAS + DIALOGUE_SD**2 * BEGUN / BASELINES + noise / PERSONAS / sets
    script = 2 * (pace + dialogue + noise) / PERSONAS
    return {"mean": np.sqrt(mean), "contrast": np.sqrt(contrast), "gap": np.sqrt(gap), "script": np.sqrt(script[1:])}


def _intervals(scores: Scores) -> Iterator[Figure]:
    persona = scores.persona.mean(axis=-1)
    items = scores.items.mean(axis=1, keepdims=True)
    truths = level(0) - level(1)
    oracle = _oracles()
    change = persona[..., -1] - persona[..., 0]
    yield from _covered("mean", over_personas(persona[:, :, 0]), level(0) + items, oracle["mean"])
    yield from _covered("contrast", over_personas(change[:, :, 0]), level(0)[-1] - level(0)[0], oracle["contrast"])
    yield from _covered("gap", gaps(scores), level(0) - baseline_level(), oracle["gap"])
    scripts = over_personas(persona[:, :, 0, 1:] - persona[:, :, 1, 1:])
    yield from _covered("script contrast", scripts, truths[1:], oracle["script"])


def _covered(name: str, found: Estimated, truth: Floats | float, oracle: Floats | float) -> Iterator[Figure]:
    share = 100 * float(np.mean(np.abs(found.value - truth) <= found.half))
    width = float(np.median(found.half / (Z * oracle)))
    yield Figure(f"{name}, covered", share, *COVER, unit=" %", digits=1, of=len(found.value))
    yield Figure(f"{name}, width / oracle's", width, high=WIDTH, digits=2)


def _these(scores: Scores) -> Iterator[Figure]:
    """The baseline's last level for the personas it was judged as: items and dialogues vary, personas do not."""
    values = scores.baseline[:, :, -1].swapaxes(1, 2).mean(axis=-1)
    found = _table(values).of_mean()
    truth = baseline_level()[-1] + scores.seen.mean(axis=1)
    oracle = np.sqrt(ITEM_SD**2 / ITEMS + DIALOGUE_SD**2 / BASELINES + _noise()[-1] / BASELINES / PERSONAS)
    estimated = Estimated(values.mean(axis=(1, 2)), np.sqrt(found.variance), found.df)
    yield from _covered("mean, these personas", estimated, truth, oracle)


def _bands(rng: np.random.Generator, scores: Scores, studies: int) -> Iterator[Figure]:
    few = over_personas(scores.persona[:, :, 0].mean(axis=-1))
    truth = level(0) + scores.items.mean(axis=1, keepdims=True)
    for name, found, planted in (("curve", few, truth), ("gap", gaps(scores), level(0) - baseline_level())):
        critical = np.array([sidak_t(df) for df in found.df])
        yield _joint(f"band of a {name}, {PERSONAS} personas", np.abs(found.value - planted) <= critical * found.error)
    many = draw(rng, studies, personas=24)
    persona = many.persona[:, :, 0].mean(axis=-1)
    found = over_personas(persona)
    centred = (persona - persona.mean(axis=1, keepdims=True)) / np.sqrt(24 * 23)
    critical = np.array([[max_t([one], 23.0, seed, draws=BAND_DRAWS)] for seed, one in enumerate(centred)])
    planted = level(0) + many.items.mean(axis=1, keepdims=True)
    yield _joint("band of a curve, 24 personas", np.abs(found.value - planted) <= critical * found.error)


def _joint(name: str, inside: np.ndarray) -> Figure:
    share = 100 * float(inside.all(axis=1).mean())
    return Figure(name, share, low=JOINT, unit=" %", digits=1, of=len(inside))


def _error(name: str, errors: np.ndarray) -> Figure:
    return Figure(name, 100 * float(errors.mean()), 100 * ALPHA, 100 * ALPHA, unit=" %", digits=1, of=len(errors))


def _holm(rng: np.random.Generator, studies: int) -> Figure:
    """Six contrasts without an effect, that share some of what varies between personas."""
    common = rng.normal(0, 0.1, (studies, PERSONAS, 1))
    found = over_personas(common + rng.normal(0, 0.25, (studies, PERSONAS, 6)))
    p = two_sided_p(found.value.ravel(), found.error.ravel(), found.df.ravel()).reshape(found.value.shape)
    return _error("Holm, family-wise error", np.array([(holm(one) <= ALPHA).any() for one in p]))


def _equivalence(rng: np.random.Generator, studies: int) -> Iterator[Figure]:
    """Gaps that lie exactly at the margin, at the last checkpoint or before it."""
    found = gaps(draw(rng, studies))
    truth, margin = level(0) - baseline_level(), 1.0
    for name, wanted in (("everywhere", np.full(len(CHECKPOINTS), margin)), ("before the last", _but_last(margin))):
        shifted = found.value - truth + wanted
        p = equivalence_p(shifted.ravel(), found.error.ravel(), found.df.ravel(), margin).reshape(shifted.shape)
        starts = [first_of_last_run(one <= ALPHA) for one in p]
        last = len(CHECKPOINTS) - 1 - (wanted[-1] == 0)
        wrong = np.array([start is not None and start <= last for start in starts])
        yield _error(f"equivalence, error with the margin {name}", wrong)


def _but_last(margin: float) -> Floats:
    gaps_ = np.full(len(CHECKPOINTS), margin)
    gaps_[-1] = 0.0
    return gaps_


def _papers(rng: np.random.Generator, studies: int) -> Iterator[Figure]:
    """Seven models with the same personas: the paper's bootstrap of 56 cells beside t over the eight personas."""
    own = rng.normal(0, PERSONA_SD, (studies, PERSONAS, 1))
    cells = own + rng.normal(0, MODEL_SD, (studies, PERSONAS, MODELS))
    pace = rng.normal(0, PACE_SD * LOSS[-1], (studies, PERSONAS, 1))
    moved = pace + rng.normal(0, MODEL_SD, (studies, PERSONAS, MODELS))
    apart = rng.normal(0, PACE_SD, (studies, PERSONAS, 1)) + rng.normal(0, MODEL_SD, (studies, PERSONAS, MODELS))
    dialogues = rng.normal(0, DIALOGUE_SD, (studies, BASELINES, MODELS))
    against = cells - dialogues.mean(axis=1)[:, None]
    of_dialogues = dialogues.mean(axis=2).var(axis=1, ddof=1) / BASELINES
    none = np.zeros(studies)
    rows = (("mean", cells, none), ("contrast", moved, none), ("gap", against, of_dialogues), ("script", apart, none))
    for name, values, shared in rows:
        papers = [line_bootstrap(one.reshape(-1, 1)) for one in values]
        low, high = (np.array([getattr(one, end)[0] for one in papers]) for end in ("low", "high"))
        ours = over_personas(values.mean(axis=2))
        df = np.stack([ours.df, np.full(studies, BASELINES - 1.0)])
        whole = added(np.stack([ours.error**2, shared]), df)
        half = half_widths(np.sqrt(whole.variance), whole.df, 0.95)
        right = 100 * float(np.mean(np.abs(ours.value) <= half))
        theirs = 100 * float(np.mean((low <= 0) & (high >= 0)))
        note = f"over personas {right:.1f} %"
        yield Figure(f"the paper's bootstrap of cells, {name}", theirs, unit=" %", note=note, digits=1, of=studies)


def _whole(rng: np.random.Generator, studies: int) -> Iterator[Figure]:
    """The whole analysis of some studies: tables, scores, pairs, estimates."""
    scores = draw(rng, studies)
    truths = {"curves": level(0), "gap": level(0) - baseline_level(), "script-contrast": level(0) - level(1)}
    hits: dict[str, list[bool]] = {"curves": [], "drift": [], "gap": [], "script-contrast": []}
    run = PlantedRun(scores, *range(studies))
    data = prepare(read_tables(run), changed_after_data=False)
    items = dict(zip(run.models, scores.items.mean(axis=1), strict=True))
    for name in ("curves", "drift", "gap", "between"):
        for e in ANALYSES[name](data):
            own = e.place.script == "persona-directed" and e.place.speaker == "persona"
            wanted = own and e.replies == "all" and e.analysis in hits  # the studies, models here, are not compared
            if not wanted or e.low is None or e.high is None:
                continue
            if e.position is None:
                truth = level(0)[-1] - level(0)[0] - (0 if e.analysis == "drift" else level(1)[-1] - level(1)[0])
            else:
                of_items = items[e.place.model] if e.analysis == "curves" else 0.0
                truth = truths[e.analysis][CHECKPOINTS.index(e.position)] + of_items
            hits[e.analysis].append(bool(e.low <= truth <= e.high))
    for name, found in hits.items():
        share = 100 * float(np.mean(found))
        yield Figure(f"whole analysis, {name}", share, low=95.0, unit=" %", digits=1, of=studies)


def main() -> int:
    """0: every bar met, 1: one missed."""
    return seeded(figures, "Do intervals, bands and tests hold what they promise?", 2000, least=8)


if __name__ == "__main__":
    sys.exit(main())
