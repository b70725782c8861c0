"""The cheapest next step: what a run needs more of to see a change, and what that costs."""

from pathlib import Path

import msgspec
import pytest

from longplay.analysis import Data, prepare, read_tables
from longplay.analysis.design import pilot
from longplay.analysis.pilots import OfBaseline, Place
from longplay.experiment import Experiment, plan
from longplay.experiment.resizing import Size, resized
from longplay.stats import Components
from longplay.store import Reader
from longplay.study.next_step import cheapest_step, step_of
from longplay.study.recorded_experiment import recorded
from longplay.study.running import run as play
from test_power import STUDY


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> tuple[Data, Experiment]:
    folder: Path = tmp_path_factory.mktemp("step")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    play(folder / "study.toml", folder / "run")
    with Reader.open(folder / "run") as reader:
        return prepare(read_tables(reader), changed_after_data=False), recorded(reader)


def test_the_step_changes_one_thing_and_its_cost_is_that_of_the_plan(opened: tuple[Data, Experiment]) -> None:
    data, experiment = opened
    step = cheapest_step(data, experiment, "style", 1.0)
    assert step is not None
    assert step.power >= 0.8
    assert step.cautious >= 0.6
    size = step.design
    own = {"personas": 4, "orders": 2, "draws": 1, "items": 3}
    now = {name: getattr(size, name) for name in own}
    assert {name for name in own if now[name] != own[name]} == {step.what}
    assert now[step.what] - own[step.what] == step.more
    points = experiment.study.checkpoints
    larger = plan(resized(experiment, Size(size.personas, size.orders, size.draws, points, "fidelity", size.items)))
    more = sum(line.calls for line in larger.lines) - sum(line.calls for line in plan(experiment).lines)
    assert step.calls == more > 0


def test_a_larger_change_needs_no_more(opened: tuple[Data, Experiment]) -> None:
    data, experiment = opened
    small, large = (cheapest_step(data, experiment, "style", change) for change in (0.9, 1.5))
    assert small is not None
    assert large is not None
    assert large.cost is not None
    assert small.cost is not None
    assert large.cost < small.cost


def test_where_the_baseline_is_what_varies_more_of_its_dialogues_are_the_step(opened: tuple[Data, Experiment]) -> None:
    data, experiment = opened
    own = pilot(data, "style", Place())
    sure = {
        name: msgspec.structs.replace(one, variance=1e-4, between=1e-4) for name, one in own.components.parts.items()
    }
    baseline = OfBaseline(dialogues=0.5, dialogues_df=40.0, start=0.01, start_df=40.0, draws=2)
    shared, df = baseline.of(2)
    gap = msgspec.structs.replace(
        own,
        contrast="gap-drift",
        components=Components(sure, 40),
        baseline=baseline,
        shared=shared,
        shared_df=df,
        tests=1,
    )
    step = step_of(gap, experiment, 1.0, 0.8, 1, 0.95)
    assert step is not None
    assert (step.what, step.design) == ("baseline draws", own.design)
    orders = len(experiment.study.dialogues.orders)
    lines = plan(resized(experiment, Size(4, 2, 1, experiment.study.checkpoints, "fidelity", 3, step.more))).lines
    assert step.calls == sum(line.calls for line in lines) - sum(line.calls for line in plan(experiment).lines)
    assert step.calls >= step.more * orders * experiment.study.dialogues.rounds
    assert step_of(msgspec.structs.replace(gap, baseline=None), experiment, 1.0, 0.8, 1, 0.95) is None


def test_more_dialogues_of_the_baseline_leave_what_its_answers_before_them_vary() -> None:
    baseline = OfBaseline(dialogues=0.4, dialogues_df=3.0, start=0.1, start_df=20.0, draws=4)
    assert baseline.of(4) == pytest.approx((0.5, 0.5**2 / (0.4**2 / 3 + 0.1**2 / 20)))
    assert baseline.of(8) == pytest.approx((0.3, 0.3**2 / (0.2**2 / 7 + 0.1**2 / 20)))


def test_where_no_step_is_enough_there_is_none(opened: tuple[Data, Experiment]) -> None:
    assert cheapest_step(*opened, "style", 0.001) is None
