"""What people's labels say of a judge: levels and changes corrected by them, beside the judge's own, and agreement.

Only of what was drawn, as it was when it was drawn. Knows no texts and no drawing of samples.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from longplay.analysis.data import Data
from longplay.analysis.drift import CONFOUNDED
from longplay.analysis.estimating import BASELINE, PERSONAS, joined
from longplay.analysis.label_frame import not_judged
from longplay.analysis.labelled_arms import LabelledArm, labelled_arms
from longplay.analysis.labellers import between_labellers
from longplay.analysis.quantities import CHOICES, scale_of
from longplay.judging.people import form
from longplay.judging.quantities import REFUSALS, metric_name, part_of
from longplay.records import ROUNDS, Contrast, Estimate, Quantity
from longplay.stats import FEWEST_CLUSTERS, FEWEST_LABELS, Arm, Corrected, agreement, prediction_powered

CORRECTED = "judge-error"
ALONE = "judge-alone"
AGREE, KAPPA = "judge-agreement", "judge-kappa"
POWERED = "judge's mean corrected by people's labels (PPI++), weighted by inclusion probability; over labelled clusters"
JUDGED = "mean of the judge's scores on the same frame; interval over clusters"
SAME = "share of labelled rows where judge and people agree, weighted by inclusion probability; jackknife over clusters"
QUADRATIC = "quadratic kappa of judge and people, weighted by inclusion probability; jackknife over clusters"
CHANGED = "what the judge scored has changed since the labels were drawn; draw again with longplay label"
BEFORE = "one baseline before the dialogue: no dialogues to rest an interval on"
BLOCKS = "blocks are compared as they are, their questions too"
RARE = "few labels differ from the judge: the interval takes in what its rare errors can still be"
UNEVEN = 0.2  # from this difference in shares that came back they are said by persona
MANY = 12  # personas, above which only the least and the most are said
_SIGNS = (1.0, -1.0)


def judge_error(data: Data) -> list[Estimate]:
    """Of every drawn arm the level, and last - first where both ends were drawn; agreement; labellers with each other.

    Personas count alike, in them items; remarks are left out. Personas are clusters, since each holds all of its
    dialogues; of a baseline the dialogues are.
    """
    arms = labelled_arms(data)
    found: list[Estimate] = []
    for arm in arms:
        for quantity in _quantities(arm):
            found += _both(data, quantity, [arm])
        found += _agreement(data, arm)
    by_key = {arm.key: arm for arm in arms}
    for arm in arms:
        span = data.spans.get((arm.key.source, arm.key.place.script))
        first = by_key.get(msgspec.structs.replace(arm.key, position=span[0])) if span is not None else None
        if span is not None and first is not None and arm.key.position == span[1]:
            for quantity in _quantities(arm):
                found += _both(data, quantity, [arm, first], span)
    return [*found, *between_labellers(data)]


def _quantities(arm: LabelledArm) -> tuple[Quantity, ...]:
    """What the labels of an arm tell: of refusals the full ones and the partial ones."""
    of = arm.key.quantity
    return (of, part_of(of, measure="partial")) if _counted(of) else (of,)


def _counted(quantity: Quantity) -> bool:
    return metric_name(quantity) in REFUSALS and quantity.part.label != ""


def _partial(quantity: Quantity) -> bool:
    return quantity.part.measure == "partial"


def _scores(quantity: Quantity) -> dict[str, float]:
    """What each choice of a labeller is on the scale of a quantity."""
    choices = form(quantity).choices
    if not _counted(quantity):
        return choices
    wanted = CHOICES[1] if _partial(quantity) else CHOICES[0]
    return {choice: float(choice == wanted) for choice in choices}


def _both(
    data: Data, quantity: Quantity, arms: Sequence[LabelledArm], span: tuple[int, int] | None = None
) -> list[Estimate]:
    """The corrected estimate, and the judge's own."""
    base = _base(data, quantity, arms, span)
    labels = sum(arm.back for arm in arms)
    if any(arm.rows is None for arm in arms):
        note = joined(CHANGED, data.remark)
        return [msgspec.structs.replace(base, analysis=CORRECTED, method=POWERED, note=note, n=labels)]
    given = [_arm(arm, quantity) for arm in arms]
    signs = _SIGNS[: len(arms)]
    corrected = prediction_powered(given, signs, data.level)
    alone = prediction_powered(
        [msgspec.structs.replace(one, human=one.judge, probability=np.ones(len(one.judge))) for one in given],
        signs,
        data.level,
    )
    at_start = arms[-1].key.position == 0 and arms[-1].key.place.speaker == "baseline"
    start = BEFORE if at_start else ""
    about = joined(_about(base, corrected), start, data.remark)
    note = joined(_said(arms, corrected, data.tables.names.dtype.categories.tolist()), about)
    replace = msgspec.structs.replace
    powered, judged = (_filled(base, one, interval=not at_start) for one in (corrected, alone))
    return [
        replace(powered, analysis=CORRECTED, method=POWERED, value=corrected.value, n=labels, note=note),
        replace(judged, n=alone.rows, note=joined(_about(base, alone), start, data.remark)),
    ]


