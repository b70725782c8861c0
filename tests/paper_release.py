"""A small made-up release in the form of the authors' own: complete conditions, few items, planted scores."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path

from longplay.exchange.release_names import CHECKPOINTS, MODELS, PERSONAS, PROBES

JUDGE = "Selene-1-Mini-Llama-3.1-8B"
Prefixes = (("", 0), ("inst-", 1))
LABELLED = ("Blair Waldorf", "Gaston", "Lestat de Lioncourt", "Michael Scott")
# label, type, focus
XSTEST = (("safe", "homonyms", "kill"), ("unsafe", "contrast", "bomb"), ("unsafe", "contrast", "fire"))


def level(model: int, persona: int, script: int, checkpoint: int, item: int) -> int:
    """A level in 1..5 that differs from place to place; persona -1 = the baseline."""
    return 1 + (7 * model + 3 * persona + 5 * script + checkpoint + item * (item + model) + checkpoint * persona) % 5


def refused(model: int, persona: int, script: int, checkpoint: int, item: int) -> bool:
    """Whether an item of XSTEST is refused: a little more often than every second."""
    return (model + 2 * persona + script + checkpoint * (persona + 1) + 3 * item) % 5 > 1


def second(model: int, persona: int, script: int, checkpoint: int, item: int) -> bool:
    """Whether the judge chose the second answer of a pair of a persona."""
    return (model * (persona + 2) + script + checkpoint * (persona + 1) + item) % 5 > 1


def write_release(root: Path) -> None:
    """Write every file that the reader knows, but IFBench's and the humans'."""
    (root / "results" / "premise").mkdir(parents=True)
    _write(root / "results/bfi_ratings.csv", ("model", "role", "idx", "rating"), _asked("bfi", 44, _level))
    _write(root / "results/xstest_ratings.csv", ("model", "role", "idx", "rating"), _asked("xstest", 3, _refused))
    for probe, items in (("instruction_general", 4), ("instruction_role_specific", 3)):
        _write(root / f"results/{probe}_ratings.csv", ("model", "role", "idx", "rating"), _paired(probe, items))
    for script in ("interview", "instructions"):
        path = root / f"results/{script}_ratings.csv"
        _write(path, ("model", "metric", "role", "idx", JUDGE), _rounds(script))
    lengths = ("model", "role", "pos", "n_tokens_persona_directed", "n_tokens_goal_oriented")
    rows = ((m, role, p, 10 * p, 20 * p) for m, role, p in product(MODELS, (*PERSONAS, "empty"), range(103)))
    _write(root / "results/round_lengths.csv", lengths, rows)
    _write_patterns(root / "results")
    (root / "xstest").mkdir()
    _write(root / "xstest/xstest_prompts.csv", ("label", "type", "focus"), XSTEST)
    (root / "incharacter").mkdir()
    traits = ("Extraversion", "Agreeableness", "Conscientiousness", "Neuroticism", "Openness")
    labels = {f"{name}-en": {"BFI": {trait: {"score": 4.0} for trait in traits}} for name in LABELLED}
    (root / "incharacter/characters_labels.json").write_text(json.dumps({"annotation": labels}), "utf-8")


def write_ifbench(path: Path, followed: Callable[[int, int, int, int], int]) -> None:
    """ifbench_results.json with `followed` of 294 prompts; persona -1 = the baseline."""
    roles = [(index, name.replace(" ", "_")) for index, name in [*enumerate(PERSONAS), (-1, "empty")]]
    results = {
        model: {
            f"{prefix}ifbench_{role}_{checkpoint}": followed(m, persona, script, checkpoint) / 294
            for (prefix, script), (persona, role), checkpoint in product(Prefixes, roles, CHECKPOINTS)
        }
        for m, model in enumerate(MODELS)
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results), "utf-8")


def _asked(probe: str, items: int, score: Callable[..., str]) -> Iterator[tuple[object, ...]]:
    for (m, model), (prefix, script), checkpoint in product(enumerate(MODELS), Prefixes, CHECKPOINTS):
        for persona, role in [*enumerate(PERSONAS), (-1, "empty")]:
            name = f"{prefix}{probe}_{role.replace(' ', '_')}_{checkpoint}.json.csv"
            for item in range(items):
                yield model, name, item, score(m, persona, script, checkpoint, item)


def _level(*place: int) -> str:
    return str(level(*place))


def _refused(*place: int) -> str:
    return "Yes" if refused(*place) else "No"


def _paired(probe: str, items: int) -> Iterator[tuple[object, ...]]:
    """The baseline always wins: it stands second at even items."""
    for (m, model), (prefix, script), checkpoint in product(enumerate(MODELS), Prefixes, CHECKPOINTS):
        for place, role in enumerate(PERSONAS):
            persona = f"{prefix}{probe}_{role.replace(' ', '_')}_{checkpoint}.json"
            for item in range(items):
                yield model, f"{persona}.csv", item, "AB"[second(m, place, script, checkpoint, item)]
                yield model, f"{prefix}{probe}_empty_{checkpoint}.json-{role}.csv", item, "AB"[item % 2 == 0]
            yield model, f"{persona}_zero_reference.csv", 0, "A"  # used by no figure


def _rounds(script: str) -> Iterator[tuple[object, ...]]:
    kind = script == "instructions"
    roles = [(p, f"{script}_{r.replace(' ', '_')}{{}}.json.csv") for p, r in enumerate(PERSONAS)]
    roles += [(-1, f"{script}_empty{{}}.json-{role}.csv") for role in PERSONAS]
    for metric, (persona, role), (order, suffix), (m, model), at in product(
        ("in_character", "knowledge", "style"), roles, enumerate(("", "_shuffle")), enumerate(MODELS), range(102)
    ):
        yield model, metric, role.format(suffix), at, level(m, persona, int(kind), at, order)


def _write_patterns(results: Path) -> None:
    columns = ("model", "dataset", "role", "setting", "turn", "pattern_group", "pattern", "count_in_role_gen")
    rows = [
        (model, "bfi", role, setting, turn, group, f"['p{m}']", (m + 2) * (102 - turn if group else turn))
        for (m, model), role, setting, turn, group in product(
            enumerate(MODELS), PERSONAS, ("persona-directed", "goal-oriented"), CHECKPOINTS, (0, 1)
        )
    ]
    _write(results / "all_pattern_counts.csv", columns, rows)
    for model, probe, role in product(MODELS, PROBES, PERSONAS):
        name = f"{probe}_{role.replace(' ', '_')}"
        for stem, patterns in ((name, 4), (f"{name}_last_round", 1), (f"inst-{name}_last_round", 3)):
            path = results / "premise" / f"premise_{model}_{stem}.csv"
            _write(path, ("pattern", "group", "count_0", "count_1"), [("['a']", 1, 0, 1)] * patterns)


def _write(
    path: Path, columns: Sequence[str], rows: Iterator[tuple[object, ...]] | Sequence[tuple[object, ...]]
) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)  # rows end in CRLF, as the authors' do
        writer.writerow(columns)
        writer.writerows(rows)


GASTON_ROUNDS = 102
BASELINE_ROUNDS = 23


def write_texts(root: Path) -> None:
    """A few dialogues, answers and judge replies of two models, in the form of the authors' own; all words made up."""
    results = root / "data"
    results.mkdir(parents=True)
    roles = {name: f"You are {name}, made up here." for name in PERSONAS} | {"empty": ""}
    remarks = {"introductory_remark": "Welcome, {role}!", "concluding_remark": "Goodbye, {role}."}
    questions = [f"Question {n}?" for n in range(100)]
    (results / "roles.json").write_text(json.dumps(roles), "utf-8")
    (results / "interview.json").write_text(json.dumps({"questions": questions, **remarks}), "utf-8")
    (results / "instructions.json").write_text(json.dumps({"questions": [*questions, "a", "b"]}), "utf-8")
    small = root / "generations" / "gemma-3-4b-it"
    _write_dialogue(small / "interview_Gaston.json", "Gaston", GASTON_ROUNDS)
    _write_dialogue(small / "interview_Gaston_shuffle.json", "Gaston", GASTON_ROUNDS)
    _write_dialogue(small / "interview_empty.json", "empty", BASELINE_ROUNDS)
    _write_dialogue(root / "generations" / "gemini-2.5-flash" / "instructions_HAL_9000.json", "HAL 9000", 3)
    for name, answers in {
        "bfi_Gaston_0": [f"first {n}" for n in range(44)],
        "inst-bfi_Gaston_0": [f"second {n}" for n in range(44)],
        "bfi_empty_0": [f"nobody {n}" for n in range(44)],
        "xstest_Gaston_102": ["No.\r\nNever.", None, "Yes."],
        "instruction_general_Gaston_11": ["one", "two", "three"],
        "instruction_role_specific_empty_11": ["only one"],
        "inst-ifbench_Gaston_102": ["kept"],
    }.items():
        (small / f"{name}.json").write_text(json.dumps(answers), "utf-8")
    _write_metrics(root / "metrics")


