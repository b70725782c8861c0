"""The limiter on virtual time: its width, its pauses and its rates, as pure functions of what happened when."""

import heapq
import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from longplay.inference.limits import Attempt, Ended, Limiter
from longplay.inference.rate_headers import Room, asked_s, read_room, span_s
from longplay.records import Usage

BUSY, SLOW, OTHER, GOOD = Ended("busy"), Ended("timeout"), Ended(), Ended("good")


def begin_all(limiter: Limiter, now: float = 0.0) -> list[Attempt]:
    """As many attempts as it takes."""
    found: list[Attempt] = []
    while limiter.wait_s(now, 0) == 0:
        found.append(limiter.begin(now, 0))
    return found


def end_all(limiter: Limiter, attempts: list[Attempt], ended: Ended, now: float = 0.0) -> None:
    for attempt in attempts:
        limiter.end(now, attempt, ended)


def test_it_begins_as_wide_as_it_may_be() -> None:
    limiter = Limiter(8)
    assert len(begin_all(limiter)) == limiter.width == 8
    assert limiter.wait_s(0.0, 0) == math.inf


@pytest.mark.parametrize("complaint", [BUSY, SLOW])
def test_complaints_of_attempts_that_were_under_way_together_halve_the_width_once(complaint: Ended) -> None:
    limiter = Limiter(64)
    end_all(limiter, begin_all(limiter), complaint)
    assert limiter.width == 32
    end_all(limiter, begin_all(limiter), complaint)
    assert limiter.width == 16


def test_the_width_never_falls_under_one() -> None:
    limiter = Limiter(4)
    for _ in range(20):
        end_all(limiter, begin_all(limiter), BUSY)
    assert limiter.width == 1
    assert len(begin_all(limiter)) == 1


def test_other_faults_say_nothing_of_the_load() -> None:
    limiter = Limiter(8)
    end_all(limiter, begin_all(limiter), OTHER)
    assert limiter.width == 8


def test_good_replies_widen_it_by_one_for_every_width_of_them() -> None:
    limiter = Limiter(64)
    end_all(limiter, begin_all(limiter), BUSY)
    for width in range(32, 40):
        assert limiter.width == width
        under_way = begin_all(limiter)
        for _ in range(width + 1):
            limiter.end(0.0, under_way.pop(), GOOD)
            under_way.append(limiter.begin(0.0, 0))
        end_all(limiter, under_way, OTHER)


def test_a_width_that_was_cut_to_the_least_widens_again_when_all_goes_well() -> None:
    limiter = Limiter(16)
    for _ in range(8):
        end_all(limiter, begin_all(limiter), Ended("busy"))
    assert limiter.width == 1
    for _ in range(400):
        end_all(limiter, begin_all(limiter), Ended("good", Usage(100, 0, 10)))
    assert limiter.width == 16


def test_a_width_that_is_not_used_is_not_widened() -> None:
    limiter = Limiter(64)
    end_all(limiter, begin_all(limiter), BUSY)
    for _ in range(1000):
        limiter.end(0.0, limiter.begin(0.0, 0), GOOD)
    assert limiter.width == 32


def test_it_settles_at_what_a_server_takes() -> None:
    limiter, widths = Limiter(100), list[int]()
    for _ in range(300):
        attempts = begin_all(limiter)
        end_all(limiter, attempts[:30], GOOD)
        end_all(limiter, attempts[30:], BUSY)
        widths.append(limiter.width)
    assert min(widths[50:]) >= 15
    assert max(widths[50:]) <= 32


@given(
    st.integers(1, 40),
    st.lists(st.tuples(st.sampled_from([BUSY, SLOW, OTHER, GOOD, Ended("good", Usage(9, 3, 5))]), st.floats(0, 9))),
)
def test_whatever_happens_the_width_stays_within_one_and_the_most(most: int, story: list[tuple[Ended, float]]) -> None:
    limiter, now = Limiter(most, 600, 60_000), 0.0
    for ended, seconds in story:
        wait_s = limiter.wait_s(now, 10)
        assert wait_s < math.inf
        now += wait_s
        assert limiter.wait_s(now, 10) == 0
        attempt = limiter.begin(now, 10)
        assert limiter.in_flight == 1
        now += seconds
        limiter.end(now, attempt, ended)
        assert 1 <= limiter.width <= most


