"""Samples for labelling that 0.2.0 and before drew, whose arms are named in words: found among all such names."""

from collections.abc import Iterable, Mapping
from itertools import product
from typing import get_args

import msgspec

from longplay.records import DrawnArm, DrawnRow, LabelSample, Place, Quantity, Setting, Speaker, Stratum
from longplay.records.earlier_names import condition_name
from longplay.records.places import PLAIN, AskedAs
from longplay.specs import Study


class _Arm(msgspec.Struct, frozen=True):
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


class _Sample(msgspec.Struct, frozen=True):
    seed: int
    count: int
    arms: tuple[_Arm, ...]


def read_sample(body: str, study: Study, named: Mapping[str, Quantity]) -> LabelSample:
    """A drawn sample, of this version or an earlier one. The arms of an earlier one do not say whose scores they were
    drawn from: their judge is "". `named`: the run's quantities by their names.

    Raises msgspec.DecodeError where it is neither, or names what the run does not hold.
    """
    try:
        return msgspec.json.decode(body, type=LabelSample)
    except msgspec.ValidationError:
        found = msgspec.json.decode(body, type=_Sample)
    places = {condition_name(*condition): condition for condition in _conditions(study)}
    arms = (_arm(arm, places, named) for arm in found.arms)
    return LabelSample(found.seed, found.count, tuple(arms))


def _arm(arm: _Arm, places: Mapping[str, tuple[Speaker, Setting]], named: Mapping[str, Quantity]) -> DrawnArm:
    if arm.metric not in named or arm.condition not in places:
        raise msgspec.ValidationError(f"{arm.metric} of {arm.condition} is nothing that the run holds")
    place = Place(arm.model, arm.script, *places[arm.condition])
    kept = arm.frame, arm.rows, arm.strata, arm.drawn
    return DrawnArm(named[arm.metric], arm.source, place, arm.position, *kept)


def _conditions(study: Study) -> Iterable[tuple[Speaker, Setting]]:
    speakers: tuple[Speaker, ...] = ("persona", "baseline")
    asked: tuple[AskedAs, ...] = get_args(AskedAs)
    versions = ("", *study.analysis.versions)
    asked_by = {PLAIN.ask_policy, *study.conditioning.policies}  # rounds are asked nothing
    ways = product((study.dialogues.policy,), asked_by, asked, versions)
    return product(speakers, [Setting(*way) for way in ways])
