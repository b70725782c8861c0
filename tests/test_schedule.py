"""A free slot pulls the best piece that is ready, and one source is emptied before its like is begun."""

from longplay.schedule import Schedule


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
