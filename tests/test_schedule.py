"""A free slot pulls the best piece that is ready, and one source is emptied before its like is begun."""

import pytest

from longplay.schedule import Pace, Schedule


class Source:
    """A list of pieces as a source."""

    def __init__(self, lane: str, rank: tuple[int, ...], pieces: list[str]) -> None:
        self.lane, self.rank, self.pieces = lane, rank, pieces

    def take(self) -> str | None:
        return self.pieces.pop(0) if self.pieces else None


def drain(schedule: Schedule[str], lane: str) -> list[str]:
    pulled: list[str] = []
    while (piece := schedule.next(lane)) is not None:
        pulled.append(piece)
    return pulled


def test_lower_ranks_go_first_whatever_the_order_of_offering() -> None:
    schedule: Schedule[str] = Schedule()
    schedule.offer(Source("m", (1, 5), ["p1", "p2"]))
    schedule.offer(Source("m", (0, 9), ["round"]))
    schedule.offer(Source("m", (1, 2), ["early"]))
    assert drain(schedule, "m") == ["round", "early", "p1", "p2"]


def test_lanes_do_not_share_work() -> None:
    schedule: Schedule[str] = Schedule()
    schedule.offer(Source("a", (0,), ["1"]))
    assert schedule.next("b") is None
    assert schedule.next("a") == "1"


def test_an_emptied_source_rests_until_it_is_offered_again() -> None:
    schedule: Schedule[str] = Schedule()
    source = Source("m", (0,), ["1"])
    schedule.offer(source)
    schedule.offer(source)
    assert drain(schedule, "m") == ["1"]
    source.pieces.append("2")
    assert schedule.next("m") is None
    schedule.offer(source)
    assert drain(schedule, "m") == ["2"]


def test_a_source_that_offers_others_while_it_is_asked_gives_way_to_them() -> None:
    schedule: Schedule[str] = Schedule()

    class Opener(Source):
        def take(self) -> str | None:
            if self.pieces:
                schedule.offer(Source("m", (0, len(self.pieces)), [self.pieces.pop(0)]))
                schedule.offer(self)
            return None

    schedule.offer(Opener("m", (2,), ["first", "second"]))
    assert drain(schedule, "m") == ["first", "second"]


def test_a_source_whose_rank_falls_while_it_waits_goes_first_before_long() -> None:
    schedule: Schedule[str] = Schedule()
    waiting = Source("m", (3,), ["hurried"])
    schedule.offer(Source("m", (2,), ["other"] * (2 * Schedule.RERANK)))
    schedule.offer(waiting)
    assert schedule.next("m") == "other"
    waiting.rank = (1,)
    assert drain(schedule, "m").index("hurried") < Schedule.RERANK


def test_a_dialogue_is_late_when_its_own_rounds_take_as_long_as_all_that_is_open_on_all_slots() -> None:
    pace = Pace(rounds=200, answers=6_000)
    open_tokens = 200 * Pace.ROUND_TOKENS + 6_000 * Pace.ANSWER_TOKENS
    assert pace.open_tokens == pytest.approx(open_tokens)
    just = open_tokens / Pace.ROUND_TOKENS / Pace.SLACK / 40
    assert pace.late(rounds_left=int(just) + 1, slots=40)
    assert not pace.late(rounds_left=int(just), slots=40)
    assert not pace.late(rounds_left=int(just) + 1, slots=30), "fewer slots need longer for the rest"


def test_rounds_wait_for_questions_that_keep_the_slots_busy_for_longer() -> None:
    pace = Pace(rounds=100, answers=1_000)
    slots = int(1_000 * Pace.ANSWER_TOKENS / (100 * Pace.ROUND_TOKENS) / Pace.SLACK)
    assert pace.patient(slots)
    assert not pace.patient(slots + 1)
    assert not Pace(rounds=100, answers=0).patient(1), "there is nothing to wait for"


def test_a_dialogue_without_rounds_left_is_never_late() -> None:
    assert not Pace(rounds=0, answers=0).late(rounds_left=0, slots=1)


def test_what_is_settled_is_open_no_more_and_missing_replies_teach_no_length() -> None:
    pace = Pace(rounds=10, answers=1000)
    for _ in range(990):
        pace.settle("answers", None)
    assert pace.answer_tokens == Pace.ANSWER_TOKENS
    assert pace.open_tokens == pytest.approx(10 * Pace.ROUND_TOKENS + 10 * Pace.ANSWER_TOKENS)
    for _ in range(11):
        pace.settle("answers", None)
    assert pace.open_tokens == pytest.approx(10 * Pace.ROUND_TOKENS), "more than were expected count as none"


def test_lengths_are_learnt_from_replies_and_the_start_values_are_forgotten() -> None:
    pace = Pace(rounds=5_000, answers=5_000)
    for _ in range(4_000):
        pace.settle("rounds", 50)
        pace.settle("answers", 1_000)
        pace.grow(70)
    assert pace.answer_tokens == pytest.approx(1_000, rel=0.01)
    assert pace.open_tokens == pytest.approx(1_000 * 50 + 1_000 * 1_000, rel=0.01)
    assert pace.length(700, rounds_left=90) == pytest.approx(700 + 90 * 70, rel=0.02)