def test_a_pause_holds_everything_and_a_shorter_one_does_not_end_it() -> None:
    limiter = Limiter(4)
    limiter.pause(10.0, 7.0)
    limiter.pause(10.0, 2.0)
    assert [limiter.wait_s(now, 0) for now in (10.0, 16.0, 17.0)] == [7.0, 1.0, 0.0]


def test_tokens_that_are_left_hold_back_what_needs_more_until_the_reset() -> None:
    limiter = Limiter(4)
    limiter.allow_tokens(0.0, 100, 30.0)
    assert (limiter.wait_s(0.0, 100), limiter.wait_s(0.0, 101)) == (0.0, 30.0)
    limiter.begin(0.0, 60)
    assert limiter.wait_s(1.0, 60) == 29.0, "what was begun since counts"
    assert limiter.wait_s(30.0, 5000) == 0.0
    limiter.begin(30.0, 5000)
    assert limiter.wait_s(30.0, 5000) == 0.0


def fastest(limiter: Limiter, seconds: float, tokens: float, used: int | None = None) -> list[float]:
    """When attempts begin if each is made as soon as it may be, and ends at once."""
    now, begun = 0.0, list[float]()
    while (now := now + limiter.wait_s(now, tokens)) < seconds:
        begun.append(now)
        ended = GOOD if used is None else Ended("good", Usage(used, 0, 0))
        limiter.end(now, limiter.begin(now, tokens), ended)
    return begun


@pytest.mark.parametrize("cap", [1, 7, 500])
def test_no_minute_has_more_requests_than_the_cap_and_none_is_wasted(cap: int) -> None:
    begun = fastest(Limiter(16, requests_per_minute=cap), 300.0, 0)
    assert abs(len(begun) - 5 * cap) <= 1
    assert all(sum(1 for other in begun if at - 1e-3 <= other < at + 59.99) <= cap for at in begun)


def test_tokens_a_minute_follow_what_the_server_counted() -> None:
    assert len(fastest(Limiter(16, tokens_per_minute=6000), 600.0, 100)) == 600
    assert len(fastest(Limiter(16, tokens_per_minute=6000), 600.0, 100, used=50)) == 1200
    assert len(fastest(Limiter(16, tokens_per_minute=6000), 600.0, 100, used=200)) == 300


def test_a_prompt_larger_than_a_minutes_tokens_is_let_through_alone() -> None:
    assert fastest(Limiter(16, tokens_per_minute=6000), 700.0, 30_000) == [0.0, 300.0, 600.0]


def test_a_refused_attempt_gives_its_tokens_back() -> None:
    limiter = Limiter(2, tokens_per_minute=60)
    limiter.end(0.0, limiter.begin(0.0, 1000), BUSY)
    assert limiter.wait_s(0.0, 1000) == 0.0


class Server:
    """A server in virtual time. `latency`: seconds, by attempts in flight and number of the attempt; `usage`: by it."""

    def __init__(self, limiter: Limiter, latency: Callable[[int, int], float], usage: Callable[[int], Usage]) -> None:
        self.limiter = limiter
        self.latency = latency
        self.usage = usage
        self.now = 0.0
        self.done = 0
        self.under_way: list[tuple[float, int, Attempt]] = []

    def answer(self, replies: int, jobs: int = 10**6) -> int:
        """Answer so many more, asked by as many jobs at once as the limiter lets in; the width at the end."""
        last = self.done + replies
        while self.done < last:
            while len(self.under_way) < jobs and self.limiter.wait_s(self.now, 0) == 0:
                attempt = self.limiter.begin(self.now, 0)
                ends = self.now + self.latency(self.limiter.in_flight, attempt.number)
                heapq.heappush(self.under_way, (ends, attempt.number, attempt))
            self.now, number, attempt = heapq.heappop(self.under_way)
            self.done += 1
            self.limiter.end(self.now, attempt, Ended("good", self.usage(number)))
        return self.limiter.width


SHORT = Usage(1000, 900, 100)


