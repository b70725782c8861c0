"""Every sentence of a card is true of the numbers, whatever kind of run it is about."""

import html
import re
from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from analysis_runs import Run, estimates
from longplay.analysis import headlines
from longplay.experiment import Experiment, plan
from longplay.experiment.resizing import with_items
from longplay.pipeline import load_text
from longplay.records import Script
from longplay.records.estimates import Headline
from longplay.report import Page
from longplay.report.answer import render
from longplay.stats import smallest_seen
from longplay.study.card_steps import more_items

MARGIN = 0.5


def played(
    personas: str, loss: float, *, items: int = 4, draws: int = 1, noise: float = 0.7, lost: float = 0.0, seed: int = 0
) -> Run:
    """A run whose personas lose so much of their knowledge; the share `lost` of the last answers has no score."""
    rng = np.random.default_rng(seed)
    run = Run(personas, {"fidelity": ("knowledge",)})
    add(run, personas, loss, rng, items=items, draws=draws, noise=noise, lost=lost)
    return run


def add(
    run: Run,
    personas: str,
    loss: float,
    rng: np.random.Generator,
    *,
    items: int = 4,
    draws: int = 1,
    noise: float = 0.7,
    lost: float = 0.0,
) -> None:
    for persona in personas:
        own = loss + rng.normal(0.0, 0.2) * (noise > 0)
        for item in range(items):
            for draw in range(draws):
                for at in (0, 8):
                    score = float(np.clip(round(rng.normal(4.3 - own * (at > 0), noise)), 1, 5))
                    gone = at > 0 and rng.random() < lost
                    run.answer(persona, at, f"i{item}", {"knowledge": "unparsable" if gone else score}, draw=draw)


def crowd() -> Run:
    """Seven models on two scripts that do not change."""
    scripts = tuple(Script(name, "goal-oriented", ("?",) * 8) for name in ("x", "y"))
    run, rng = Run("abcdefgh", {"fidelity": ("knowledge",)}, script=scripts[0]), np.random.default_rng(9)
    models = tuple(f"m{number}" for number in range(7))
    for run.model in models:
        for run.script in scripts:
            add(run, "abcdefgh", 0.0, rng)
    run.declare(scripts=scripts, models=models, margins={"knowledge": MARGIN})
    return run


def talked(*, baseline: bool) -> Run:
    """Rounds alone, in one order: personas and, if there is one, the baseline lose alike."""
    run, rng = Run("abcd", checkpoints=(0, 4, 8), rounds=8), np.random.default_rng(2)
    for persona in "abcd":
        for number in range(1, 9):
            run.round(persona, number, {"knowledge": float(np.clip(round(rng.normal(4.3 - (number > 4), 0.4)), 1, 5))})
    for draw in range(2 * baseline):
        for number in range(1, 9):
            score = float(np.clip(round(rng.normal(2.6 - (number > 4), 0.4)), 1, 5))
            run.round(None, number, {("knowledge", persona): score for persona in "abcd"}, draw=draw)
    return run


RUNS: dict[str, Callable[[], Run]] = {
    "few personas": lambda: played("abc", 1.5),
    "one persona": lambda: played("a", 0.3, items=6),
    "one persona, three dialogues": lambda: played("a", 0.3, items=6, draws=3),
    "eight personas, clear": lambda: played("abcdefgh", 2.2, items=6),
    "eight personas, nothing": lambda: played("abcdefgh", 0.0, items=8),
    "scores missing late": lambda: played("abcdefgh", 0.8, lost=0.3),
    "scores missing late, turning": lambda: played("abcdefgh", 0.5, lost=0.3, seed=4),
    "all missing late": lambda: played("abcdefgh", 0.8, lost=1.0),
    "all alike": lambda: played("abcd", 1.3, noise=0.0),
    "seven models on two scripts": crowd,
    "rounds alone": lambda: talked(baseline=False),
    "rounds beside a baseline": lambda: talked(baseline=True),
}


