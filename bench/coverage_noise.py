"""Do intervals and floors hold the noise of answers that all personas share? Planted studies, counted.

A baseline's answers before the dialogue are shared by all its dialogues, and each is judged as every persona. Beside
each figure stands the one without that part, which is how version 0.2.0 had it.

python bench/coverage_noise.py [--seed N] [--studies 2000]: a line a figure with its bar; exit 1 when a bar is missed.
"""

import sys
from collections.abc import Iterator

import numpy as np
from scipy import stats

from bars import Figure, seeded
from longplay.stats import (
    Answers,
    Repeats,
    Variance,
    added,
    answer_variance,
    distinct_answers,
    half_widths,
    larger,
    less_rest,
    shared_weight,
    unseen,
    within,
)
from longplay.stats.intervals import Floats

PERSONAS, ITEMS, DRAWS = 8, 12, 2
ANSWER_SD, JUDGE_SD, PACE_SD, DIALOGUE_SD = 0.6, 0.4, 0.15, 0.1
COVER, WIDTH, FLOOR = (93.0, 98.5), 1.6, (93.0, 97.0)
REPEATS = 20
EARLIER = {
    ("gap-drift", 1): "67.5 %",
    ("baseline drift", 1): "18 %",
    ("gap-drift", 2): "83.3 %, the default study",
    ("baseline drift", 2): "79.3 %, the default study",
    ("gap-drift", 8): "86.5 %",
}


def figures(seed: int, studies: int = 2000) -> Iterator[Figure]:
    """Coverage of a gap's change and of the baseline's drift by dialogues; floors of nothing but noise."""
    rng = np.random.default_rng([seed, 40])
    for dialogues in (1, 2, 4, 8):
        yield from _changes(rng, studies, dialogues)
    yield from _floors(rng, studies)
    yield _hidden(rng, studies)


def _changes(rng: np.random.Generator, studies: int, dialogues: int) -> Iterator[Figure]:
    """Nobody drifts. With one dialogue the target is that dialogue."""
    first, last = _answered(rng, studies, DRAWS), _answered(rng, studies, dialogues)
    shift = rng.normal(0, DIALOGUE_SD, (studies, dialogues))
    last += shift[:, None, :, None]
    truth = -shift[:, 0] if dialogues == 1 else np.zeros(studies)
    sd = np.sqrt(PACE_SD**2 + (ANSWER_SD**2 + JUDGE_SD**2) * (1 + 1 / DRAWS) / ITEMS)
    own = rng.normal(0, sd, (studies, PERSONAS))
    baseline = last.mean(axis=(1, 2)) - first.mean(axis=(1, 2))
    before = _parts(first, first)
    answered = _parts(first, last)
    after = answered if dialogues == 1 else larger(_between(last.mean(axis=1)), answered)
    noise = ANSWER_SD**2 / ITEMS
    known = noise / DRAWS + (noise if dialogues == 1 else (noise + DIALOGUE_SD**2) / dialogues)
    judged = JUDGE_SD**2 / ITEMS * (1 / DRAWS + 1 / dialogues) / PERSONAS
    sides = (
        ("gap-drift", own - baseline, truth, known + sd**2 / PERSONAS),
        ("baseline drift", baseline, -truth, known),
    )
    for name, changes, wanted, variance in sides:
        value, error = changes.mean(axis=1), changes.var(axis=1, ddof=1) / PERSONAS
        many = f"{dialogues} baseline dialogue{'' if dialogues == 1 else 's'}"
        parts, dfs = [error, after.variance, before.variance], [np.full(studies, PERSONAS - 1.0), after.df, before.df]
        then = parts[0], dfs[0]
        if dialogues > 1:
            between = _between(last.mean(axis=1))
            then = [error, between.variance], [dfs[0], between.df]
        new, old = (_half(added(*one)) for one in ((parts, dfs), then))
        off = np.abs(value - wanted)
        earlier = f"; 0.2.0, measured once: {EARLIER[name, dialogues]}" if (name, dialogues) in EARLIER else ""
        note = f"without the shared answers {100 * np.mean(off <= old):.1f} %{earlier}"
        held = 100 * float(np.mean(off <= new))
        yield Figure(f"{name}, {many}, covered", held, *COVER, of=studies, unit=" %", note=note, digits=1)
        width = float(new.mean() / (stats.norm.ppf(0.975) * np.sqrt(variance + judged)))
        most = WIDTH if dialogues > 2 else None
        yield Figure(f"{name}, {many}, mean width / oracle's", width, high=most, digits=2)


