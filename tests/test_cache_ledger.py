"""What a server's cache is taken to hold: by the usage of its replies, prefix by prefix."""

import math

from longplay.inference.cache import FORGOTTEN, Branch, CacheBudget, CacheLedger, Trunk
from longplay.inference.tokens import prefix_tokens, question_tokens
from longplay.records import Usage

SLOTS = 4


def ledger(size: int | None = None) -> CacheLedger:
    return CacheLedger(SLOTS, size, lambda: None)


def played(trunk: Trunk, prompt: int, cached: int, completion: int = 50) -> None:
    """One more round, as the server counted it."""
    usage = Usage(prompt, cached, completion)
    trunk.replied(usage)
    trunk.measure(None, usage)
    trunk.rounds += 1


def hot(book: CacheLedger) -> Trunk:
    """A dialogue of two rounds whose server was seen to keep replies in its cache."""
    trunk = Trunk(book)
    played(trunk, 1_000, 0)
    played(trunk, 1_100, 1_050)
    return trunk


def test_a_prefix_has_the_tokens_that_a_server_counted_less_the_question_and_else_an_estimate() -> None:
    assert prefix_tokens(400) == 100
    assert prefix_tokens(400, 180, question_tokens(40)) == 180 - 10 - 16
    assert prefix_tokens(400, 180, -20) == 200, "a reply that is part of the prefix is no part of the prompt"
    assert prefix_tokens(400, 5, 10) == 0


def test_a_dialogue_is_as_long_as_its_server_counts_and_estimated_where_that_counts_nothing() -> None:
    trunk = Trunk(ledger())
    assert trunk.measure(4_000, Usage(900, 0, 60)) == 960
    assert trunk.measure(8_000, Usage()) is None
    assert trunk.tokens == 2_000
    assert trunk.measure(None, Usage()) is None
    assert trunk.tokens == 2_000, "nothing was said and nothing is known"


def test_a_dialogue_is_hot_once_its_server_has_kept_a_reply_and_until_it_may_have_forgotten() -> None:
    book = ledger()
    trunk = Trunk(book)
    played(trunk, 1_000, 0)
    assert not trunk.hot
    played(trunk, 1_100, 1_050)
    assert trunk.hot
    for _ in range(FORGOTTEN * SLOTS):
        book.called(Usage(10, 0, 1))
    assert trunk.hot
    book.called(Usage(10, 0, 1))
    assert not trunk.hot


def test_a_server_that_another_dialogue_moves_to_knows_nothing_of_it() -> None:
    trunk = hot(ledger())
    branch = Branch(trunk, trunk.rounds, own=True)
    assert branch.look()
    trunk.move(ledger())
    assert not trunk.hot
    assert not branch.warm
    assert trunk.tokens == 1_150, "it is as long as before"


def test_questions_in_the_dialogue_s_own_way_find_its_rounds_and_others_are_warmed_by_the_first() -> None:
    trunk = hot(ledger())
    own, other = (Branch(trunk, trunk.rounds, own=own) for own in (True, False))
    assert own.look()
    assert not other.look()
    other.replied(4_000, 40, Usage(1_100, 0, 20))
    assert other.warm
    assert other.look()


def test_only_replies_to_questions_that_should_find_the_prefix_teach_how_much_the_cache_holds() -> None:
    full: list[bool] = []
    book = CacheLedger(SLOTS, None, lambda: full.append(book.judge(wanted=False)))
    trunk = Trunk(book)
    book.working = {trunk}
    played(trunk, 1_000, 0)
    branch = Branch(trunk, trunk.rounds, own=True)
    assert not branch.look()
    branch.replied(4_000, 40, Usage(1_100, 0, 20))
    for _ in range(CacheBudget.WINDOW - 1):
        branch.replied(4_000, 40, Usage(1_100, 0, 20))
    assert not full, "the one that warmed does not count"
    branch.replied(4_000, 40, Usage(1_100, 0, 20))
    assert full == [True]
    assert book.budget.tokens < math.inf
