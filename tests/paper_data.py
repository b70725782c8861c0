"""A data folder in the paper's form: the authors' published files, and made-up ones where a licence keeps them away."""

import json
from itertools import cycle
from pathlib import Path

from longplay.battery import Record, manifest, write_record

REAL = (
    "persistent-personas/data/roles.json",
    "persistent-personas/data/interview.json",
    "persistent-personas/data/instructions.json",
    "ifbench/IFBench_test_294.jsonl",
    "ifbench/IFBench_test_300_head.jsonl",
    "xstest/xstest_prompts.csv",
    "incharacter/characters_labels.json",
)
ROLES = {
    "Gaston": 272,
    "Michael Scott": 153,
    "Blair Waldorf": 129,
    "Lestat de Lioncourt": 192,
    "Queen Catherine": 156,
    "HAL 9000": 197,
    "Juno MacGuff": 262,
    "Mary Sibley": 178,
}
GENERAL = 310
DIMENSIONS = ["Extraversion", "Agreeableness", "Conscientiousness", "Neuroticism", "Openness"]


def write_paper_data(folder: Path, real: Path) -> Path:
    """The folder, with the terms of the questionnaire accepted."""
    for path in REAL:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).symlink_to(real / path)
    _write(folder / "incharacter/BFI.json", json.dumps({"name": "BFI", "questions": _questionnaire()}))
    _write(folder / "rolebench/general_test.jsonl", _lines(_general()))
    for name, count in ROLES.items():
        rows = [{"instruction": f"{name}, what is {i} to you?", "answer": f"All of {i}."} for i in range(count - 1)]
        again = {"instruction": rows[0]["instruction"], "answer": "Another answer to the same."}
        _write(folder / f"rolebench/instructions-eng/role-specific-{name}.jsonl", _lines([*rows, again]))
    terms = manifest().named("bfi").terms
    write_record(folder, Record(accepted={"bfi": terms} if terms else {}))
    return folder


def _questionnaire() -> dict[str, dict[str, str]]:
    dimensions = [*DIMENSIONS * 8, "Openness", "Agreeableness", "Conscientiousness", "Openness"]
    signs = cycle(("positive", "negative", "positive"))
    return {
        str(number): {
            "origin_en": f"Is number {number}",
            "rewritten_en": f"Do you take number {number} to heart?",
            "dimension": dimension,
            "category": next(signs),
        }
        for number, dimension in enumerate(dimensions, start=1)
    }


def _general() -> list[dict[str, object]]:
    """All roles' rows mixed, a stranger's among them; the references are each role's own."""
    roles = [*ROLES, "Somebody Else"]
    return [
        {"role": role, "question": f"Make a list of {i}.\n", "generated": [f"{role} lists {i}.", "Or else."]}
        for i in range(GENERAL)
        for role in roles
    ]


def _lines(rows: list[dict[str, object]] | list[dict[str, str]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
