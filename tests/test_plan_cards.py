"""What `longplay plan` says of correcting the cards of a page together."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from longplay.cli import main
from longplay.experiment import plan
from longplay.experiment.correction import of_cards
from longplay.experiment.resizing import Size, resized
from longplay.pipeline import load_text

STUDY = """
[[models]]
name = "sim/speaker"
prices = { input = 1.0, cached = 0.1, output = 2.0 }
[[models]]
name = "sim/other"
prices = { input = 1.0, cached = 0.1, output = 2.0 }
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver", "queen", "marsh", "scrooge"]
scripts = ["goal-oriented", "persona-directed"]
rounds = 4
orders = [0, 1]
baseline_draws = 2
[conditioning]
checkpoints = [0, 4]
[[probes]]
name = "fidelity"
limit = 3
"""


@pytest.mark.parametrize(("cards", "personas"), [(2, 4), (4, 8), (14, 12), (14, 40)])
def test_power_and_personas_are_those_of_the_t_test(cards: int, personas: int) -> None:
    found = of_cards(cards, personas, 0.05)
    rng, studies = np.random.default_rng([cards, personas]), 400_000

    def share(effect: float, many: int, alpha: float) -> float:
        mean = effect + rng.standard_normal(studies) / np.sqrt(many)
        spread = np.sqrt(rng.chisquare(many - 1, studies) / (many - 1) / many)
        return float(np.mean(mean / spread > stats.t.ppf(1 - alpha / 2, many - 1)))

    sizes = np.linspace(0.1, 4, 4000)
    df = personas - 1
    alone = stats.nct.sf(stats.t.ppf(0.975, df), df, sizes * np.sqrt(personas))
    effect = float(sizes[np.argmin(np.abs(alone - 0.8))])
    assert share(effect, personas, 0.05) == pytest.approx(0.8, abs=0.005)
    assert share(effect, personas, 0.05 / cards) == pytest.approx(found.power, abs=0.005)
    assert found.personas is not None
    assert found.times == found.personas / personas
    assert share(effect, found.personas, 0.05 / cards) > 0.795
    assert share(effect, found.personas - 1, 0.05 / cards) < 0.805


def test_without_an_interval_over_personas_it_is_dialogues_that_are_needed() -> None:
    found = of_cards(14, 1, 0.05)
    z = stats.norm.ppf([0.975, 1 - 0.025 / 14, 0.8])
    assert found.personas is None
    assert found.times == pytest.approx(((z[1] + z[2]) / (z[0] + z[2])) ** 2)
    assert found.power == pytest.approx(stats.norm.sf(z[1] - z[0] - z[2]))


def test_the_plan_counts_the_calls_of_the_personas_that_are_missing() -> None:
    experiment = load_text(STUDY).experiment
    found = plan(experiment)
    assert found.correction is not None
    assert (found.correction.cards, found.correction.personas) == (4, 6)  # two models, two scripts
    own, larger = (plan(resized(experiment, Size(many, None, 1, (0, 4)))).lines for many in (4, 6))
    assert found.correction.calls == sum(line.calls for line in larger) - sum(line.calls for line in own)
    rounds = {line.model: line.calls for line in found.lines if line.kind == "rounds"}
    assert {line.model: line.calls for line in own if line.kind == "rounds"} == rounds
    assert found.correction.calls > 2 * 2 * 2 * 2 * 4  # rounds of two models and scripts in two orders
    assert found.correction.cost is None  # the judge has no price


def test_the_plan_says_what_is_lost_and_what_brings_it_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    assert main(["plan", str(tmp_path / "study.toml")]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Cards: the page shows 4, one for each model and script, and corrects them together." in said
    assert "alone finds in 80 of 100 studies is then found in 40." in said
    assert "To find it as often again takes 6 personas: about 1,446 more calls." in said
    one = STUDY.replace(', "persona-directed"', "").replace('[[models]]\nname = "sim/other"', "#").split("#")
    alone = one[0] + one[1].split("\n", 2)[2]
    (tmp_path / "study.toml").write_text(alone, encoding="utf-8")
    assert main(["plan", str(tmp_path / "study.toml")]) == 0
    assert "Cards:" not in capsys.readouterr().out