def write_ratings(results: Path) -> None:
    """Ratings of some of the same texts, and of a round and a persona that are not there."""
    results.mkdir()
    small, gaston = "gemma-3-4b-it", "interview_Gaston.json.csv"
    _write(
        results / "interview_ratings.csv",
        ("model", "metric", "role", "idx", JUDGE),
        [
            (small, "style", gaston, 0, 5),
            (small, "knowledge", gaston, 0, 4),
            (small, "knowledge", gaston, GASTON_ROUNDS, 4),
            (small, "knowledge", "interview_Mary_Sibley.json.csv", 0, 4),
        ],
    )
    rows = [(small, "bfi_Gaston_0.json.csv", n, 1 + n % 5) for n in range(44)]
    _write(results / "bfi_ratings.csv", ("model", "role", "idx", "rating"), rows)


def _write_dialogue(path: Path, role: str, rounds: int) -> None:
    turns = [f"Welcome, {role}!", *(f"Question {n}?" for n in range(rounds - 1))]
    messages = [
        {"role": who, "content": what}
        for n, turn in enumerate(turns)
        for who, what in (("user", turn), ("assistant", f"{role} says {n}.\r\n"))
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(messages), "utf-8")


def _write_metrics(metrics: Path) -> None:
    said = [f"**Reasoning:** Because.\n\n**Result:** {1 + n % 5}" for n in range(GASTON_ROUNDS)]
    said[7] = "No result here"
    flow = [f" <feedback>\nFine.\n</feedback>\n<score>\n{1 + n % 5}\n</score>" for n in range(GASTON_ROUNDS)]
    for metric, judge, name, replies in (
        ("style", JUDGE, "interview_Gaston.json", said),
        ("style", JUDGE, "interview_empty.json-Gaston", said[8 : 8 + BASELINE_ROUNDS]),
        ("style", "Flow-Judge-v0.1", "interview_Gaston.json", flow),
        ("knowledge", JUDGE, "interview_Gaston_shuffle.json", said[:5]),
        ("knowledge", JUDGE, "interview_Juno_MacGuff.json", said),
        ("bfi", JUDGE, "bfi_Gaston_0.json", said[8:52]),
        ("bfi", JUDGE, "bfi_empty_0.json", said[8:52]),
        ("xstest", JUDGE, "xstest_Gaston_102.json", [f"**Result:** {word}" for word in ("Yes", "No", "No")]),
        ("instruction_general", JUDGE, "instruction_general_Gaston_11.json", [f"**Result:** {x}" for x in "BBA"]),
        ("instruction_general", JUDGE, "instruction_general_Gaston_11.json_zero_reference", ["**Result:** A"] * 3),
        ("instruction_role_specific", JUDGE, "instruction_role_specific_empty_11.json-Gaston", ["**Result:** A"]),
    ):
        folder = metrics / metric / judge / "gemma-3-4b-it"
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / f"{name}.csv", (metric,), [(reply,) for reply in replies])
