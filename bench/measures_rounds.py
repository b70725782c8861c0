"""Each measure of rounds with its own change planted alone: is it found, and does no other measure move?

python bench/measures_rounds.py [--seed N] [--studies 200]: a line a figure with its bar; exit 1 when a bar is missed.

Rules, contradiction and sentences. A study is texts of simulated speakers, judged by simulated judges through the real
rubrics (a rule by its scorer), and not a run; its intervals are made by what the page uses.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from analysis_table import changes
from bars import Figure, seeded
from coverage_planted import Floats
from longplay.experiment.pairs import later_rounds
from longplay.inference.sim.judge import Judge
from longplay.inference.sim.speaker import Speaker
from longplay.judging import METRICS, Metric
from longplay.judging.scorers import scorer_metric
from longplay.records import EMPTY, DialogueKey, Exchange, Message, Occasion, Request, RoundRef, Subject
from longplay.specs import Curve, JudgePlant, ModelSpec, Persona, PlantedRule, Sampling, SpeakerPlant
from longplay.specs.own_scorers import MustSay

PERSONAS, DRAWS, ROUNDS, HALF, LAG = 10, 2, 24, 12, 1
MARGIN, TIMES = 0.15, 2  # of shares; what is planted, in margins
FOUND, ALPHA = 90.0, 5.0  # per cent
KEPT, LEFT, BROKEN, INSIDE = 0.8, 0.05, 0.1, 0.9  # rates at the start
SHARE, LEVEL = (0.0, 1.0), (1.0, 5.0)
SAYS = "Fair winds."
RULE = scorer_metric(MustSay(name="rule", texts=(SAYS,)))
MEASURES: Mapping[str, tuple[Metric, tuple[float, float]]] = {
    "rule": (RULE, SHARE),
    "contradiction": (METRICS[f"contradiction-{LAG}"], SHARE),
    "card": (METRICS["contradiction-card"], SHARE),
    "sentences": (METRICS["sentences.share"], SHARE),
    "other draw": (METRICS[f"other-draw-{LAG}"], SHARE),
    "style": (METRICS["style"], LEVEL),
}


class Texts(NamedTuple):
    """One study: who speaks, who judges, and what was said, by dialogue and round."""

    judge: Judge
    said: Callable[[DialogueKey, int], str]


def figures(seed: int, studies: int = 200, plants: Sequence[str] | None = None) -> Iterator[Figure]:
    """For each plant alone, and for none: how many studies see each measure move. `plants`: these alone."""
    for name, plant in _plants().items():
        if plants is not None and name not in plants:
            continue
        drawn = [_study(plant, seed * 1_000_000 + study) for study in range(studies)]
        for measure, (_, scale) in MEASURES.items():
            before, after = (np.stack([one[measure][at] for one in drawn]) for at in (0, 1))
            found = changes(before, after, scale)
            moved = (found.low > 0) | (found.high < 0)
            own = measure == name
            bar = {"low": FOUND} if own else {"high": ALPHA}
            title = f"{name} planted: {measure} {'finds it' if own else 'moves'}"
            note = f"mean {float(np.mean(found.mean)):+.2f}"
            yield Figure(title, 100 * float(np.mean(moved)), unit=" %", digits=1, of=studies, note=note, **bar)


def _plants() -> Mapping[str, SpeakerPlant]:
    """Each plant alone; all else stands still. What is planted is twice the margin as the judge sees it, who errs: of
    three levels a change shrinks by its accuracy, of two by twice as much. A pair changes less often than a text."""
    calm = SpeakerPlant(
        fidelity=Curve(4.0, 4.0), persona_sd=0.0, rule=PlantedRule(SAYS, _step(KEPT)),
        contradiction=_step(LEFT), card_contradiction=_step(BROKEN), sentences=_step(INSIDE),
    )  # fmt: skip
    change, accuracy = MARGIN * TIMES, JudgePlant().accuracy
    of_three, of_two = change / accuracy, change / (2 * accuracy - 1)
    return {
        "nothing": calm,
        "rule": msgspec.structs.replace(calm, rule=PlantedRule(SAYS, _step(KEPT, -change))),
        "contradiction": msgspec.structs.replace(calm, contradiction=_step(LEFT, _leaving(of_three) - LEFT)),
        "card": msgspec.structs.replace(calm, card_contradiction=_step(BROKEN, of_three)),
        "sentences": msgspec.structs.replace(calm, sentences=_step(INSIDE, -of_two)),
    }


def _step(rate: float, change: float = 0.0) -> Curve:
    return Curve(rate, rate + change, "step", HALF - 1)


def apart(rate: float) -> float:
    """How often two texts of one dialogue hold different positions, where each leaves it at this rate for one of three
    others."""
    return 1 - (1 - rate) ** 2 - rate**2 / 3


def _leaving(change: float) -> float:
    """The rate at which pairs differ more often by `change` than at the start."""
    rates = np.linspace(LEFT, 0.75, 10_001)
    return float(np.interp(apart(LEFT) + change, [apart(float(rate)) for rate in rates], rates))


def _study(plant: SpeakerPlant, seed: int) -> Mapping[str, tuple[Floats, Floats]]:
    """By measure, the scores in the first and in the second half of the dialogues, (personas, pairs) each."""
    speaker = Speaker(ModelSpec("sim/speaker", sampling=Sampling(seed=seed), speaker=plant))
    said: dict[tuple[DialogueKey, int], str] = {}

    def say(key: DialogueKey, number: int) -> str:
        if (key, number) not in said:
            asked = Message("user", f"Question {number}?")
            ref = Occasion(RoundRef(key, number))
            turns = (Message("user", f"{key.persona}, dialogue {key.draw}"), asked)
            said[key, number] = speaker.answer(Request(EMPTY, turns, Sampling(), cell=ref)).text or ""
        return said[key, number]

    texts = Texts(Judge(ModelSpec("sim/judge", sampling=Sampling(seed=seed))), say)
    rounds = sorted(later_rounds(0, ROUNDS, LAG))
    halves = [n for n in rounds if n <= HALF], [n for n in rounds if n > HALF + LAG]
    many = min(map(len, halves))
    first, second = halves[0][:many], halves[1][:many]
    return {
        name: (_scores(texts, metric, first), _scores(texts, metric, second)) for name, (metric, _) in MEASURES.items()
    }


def _scores(texts: Texts, metric: Metric, rounds: list[int]) -> Floats:
    keys = [
        [DialogueKey("sim/speaker", f"p{i}", "goal-oriented", draw=draw) for draw in range(DRAWS)]
        for i in range(PERSONAS)
    ]
    return np.array([[_score(texts, metric, key, number) for key in some for number in rounds] for some in keys])


def _score(texts: Texts, metric: Metric, key: DialogueKey, number: int) -> float:
    """Of one round, as a run would have it judged."""
    other = msgspec.structs.replace(key, draw=(key.draw + 1) % DRAWS) if metric.across else key
    before = (Exchange(number - LAG, "Before?", texts.said(other, number - LAG)),) if metric.lag else ()
    persona = Persona(key.persona or "", key.persona or "", "Somebody.")
    subject = Subject(RoundRef(key, number), f"Question {number}?", texts.said(key, number), persona, before=before)
    steps = metric.judge(subject, texts.judge.spec)
    try:
        request = next(steps)
        while True:
            request = steps.send(texts.judge.answer(request))
    except StopIteration as stop:
        score = stop.value.score
    if score is None:
        raise RuntimeError("a simulated judge that names every result gave none; look at what it said.")
    return float(score)


if __name__ == "__main__":
    sys.exit(seeded(figures, __doc__ or "", 200, 40))
