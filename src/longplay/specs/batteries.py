"""What a battery sets where a study file is silent, so that the file says it in the end. Knows no other room."""

from collections.abc import Mapping
from typing import cast

Given = Mapping[str, object]

ROUNDS = 102
PAPER_STOPS = 10
# Luz de Araujo et al., arXiv 2512.12775, section 4 and the authors' code. Dialogues in shuffled order are not asked.
PAPER: dict[str, Given] = {
    "dialogues": {"rounds": ROUNDS, "orders": [0, 1], "draws": 1, "baseline_draws": 1},
    "conditioning": {"orders": [0], "draws": 1, "draws_at_0": 1, "noise_share": 0.0},
    "judging": {"forms": ["paper"], "strip_answers": " _\n"},
}
PAPER_MODEL: Given = {
    "sampling": {"temperature": 0.0, "top_p": 0.95, "max_tokens": 8192},
    "probe_sampling": {"temperature": 0.0, "max_tokens": 8192},
}


def completed(data: Given) -> dict[str, object]:
    """A study as TOML gives it, already found valid, with its battery's values wherever it says nothing."""
    if data.get("battery") != "paper":
        return dict(data)
    found = _filled(data, PAPER)
    found["models"] = [_filled(cast("Given", model), PAPER_MODEL) for model in cast("list[object]", data["models"])]
    rounds = cast("int", cast("Given", found["dialogues"])["rounds"])
    found["conditioning"] = _filled(cast("Given", found["conditioning"]), {"checkpoints": _paper_stops(rounds)})
    return found


def _paper_stops(rounds: int) -> list[int]:
    """The paper's checkpoints, floor(i * rounds / 9); fewer where there are fewer rounds than that."""
    return sorted({i * rounds // (PAPER_STOPS - 1) for i in range(PAPER_STOPS)})


def _filled(given: Given, silent: Given) -> dict[str, object]:
    found = dict(given)
    for key, value in silent.items():
        if not isinstance(value, dict):
            found.setdefault(key, value)
            continue
        found[key] = _filled(cast("Given", found.get(key, {})), cast("Given", value))
    return found
