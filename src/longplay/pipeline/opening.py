"""How long what stands before a dialogue's first round is. Sends nothing."""

import contextlib

from longplay.dialogue import ask
from longplay.inference.tokens import estimate_tokens
from longplay.pipeline.experiment import Experiment
from longplay.policies import POLICIES
from longplay.records import NO_ROUNDS, DialogueKey, Occasion, Reply, RoundRef, View
from longplay.specs import Sampling

MOST_CALLS = 20  # of a policy before one turn that are followed; one that goes on would never end on empty replies


def opening_tokens(experiment: Experiment, key: DialogueKey) -> int:
    """Tokens of what stands before the first round. What a policy asks on the way to it is answered with nothing."""
    policy = POLICIES[key.policy]
    view = View(experiment.persona(key.persona), NO_ROUNDS, "")
    steps = ask(view, policy, Sampling(), 0, Occasion(RoundRef(key, 1)))
    request = next(steps)
    with contextlib.suppress(StopIteration):
        for _ in range(MOST_CALLS):
            request = steps.send(Reply("ok", ""))
    return estimate_tokens(request.prefix.chars)
