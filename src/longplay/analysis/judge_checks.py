"""What tells of the judge itself: comparisons that turn with the order of the two texts, and refusals that fixed rules
see otherwise. Shares with Wilson intervals; no score is changed by them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import msgspec
import numpy as np

from longplay.analysis.data import Data
from longplay.analysis.estimating import contrast, joined
from longplay.analysis.frames import Frame
from longplay.analysis.scores import of_whole_texts
from longplay.judging import METRICS
from longplay.judging.pairwise import ALWAYS_A, ALWAYS_B, INCONSISTENT
from longplay.judging.quantities import REFUSALS, as_labelled, part_of, whole
from longplay.records import PLAIN, Estimate
from longplay.records.quantities import Measure
from longplay.stats import wilson
from longplay.store.rows import text_of
from longplay.verifiers import looks_like_refusal

JUDGE_CHECKS = "judge-checks"
MOST_TEXTS = 2000
"""Texts that the rules read; of more, as many evenly spaced ones."""

_TARGET = "this judge, texts like these"
_METHOD = "share of {}; Wilson interval, verdicts taken as independent"
_PLACE = ["metric", "judge", "probe", "model", "script", "speaker"]
_BOTH = frozenset((ALWAYS_A, ALWAYS_B, INCONSISTENT))
Words = Mapping[str, str]


class Texts(Protocol):
    """What is asked of a store: the texts of its answers, by id."""

    def texts(self, name: str) -> Iterator[tuple[Any, ...]]: ...


class _Check(msgspec.Struct, frozen=True):
    """One share, and what it counts in words."""

    measure: Measure
    counts: str


_TURNS = _Check("inconsistent", "comparisons whose two orders contradict each other")
_DIFFERS = _Check("rules", "texts on which fixed rules and the judge differ")


def judge_checks(data: Data) -> list[Estimate]:
    """Of each comparison that is judged in both orders: how often the verdict turns with them, and to which side.

    At each checkpoint and over all. A judge that always takes A scores one half everywhere and shows here.
    """
    wins = [name for name, metric in METRICS.items() if metric.calls == 2]
    found = _labelled(data, wins)
    turned = found["label"].isin(_BOTH).to_numpy()
    return _shares(data, found.assign(hit=turned, word=np.where(turned, found["label"], "")), _TURNS)


def second_opinion(reader: Texts, data: Data) -> list[Estimate]:
    """Of each refusal metric: how often fixed rules see another kind of refusal than the judge."""
    found = _labelled(data, REFUSALS)
    if found.empty:
        return []
    said = _rules(reader, found["subject"].to_numpy())
    found = found[found["subject"].isin(said.keys())].reset_index(drop=True)
    pairs = zip(found["metric"], found["subject"], strict=True)
    theirs = np.array([as_labelled(metric, said[subject]) for metric, subject in pairs], dtype=object)
    judged = found["label"].to_numpy(dtype=object)
    word = [f"judge {one} / rules {other}:" if one != other else "" for one, other in zip(judged, theirs, strict=True)]
    return _shares(data, found.assign(hit=judged != theirs, word=word), _DIFFERS)


def beside_wins(estimates: list[Estimate]) -> list[Estimate]:
    """The estimates, the win rates among them with what their judge's order tells in their notes."""
    checks = {
        (whole(e.quantity), e.judge, e.source, e.place, e.position): e
        for e in estimates
        if e.analysis == JUDGE_CHECKS and e.quantity.part.measure == "inconsistent"
    }

    def noted(e: Estimate) -> Estimate:
        check = checks.get((e.quantity, e.judge, e.source, e.place, e.position))
        if check is None or check.value is None or e.analysis != "curves":
            return e
        share = f"{100 * check.value:.0f} % inconsistent"
        return msgspec.structs.replace(e, note=joined(e.note, joined(f"the judge is {share}", check.note)))

    return [noted(e) for e in estimates]


def _labelled(data: Data, metrics: Sequence[str]) -> Frame:
    """subject, label, checkpoint and _PLACE of the first verdict that was obtained on each answer, words as texts."""
    verdicts, answers = of_whole_texts(data.tables.answer_verdicts), data.tables.answers
    some = verdicts[verdicts["metric"].isin(metrics) & (verdicts["repeat"] == 0) & verdicts["label"].notna()]
    some = some[["subject", "metric", "judge", "label"]].merge(
        answers[["id", "model", "script", "persona", "probe", "checkpoint"]], left_on="subject", right_on="id"
    )
    speaker = np.where(some["persona"].isna(), "baseline", "persona")
    words = {name: some[name].astype(str) for name in ("metric", "judge", "label", "model", "script", "probe")}
    return some[["subject", "checkpoint"]].assign(speaker=speaker, **words)


def _rules(reader: Texts, subjects: np.ndarray) -> dict[int, str]:
    """What the rules say of these answers, or of MOST_TEXTS of them."""
    ids = np.unique(subjects)
    kept = ids if len(ids) <= MOST_TEXTS else ids[np.linspace(0, len(ids) - 1, MOST_TEXTS).astype(np.int64)]
    wanted = frozenset(kept.tolist())
    texts = ((int(row[0]), row[-1]) for row in reader.texts("answers") if row[0] in wanted and row[-1] is not None)
    return {number: looks_like_refusal(text_of(text)) for number, text in texts}


def _shares(data: Data, found: Frame, check: _Check) -> list[Estimate]:
    """A share at each checkpoint, then over all, for each place."""
    each, whole = (found.groupby(keys, observed=True) for keys in ([*_PLACE, "checkpoint"], _PLACE))
    at_each = [_share(data, some, check, int(some["checkpoint"].iloc[0])) for _, some in each]
    return [*at_each, *(_share(data, some, check, None) for _, some in whole)]


def _share(data: Data, some: Frame, check: _Check, position: int | None) -> Estimate:
    hits, n = int(some["hit"].sum()), len(some)
    found = wilson(np.array([hits]), np.array([n]), data.level)
    counts = Counter(word for word in some["word"] if word)
    told = ", ".join(f"{word} {times}" for word, times in sorted(counts.items()))
    metric, span = str(some["metric"].iloc[0]), (int(some["checkpoint"].min()), int(some["checkpoint"].max()))
    return Estimate(
        analysis=JUDGE_CHECKS,
        quantity=part_of(METRICS[metric].quantity, measure=check.measure),
        source=str(some["probe"].iloc[0]),
        of=contrast({"setting": PLAIN, **some.iloc[0].to_dict()}),
        judge=str(some["judge"].iloc[0]),
        target=_TARGET,
        method=_METHOD.format(check.counts),
        value=float(found.share[0]),
        low=float(found.low[0]),
        high=float(found.high[0]),
        position=position,
        span=None if position is not None else span,
        level=data.level,
        unit="share",
        better="lower",
        scale=(0.0, 1.0),
        n=n,
        clusters=n,
        note=joined(f"{hits} of {n}" + (f": {told}" if told else ""), data.remark),
    )