@pytest.mark.parametrize("kind", list(RUNS))
@pytest.mark.parametrize("margin", [None, MARGIN])
def test_the_tag_and_the_sentences_follow_from_the_numbers(kind: str, margin: float | None) -> None:
    run = RUNS[kind]()
    if kind != "seven models on two scripts":
        run.declare(margins={} if margin is None else {"knowledge": margin})
    elif margin is None:
        return
    found = headlines(estimates(run), run.study)
    texts = cards(run, found)
    assert len(texts) == len(found) > 0
    for text, of in zip(texts, found, strict=True):
        told(text, of, margin)


def told(text: str, of: Headline, margin: float | None) -> None:
    """Fails where a sentence of this card is not what its finding says."""
    f, drift = of.finding, of.drift
    if f.low is None or f.high is None:
        assert f.tag in ("untold", "no-interval", "no-number")
        assert not re.search(r"worse|better|wears off|smaller than the margin", text)
    else:
        low, high = f.low, f.high
        if f.open == "missing":
            low, high = min(low, f.all_low or low), max(high, f.all_high or high)
            assert f"anything from {low:+.2f} to {high:+.2f}".replace("-", "−") in text
        assert ("It gets worse" in text) == (high < 0)
        assert ("It gets better" in text) == (low > 0)
        beyond = margin is not None and (high < -margin or low > margin)
        assert ("lies beyond the margin" in text) == beyond
        inside = margin is not None and -margin < low and high < margin
        assert ("smaller than the margin" in text or "by less than the margin" in text) == inside
        assert f.smallest is None or f.smallest > 0
        if f.basis == "change":
            ends = sorted((f"{abs(f.low):.2f}", f"{abs(f.high):.2f}"))
            assert sorted(re.findall(r"\[[−+]?([0-9.]+), [−+]?([0-9.]+)\]", text)[0]) == ends
    assert ("would no longer hold" in text) <= (f.open == "missing")
    assert ("missing" in text.split("Basis")[0]) == (of.start.missing + of.end.missing > 0 or of.end.value is None)
    assert drift.target in text
    assert not drift.confounded or f.basis == "gap" or "Cannot be told" in text


def cards(run: Run, found: list[Headline]) -> list[str]:
    page = Page(study=run.study, estimates=tuple(estimates(run)), headlines=tuple(found))
    parts = re.findall(r"<article.*?</article>", str(render(page)), flags=re.DOTALL)
    return [
        " ".join(html.unescape(re.sub(r"<svg.*?</svg>|<[^>]*>", " ", one, flags=re.DOTALL)).split()) for one in parts
    ]


def test_the_cards_of_a_page_hold_together() -> None:
    run = crowd()
    found = headlines(estimates(run), run.study)
    assert {of.finding.cards for of in found} == {14}
    for of in found:
        assert of.finding.low is not None
        assert of.drift.low is not None
        assert of.finding.low < of.drift.low


STUDY = """
[[models]]
name = "sim/m"
[judge]
name = "sim/judge"
[dialogues]
personas = ["marsh"]
baseline = false
scripts = ["goal-oriented"]
rounds = 4
[conditioning]
checkpoints = [0, 4]
[[probes]]
name = "fidelity"
limit = 4
"""


def test_one_persona_that_cannot_tell_needs_so_many_more_items_and_their_calls_are_those_of_the_plan() -> None:
    run = played("a", 0.3, items=4)
    (of,) = headlines(estimates(run), run.study)
    e = of.drift
    assert (of.finding.tag, e.cluster) == ("untold", "item")
    experiment: Experiment = load_text(STUDY).experiment
    step = more_items(experiment, e, 0.5, 0.95)
    assert step is not None
    assert e.error is not None
    assert e.df is not None
    more = (4 + step.more) / 4
    assert smallest_seen(e.error / more**0.5, e.df * more, 0.95) < 0.5  # the cautious spread asks for no less
    calls = [sum(line.calls for line in plan(with_items(experiment, "fidelity", n)).lines) for n in (4, 4 + step.more)]
    assert step.calls == calls[1] - calls[0] > 0
    rests_on_dialogues = msgspec.structs.replace(e, source="rounds")
    assert more_items(experiment, rests_on_dialogues, 0.5, 0.95) is None
