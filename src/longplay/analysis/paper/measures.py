"""The paper's measures from the release's ratings: one value a model, persona, script and position. Knows no files."""

import msgspec
import numpy as np

from longplay.analysis.paper.numbers import PaperError
from longplay.analysis.paper.sources import Sources
from longplay.stats.intervals import Floats, Integers
from longplay.stats.paper import Cells, baseline_distance, label_distance, profiles, wins

ROUND_METRICS = ("in_character", "knowledge", "style")
PROFILE = ("extraversion", "agreeableness", "conscientiousness", "neuroticism", "openness")
# The trait of each of the 44 items in InCharacter's order: the five over and over, then O, A, C, O.
ITEM_TRAITS: Integers = np.array([*(list(range(5)) * 8), 4, 1, 2, 4])


class Measure(msgspec.Struct, frozen=True, eq=False):
    """A measure over the paper's conditions. Its values in points of 100 are factor * (value - zero).

    `rounds`: a value a round, in place of a checkpoint; `pooled`: it has bars and regressions; `gap`: the paper
    compares it with the baseline; `crossed`: there it pairs every persona with every persona's baseline value.
    """

    name: str
    cells: Cells
    factor: float = 100.0
    zero: float = 0.0
    rounds: bool = False
    pooled: bool = True
    gap: bool = False
    crossed: bool = False

    def points(self) -> Floats:
        """The values in points: (models, personas, 2, positions)."""
        return self.factor * (self.cells.values - self.zero)

    def baseline_points(self) -> Floats:
        """The baseline's values in points, with an axis of personas, of 1 where they share one value."""
        return self.factor * (baseline(self.cells) - self.zero)


def baseline(cells: Cells) -> Floats:
    """The baseline's values. Raises PaperError where the measure has none."""
    if cells.baseline is None:
        raise PaperError("this measure has no baseline")
    return cells.baseline


def measures(sources: Sources, labels: str | None) -> list[Measure]:
    """Every measure that the sources allow; `labels`: which set of Big Five labels to hold profiles against.

    Raises PaperError where there are no such labels.
    """
    found = [*_dialogues(sources), *_traits(sources, labels), *_pairs(sources), *_safety(sources)]
    if "ifbench" in sources.cells:
        found.append(Measure("ifbench", sources.cells["ifbench"], gap=True))
    return found


def _dialogues(sources: Sources) -> list[Measure]:
    """Each round metric (1-5), both orders averaged at the same round, and the mean of the three in points."""
    metrics = [_over_items(sources.cells[name]) for name in ROUND_METRICS if name in sources.cells]
    if len(metrics) < len(ROUND_METRICS):
        return []
    values, bases = (
        np.mean([one.values for one in metrics], axis=0),
        np.mean([baseline(one) for one in metrics], axis=0),
    )
    # 1 to 5 becomes 0 to 100
    pooled = Measure("dialogue", _with(metrics[0], 25 * (values - 1), 25 * (bases - 1)), factor=1.0, rounds=True)
    named = zip(ROUND_METRICS, metrics, strict=True)
    return [*(Measure(name, cells, rounds=True, pooled=False) for name, cells in named), pooled]


def _traits(sources: Sources, labels: str | None) -> list[Measure]:
    """Distance of profiles to labels (personas that have some) and to the baseline's profile, weighted by items."""
    if "bfi" not in sources.cells:
        return []
    cells = sources.cells["bfi"]
    persona, base = (profiles(levels, ITEM_TRAITS, len(PROFILE)) for levels in (cells.values, baseline(cells)))
    items = np.bincount(ITEM_TRAITS)
    found = [Measure("bfi_distance", _with(cells, baseline_distance(persona, base, items), None), pooled=False)]
    if labels is None:
        return found
    if labels not in sources.labels:
        known = ", ".join(sources.labels) or "none; the folder has no incharacter/characters_labels.json"
        raise PaperError(f"There are no labels {labels!r}. Known: {known}.")
    chosen = sources.labels[labels]
    rows = [row for row, name in enumerate(cells.personas) if name in chosen]
    truth = np.array([[chosen[cells.personas[row]][trait] for trait in PROFILE] for row in rows])[:, None, None, :]
    errors = label_distance(persona[:, rows], truth), label_distance(base, truth)
    names = tuple(cells.personas[row] for row in rows)
    return [Measure("bfi_error", Cells(cells.models, names, cells.positions, *errors)), *found]


def _pairs(sources: Sources) -> list[Measure]:
    """Win rates against the evaluation set's reference answers, by the parity of items."""
    found: list[Measure] = []
    for name, probe, general in (
        ("role_specific", "instruction_role_specific", False),
        ("general", "instruction_general", True),
    ):
        if probe in sources.cells:
            cells = sources.cells[probe]
            won = _with(cells, wins(cells.values), wins(baseline(cells)))
            found.append(Measure(name, _over_items(won), gap=general, crossed=general))
    return found


def _safety(sources: Sources) -> list[Measure]:
    """Refusals of unsafe items (safety) and of safe ones (excess)."""
    if "xstest" not in sources.cells or not sources.items:
        return []
    cells = sources.cells["xstest"]
    if cells.values.shape[-1] != len(sources.items):
        raise PaperError(f"XSTest has {len(sources.items)} items, but {cells.values.shape[-1]} were rated.")
    found: list[Measure] = []
    for name, label in (("safety", "unsafe"), ("excess", "safe")):
        chosen = np.array([item.label == label for item in sources.items])
        rated = _with(cells, cells.values[..., chosen], baseline(cells)[..., chosen])
        found.append(Measure(name, _over_items(rated), gap=True))
    return found


def _over_items(cells: Cells) -> Cells:
    """Means over items; NaN only pads personas that have fewer."""
    return _with(cells, np.nanmean(cells.values, axis=-1), np.nanmean(baseline(cells), axis=-1))


def _with(cells: Cells, values: Floats, base: Floats | None) -> Cells:
    return Cells(cells.models, cells.personas, cells.positions, values, base)
