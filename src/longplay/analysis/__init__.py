"""Store -> tidy tables -> stats -> estimates, one file an analysis. Knows no models and no drawing."""

from collections.abc import Callable

import msgspec

from longplay.analysis.between import between
from longplay.analysis.convergence import convergence
from longplay.analysis.curves import curves
from longplay.analysis.data import Data, prepare
from longplay.analysis.declared import corrected, warned
from longplay.analysis.drift import drift, early
from longplay.analysis.equivalence import equivalence
from longplay.analysis.estimating import joined
from longplay.analysis.gap import gap, gap_drift
from longplay.analysis.headline import headlines
from longplay.analysis.judge_error import judge_error
from longplay.analysis.labellers import agreements
from longplay.analysis.labelling import Narrowed, draw_labels
from longplay.analysis.missing import missing
from longplay.analysis.noise import noise
from longplay.analysis.noise_components import components
from longplay.analysis.noise_floor import floored
from longplay.analysis.refusal_kinds import refusal_kinds
from longplay.analysis.shapes import shapes
from longplay.analysis.slopes import slopes
from longplay.analysis.tables import AnalysisError, Reader, Tables, read_tables
from longplay.analysis.these_personas import these_personas
from longplay.analysis.trade_offs import correlations, trade_offs
from longplay.analysis.trait_distance import trait_distance
from longplay.judging.quantities import as_judged, in_papers_form
from longplay.records import Estimate

ANALYSES: dict[str, Callable[[Data], list[Estimate]]] = {
    "curves": curves,
    "drift": drift,
    "gap": gap,
    "gap-drift": gap_drift,
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
    "judge-error": judge_error,
}


def analyse(reader: Reader, changed_after_data: bool = False) -> list[Estimate]:
    """Every estimate of a run, in the order of ANALYSES.

    `changed_after_data`: the study's [analysis] part is not the one the run began with; every note then says so.
    Raises AnalysisError where the run holds no study or an unknown metric.
    """
    return analyse_data(prepare(read_tables(reader), changed_after_data=changed_after_data))


def analyse_data(data: Data) -> list[Estimate]:
    """The same of data that were read before. Raises AnalysisError where the run holds an unknown metric."""
    study, mark = data.tables.study, data.tables.mark
    estimates = [estimate for run in ANALYSES.values() for estimate in run(data)]
    declared = msgspec.structs.replace(study.analysis, primary=as_judged(study.analysis.primary, study.forms))
    found = floored(corrected(warned(estimates), declared), data.level)
    return [_marked(estimate, mark) for estimate in found] if mark else found


def _marked(estimate: Estimate, mark: str) -> Estimate:
    """Numbers in the paper's form say where its prompts were not the authors'."""
    if not in_papers_form(estimate.metric):
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
    "draw_labels",
    "headlines",
    "prepare",
    "read_tables",
    "trade_offs",
]
