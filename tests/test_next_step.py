"""The cheapest next step: what a run needs more of to see a change, and what that costs."""

from pathlib import Path

import pytest

from longplay.analysis import Data, prepare, read_tables
from longplay.experiment import Experiment, plan
from longplay.experiment.resizing import Size, resized
from longplay.store import Reader
from longplay.study.next_step import cheapest_step
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
    assert step.cautious >= 0.8
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


def test_where_no_step_is_enough_there_is_none(opened: tuple[Data, Experiment]) -> None:
    assert cheapest_step(*opened, "style", 0.001) is None
