"""How long a study's prefixes are before anybody has counted them: estimates, in tokens. Sends nothing."""

from collections.abc import Sequence
from itertools import accumulate

import msgspec

from longplay.dialogue import ask
from longplay.experiment.experiment import Experiment
from longplay.experiment.rehearsing import rehearse
from longplay.inference.tokens import estimate_tokens, prefix_tokens
from longplay.policies import POLICIES
from longplay.records import NO_ROUNDS, USER, DialogueKey, Occasion, RoundRef, View
from longplay.specs import Sampling

REPLY_TOKENS = 300  # of a reply, where nobody says otherwise


class Lengths(msgspec.Struct, frozen=True):
    """A dialogue's tokens: of each user turn, and of the prefix `after` so many rounds, with their replies."""

    turns: Sequence[int]
    after: Sequence[int]


def reply_length(assumed: int, max_tokens: int) -> int:
    """The length of replies: as assumed, unless they are cut before."""
    return min(assumed, max_tokens)


def dialogue_lengths(experiment: Experiment, key: DialogueKey, reply_tokens: int) -> Lengths:
    """What a dialogue will have with replies of so many tokens, or has, where it was brought in."""
    made = reply_length(reply_tokens, experiment.samplings[USER].max_tokens) if experiment.study.users else reply_tokens
    turns = [made if turn is None else estimate_tokens(len(turn)) for turn in experiment.turns(key)]
    replies = [reply_tokens] * len(turns)
    if experiment.imported is not None:
        replies = [estimate_tokens(chars) for chars in experiment.imported.reply_chars[key]]
    rounds = [turn + reply for turn, reply in zip(turns, replies, strict=True)]
    return Lengths(turns, list(accumulate(rounds, initial=_opening_tokens(experiment, key, reply_tokens))))


def _opening_tokens(experiment: Experiment, key: DialogueKey, reply_tokens: int) -> int:
    """Tokens of what stands before the first round. What a policy asks on the way to it has replies of this length."""
    view = View(experiment.persona(key.persona), NO_ROUNDS, "", samplings=experiment.samplings)
    steps = ask(view, POLICIES[key.policy], Sampling(), 0, Occasion(RoundRef(key, 1)))
    return prefix_tokens(rehearse(steps, reply_tokens)[-1].prefix.chars)
