"""The ledger of counts: what falls or stands still is a cut, what honest servers count is none."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from longplay.inference.cuts import LEAST_WINDOW, Habits, Ledger
from longplay.inference.growth import Counted

SYSTEM = 400  # bytes


class Dialogue:
    """Rounds of so many bytes, a token for four, and 5 tokens around each message; `window` is where it cuts."""

    def __init__(self, turns: Sequence[tuple[int, int]], window: int | None = None) -> None:
        self.turns = turns
        self.window = window

    def prompts(self) -> list[tuple[int, int, int, int]]:
        """Bytes, tokens, bytes of the reply, its tokens."""
        size, tokens, found = SYSTEM, SYSTEM // 4 + 5, list[tuple[int, int, int, int]]()
        for user, reply in self.turns:
            size, tokens = size + user, tokens + user // 4 + 5
            found.append((size, tokens, reply, reply // 4))
            size, tokens = size + reply, tokens + reply // 4 + 5
        return found


def fed(ledger: Ledger, counted: Sequence[Counted]) -> int | None:
    for one in counted:
        if ledger.add(one) is not None:
            break
    return ledger.cut if ledger.cut is not None else ledger.finish()


def counted(
    dialogue: Dialogue, counts: Sequence[int | None], completions: bool = True, by: Sequence[str] = ()
) -> list[Counted]:
    return [
        Counted(size, count, completion=said if completions else None, reply=reply, by=by[i % len(by)] if by else "")
        for i, ((size, _, reply, said), count) in enumerate(zip(dialogue.prompts(), counts, strict=True))
    ]


turns = st.lists(st.tuples(st.integers(40, 1200), st.integers(80, 2400)), min_size=3, max_size=40)


def first_over(tokens: Sequence[int], window: int) -> int:
    return next(number for number, count in enumerate(tokens, start=1) if count > window)


@given(turns, st.booleans())
def test_honest_counts_are_no_cut(given_turns: list[tuple[int, int]], completions: bool) -> None:
    dialogue = Dialogue(given_turns)
    tokens = [count for _, count, _, _ in dialogue.prompts()]
    assert fed(Ledger(), counted(dialogue, tokens, completions)) is None


@example([(40, 300), (40, 164), (40, 80)], 0.400390625, 0.0, 0)  # replies counted on another scale than prompts
@given(turns, st.floats(0.4, 2.5), st.floats(0.0, 0.5), st.integers(0, 2**32))
def test_neither_another_scale_nor_missing_counts_are_a_cut(
    given_turns: list[tuple[int, int]], scale: float, missing: float, seed: int
) -> None:
    dialogue, chance = Dialogue(given_turns), random.Random(seed)
    tokens = [int(count * scale) if chance.random() >= missing else None for _, count, _, _ in dialogue.prompts()]
    assert fed(Ledger(), counted(dialogue, tokens)) is None


@given(turns, st.floats(0.3, 0.9))
def test_a_count_that_stands_still_at_the_window_is_a_cut_from_the_first_prompt_that_was_longer(
    given_turns: list[tuple[int, int]], share: float
) -> None:
    dialogue = Dialogue(given_turns)
    tokens = [count for _, count, _, _ in dialogue.prompts()]
    window = max(int(tokens[-1] * share), LEAST_WINDOW)
    counts = [min(count, window) for count in tokens]
    found = fed(Ledger(), counted(dialogue, counts))
    over = first_over([*tokens, window + 1], window)
    if over < len(tokens):
        assert found is not None
        assert found <= over


@given(turns, st.floats(0.3, 0.9))
def test_a_count_that_falls_by_halves_is_a_cut(given_turns: list[tuple[int, int]], share: float) -> None:
    dialogue = Dialogue(given_turns)
    tokens = [count for _, count, _, _ in dialogue.prompts()]
    window = max(int(tokens[-1] * share), tokens[0])
    counts = [count if count <= window else window // 2 + count % (window // 2) for count in tokens]
    falls = [i for i in range(1, len(counts)) if counts[i] < counts[i - 1] * 0.7]
    if falls:
        found = fed(Ledger(), counted(dialogue, counts))
        assert found is not None
        assert found <= falls[0] + 1


def test_what_is_sure_is_never_taken_back() -> None:
    chance = random.Random(5)
    for _ in range(300):
        dialogue = Dialogue([(chance.randint(40, 600), chance.randint(80, 1500)) for _ in range(chance.randint(4, 30))])
        window = chance.randint(300, 4000)
        ledger, sure = Ledger(), 0
        for one in counted(dialogue, [min(t, window - chance.randint(0, 40)) for _, t, _, _ in dialogue.prompts()]):
            cut = ledger.add(one)
            if cut is not None:
                assert cut > sure
                break
            assert ledger.sure >= sure
            sure = ledger.sure


def steady(rounds: int = 12) -> Dialogue:
    return Dialogue([(200, 600)] * rounds)


def test_the_cut_is_noticed_one_round_later_and_the_round_at_the_plateau_goes_too() -> None:
    dialogue = steady()
    tokens = [count for _, count, _, _ in dialogue.prompts()]
    window = tokens[6] - 30  # the seventh prompt just does not fit
    ledger = Ledger()
    counts = counted(dialogue, [min(count, window) for count in tokens])
    assert [ledger.add(one) for one in counts[:7]] == [None] * 7
    assert ledger.add(counts[7]) == 7
    assert ledger.sure == 6


def test_two_back_ends_that_name_themselves_are_two_series() -> None:
    dialogue = steady()
    tokens = [count for _, count, _, _ in dialogue.prompts()]
    counts = [count if i % 2 else int(count * 0.4) for i, count in enumerate(tokens)]
    named = counted(dialogue, [max(c, 1) for c in counts], by=("a", "b"))
    assert fed(Ledger(), named[1:]) is not None, "so far apart, one of them has cut"
    counts = [count if i % 2 else int(count * 0.78) for i, count in enumerate(tokens)]
    assert fed(Ledger(), counted(dialogue, counts, by=("a", "b"))) is None


@pytest.mark.parametrize("scale", [0.77, 0.85, 1.3])
def test_two_back_ends_without_names_are_no_cut(scale: float) -> None:
    dialogue = steady(30)
    tokens = [count for _, count, _, _ in dialogue.prompts()]
    for pattern in ("ab", "aab", "abbab"):
        counts = [int(count * (scale if pattern[i % len(pattern)] == "b" else 1.0)) for i, count in enumerate(tokens)]
        assert fed(Ledger(), counted(dialogue, counts)) is None


def test_names_that_differ_with_each_reply_tell_nothing() -> None:
    dialogue = steady(14)
    tokens = [count for _, count, _, _ in dialogue.prompts()]
    window = tokens[8]
    names = [f"fp-{number}" for number in range(14)]
    found = fed(Ledger(), counted(dialogue, [min(count, window) for count in tokens], by=names))
    assert found is not None
    assert found <= 10


def test_cached_tokens_counted_apart_fall_honestly_and_their_sum_shows_a_cut() -> None:
    prompts = steady(16).prompts()
    for window in (None, prompts[9][1] + 5):
        ledger, held = Ledger(Habits()), 0
        for size, tokens, reply, said in prompts:
            kept = tokens if window is None or tokens <= window else window
            cached = min(held, kept - 1) if kept == tokens else 0
            alone = kept - cached
            apart = cached > alone
            ledger.add(Counted(size, kept if apart else alone, cached, apart, said, reply))
            held = tokens if tokens % 3 else tokens // 4  # a cache that loses much of it now and then
            if ledger.cut is not None:
                break
        assert ledger.finish() == (None if window is None else ledger.cut)
        assert (ledger.cut is None) == (window is None)
        if ledger.cut is not None:
            assert 9 <= ledger.cut <= 11


def test_a_trace_that_is_gone_from_the_next_prompt_is_no_cut() -> None:
    chance = random.Random(3)
    for _ in range(50):
        ledger, before = Ledger(), 0
        for size, tokens, reply, said in steady(20).prompts():
            trace = chance.choice((0, 400, 4000))
            ledger.add(
                Counted(size, tokens + before, completion=said + trace // 4, reply=reply, trace=trace, carried=True)
            )
            before = trace // 4
        assert ledger.finish() is None


def test_tokens_that_nobody_sees_are_no_growth_that_is_missing() -> None:
    ledger = Ledger()
    for number, (size, tokens, reply, said) in enumerate(steady(20).prompts()):
        ledger.add(Counted(size, tokens, completion=said + 300 * (number % 4), reply=reply))
    assert ledger.finish() is None


def test_long_runs_of_one_character_are_no_cut() -> None:
    ledger, size, tokens = Ledger(), SYSTEM, 105
    for number in range(20):
        reply, said = (4000, 260) if number % 3 else (400, 100)
        user, asked = (3000, 190) if number % 4 == 1 else (100, 25)
        size, tokens = size + user, tokens + asked + 5
        ledger.add(Counted(size, tokens, completion=said, reply=reply))
        size, tokens = size + reply, tokens + said + 5
    assert ledger.finish() is None


def test_a_prompt_that_does_not_hold_the_one_before_it_may_be_shorter() -> None:
    ledger = Ledger()
    for number, (_, tokens, reply, said) in enumerate(steady(12).prompts()):
        ledger.add(Counted(900, 300 - number, completion=said, reply=reply, extends=False))
        assert tokens
    assert ledger.finish() is None
    assert ledger.sure == 11


def test_a_server_that_does_not_count_is_never_said_to_cut_and_all_is_sure() -> None:
    ledger = Ledger()
    for size, _, reply, _ in steady(5).prompts():
        assert ledger.add(Counted(size, None, reply=reply)) is None
    assert (ledger.finish(), ledger.sure) == (None, 5)
    for zero in (Ledger(), Ledger()):
        for size, _, reply, said in steady(5).prompts():
            zero.add(Counted(size, 0, completion=said, reply=reply))
        assert zero.finish() is None


def answers(window: int) -> tuple[Ledger, list[object]]:
    """Ten rounds and then twelve answers of growing length."""
    ledger = Ledger()
    prompts = steady(10).prompts()
    for size, tokens, reply, said in prompts:
        ledger.add(Counted(size, min(tokens, window), completion=said, reply=reply))
    place, (size, tokens, reply, said) = ledger.place, prompts[-1]
    for number in range(12):
        item = 100 + 60 * number
        count = min(tokens + said + 10 + item // 4, window)
        ledger.answer(number, place, Counted(size + reply + item, count, completion=said, reply=reply))
    return ledger, ledger.settle(range(12))


def test_answers_whose_prompts_do_not_fit_are_cut_though_the_rounds_before_are_not() -> None:
    ledger, cut = answers(10**6)
    assert (cut, ledger.cut) == ([], None)
    _, tokens, _, said = steady(10).prompts()[-1]
    ledger, cut = answers(tokens + said + 10 + 100)
    assert {5, 6, 7, 8, 9, 10, 11} <= set(cut)
    assert ledger.cut is None or ledger.cut >= 10


def test_counts_that_stay_the_same_again_and_again_are_a_cut_even_behind_two_back_ends() -> None:
    dialogue = Dialogue([(300, 600)] * 9)
    tokens = [count for _, count, _, _ in dialogue.prompts()]
    ledger = Ledger(Habits(routed=True))
    assert fed(ledger, counted(dialogue, [min(count, tokens[4]) for count in tokens])) is not None


@pytest.mark.parametrize(("most", "cut"), [(900, True), (2 * 10**6, False), (None, False)])
def test_rounds_without_counts_beyond_what_a_server_has_cut_elsewhere_are_not_kept(most: int | None, cut: bool) -> None:
    dialogue = Dialogue([(300, 600)] * 9)
    counts = [count if number < 3 else None for number, (_, count, _, _) in enumerate(dialogue.prompts())]
    found = fed(Ledger(Habits(most=most)), counted(dialogue, counts))
    assert (found is not None) == cut


def test_what_a_server_counted_at_most_where_it_cut_is_remembered() -> None:
    habits, dialogue = Habits(), Dialogue([(300, 600)] * 9)
    tokens = [count for _, count, _, _ in dialogue.prompts()]
    assert fed(Ledger(habits), counted(dialogue, [min(count, tokens[4]) for count in tokens])) is not None
    assert habits.most == tokens[4]


@given(turns, st.integers(1, 255) | st.integers(100_000, 200_000))
def test_a_number_that_never_changes_is_no_count_and_no_cut(given_turns: list[tuple[int, int]], number: int) -> None:
    dialogue = Dialogue(given_turns)
    assert fed(Ledger(), counted(dialogue, [number] * len(given_turns))) is None


def test_a_window_that_is_full_from_the_first_prompt_on_is_a_cut_of_the_first_round() -> None:
    dialogue = Dialogue([(8000, 400), (200, 400), (200, 400)])
    assert fed(Ledger(), counted(dialogue, [1024] * 3)) == 1
