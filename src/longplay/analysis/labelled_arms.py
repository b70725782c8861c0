"""Drawn samples and people's labels put beside what the judge says now: one arm each. Makes no estimates.

A label counts for every drawn row with the same words. Of several samples of one arm that with most labels is used.
"""

from collections.abc import Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from longplay.analysis.data import Data
from longplay.analysis.frames import Frame, groups
from longplay.analysis.label_frame import ARM, fingerprint, label_frame
from longplay.analysis.labelling import ArmKey, arm_key
from longplay.analysis.people import Text, drawn_text
from longplay.judging.people import form
from longplay.records import DrawnArm
from longplay.stats import Sample, with_returned
from longplay.stats.intervals import Floats

People = Mapping[str, Mapping[Text, str]]  # choices by judge and text


class LabelledArm(msgspec.Struct, frozen=True, eq=False):
    """One arm; `rows`: its frame, None where that changed since the draw. Of each row of the frame: `choices`, the
    labels (of each labeller one), `probability` of having one, and `in_draw`, whether it was drawn. `merged`: judge's
    scores of which no label came back, counted with their neighbours; `drawn`, `back`: rows drawn, and labelled.
    """

    key: ArmKey
    rows: Frame | None
    choices: tuple[tuple[str, ...], ...] = ()
    probability: Floats = msgspec.field(default_factory=lambda: np.empty(0))
    in_draw: NDArray[np.bool_] = msgspec.field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    merged: tuple[float, ...] = ()
    drawn: int = 0
    back: int = 0

    @property
    def drawn_of(self) -> list[int]:
        """The cluster of every drawn row of the frame."""
        return [] if self.rows is None else self.rows["cluster"].to_numpy()[self.in_draw].tolist()

    @property
    def back_of(self) -> list[int]:
        """The cluster of every row with a label."""
        if self.rows is None:
            return []
        return self.rows["cluster"].to_numpy()[[bool(some) for some in self.choices]].tolist()

    def human(self, scores: Mapping[str, float]) -> Floats:
        """The mean over labellers of what their choices score; NaN where there is no label."""
        return np.array([np.mean([scores[one] for one in some]) if some else np.nan for some in self.choices])


def labelled_arms(data: Data) -> list[LabelledArm]:
    """Every arm that was drawn, by its key; none where no label came in. Unknown choices are left out."""
    samples, said = data.tables.samples.values(), data.tables.people
    if not any(said.values()):
        return []
    frame = label_frame(data)
    found = groups(frame, ARM)
    arms = {arm_key(frame.iloc[row].to_dict()): frame[found.code == number] for number, row in enumerate(found.first)}
    best: dict[ArmKey, LabelledArm] = {}
    for sample in samples:
        for arm in sample.arms:
            key = _key(arm, arms, data.tables.study.judge.title)
            one = _labelled(data, key, arm, arms.get(key), said)
            other = best.get(key)
            if other is None or (one.rows is not None, one.back) > (other.rows is not None, other.back):
                best[key] = one
    return [best[key] for key in sorted(best)]


def _key(arm: DrawnArm, arms: Mapping[ArmKey, Frame], first: str) -> ArmKey:
    """The arm of a drawn one. Of a sample that does not say whose scores it was drawn from, that of the judge whose
    scores are still those that it was drawn from, else of the study's first."""
    if arm.judge:
        return ArmKey(arm.quantity, arm.source, arm.place, arm.position, arm.judge)
    plain = ArmKey(arm.quantity, arm.source, arm.place, arm.position)
    alike = [key for key in arms if msgspec.structs.replace(key, judge="") == plain]
    same = (key for key in alike if fingerprint(arms[key]) == arm.frame)
    return next(same, msgspec.structs.replace(plain, judge=first))


def _labelled(data: Data, key: ArmKey, arm: DrawnArm, rows: Frame | None, said: People) -> LabelledArm:
    choices = form(arm.quantity).choices
    by_text = {row: [of.get(drawn_text(arm, row)) for of in said.values()] for row in arm.drawn}
    given = {row: tuple(one for one in some if one in choices) for row, some in by_text.items()}
    if rows is None or fingerprint(rows) != arm.frame:
        labelled = sum(1 for some in given.values() if some)
        return LabelledArm(key, None, drawn=len(arm.drawn), back=labelled)
    code = data.tables.names.ranks
    at = {(row.subject, code[row.judged_as] if row.judged_as is not None else -1): some for row, some in given.items()}
    places = list(zip(rows["subject"].tolist(), rows["seen"].tolist(), strict=True))
    by_row = tuple(at.get(place, ()) for place in places)
    level = np.rint(rows["level"].to_numpy() * 2) / 2
    back = np.array([bool(some) for some in by_row])
    share = {one.score: one.drawn / one.rows for one in arm.strata}
    sample = Sample(
        np.array([place in at for place in places]), np.array([share.get(one, np.nan) for one in level.tolist()])
    )
    probability, merged = with_returned(sample, level, back)
    return LabelledArm(
        key,
        rows,
        by_row,
        probability,
        sample.chosen,
        tuple(merged.tolist()),
        len(arm.drawn),
        int(np.count_nonzero(back)),
    )
