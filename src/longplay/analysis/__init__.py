"""Store -> tidy tables -> stats -> estimates, one file an analysis. Knows no models and no drawing."""

from collections.abc import Callable
from functools import partial
from typing import Protocol

import msgspec

from longplay.analysis.convergence import convergence
from longplay.analysis.curves import curves
from longplay.analysis.data import Data, prepare
from longplay.analysis.declared import corrected, warned
from longplay.analysis.drift import drift, early
from longplay.analysis.each_persona import each_persona, these_items
from longplay.analysis.equivalence import equivalence
from longplay.analysis.estimating import joined
from longplay.analysis.falling_back import fallen_back
from longplay.analysis.findings import p_values
from longplay.analysis.gap import gap, gap_drift
from longplay.analysis.headline import carded, headlines
from longplay.analysis.judge_checks import Texts, beside_wins, judge_checks, second_opinion
from longplay.analysis.judge_error import judge_error
from longplay.analysis.judge_time import beside_drift, judge_time
from longplay.analysis.labellers import agreements
from longplay.analysis.labelling import Narrowed, draw_labels
from longplay.analysis.missing import missing
from longplay.analysis.neutral import neutral
from longplay.analysis.noise import noise
from longplay.analysis.noise_components import components
from longplay.analysis.noise_floor import floored
from longplay.analysis.recall import recall
from longplay.analysis.refusal_kinds import refusal_kinds
from longplay.analysis.setting_contrasts import between
from longplay.analysis.shapes import shapes
from longplay.analysis.slopes import slopes
from longplay.analysis.tables import AnalysisError, Reader, Tables, read_tables
from longplay.analysis.these_personas import these_personas
from longplay.analysis.this_dialogue import this_dialogue
from longplay.analysis.trade_offs import correlations, trade_offs
from longplay.analysis.trait_distance import trait_distance
from longplay.analysis.wrong_persona import wrong_persona
from longplay.judging.quantities import in_papers_form
from longplay.records import Estimate, Tell, part

ANALYSES: dict[str, Callable[[Data], list[Estimate]]] = {
    "curves": curves,
    "drift": drift,
    "gap": gap,
    "gap-drift": gap_drift,
    "neutral": neutral,
    "wrong-persona": wrong_persona,
    "recall-by-distance": recall,
    "trait-distance": trait_distance,
    "refusal-kinds": refusal_kinds,
    "missing": missing,
    "noise": noise,
    "noise-components": components,
    "slopes": slopes,
    "shapes": shapes,
    "trade-off": correlations,
    "early": early,
    "between": between,
    "equivalence": equivalence,
    "convergence": convergence,
    "these-personas": these_personas,
    "these-items": these_items,
    "this-dialogue": this_dialogue,
    "each-persona": each_persona,
    "judge-error": judge_error,
    "judge-checks": judge_checks,
    "judge-over-time": judge_time,
}


class Stored(Reader, Texts, Protocol):
    """A store's tables and its texts."""


def analyse(reader: Stored, changed_after_data: bool = False, tell: Tell | None = None) -> list[Estimate]:
    """Every estimate of a run, in the order of ANALYSES.

    `changed_after_data`: the study's [analysis] part is not the one the run began with; every note then says so.
    `tell`: see `analyse_data`. Raises AnalysisError where the run holds no study or an unknown metric.
    """
    return analyse_run(reader, prepare(read_tables(reader), changed_after_data=changed_after_data), tell)


def analyse_run(reader: Texts, data: Data, tell: Tell | None = None) -> list[Estimate]:
    """The same of data that were read before from this store, whose texts are looked at too."""
    opinions = partial(second_opinion, reader, data)
    return [*analyse_data(data, tell), *part("the second opinion on refusals", opinions, [], tell)]


def analyse_data(data: Data, tell: Tell | None = None) -> list[Estimate]:
    """Every estimate that needs no texts.

    `tell` hears of an analysis that fails; its estimates are then left out and the others stand. Without `tell` the
    error goes on.
    """
    study, mark = data.tables.study, data.tables.mark
    found = [e for name, run in ANALYSES.items() for e in part(f"the analysis {name}", partial(run, data), [], tell)]
    for what, over_all in (
        ("intervals for other targets", fallen_back),
        ("the warning of missing scores", warned),
        ("the correction of p-values", partial(corrected, study=study, named=data.named)),
        ("the correction over the cards", partial(carded, study=study)),
        ("the noise floor of effects", partial(floored, data=data)),
        ("the judge's consistency beside win rates", beside_wins),
        ("the judge's change beside changes", beside_drift),
    ):
        found = part(what, partial(over_all, found), found, tell)
    return [_marked(estimate, mark) for estimate in found] if mark else found


def _marked(estimate: Estimate, mark: str) -> Estimate:
    """Numbers in the paper's form say where its prompts were not the authors'."""
    if not in_papers_form(estimate.quantity):
        return estimate
    return msgspec.structs.replace(estimate, note=joined(estimate.note, mark))


__all__ = [
    "ANALYSES",
    "AnalysisError",
    "Data",
    "Narrowed",
    "Reader",
    "Tables",
    "agreements",
    "analyse",
    "analyse_data",
    "analyse_run",
    "draw_labels",
    "headlines",
    "p_values",
    "prepare",
    "read_tables",
    "trade_offs",
]