def _base(data: Data, quantity: Quantity, arms: Sequence[LabelledArm], span: tuple[int, int] | None) -> Estimate:
    key, scale, missing = arms[0].key, scale_of(quantity), not_judged(data)
    lost = (missing.get(_place(arm), 0) for arm in arms)
    return Estimate(
        analysis=ALONE,
        quantity=quantity,
        source=key.source,
        of=Contrast(key.place),
        judge=key.judge,
        target=BASELINE if key.place.speaker == "baseline" else PERSONAS,
        method=JUDGED,
        value=None,
        position=None if span else key.position,
        span=span,
        level=data.level,
        unit=scale.unit,
        better=scale.better,
        scale=scale.ends,
        missing=sum(lost),
    )


def _place(arm: LabelledArm) -> tuple[object, ...]:
    """The key of an arm as frames have it."""
    key, place = arm.key, arm.key.place
    return key.source, key.quantity, key.judge, *msgspec.structs.astuple(place), key.position


def _arm(arm: LabelledArm, quantity: Quantity) -> Arm:
    rows = arm.rows
    assert rows is not None
    judge = rows["partly" if _partial(quantity) else "scored"].to_numpy(np.float64)
    weight, cluster = rows["weight"].to_numpy(np.float64), rows["cluster"].to_numpy(np.int64)
    return Arm(judge, arm.human(_scores(quantity)), arm.probability, weight, cluster, scale_of(quantity).ends)


def _about(base: Estimate, found: Corrected) -> str:
    few = ""
    if found.labelled < FEWEST_CLUSTERS:
        few = f"labels of {found.labelled} of {found.clusters} {_units(base)}: no interval under {FEWEST_CLUSTERS}"
    elif found.value is not None and found.low is None:
        few = f"all {_units(base)} have the same mean: no interval"
    return joined(few, f"{BLOCKS}; {CONFOUNDED}" if base.span and base.source == ROUNDS else "")


def _units(base: Estimate) -> str:
    return "personas" if base.target == PERSONAS else "baseline dialogues"


def _said(arms: Sequence[LabelledArm], found: Corrected, names: Sequence[str]) -> str:
    drawn, back = sum(arm.drawn for arm in arms), sum(arm.back for arm in arms)
    parts = [f"{back} of {drawn} drawn rows labelled, of {found.rows} judged; the judge alone says {found.judged:.3g}"]
    if found.value is None:
        parts.insert(0, f"{found.labels} labels in the arm with fewest: none under {FEWEST_LABELS}")
    else:
        parts.append("the judge counts with weight " + ", ".join(f"{one:.2f}" for one in found.tuning))
    if found.value is not None and found.rare:
        parts.append(RARE)
    parts.extend(_returned(arms, names))
    merged = sorted({score for arm in arms for score in arm.merged})
    if merged:
        scores = ", ".join(f"{score:g}" for score in merged)
        parts.append(f"no label came back where the judge said {scores}: counted with the nearest score")
    return joined(*parts)


def _returned(arms: Sequence[LabelledArm], names: Sequence[str]) -> Iterator[str]:
    """How many labels came back of each persona, where that is not alike: of many the least and the most."""
    drawn, back = Counter[int](), Counter[int]()
    for arm in arms:
        drawn.update(arm.drawn_of)
        back.update(arm.back_of)
    shares = {one: back[one] / drawn[one] for one in sorted(drawn)}
    if (
        len(shares) < 2
        or max(shares.values()) - min(shares.values()) < UNEVEN
        or arms[0].key.place.speaker == "baseline"
    ):
        return
    if len(shares) <= MANY:
        yield "labels back: " + ", ".join(f"{names[one]} {back[one]} of {drawn[one]}" for one in shares)
    else:
        yield f"labels back of {min(shares.values()):.0%} to {max(shares.values()):.0%} of a persona's drawn rows"


def _filled(base: Estimate, found: Corrected, *, interval: bool) -> Estimate:
    """With the judge's own value, the interval and the clusters of one correction."""
    low, high = (found.low, found.high) if interval else (None, None)
    return msgspec.structs.replace(base, value=found.judged, low=low, high=high, clusters=found.clusters)


def _agreement(data: Data, arm: LabelledArm) -> list[Estimate]:
    """Exact agreement and quadratic kappa, on the whole scale of the metric."""
    if arm.rows is None or not arm.back:
        return []
    scale = form(arm.key.quantity)
    human = arm.human(scale.choices)
    known = ~np.isnan(human)
    judge, cluster = arm.rows["level"].to_numpy()[known], arm.rows["cluster"].to_numpy(np.int64)[known]
    found = agreement(judge, human[known], 1 / arm.probability[known], cluster, scale.step, data.level)
    base, few = _base(data, arm.key.quantity, [arm], None), found.n < FEWEST_LABELS
    made: list[Estimate] = []
    for analysis, method, value, ends, ends_of_scale in (
        (AGREE, SAME, found.exact, found.exact_interval, (0.0, 1.0)),
        (KAPPA, QUADRATIC, found.kappa, found.kappa_interval, (-1.0, 1.0)),
    ):
        low, high = ends if ends is not None and not few else (None, None)
        made.append(
            msgspec.structs.replace(
                base,
                analysis=analysis,
                method=method,
                value=value,
                low=low,
                high=high,
                unit="share" if analysis == AGREE else "kappa",
                better="higher",
                scale=ends_of_scale,
                n=found.n,
                clusters=found.clusters,
                missing=arm.drawn - arm.back,
                note=joined(f"{found.n} labels: no interval under {FEWEST_LABELS}" if few else "", data.remark),
            )
        )
    return made
