"""The release's mined patterns: how often they occur, and how many there are at the ends. Knows no analyses."""

import math
from itertools import product
from pathlib import Path

import msgspec
import numpy as np

from longplay.exchange.release_names import (
    CHECKPOINTS,
    MODELS,
    PERSONAS,
    PROBES,
    IncompleteError,
    PremiseName,
    parse_premise,
)
from longplay.exchange.release_tables import Found, Place, assemble, read_rows
from longplay.stats.intervals import Floats
from longplay.stats.paper import SCRIPTS, Cells

_SETTINGS = frozenset[str](SCRIPTS)
_GROUPS = ("1", "0")


class PatternCounts(msgspec.Struct, frozen=True, eq=False):
    """In how many persona answers patterns occur, summed over patterns and probes, and how many patterns there are.

    `persona`: patterns that told persona answers from baseline ones before the dialogue; `baseline`: the reverse.
    """

    persona: Cells
    baseline: Cells
    persona_patterns: int
    baseline_patterns: int


class PatternsLeft(msgspec.Struct, frozen=True, eq=False):
    """How many patterns tell persona answers from baseline ones, before the first and after the last round.

    first, last: (pairs,) counts, a pair for each model, probe, script and persona; scripts: (pairs,) in SCRIPTS' order.
    """

    first: Floats
    last: Floats
    scripts: tuple[int, ...]


def read_counts(path: Path) -> PatternCounts:
    """all_pattern_counts.csv; what is counted in baseline answers is used by no figure and left out."""
    sums: dict[str, Found] = {group: {} for group in _GROUPS}
    patterns: dict[str, set[tuple[str, ...]]] = {group: set() for group in _GROUPS}
    columns = ("model", "dataset", "role", "setting", "turn", "pattern_group", "pattern", "count_in_role_gen")
    for row in read_rows(path, columns):
        fields, persona = row.fields, row.persona()
        group, setting = fields["pattern_group"], fields["setting"]
        if group not in sums or setting not in _SETTINGS or persona is None:
            raise row.fault(f"pattern_group {group!r}, setting {setting!r}, role {fields['role']!r} are not known.")
        place = Place(fields["model"], persona, None, setting, row.count("turn"))
        sums[group].setdefault(place, {0: 0.0})[0] += row.count("count_in_role_gen")
        patterns[group].add((fields["model"], fields["dataset"], persona, fields["pattern"]))
    persona_cells, baseline_cells = (_personas_alone(path, sums[group]) for group in _GROUPS)
    return PatternCounts(persona_cells, baseline_cells, *(len(patterns[group]) for group in _GROUPS))


def read_left(folder: Path) -> PatternsLeft:
    """results/premise: one file a set of patterns, a row each. Raises IncompleteError where a file is missing."""
    names = {parse_premise(path.name): path for path in sorted(folder.glob("*.csv"))}
    pairs = list(product(MODELS, PROBES, SCRIPTS, PERSONAS))
    # The paper compares both scripts with the patterns mined before the persona-directed one.
    first = [PremiseName(model, SCRIPTS[0], persona, probe, last=False) for model, probe, _, persona in pairs]
    last = [PremiseName(model, script, persona, probe, last=True) for model, probe, script, persona in pairs]
    missing = [f"{one.model}, {one.probe}, {one.persona}" for one in dict.fromkeys((*first, *last)) if one not in names]
    if missing:
        raise IncompleteError(f"{folder} lacks {len(missing):,} of the paper's files, such as that of {missing[0]}.")
    sizes = {name: sum(1 for _ in read_rows(path, ("pattern", "group"))) for name, path in names.items()}
    counts = [np.array([sizes[name] for name in side], dtype=np.float64) for side in (first, last)]
    return PatternsLeft(counts[0], counts[1], tuple(SCRIPTS.index(script) for _, _, script, _ in pairs))


def _personas_alone(path: Path, found: Found) -> Cells:
    """The file has no rows of the baseline; its cells are filled and dropped again."""
    nobody: Found = {place._replace(persona=None): {0: math.nan} for place in found}
    cells = assemble(path, {**found, **nobody}, CHECKPOINTS, one_item=True)
    return Cells(cells.models, cells.personas, cells.positions, cells.values)
