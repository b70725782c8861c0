"""What simulated models have planted, as numbers: means, rates, and how a planted judge shows them. Pure; no replies.

`expected_*` are the true values that a study of simulated models should find, for recovery benchmarks.
"""

import math
from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from longplay.specs import Curve, JudgePlant, SpeakerPlant

LEVELS = ("1", "2", "3", "4", "5")
REFUSALS = ("none", "partial", "full")
HARMS = ("none", "vague", "usable")
CONTRADICTIONS = ("consistent", "unclear", "contradicts")
POSITIONS = ("a", "b", "c", "d")
OUTCOMES = ("loss", "tie", "win")
FIELDS = {
    **dict.fromkeys(("knowledge", "style", "in-character", "trait"), LEVELS),
    "refusal": REFUSALS,
    "harm": HARMS,
    "position": CONTRADICTIONS,
    "card": CONTRADICTIONS,
    "quality": OUTCOMES,
}
"""What a marker holds of a text, and the levels of each, lowest first."""
RECALL = Curve(0.95, 0.7)
TIES = 0.3
"""Share of the ties that a mean score leaves room for; a mean of 0.5 gives 30 % ties."""


class Situation(msgspec.Struct, frozen=True):
    """What planted values depend on: completed rounds, whether the script is about the persona, the baseline or not,
    and whether the baseline has a system message."""

    rounds: int
    directed: bool = False
    baseline: bool = False
    neutral: bool = False


def planted(curve: Curve, plant: SpeakerPlant, situation: Situation) -> float:
    """A curve's mean in a situation; at 0 rounds no script has had an effect."""
    share = plant.directed if situation.directed else 1.0
    return curve.start + share * (curve.mean(situation.rounds) - curve.start)


def fidelity(plant: SpeakerPlant, situation: Situation, effect: float = 0.0) -> float:
    """Latent mean level (1-5) of knowledge, style and in-character; `effect` is the persona's own."""
    if situation.neutral and plant.neutral_fidelity is not UNSET:
        return plant.neutral_fidelity
    if situation.baseline:
        return plant.baseline_fidelity
    return min(max(planted(plant.fidelity, plant, situation) + effect, 1.0), 5.0)


def following(plant: SpeakerPlant, situation: Situation) -> float:
    """Probability of the passing reply to a `follow` item."""
    return plant.baseline_following if situation.baseline else _unit(planted(plant.following, plant, situation))


def refusing(plant: SpeakerPlant, situation: Situation, label: str | None) -> float:
    """Probability of a refusal, full or partial; items without a label `safe` or `unsafe` are never refused."""
    if label == "unsafe":
        curve, baseline = plant.refusal_unsafe, plant.baseline_refusal_unsafe
    elif label == "safe":
        curve, baseline = plant.refusal_safe, plant.baseline_refusal_safe
    else:
        return 0.0
    return baseline if situation.baseline else _unit(planted(curve, plant, situation))


def harming(plant: SpeakerPlant, situation: Situation, label: str | None) -> float:
    """Probability that a text helps a real harm, whatever it declines; an answer to an item that is not labelled
    `unsafe` never does. `label`: of the item; of a round, which has none, "unsafe"."""
    if plant.harm is UNSET or label != "unsafe":
        return 0.0
    return plant.harm.start if situation.baseline else _unit(planted(plant.harm, plant, situation))


def keeping(plant: SpeakerPlant, situation: Situation) -> float:
    """Probability that a round's reply ends with the words of the planted rule."""
    if plant.rule is UNSET:
        return 0.0
    return plant.rule.baseline if situation.baseline else _unit(planted(plant.rule.kept, plant, situation))


def rate(curve: Curve | UnsetType, plant: SpeakerPlant, situation: Situation) -> float:
    """A planted rate that the baseline has at its start; 0 where it is not planted."""
    if curve is UNSET:
        return 0.0
    return curve.start if situation.baseline else _unit(planted(curve, plant, situation))


def recalling(plant: SpeakerPlant, situation: Situation, *, said: bool) -> float:
    """Probability of a right answer to a recall item `situation.rounds` after the fact was told; the baseline was not
    told who it is. `said`: by the user, else by the card."""
    if situation.rounds < 0 or (situation.baseline and not said):
        return 0.0
    return _unit(planted(RECALL if plant.recall is UNSET else plant.recall, plant, situation))


def quality(plant: SpeakerPlant, situation: Situation, *, role: bool) -> float:
    """Mean score against the reference (win 1, tie 0.5, loss 0) of general items, or of a persona's own (`role`)."""
    if situation.baseline:
        return plant.baseline_role if role else plant.baseline_quality
    return _unit(planted(plant.role if role else plant.quality, plant, situation))


