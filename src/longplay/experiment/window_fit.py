"""Whether the dialogues of a study fit into the models' windows, before any is played. Tokens are estimates."""

from collections.abc import Iterator, Mapping

import msgspec

from longplay.experiment.experiment import Experiment
from longplay.experiment.prefix_lengths import REPLY_TOKENS, dialogue_lengths, reply_length
from longplay.records import DialogueKey


class Misfit(msgspec.Struct, frozen=True):
    """A model's longest dialogue that does not fit: `tokens` with its last reply, `window` fit; after round `last` the
    next one may not. `reply`: the length that replies are assumed to have."""

    model: str
    window: int
    tokens: int
    last: int
    rounds: int
    reply: int

    def __str__(self) -> str:
        fits = f"round {self.last:,} of {self.rounds:,} is the last that fits" if self.last else "no round fits"
        return (
            f"{self.model}: a whole dialogue has about {self.tokens:,} tokens, and its window is {self.window:,}. With "
            f"replies of {self.reply:,} tokens {fits}; what comes later will be missing as overflow. Take a larger "
            "window, shorter replies (max_tokens) or fewer rounds."
        )


def misfits(
    experiment: Experiment, windows: Mapping[str, int] | None = None, reply_tokens: int = REPLY_TOKENS
) -> tuple[Misfit, ...]:
    """Models whose dialogues do not fit. `windows`: by title; left out, as the study says."""
    if experiment.imported is not None:
        return ()
    if windows is None:
        known = experiment.models.items()
        windows = {title: spec.context_window for title, spec in known if spec.context_window is not None}
    found = (_misfit(experiment, title, window, reply_tokens) for title, window in windows.items())
    return tuple(one for one in found if one is not None)


def _misfit(experiment: Experiment, title: str, window: int, reply_tokens: int) -> Misfit | None:
    sampling = experiment.models[title].sampling
    reply = reply_length(reply_tokens, sampling.max_tokens)
    longest, least = 0, experiment.study.dialogues.rounds
    for key in _different(experiment, title):
        lengths = dialogue_lengths(experiment, key, reply)
        prompts = [before + turn for before, turn in zip(lengths.after[:-1], lengths.turns, strict=True)]
        fitting = sum(prompt + sampling.max_tokens <= window for prompt in prompts)
        longest, least = max(longest, lengths.after[-1]), min(least, fitting)
    if least == experiment.study.dialogues.rounds:
        return None
    return Misfit(title, window, longest, least, experiment.study.dialogues.rounds, reply)


def _different(experiment: Experiment, title: str) -> Iterator[DialogueKey]:
    """A model's dialogues, each text once."""
    seen: set[tuple[str | None, str, int]] = set()
    for key in experiment.dialogues():
        place = key.persona, key.script, key.order
        if key.model == title and place not in seen:
            seen.add(place)
            yield key
