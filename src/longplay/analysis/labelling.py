"""Which judged texts people shall label: a stratified sample with known probabilities. Reads no texts, no labels."""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from longplay.analysis.changes import at_ends
from longplay.analysis.data import Data
from longplay.analysis.estimating import contrast
from longplay.analysis.frames import Frame, among, groups
from longplay.analysis.label_frame import ARM, fingerprint, label_frame
from longplay.analysis.tables import AnalysisError
from longplay.judging import METRICS
from longplay.judging.people import labelled, why_not
from longplay.judging.quantities import metric_name, metric_of, spelled
from longplay.records import DrawnArm, DrawnRow, LabelSample, Place, Quantity, Stratum
from longplay.stats import draw_by_arm

Named = tuple[str, ...]


class Narrowed(msgspec.Struct, frozen=True):
    """What to draw from; None = everything that can be labelled, of checkpoints the first and the last.

    `metrics`: metrics or quantities; `checkpoints`: of answers, or the last round of a block; `speakers`: `persona`,
    `baseline`.
    """

    metrics: Named | None = None
    checkpoints: tuple[int, ...] | None = None
    sources: Named | None = None
    models: Named | None = None
    scripts: Named | None = None
    speakers: Named | None = None


def draw_labels(data: Data, narrowed: Narrowed, count: int, seed: int) -> LabelSample:
    """About `count` texts: every arm (quantity, source, model, script, condition, position) has an equal share, within
    it every judge's score by how often it was given, at least two.

    Raises AnalysisError where a metric cannot be labelled, a name is not known, or nothing is left.
    """
    _refuse(data, narrowed.metrics or ())
    frame = _narrow(data, label_frame(data), narrowed)
    if frame.empty:
        raise AnalysisError("the run holds nothing to label: no judge has scored a text alone there. Judge it first.")
    arms = groups(frame, ARM)
    strata = np.rint(frame["level"].to_numpy() * 2).astype(np.int64)  # scores stand half a step apart at least
    found = draw_by_arm(arms.code, strata, count, np.random.default_rng([seed, 8]))
    frame = frame.assign(stratum=strata, chosen=found.chosen, probability=found.probability)
    parts = [frame[arms.code == number] for number in range(arms.size)]
    return LabelSample(seed, count, tuple(_arm(data, part) for part in parts))


class ArmKey(msgspec.Struct, frozen=True, order=True):
    """What an arm is of."""

    quantity: Quantity
    source: str
    place: Place
    position: int
    judge: str = ""


def arm_key(row: Mapping[str, Any]) -> ArmKey:
    """The arm of a row of a frame."""
    return ArmKey(row["quantity"], row["source"], contrast(row).left, int(row["position"]), row["judge"])


def _refuse(data: Data, wanted: Named) -> None:
    for name in wanted:
        quantity = data.named.get(name)
        if against := why_not(METRICS.get(name) if quantity is None else metric_of(quantity)):
            raise AnalysisError(f"the metric {name!r} {against}. People can label: {', '.join(labelled())}.")


def _narrow(data: Data, frame: Frame, narrowed: Narrowed) -> Frame:
    if narrowed.metrics is not None:
        names = {one: {spelled(one), metric_name(one)} for one in frame["quantity"].unique()}
        metrics = narrowed.metrics
        for name in metrics:
            if not any(name in both for both in names.values()):
                there = ", ".join(sorted(map(spelled, names)))
                raise AnalysisError(f"the run has no scores of {name!r}. There are: {there}.")
        frame = frame[among(frame["quantity"], lambda one: not names.get(one, set()).isdisjoint(metrics))]
    for column, wanted in (
        ("source", narrowed.sources),
        ("model", narrowed.models),
        ("script", narrowed.scripts),
        ("speaker", narrowed.speakers),
        ("position", narrowed.checkpoints),
    ):
        frame = _only(frame, column, wanted)
    return frame if narrowed.checkpoints is not None else frame[at_ends(frame, data.spans)]


def _only(frame: Frame, column: str, wanted: tuple[str | int, ...] | None) -> Frame:
    if wanted is None:
        return frame
    there = [int(value) if column == "position" else str(value) for value in sorted(frame[column].unique())]
    for value in wanted:
        if value not in there:
            what = "checkpoint" if column == "position" else column
            raise AnalysisError(f"no {what} {value!r} there. Known: {', '.join(map(str, there))}.")
    return frame[frame[column].isin(list(wanted))]


def _arm(data: Data, part: Frame) -> DrawnArm:
    names = data.tables.names.dtype.categories
    key = arm_key(part.iloc[0].to_dict())
    strata = [
        Stratum(float(number) / 2, len(rows), int(rows["chosen"].sum())) for number, rows in part.groupby("stratum")
    ]
    chosen = part[part["chosen"]]
    columns = (chosen[name].tolist() for name in ("subject", "seen", "stratum", "probability"))
    drawn = tuple(
        DrawnRow(int(subject), str(names[seen]) if seen >= 0 else None, stratum / 2, float(probability))
        for subject, seen, stratum, probability in zip(*columns, strict=True)
    )
    whole = fingerprint(part), len(part), tuple(strata), drawn
    return DrawnArm(key.quantity, key.source, key.place, key.position, *whole, key.judge)
