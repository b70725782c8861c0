"""Where a server really cuts: prompts near its window, against servers that cut and count in every way."""

import pytest

from longplay.checks.prompts import Probe
from longplay.checks.window import MOST_CALLS, Window, window
from longplay.records import Reply, Request, Usage
from longplay.specs import Sampling

TOLD = 8192


class Server:
    """A token a word of a prompt, and 7 for the template; of what it keeps, the model sees the end."""

    def __init__(
        self,
        cuts_at: int | None = None,
        *,
        counts: str = "kept",
        refuses_over: int | None = TOLD,
        remembers: bool = True,
        half: bool = False,
    ) -> None:
        self.cuts_at = cuts_at
        self.counts = counts
        self.refuses_over = refuses_over
        self.remembers = remembers
        self.half = half
        self.asked = 0

    def reply(self, request: Request) -> Reply:
        self.asked += 1
        messages = request.prefix.extend(*request.tail).messages()
        tokens = sum(len(one.content.split()) for one in messages) + 7
        if self.refuses_over is not None and tokens + request.sampling.max_tokens > self.refuses_over:
            return Reply("missing", reason="overflow", detail="the prompt is too long")
        cut = self.cuts_at is not None and tokens > self.cuts_at
        kept = tokens
        while cut and self.cuts_at is not None and kept > self.cuts_at:
            kept = kept - self.cuts_at // 2 if self.half else self.cuts_at
        counted = {"kept": kept, "before": tokens, "none": None}[self.counts]
        code = messages[0].content.split()[0]
        text = f"It was {code}." if self.remembers and not cut else "I do not know."
        return Reply("ok", text, finish="stop", usage=Usage(counted))


def tried(server: Server, told: int = TOLD, most: int = TOLD) -> Window:
    probe: Probe[Window] = window("nonce", Sampling(), told, most)
    try:
        batch = next(probe)
        while True:
            batch = probe.send([server.reply(request) for request in batch])
    except StopIteration as stop:
        assert server.asked <= MOST_CALLS
        found: Window = stop.value
        return found


def test_a_server_that_takes_what_it_says_and_refuses_more_is_whole() -> None:
    found = tried(Server())
    assert (found.found, found.echoed) == ("whole", (True, True))
    assert found.counted == pytest.approx(found.sent, rel=0.01)


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("refuses_over", [None, TOLD])
@pytest.mark.parametrize("remembers", [False, True])
@pytest.mark.parametrize("real", [2048, 1500, 6000])
def test_a_silent_cut_within_the_window_is_found_with_its_place(
    half: bool, refuses_over: int | None, remembers: bool, real: int
) -> None:
    found = tried(Server(real, half=half, refuses_over=refuses_over, remembers=remembers))
    assert found.found == "cuts"
    assert found.cuts_at == pytest.approx(real, rel=0.05)
    assert found.echoed == (remembers, False)


def test_a_server_that_cuts_only_what_is_past_its_window_is_said_to_cut_there() -> None:
    found = tried(Server(TOLD, refuses_over=None))
    assert (found.found, found.cuts_at) == ("cuts", TOLD)


@pytest.mark.parametrize("real", [2048, None])
def test_a_server_that_counts_before_it_cuts_or_not_at_all_cannot_be_checked(real: int | None) -> None:
    before = tried(Server(real, counts="before", refuses_over=None))
    assert before.found == "uncheckable"
    assert "counts before it cuts" in before.why
    none = tried(Server(real, counts="none"))
    assert none.found == "uncheckable"
    assert "does not count" in none.why


def test_counts_before_the_cut_are_not_enough_where_longer_prompts_are_refused() -> None:
    found = tried(Server(2048, counts="before"))
    assert (found.found, found.echoed) == ("counted", (True, False))


def test_a_server_that_refuses_within_its_window_is_said_to() -> None:
    found = tried(Server(refuses_over=4000))
    assert (found.found, found.why) == ("refuses", "the prompt is too long")


def test_a_window_too_small_to_try_is_not_tried() -> None:
    assert tried(Server(), told=200).found == "not tried"
