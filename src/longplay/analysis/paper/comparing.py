"""The whole reproduction: every number the release allows, each published one beside ours. Knows no files' formats."""

from collections.abc import Sequence

import msgspec

from longplay.analysis.paper.bars import bars
from longplay.analysis.paper.facts import facts
from longplay.analysis.paper.kinds import kinds
from longplay.analysis.paper.lines import curves, differences, gaps, progressions
from longplay.analysis.paper.measures import measures
from longplay.analysis.paper.numbers import Number
from longplay.analysis.paper.patterns import patterns
from longplay.analysis.paper.published import Published, published
from longplay.analysis.paper.regressions import regressions
from longplay.analysis.paper.sources import Sources

_ROUNDING = 1e-9  # a printed 0.5 of the last digit has no exact binary form
_ROUNDS = "results/interview_ratings.csv and results/instructions_ratings.csv"
_SAFETY = "results/xstest_ratings.csv and xstest/xstest_prompts.csv"
_LABELS = "incharacter/characters_labels.json"
# What must be there for a measure.
NEEDS = {
    **dict.fromkeys(("in_character", "knowledge", "style", "dialogue"), _ROUNDS),
    "bfi_error": f"results/bfi_ratings.csv, {_LABELS} and --labels",
    "bfi_distance": "results/bfi_ratings.csv",
    "role_specific": "results/instruction_role_specific_ratings.csv",
    "general": "results/instruction_general_ratings.csv",
    "ifbench": "results/ifbench_results.json",
    "safety": _SAFETY,
    "excess": _SAFETY,
    "persona_patterns": "results/all_pattern_counts.csv",
    "baseline_patterns": "results/all_pattern_counts.csv",
    "patterns_lost_percent": "results/premise/*.csv",
    "tokens": "results/round_lengths.csv",
    "xstest_items": "xstest/xstest_prompts.csv",
    "labels_annotation": _LABELS,
    "labels_pdb": _LABELS,
    **{
        f"human_{name}": f"data/sampled_{name}_ratings.csv"
        for name in ("bfi", "instruction_general", "instruction_role_specific", "xstest")
    },
    "human_dialogue": "data/sampled_ratings.csv",
}


class Comparison(msgspec.Struct, frozen=True):
    """A published number beside ours; `ours` is None where the measure is there but the number is not."""

    published: Published
    ours: float | None
    difference: float | None
    agrees: bool


class Lacking(msgspec.Struct, frozen=True):
    """A measure that cannot be reproduced from what is there: how many published numbers, and what they need."""

    measure: str
    published: int
    needs: str


class Reproduction(msgspec.Struct, frozen=True):
    """All our numbers, all comparisons, all that is lacking; `labels`: the set of Big Five labels used.

    `incomplete`: files that are there but lack some of the paper's conditions.
    """

    files: tuple[str, ...]
    incomplete: tuple[str, ...]
    labels: str | None
    numbers: tuple[Number, ...]
    comparisons: tuple[Comparison, ...]
    lacking: tuple[Lacking, ...]


def reproduce(sources: Sources, labels: str | None = None) -> Reproduction:
    """The paper's study from whatever of its release is there. Raises PaperError where that is not the paper's.

    `labels`: `annotation` or `pdb`; the paper does not say which it used, so without it that measure is lacking.
    """
    numbers = _numbers(sources, labels)
    known = {number.measure for number in numbers}
    wanted = published()
    lacking = dict.fromkeys(one.measure for one in wanted if one.measure not in known)
    counted = [(name, sum(one.measure == name for one in wanted)) for name in lacking]
    return Reproduction(
        files=tuple(sources.files),
        incomplete=tuple(sources.incomplete),
        labels=labels,
        numbers=tuple(numbers),
        comparisons=compare([one for one in wanted if one.measure in known], numbers),
        lacking=tuple(Lacking(name, count, NEEDS[name]) for name, count in counted),
    )


def compare(wanted: Sequence[Published], numbers: Sequence[Number]) -> tuple[Comparison, ...]:
    """Each published number beside ours of the same coordinates."""
    ours = {_key(number): number.value for number in numbers}
    found: list[Comparison] = []
    for one in wanted:
        value = ours.get(_key(one))
        difference = None if value is None else value - one.value
        agrees = difference is not None and abs(difference) <= one.tolerance + _ROUNDING
        found.append(Comparison(one, value, difference, agrees))
    return tuple(found)


def _numbers(sources: Sources, labels: str | None) -> list[Number]:
    found = facts(sources)
    for measure in measures(sources, labels):
        for form in (curves, differences, progressions, gaps, bars, regressions):
            found += form(measure)
    return [*found, *kinds(sources), *patterns(sources)]


def _key(one: Number | Published) -> tuple[object, ...]:
    return one.form, one.measure, one.quantity, one.model, one.persona, one.condition, one.script, one.position
