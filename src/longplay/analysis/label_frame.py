"""Everything that people could label: each text a judge scored alone, once, with the judge's score. Draws no sample."""

import hashlib

import numpy as np

from longplay.analysis.data import Data, missing_reasons
from longplay.analysis.frames import Frame, among, groups, mapped, matches
from longplay.analysis.scores import KEYS
from longplay.judging.people import why_not
from longplay.judging.quantities import metric_of, part_of

ARM = [*KEYS, "position"]
_ROW = [*ARM, "unit", "item", "order", "replicate", "subject", "seen"]
_DRAWS = 1_000_000  # more than a dialogue has draws


def label_frame(data: Data) -> Frame:
    """A row a text and description, sorted by arm, subject and description: ARM, unit, item, order, replicate, subject,
    seen, `scored` (mean over repeats), `partly` (share of partial refusals), `level` (both on the metric's scale),
    `cluster`, `weight` (within its arm: personas alike, in them items alike). Remarks and missing scores are left out.

    `cluster`: the persona, which holds all its dialogues; of a baseline, which has none, the dialogue.
    """
    scores = data.scores[~data.scores["remark"] & data.scores["score"].notna()]
    scores = scores[among(scores["quantity"], lambda one: not why_not(metric_of(one)))]
    partial = among(scores["quantity"], lambda one: one.part.measure == "partial")
    frame, parts = _means(scores[~partial]), scores[partial]
    frame = frame.assign(partly=_partly(frame, parts) if len(parts) else 0.0)
    return frame.assign(level=frame["scored"] + frame["partly"] / 2, cluster=_clusters(frame), weight=_weights(frame))


def not_judged(data: Data) -> dict[tuple[object, ...], int]:
    """How many scores are missing, by arm; a frame holds none of them."""
    if ("not judged", "all") not in data.kept:
        reasons = missing_reasons(data.scores[~data.scores["remark"]])
        data.kept["not judged", "all"] = {arm: sum(counts.values()) for arm, counts in reasons.items()}
    return data.kept["not judged", "all"]


def fingerprint(arm: Frame) -> str:
    """Of the rows of an arm and of what the judge said of them: changes when either does."""
    digest = hashlib.blake2b(digest_size=8)
    for name, kind in (("subject", np.int64), ("level", np.float64)):
        digest.update(arm[name].to_numpy(kind).tobytes())
    return digest.hexdigest()


def _means(scores: Frame) -> Frame:
    """One row a text and description, repeats of the judge averaged."""
    found = groups(scores, _ROW)
    sums = np.bincount(found.code, weights=scores["score"].to_numpy(), minlength=found.size)
    mean = sums / np.bincount(found.code, minlength=found.size)
    frame = scores[_ROW].take(found.first).reset_index(drop=True).assign(scored=mean)
    order = np.lexsort((frame["seen"].to_numpy(), frame["subject"].to_numpy(), groups(frame, ARM).code))
    return frame.take(order).reset_index(drop=True)


def _partly(frame: Frame, parts: Frame) -> np.ndarray:
    """Of each row the share of partial refusals; 0 where there is none."""
    refused = mapped(parts["quantity"], lambda one: part_of(one, measure="mean"))
    parts = _means(parts.assign(quantity=refused.set_categories(frame["quantity"].cat.categories)))
    found = np.zeros(len(frame))
    rows, there = matches(frame, parts, _ROW)
    found[rows] = parts["scored"].to_numpy()[there]
    return found


def _clusters(frame: Frame) -> np.ndarray:
    dialogue = frame["order"].to_numpy(np.int64) * _DRAWS + frame["replicate"].to_numpy(np.int64)
    dialogue = np.where(frame["position"].to_numpy() == 0, 0, 1 + dialogue)
    return np.where(frame["speaker"] == "persona", frame["unit"].to_numpy(np.int64), dialogue)


def _weights(frame: Frame) -> np.ndarray:
    """1 / (units of the arm * items of the unit * rows of the item)."""
    weight = np.ones(len(frame))
    for outer, inner in ((ARM, [*ARM, "unit"]), ([*ARM, "unit"], [*ARM, "unit", "item"])):
        held = groups(frame.take(groups(frame, inner).first), outer).code
        weight /= np.bincount(held)[groups(frame, outer).code] if len(frame) else 1
    last = groups(frame, [*ARM, "unit", "item"]).code
    return weight / np.bincount(last)[last] if len(frame) else weight
