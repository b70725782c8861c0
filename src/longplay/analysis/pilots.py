"""Which changes of a run a power calculation rests on: of personas, gaps, scripts or models. Computes no power."""

from collections.abc import Callable
from typing import Literal, TypeAlias

import msgspec
import numpy as np

from longplay.analysis.baselines import against_baseline
from longplay.analysis.changes import DIALOGUE, last_first_dialogues
from longplay.analysis.data import Data
from longplay.analysis.declared import corrected
from longplay.analysis.drift import drift, early
from longplay.analysis.frames import Frame, stack
from longplay.analysis.gap import gap_drift, moved
from longplay.analysis.items import COUNTED, PLACE, VALUES, collapse, pair
from longplay.analysis.setting_contrasts import PAIRED, between, drifts, named_sides
from longplay.analysis.tables import AnalysisError
from longplay.records import Estimate
from longplay.stats import added

Looked: TypeAlias = Literal["drift", "gap-drift", "script", "model"]
_MADE_BY: dict[Looked, str] = {"script": "script-contrast", "model": "model-contrast"}
_ANALYSES: tuple[Callable[[Data], list[Estimate]], ...] = (drift, early, gap_drift, between)
_ROW = [*PLACE, "item", *DIALOGUE, *VALUES, *COUNTED]


class Place(msgspec.Struct, frozen=True):
    """Which change is looked for; None = the first that there is, probes before rounds. `contrast`: of personas, of
    their gap to the baseline, or under one script (of one model) minus that under another, named `against`."""

    source: str | None = None
    model: str | None = None
    script: str | None = None
    contrast: Looked = "drift"
    against: str | None = None


class OfBaseline(msgspec.Struct, frozen=True):
    """What of the variance of a gap's change is the baseline's: its dialogues' part, and that of its answers before the
    dialogue, which all of them share; with the degrees of freedom of each. `draws` of each dialogue."""

    dialogues: float
    dialogues_df: float
    start: float
    start_df: float
    draws: int

    def of(self, draws: int) -> tuple[float, float]:
        """The variance with so many draws, and its degrees of freedom."""
        part, df = self.dialogues * self.draws / draws, self.dialogues_df * (draws - 1) / (self.draws - 1)
        whole = added([[part], [self.start]], [[df], [self.start_df]])
        return float(whole.variance[0]), float(whole.df[0])


def changes_of(data: Data, place: Place) -> tuple[Frame, Place]:
    """PLACE, item, order, replicate, value of each change, and the place with both sides of a contrast named.

    Raises AnalysisError where the run has no such contrast.
    """
    rows = last_first_dialogues(data, "all")
    if place.contrast == "gap-drift":
        return _gaps(rows), place
    if place.contrast == "drift":
        return rows, place
    study = data.tables.study
    names = [model.title for model in study.models] if place.contrast == "model" else list(study.dialogues.scripts)
    left = getattr(place, place.contrast) or names[0]
    right = place.against or next((name for name in names if name != left), None)
    if right is None or right == left or not {left, right} <= set(names):
        raise AnalysisError(
            f"no contrast of a {place.contrast} with another: the run has {', '.join(names)}. Name two with "
            f"--{place.contrast} and --against."
        )
    sides = named_sides(drifts(data, "all"), place.contrast, left, right)
    paired = pair(sides.one, sides.other, PAIRED).assign(replicate=0)
    return paired, msgspec.structs.replace(place, against=right, **{place.contrast: left})


def _gaps(rows: Frame) -> Frame:
    """Each persona's change minus the baseline's mean change on the same item, in the same order where it has that."""
    rows = rows.assign(unit=rows["unit"].where(rows["unit"] >= 0, -1))
    spoken = rows["speaker"] == "baseline"
    personas, baseline = rows[~spoken], rows[spoken]
    found: list[Frame] = []
    for order in np.unique(personas["order"].to_numpy()):
        mine = baseline[baseline["order"] == order]
        there = collapse(mine if len(mine) else baseline, [*PLACE, "item"])
        here = personas[personas["order"] == order]
        for replicate in np.unique(here["replicate"].to_numpy()):
            one = here[here["replicate"] == replicate]
            columns = [*PLACE, "item", *VALUES, *COUNTED]
            found.append(
                against_baseline(stack([one[columns], there[columns]])).assign(order=order, replicate=replicate)
            )
    return stack([part[_ROW] for part in found]) if found else rows.iloc[:0]


def shared_by_all(data: Data, row: dict[str, object]) -> tuple[float, float, OfBaseline | None]:
    """Of a gap's change: the variance of the baseline's part and its df, and what it consists of; None where one
    dialogue of each says nothing of others. Raises AnalysisError where the variance is not known."""
    _, measured, shared = moved(data, "all")
    cells = measured.cells
    here = np.ones(len(cells), dtype=bool)
    for name in ("source", "quantity", "judge", "model", "script", "setting"):
        here &= np.array([one == row[name] for one in cells[name]], dtype=bool)
    (place,) = np.flatnonzero(here)
    variance, df = (float(shared.cells[name].to_numpy()[place]) for name in ("variance", "df"))
    if np.isnan(variance):
        raise AnalysisError(f"the run cannot serve as a pilot of a gap: {measured.notes[place]}.")
    names = ("dialogues_variance", "dialogues_df", "start_variance", "start_df")
    dialogues, dialogues_df, start, start_df = (
        float(np.nan_to_num(shared.cells[name].to_numpy()[place])) for name in names
    )
    draws = data.tables.study.dialogues.baseline_draws
    several = None
    if draws > 1 and dialogues > 0:
        several = OfBaseline(dialogues, dialogues_df, start, start_df, draws)
    return variance, df if df > 0 else 1.0, several


def family_size(data: Data, like: Callable[[Estimate], bool], contrast: Looked) -> int:
    """How many tests Holm corrects together with this one, as the study declared; 1 where it is in no family."""
    key = "tests", "all"
    if key not in data.kept:
        every = [estimate for analysis in _ANALYSES for estimate in analysis(data)]
        data.kept[key] = corrected(every, data.tables.study, data.named)
    made: list[Estimate] = data.kept[key]
    name = _MADE_BY.get(contrast, contrast)
    mine = next((e.family for e in made if e.family and e.analysis == name and like(e)), "")
    return sum(e.family == mine for e in made) if mine else 1