def _answered(rng: np.random.Generator, studies: int, answers: int) -> Floats:
    """(study, item, answer, persona judged as): an answer's own noise is in all its verdicts."""
    shape = (studies, ITEMS, answers)
    return rng.normal(0, ANSWER_SD, shape)[..., None] + rng.normal(0, JUDGE_SD, (*shape, PERSONAS))


def _codes(values: Floats) -> Answers:
    study, item, answer, persona = (code.ravel() for code in np.indices(values.shape))
    thing = study * values.shape[1] + item
    return Answers(values.ravel(), thing, thing * values.shape[2] + answer, persona, study)


def _parts(first: Floats, at: Floats) -> Variance:
    """What answering adds to a mean at one checkpoint, with the variance pooled over the first one's repeats."""
    pooled = answer_variance(_codes(first), len(first))
    return Variance(pooled.variance * shared_weight(_codes(at), len(at)), pooled.df)


def _between(means: Floats) -> Variance:
    """(study, dialogue, persona) -> what dialogues do to all personas alike."""
    dialogues, personas = means.shape[1:]
    left = means - means.mean(axis=1, keepdims=True)
    alike = left.mean(axis=2)
    rest = ((left - alike[..., None]) ** 2).sum(axis=(1, 2)) / ((dialogues - 1) * (personas - 1)) / personas / dialogues
    whole = (alike**2).sum(axis=1) / (dialogues - 1) / dialogues
    df = np.full(len(means), dialogues - 1.0)
    return less_rest(whole, df, rest, df * (personas - 1), several=np.ones(len(means), dtype=bool))


def _half(whole: Variance) -> Floats:
    return half_widths(np.sqrt(whole.variance), whole.df, 0.95)


def _floors(rng: np.random.Generator, studies: int) -> Iterator[Figure]:
    """The baseline's drift, judged as eight personas, where nothing but noise differs."""
    ends = [_answered(rng, studies, DRAWS) for _ in range(2)]
    effect = np.abs(ends[1].mean(axis=(1, 2, 3)) - ends[0].mean(axis=(1, 2, 3)))
    new, old = [], np.zeros(studies)
    for end in ends:
        means = end.mean(axis=3)
        study, item, _ = (code.ravel() for code in np.indices(means.shape))
        found = within(Repeats(means.ravel(), study * ITEMS + item, study, study), studies)
        new.append(Variance(found.variance / distinct_answers(_codes(end), studies), found.df.astype(np.float64)))
        old += end.var(axis=2, ddof=1).mean(axis=(1, 2)) / end[0].size
    floor = _half(added([one.variance for one in new], [one.df for one in new]))
    plain = 100 * np.mean(effect <= stats.norm.ppf(0.975) * np.sqrt(old))
    note = f"with verdicts for answers {plain:.1f} %; 0.2.0, measured once: 47-80 %"
    below = 100 * float(np.mean(effect <= floor))
    yield Figure("a true null lies below the floor", below, *FLOOR, of=studies, unit=" %", note=note, digits=1)


def _hidden(rng: np.random.Generator, studies: int) -> Figure:
    """How often no repeat differs although as many do as the floor of 0 says may."""
    none = float(np.mean(rng.binomial(REPEATS, unseen(REPEATS), studies) == 0))
    return Figure(
        "a floor of 0 hides more than it says", 100 * none, high=5.0, of=studies, unit=" %", note=f"{REPEATS} repeats"
    )


def main() -> int:
    """0: every bar met, 1: one missed."""
    return seeded(figures, "Is the noise of shared answers in intervals and floors?", 2000, least=100)


if __name__ == "__main__":
    sys.exit(main())