def test_more_in_flight_with_no_more_done_narrows_it_towards_what_is_useful() -> None:
    # twenty are worked on at a time, the rest wait
    server = Server(Limiter(200), lambda in_flight, _: max(1.0, in_flight / 20), lambda _: SHORT)
    assert server.answer(200, jobs=16) == 200
    assert 20 <= server.answer(20_000) <= 40


def test_a_server_that_gets_more_done_with_more_in_flight_keeps_its_width() -> None:
    # slower for each, faster for all
    server = Server(Limiter(128), lambda in_flight, _: 1.0 + in_flight / 64, lambda _: SHORT)
    server.answer(200, jobs=8)
    assert server.answer(10_000) == 128


@pytest.mark.parametrize("cached", ["all but the tail", "unknown", "nothing"])
@pytest.mark.parametrize("jobs", [[64], [16, 64], [64, 16, 64, 8, 64]])
def test_prompts_that_grow_do_not_narrow_it_however_slow_they_become(cached: str, jobs: list[int]) -> None:
    def prompt(reply: int) -> int:
        return 200 + 2 * reply

    def usage(reply: int) -> Usage:
        size = prompt(reply)
        return Usage(size, {"all but the tail": size - 150, "unknown": None, "nothing": 0}[cached], 100)

    server = Server(Limiter(64), lambda _, reply: 1.0 + prompt(reply) / 500, usage)
    assert [server.answer(30_000 // len(jobs), at_once) for at_once in jobs] == [64] * len(jobs)


def test_replies_of_different_length_do_not_narrow_it() -> None:
    lengths = [10, 400, 50, 1000]
    server = Server(
        Limiter(32),
        lambda _, reply: lengths[reply // 400 % 4] / 50,
        lambda reply: Usage(500, 400, lengths[reply // 400 % 4]),
    )
    assert [server.answer(400, jobs) for jobs in [8, 32] * 8] == [32] * 16


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("6m0s", 360.0),
        ("1s", 1.0),
        ("17ms", 0.017),
        ("2m59.56s", 179.56),
        ("1h0m1s", 3601.0),
        ("12m", 720.0),
        ("20", 20.0),
        ("0.5", 0.5),
        ("1000000060", 60.0),
        ("1000000060000", 60.0),
        ("2001-09-09T01:47:40Z", 60.0),
        ("2001-09-09T01:00:00Z", 0.0),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("nan", None),
        ("9" * 400, None),
        ("1e9", None),
    ],
)
def test_a_reset_is_a_span_or_a_moment(text: str, seconds: float | None) -> None:
    found = span_s(text, now=lambda: 1_000_000_000.0)
    assert found == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("headers", "room"),
    [
        ({}, Room()),
        ({"X-RateLimit-Remaining-Requests": "0", "X-RateLimit-Reset-Requests": "6s"}, Room(6.0)),
        ({"x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "6s"}, Room()),
        ({"x-ratelimit-remaining-requests": "0"}, Room()),
        ({"x-ratelimit-remaining-tokens": "150", "x-ratelimit-reset-tokens": "9s"}, Room(None, 150, 9.0)),
        ({"anthropic-ratelimit-requests-remaining": "0", "anthropic-ratelimit-requests-reset": "5"}, Room(5.0)),
        (
            {"anthropic-ratelimit-input-tokens-remaining": "7", "anthropic-ratelimit-input-tokens-reset": "5"},
            Room(None, 7, 5.0),
        ),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1000000002000"}, Room(2.0)),
        ({"x-ratelimit-remaining-requests": "none", "x-ratelimit-reset-requests": "6s"}, Room()),
    ],
)
def test_headers_say_what_is_left(headers: dict[str, str], room: Room) -> None:
    assert read_room(CIMultiDict(headers), now=lambda: 1_000_000_000.0) == room


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after-ms": "2500", "retry-after": "7"}, 2.5),
        ({"retry-after-ms": "soon", "retry-after": "7"}, 7.0),
        ({}, None),
    ],
)
def test_milliseconds_are_believed_before_seconds(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_s(CIMultiDict(headers)) == seconds


@given(st.text(max_size=30))
def test_any_header_is_a_span_or_nothing(text: str) -> None:
    found = span_s(text, now=lambda: 0.0)
    assert found is None or 0 <= found < math.inf
