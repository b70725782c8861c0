"""How long what stands before a dialogue's first round is. Sends nothing."""

from longplay.dialogue import ask
from longplay.inference.tokens import estimate_tokens
from longplay.pipeline.experiment import Experiment
from longplay.policies import POLICIES
from longplay.records import NO_ROUNDS, DialogueKey, Occasion, RoundRef, View
from longplay.specs import Sampling


def opening_tokens(experiment: Experiment, key: DialogueKey) -> int:
    """Tokens of what stands before the first round."""
    policy = POLICIES[key.policy]
    view = View(experiment.persona(key.persona), NO_ROUNDS, "")
    request = next(ask(view, policy, Sampling(), 0, Occasion(RoundRef(key, 1))))
    return estimate_tokens(request.prefix.chars)
