"""Samples of texts for people to label, as runs keep them; those of before 0.3.0, which had words, become values."""

from collections.abc import Iterable, Mapping
from itertools import product
from typing import get_args

import msgspec

from longplay.judging.quantities import by_name, metric_of
from longplay.records import DrawnArm, DrawnRow, Item, LabelSample, Place, Quantity, Setting, Stratum
from longplay.records.format_1 import setting_words
from longplay.records.places import AskedAs, Speaker
from longplay.specs import Study


class _Arm1(msgspec.Struct, frozen=True):
    """As before 0.3.0: `metric` the name of a quantity, `condition` speaker and setting in words."""

    metric: str
    source: str
    model: str
    script: str
    condition: str
    position: int
    frame: str
    rows: int
    strata: tuple[Stratum, ...]
    drawn: tuple[DrawnRow, ...]


class _Sample1(msgspec.Struct, frozen=True):
    seed: int
    count: int
    arms: tuple[_Arm1, ...]


def read_sample(body: str, study: Study, items: Iterable[Item], policies: Iterable[str]) -> LabelSample:
    """A sample document. `policies`: by which the run's dialogues were played and asked.

    Raises msgspec.DecodeError where it is none, or names what the run does not have.
    """
    try:
        return msgspec.json.decode(body, type=LabelSample)
    except msgspec.ValidationError:
        before = msgspec.json.decode(body, type=_Sample1)
    pairs = {(item.label, item.dimension) for item in items}
    named = by_name({label for label, _ in pairs if label}, {dimension for _, dimension in pairs if dimension})
    conditions = _conditions(study, sorted({"plain", *policies}))
    return LabelSample(before.seed, before.count, tuple(_arm(arm, study, named, conditions) for arm in before.arms))


def _conditions(study: Study, policies: list[str]) -> dict[str, tuple[Speaker, Setting]]:
    """Every speaker and setting that the run can have, by their words."""
    ways = product(policies, policies, get_args(AskedAs), ("", *study.analysis.versions))
    both = product(get_args(Speaker), (Setting(*way) for way in ways))
    return {f"{speaker}{setting_words(setting)}": (speaker, setting) for speaker, setting in both}


def _arm(
    arm: _Arm1, study: Study, named: Mapping[str, Quantity], conditions: Mapping[str, tuple[Speaker, Setting]]
) -> DrawnArm:
    if arm.metric not in named or arm.condition not in conditions:
        raise msgspec.DecodeError(f"the run has no {arm.metric!r} of {arm.condition!r}")
    quantity, (speaker, setting) = named[arm.metric], conditions[arm.condition]
    metric = metric_of(quantity)
    judge = "" if metric is None else metric.judge_title(study.judge)
    place = Place(arm.model, arm.script, speaker, setting)
    return DrawnArm(
        quantity, arm.source, place, arm.position, arm.frame, arm.rows, arm.strata, arm.drawn, judge
    )  # fmt: skip