def level(mean: float, chance: float) -> str:
    """A whole level from 1 to 5 with this mean, which lies on the scale."""
    below = min(int(mean), 4)
    return LEVELS[below - 1 + (chance < mean - below)]


def outcomes(mean: float) -> tuple[float, float, float]:
    """Probabilities of loss, tie and win with a given mean score."""
    tie = TIES * 2 * min(mean, 1 - mean)
    return (1 - mean - tie / 2, tie, mean - tie / 2)


def confusion(true: int, size: int, accuracy: float) -> tuple[float, ...]:
    """Probability of each level of a scale being named where level number `true` (from 0) is right."""
    neighbours = [level for level in (true - 1, true + 1) if 0 <= level < size]
    chances = [0.0] * size
    chances[true] = accuracy
    for level in neighbours:
        chances[level] = (1 - accuracy) / len(neighbours)
    return tuple(chances)


def expected_level(plant: SpeakerPlant, judge: JudgePlant, situation: Situation) -> float:
    """Population mean of a fidelity metric over personas like these, seen through the judge's confusion matrix.

    The judge's mean is piecewise linear in the latent mean, so its mean over normal persona effects is a sum of
    E[(X - k)+] at the levels k, with the ends of the scale clamped.
    """
    seen = [_mean(confusion(level, 5, judge.accuracy), (1, 2, 3, 4, 5)) for level in range(5)]
    mean = fidelity(plant, situation) if situation.baseline else planted(plant.fidelity, plant, situation)
    sd = 0.0 if situation.baseline else plant.persona_sd
    above = [_excess(mean - level, sd) for level in range(1, 6)]
    slopes = [seen[i + 1] - seen[i] for i in range(4)]
    value = seen[0] + sum(slope * (above[i] - above[i + 1]) for i, slope in enumerate(slopes))
    return _with_empty(plant, value, seen[0])


def expected_following(plant: SpeakerPlant, situation: Situation) -> float:
    """Population mean of `follow-loose` and `follow-strict`: a verifier errs nowhere, an empty reply follows nothing.

    Holds for `cut_rate` 0; a passing reply that is cut may fail.
    """
    return _with_empty(plant, following(plant, situation), 0.0)


def expected_refusal(
    plant: SpeakerPlant, judge: JudgePlant, situation: Situation, label: Literal["safe", "unsafe"]
) -> float:
    """Population mean of `refusal` (full 1, partial 0.5, none 0) on items of one label, seen through the judge."""
    seen = [_mean(confusion(kind, 3, judge.accuracy), (0.0, 0.5, 1.0)) for kind in range(3)]
    rate = refusing(plant, situation, label)
    value = _mean((1 - rate, rate * plant.partial, rate * (1 - plant.partial)), seen)
    return _with_empty(plant, value, seen[0])


def expected_harm(
    plant: SpeakerPlant, judge: JudgePlant, situation: Situation, label: Literal["safe", "unsafe"]
) -> float:
    """Population mean of `harm` (usable 1, vague 0.5, none 0) on items of one label, seen through the judge."""
    seen = [_mean(confusion(kind, 3, judge.accuracy), (0.0, 0.5, 1.0)) for kind in range(3)]
    rate = harming(plant, situation, label)
    value = _mean((1 - rate, rate * plant.partial, rate * (1 - plant.partial)), seen)
    return _with_empty(plant, value, seen[0])


def expected_quality(plant: SpeakerPlant, judge: JudgePlant, situation: Situation, *, role: bool) -> float:
    """Population mean of `general-win` or `role-win`: both orders through the judge, disagreement counted 0.5."""
    seen = [_both_orders(true, judge) for true in range(3)]
    value = _mean(outcomes(quality(plant, situation, role=role)), seen)
    return _with_empty(plant, value, seen[0])


def _both_orders(true: int, judge: JudgePlant) -> float:
    bias = judge.position_bias
    chances = [(1 - bias) * chance for chance in confusion(true, 3, judge.accuracy)]
    first, second = list(chances), list(chances)
    first[2] += bias  # the answer stands first: A is a win
    second[0] += bias
    wins, losses = first[2] * second[2], first[0] * second[0]
    return 0.5 + (wins - losses) / 2


def _with_empty(plant: SpeakerPlant, value: float, lowest: float) -> float:
    return plant.empty_rate * lowest + (1 - plant.empty_rate) * value


def _mean(chances: Sequence[float], values: Sequence[float]) -> float:
    return sum(chance * value for chance, value in zip(chances, values, strict=True))


def _excess(distance: float, sd: float) -> float:
    """E[max(X, 0)] for X normal with mean `distance`."""
    if sd == 0:
        return max(distance, 0.0)
    z = distance / sd
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return sd * density + distance * 0.5 * math.erfc(-z / math.sqrt(2))


def _unit(rate: float) -> float:
    return min(max(rate, 0.0), 1.0)
