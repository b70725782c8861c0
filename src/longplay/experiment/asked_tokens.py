"""How long the prompts of items are after a dialogue: estimates, in tokens. Sends nothing."""

from collections.abc import Collection

from longplay.experiment.experiment import Experiment
from longplay.inference.tokens import estimate_tokens
from longplay.records import Item


def asked_tokens(
    experiment: Experiment, persona: str | None, reply_tokens: int, only: Collection[tuple[str, str]] | None = None
) -> list[list[int]]:
    """Of every item that is put to a persona, the tokens that each of its calls has after the dialogue: one call, and
    one more for each earlier turn, whose reply then stands in the next. `only`: these items, by probe and id.
    """
    return [
        _calls(item, experiment.wording(item, persona), reply_tokens)
        for probe, item in experiment.asked(persona)
        if only is None or (probe, item.id) in only
    ]


def _calls(item: Item, text: str, reply_tokens: int) -> list[int]:
    before = sum(estimate_tokens(len(shot.content)) for shot in item.examples)
    calls: list[int] = []
    for said in (*item.earlier, text):
        calls.append(before + estimate_tokens(len(said)))
        before = calls[-1] + reply_tokens
    return calls
