"""The simulated server's pure model: what its cache holds, what it computes, when requests end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longplay.inference.sim.engine import Engine, Machine, TooLongError
from longplay.records import EMPTY, Message, Prefix

BLOCK = 4
Chain = tuple[str, ...]
texts = st.integers(0, 30).flatmap(lambda length: st.sampled_from("abc").map(lambda letter: letter * length))
# Prompts over few texts, so that they share beginnings; the reply of each is one more text.
asked = st.lists(st.tuples(st.lists(texts, min_size=1, max_size=5).map(tuple), texts), max_size=25)


def prefix(chain: Chain) -> Prefix:
    """The chain as messages."""
    return EMPTY.extend(*(Message("user", text) for text in chain))


def ask(engine: Engine, chain: Chain, reply: str, now_s: float) -> int:
    """Submit one request."""
    prompt = prefix(chain)
    return engine.submit(now_s, prompt, prompt.extend(Message("user", reply)))


def run(engine: Engine, chain: Chain, reply: str) -> int:
    """Ask one request with nothing else going on; the tokens read from the cache."""
    ask(engine, chain, reply, now_s=engine.next_s or 0.0)
    while True:
        next_s = engine.next_s
        assert next_s is not None
        done = engine.advance(next_s)
        if done:
            return done[0].cached


def blocks(chain: Chain) -> list[tuple[Chain, int]]:
    """Every whole block as the messages up to the one in which it ends, and its number."""
    found: list[tuple[Chain, int]] = []
    for size in range(1, len(chain) + 1):
        whole = sum(map(len, chain[:size])) // 4 // BLOCK
        found += [(chain[:size], number) for number in range(len(found), whole)]
    return found


class BruteForce:
    """A cache that looks at every block every time."""

    def __init__(self, capacity: int | None) -> None:
        self.capacity = capacity
        self.used: dict[tuple[Chain, int], int] = {}
        self.clock = 0

    def ask(self, chain: Chain, reply: str) -> tuple[int, int]:
        """Tokens cached and tokens computed of one request."""
        prompt, said = blocks(chain), blocks((*chain, reply))
        held = next((n for n, block in enumerate(prompt) if block not in self.used), len(prompt))
        total = sum(map(len, chain)) // 4
        self.make_room(-(-(sum(map(len, (*chain, reply))) // 4) // BLOCK) - held, keep=set(prompt[:held]))
        self.clock += 1
        self.used |= dict.fromkeys(said, self.clock)
        cached = max(min(held, (total - 1) // BLOCK), 0) * BLOCK
        return cached, total - cached

    def make_room(self, wanted: int, keep: set[tuple[Chain, int]]) -> None:
        """Give up the ends that were not used for the longest time."""
        while self.capacity is not None and len(self.used) + wanted > self.capacity:
            ends = [block for block in self.used if block not in keep and not self.followed(block)]
            del self.used[min(ends, key=self.used.__getitem__)]

    def followed(self, block: tuple[Chain, int]) -> bool:
        """Whether a block that is held stands after this one."""
        chain, number = block
        return any(n > number and other[: len(chain)] == chain for other, n in self.used)


@given(asked)
def test_without_limits_every_block_is_computed_once_as_a_brute_force_trie_says(
    requests: list[tuple[Chain, str]],
) -> None:
    engine, brute = Engine(Machine(block=BLOCK)), BruteForce(None)
    computed = 0
    for chain, reply in requests:
        cached, new = brute.ask(chain, reply)
        computed += new
        assert run(engine, chain, reply) == cached
    assert engine.counts.computed == engine.counts.least == computed
    assert engine.cache.blocks == len(brute.used)


@given(asked, st.integers(1, 30))
def test_a_full_cache_gives_up_what_was_not_used_for_longest(requests: list[tuple[Chain, str]], capacity: int) -> None:
    engine, brute = Engine(Machine(block=BLOCK, cache_tokens=capacity * BLOCK)), BruteForce(capacity)
    for chain, reply in requests:
        if -(-(sum(map(len, (*chain, reply))) // 4) // BLOCK) > capacity:
            with pytest.raises(TooLongError, match="do not fit"):
                ask(engine, chain, reply, 0.0)
            continue
        cached, _ = brute.ask(chain, reply)
        assert run(engine, chain, reply) == cached
        assert engine.cache.blocks == len(brute.used) <= capacity
    assert engine.counts.computed >= engine.counts.least
    assert engine.cache.reserved == 0


@given(asked, st.integers(1, 4), st.integers(40, 60), st.lists(st.floats(0, 3), min_size=25, max_size=25))
def test_whatever_comes_together_all_is_answered_within_slots_and_room(
    requests: list[tuple[Chain, str]], slots: int, capacity: int, gaps: list[float]
) -> None:
    engine = Engine(Machine(slots, capacity * BLOCK, BLOCK, prefill_tokens_s=20, decode_tokens_s=10))
    now_s, tickets, done = 0.0, set[int](), []
    for (chain, reply), gap_s in zip(requests, gaps, strict=False):
        now_s += gap_s
        tickets.add(ask(engine, chain, reply, now_s))
        assert engine.cache.blocks + engine.cache.reserved <= capacity
    while engine.next_s is not None:
        done += engine.advance(engine.next_s)
        assert engine.cache.blocks + engine.cache.reserved <= capacity
    assert {one.ticket for one in done} == tickets
    moments = [one.begun_s for one in done]
    assert all(sum(other.begun_s <= at < other.ended_s for other in done) <= slots for at in moments)
    assert engine.cache.reserved == 0
    assert engine.counts.computed >= engine.counts.least


def test_prompts_are_computed_in_turn_and_replies_generated_side_by_side() -> None:
    engine = Engine(Machine(slots=2, prefill_tokens_s=100, decode_tokens_s=10))
    for name in "abc":
        ask(engine, (name * 400,), "r" * 80, 0.0)
    done = engine.advance(100.0)
    assert [round(one.begun_s, 9) for one in done] == [0.0, 1.0, 3.0]
    assert [round(one.ended_s, 9) for one in done] == [3.0, 4.0, 6.0]
    assert engine.counts.busy_s == pytest.approx(9.0)
    assert engine.next_s is None


def test_generating_slows_down_with_its_company_where_the_machine_says_so() -> None:
    engine = Engine(Machine(prefill_tokens_s=1e9, decode_tokens_s=10, half_rate_at=1))
    ask(engine, ("a" * 40,), "r" * 400, 0.0)
    ask(engine, ("b" * 40,), "r" * 400, 0.0)
    assert [round(one.ended_s, 3) for one in engine.advance(100.0)] == [20.0, 20.0]


def test_a_reply_is_read_from_the_cache_when_the_dialogue_goes_on() -> None:
    engine = Engine(Machine())
    run(engine, ("q" * 64,), "r" * 640)
    assert run(engine, ("q" * 64, "r" * 640, "n" * 64), "") == 176
    assert engine.counts.computed == 16 + 16


def test_the_last_token_is_always_computed() -> None:
    engine = Engine(Machine())
    assert run(engine, ("q" * 128,), "") == 0
    assert run(engine, ("q" * 128,), "") == 16
    assert engine.counts.least == engine.counts.computed == 32 + 16


def test_a_request_waits_until_running_ones_give_room() -> None:
    engine = Engine(Machine(slots=8, cache_tokens=160, prefill_tokens_s=1e9, decode_tokens_s=10))
    ask(engine, ("a" * 400,), "r" * 200, 0.0)
    ask(engine, ("b" * 400,), "r" * 200, 0.0)
    assert engine.waiting == 1
    assert [round(one.begun_s, 3) for one in engine.advance(100.0)] == [0.0, 5.0]
