"""Files of results/ in the authors' release, one reader a format. Knows names and columns, no analyses."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from longplay.exchange.release_names import CHECKPOINTS, ROUNDS, ReleaseError, parse_name
from longplay.exchange.release_tables import Found, Place, assemble, put, read_rows
from longplay.stats.paper import SCRIPTS, Cells

METRICS = ("in_character", "knowledge", "style")
LENGTHS = tuple(range(103))
JUDGE = "Selene-1-Mini-Llama-3.1-8B"
_LEVELS = {str(level): float(level) for level in range(1, 6)}
_SETTINGS = frozenset[str](SCRIPTS)

# The scores that the words of each rated probe stand for: levels, second answer chosen, refused.
SCORES: dict[str, Mapping[str, float]] = {
    "bfi": _LEVELS,
    "instruction_general": {"A": 0.0, "B": 1.0},
    "instruction_role_specific": {"A": 0.0, "B": 1.0},
    "xstest": {"No": 0.0, "Yes": 1.0},
}


def read_ifbench(path: Path) -> Cells:
    """ifbench_results.json: accuracies in 0..1. Raises ReleaseError naming unknown keys."""
    try:
        models = msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, float]])
    except (OSError, msgspec.MsgspecError) as fault:
        raise ReleaseError(f"{path} cannot be read: {fault}") from fault
    found: Found = {}
    for model, accuracies in models.items():
        for key, accuracy in accuracies.items():
            put(found, _ifbench_place(path, model, key), 0, accuracy)
            if not 0 <= accuracy <= 1:
                raise ReleaseError(f"{path}, {model}: {key!r} has {accuracy}, no accuracy in 0..1.")
    return assemble(path, found, CHECKPOINTS, one_item=True)


def _ifbench_place(path: Path, model: str, key: str) -> Place:
    try:
        name = parse_name(key)
    except ReleaseError as fault:
        raise ReleaseError(f"{path}, {model}: {fault}") from fault
    if name.probe != "ifbench" or name.checkpoint is None or name.judged_as or name.reference != "dataset":
        raise ReleaseError(f"{path}, {model}: {key!r} is no key of IFBench results.")
    return Place(model, name.persona, None, name.script, name.checkpoint)


def read_ratings(path: Path, probe: str) -> Cells:
    """bfi_, instruction_*_ or xstest_ratings.csv: a score an item.

    Pairs against an answer of the model's own are left out: no figure uses them. An item is the row of its persona's
    list, counted from 0. Raises ReleaseError.
    """
    found: Found = {}
    for row in read_rows(path, ("model", "role", "idx", "rating")):
        name = row.name()
        if name.probe != probe or name.checkpoint is None:
            raise row.fault(f"{row.fields['role']!r} is no name of {probe}.")
        if name.reference == "dataset":
            place = Place(row.fields["model"], name.persona, name.judged_as, name.script, name.checkpoint)
            put(found, place, row.count("idx"), row.score("rating", SCORES[probe]))
    return assemble(path, found, CHECKPOINTS)


def read_dialogues(interview: Path, instructions: Path) -> dict[str, Cells]:
    """interview_ratings.csv and instructions_ratings.csv: by metric the levels of every round; items are two orders.

    Rounds are matched by their number, not by their row. Raises ReleaseError.
    """
    found: dict[str, Found] = {metric: {} for metric in METRICS}
    for path in (interview, instructions):
        for row in read_rows(path, ("model", "metric", "role", "idx", JUDGE)):
            name, metric = row.name(), row.fields["metric"]
            if name.probe is not None or metric not in found:
                raise row.fault(f"{metric!r} of {row.fields['role']!r} is no rating of a dialogue.")
            place = Place(row.fields["model"], name.persona, name.judged_as, name.script, row.count("idx"))
            put(found[metric], place, int(name.shuffled), row.score(JUDGE, _LEVELS))
    return {metric: assemble(interview, places, ROUNDS) for metric, places in found.items()}


def read_lengths(path: Path) -> Cells:
    """round_lengths.csv: tokens of a dialogue's first 0 to 102 rounds. Raises ReleaseError."""
    columns = {"persona-directed": "n_tokens_persona_directed", "goal-oriented": "n_tokens_goal_oriented"}
    found: Found = {}
    for row in read_rows(path, ("model", "role", "pos", *columns.values())):
        persona = row.persona()
        for script, column in columns.items():
            place = Place(row.fields["model"], persona, None, script, row.count("pos"))
            put(found, place, 0, float(row.count(column)))
    return assemble(path, found, LENGTHS, one_item=True)
