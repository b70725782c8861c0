"""What a display says of a run while it goes on: the rate of the last minute, and what earlier runs had already."""

from longplay.cli.display import pace
from longplay.pipeline import Control, Progress, Spending
from longplay.records import Reply, Usage
from longplay.specs import Budget, ModelSpec, Prices
from longplay.study.text_format import money

PRICED = ModelSpec("openai/m", prices=Prices(input=1e6))


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def settle(progress: Progress, clock: Clock, pieces: int, every_s: float) -> None:
    for _ in range(pieces):
        clock.now_s += every_s
        progress.settle("answers")


def test_the_rate_is_that_of_the_last_minute() -> None:
    clock = Clock()
    progress = Progress({"answers": 1000}, Spending(Budget()), clock)
    settle(progress, clock, 100, 0.5)
    assert 110 <= progress.a_minute <= 130
    settle(progress, clock, 20, 20.0)
    assert 2 <= progress.a_minute <= 4
    assert "3/min" in pace(Control(progress))
    clock.now_s += 600
    assert progress.a_minute == 0
    assert progress.left_s is None


def test_what_was_found_is_said_and_counts_neither_for_the_rate_nor_for_the_time_left() -> None:
    clock, spending = Clock(), Spending(Budget())
    progress = Progress({"answers": 100}, spending, clock)
    for _ in range(50):
        progress.settle("answers", found=True)
    assert "50 there already" in pace(Control(progress))
    spending.reused += 20  # replies of earlier runs: they come at once
    settle(progress, clock, 20, 0.0)
    settle(progress, clock, 10, 2.0)
    assert 29 <= progress.a_minute <= 31
    assert progress.left_s is not None
    assert 39 <= progress.left_s <= 41


def test_a_cost_without_token_counts_is_not_known_and_a_small_one_can_be_read() -> None:
    spending = Spending(Budget())
    progress = Progress({"answers": 2}, spending)
    spending.roles["model"].heard(PRICED, Reply("ok", text="Aye.", usage=Usage(5, 0, 1)))
    progress.settle("answers")
    assert "cost 5.00" in pace(Control(progress))
    for usage in (Usage(), Usage(5), Usage(completion=5), Usage(5, 0, 0)):
        spending.roles["model"].heard(PRICED, Reply("ok", text="Aye.", usage=usage))
    said = pace(Control(progress))
    assert "cost not known (4 replies without token counts)" in said
    assert "cost left" not in said
    assert [money(cost) for cost in (0, 0.5, 0.0153, 5.6e-5, 1234.5)] == [
        "0.00",
        "0.5",
        "0.0153",
        "less than 0.0001",
        "1,234.50",
    ]
