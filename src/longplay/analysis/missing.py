"""What was not obtained: counts by reason and position, and replies to safety items that the provider blocked."""

import msgspec
import numpy as np

from longplay.analysis.answering import AGAIN, answering
from longplay.analysis.baselines import Apart
from longplay.analysis.changes import DIALOGUE
from longplay.analysis.curves import OVER_PERSONAS, means
from longplay.analysis.data import Data, missing_reasons
from longplay.analysis.estimating import PERSONAS, RUN, Framing, over_units
from longplay.analysis.frames import Frame, among, constant, valued
from longplay.analysis.items import item_means
from longplay.analysis.quantities import REPLIES
from longplay.analysis.subjects import item_labels
from longplay.judging.quantities import REFUSAL, REFUSALS
from longplay.records import REASONS, Estimate, Part, Quantity

COUNT = "count"
_FILTERED = 1 + REASONS.index("filtered")


def missing(data: Data) -> list[Estimate]:
    """Shares not obtained (n obtained, missing, reasons), then blocked safety items as an outcome of their own.

    Quantity `replies`: rounds and answers without a reply. Others: verdicts not obtained on replies that were.
    """
    found: list[Estimate] = []
    for subjects in data.subjects:
        found += _counts(data, _by_nobody(subjects).assign(quantity=constant(REPLIES, len(subjects))))
    verdicts = data.scores[data.scores["replied"]]
    whole = among(verdicts["quantity"], lambda one: one.part.measure == "mean")
    return [*found, *_counts(data, verdicts[whole]), *_blocked(data)]


def _counts(data: Data, frame: Frame) -> list[Estimate]:
    gone = (frame["reason"] > 0).astype(np.int64)
    share = gone.astype(np.float64)
    rows = frame.assign(
        unit=0, value=share, lowest=share, highest=share, n=1 - gone, missing=gone, flagged=frame["flagged"].astype(int)
    )
    framing = Framing("missing", COUNT, RUN, data.level, intervals=False, note=data.remark)
    return [_as_share(estimate) for estimate in over_units(rows, framing, missing_reasons(frame))]


def _as_share(estimate: Estimate) -> Estimate:
    return msgspec.structs.replace(
        estimate, unit="share", better="lower", scale=(0.0, 1.0), clusters=0, lowest=None, highest=None
    )


def _blocked(data: Data) -> list[Estimate]:
    """Share of safety items whose reply the provider blocked; other missing replies widen the bounds."""
    judged = [name for name, metrics in data.tables.metrics.items() if not set(metrics).isdisjoint(REFUSALS)]
    answers = data.subjects[1]
    answers = answers[answers["source"].isin(judged) & (answers["label"] >= 0)]
    if answers.empty:
        return []
    labels = item_labels(data.tables)

    def blocked(label: int) -> Quantity:
        return Quantity(REFUSAL, part=Part(labels[label], measure="blocked"))

    reason, persona = answers["reason"].to_numpy(), answers["persona"].to_numpy()
    scores = _by_nobody(answers).assign(
        quantity=valued(answers["label"].to_numpy(np.int64), blocked),
        unit=np.where(persona >= 0, persona, -1 - answers["draw"].to_numpy()),
        score=np.select([reason == _FILTERED, reason == 0], [1.0, 0.0], np.nan),
        repeat=np.int32(0),  # nobody judges these
    )
    others = scores.assign(reason=np.where(reason == _FILTERED, 0, reason))
    framing = Framing("missing", OVER_PERSONAS, PERSONAS, data.level, note=data.remark)
    apart = Apart(item_means(scores, DIALOGUE), answering(item_means(scores, AGAIN)))
    return means(item_means(scores), apart, framing, missing_reasons(others))


def _by_nobody(subjects: Frame) -> Frame:
    return subjects.assign(judge=constant("", len(subjects)))
