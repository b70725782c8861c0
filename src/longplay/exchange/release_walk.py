"""The files of the authors' release by name, and why some are of no use to a run. Opens no file, follows no link."""

from pathlib import Path

from longplay.exchange.source_files import ImportFault
from longplay.records.transcripts import SourceFile

ROLES, INTERVIEW, INSTRUCTIONS = "data/roles.json", "data/interview.json", "data/instructions.json"
READ_BEFORE = (ROLES, INTERVIEW, INSTRUCTIONS)
RATED = {
    "results/interview_ratings.csv": None,
    "results/instructions_ratings.csv": None,
    **{f"results/{p}_ratings.csv": p for p in ("bfi", "instruction_general", "instruction_role_specific", "xstest")},
}
"""Ratings by file: of the dataset, or None where a column names the metric."""

_REPRODUCED = "`longplay reproduce paper` reads them"
_LEFT = {
    "results/ifbench_results.json": f"accuracies of whole files, no verdicts; {_REPRODUCED}",
    "results/round_lengths.csv": f"token counts; {_REPRODUCED}",
    "results/all_pattern_counts.csv": f"counts of patterns; {_REPRODUCED}",
    "results/premise/": f"mined patterns; {_REPRODUCED}",
    "results/all_ratings.pkl": "a pickle, which could run code; it is never opened",
    "data/sampled_": f"samples for human raters; {_REPRODUCED}",
}


def walk(root: Path) -> tuple[list[str], list[SourceFile]]:
    """Names of all files in order, and what was not looked into. Raises ImportFault where the folder cannot be read."""
    names: list[str] = []
    left: list[SourceFile] = []
    waiting = [root]
    try:
        while waiting:
            for path in waiting.pop().iterdir():
                name = path.relative_to(root).as_posix()
                if path.is_symlink():
                    left.append(SourceFile(name, "left", "a link; links are not followed"))
                elif name == ".git":
                    left.append(SourceFile(name, "left", "the history of the repository"))
                elif path.is_dir():
                    waiting.append(path)
                else:
                    names.append(name)
    except OSError as error:
        raise ImportFault(f"{root}: cannot be read ({error.strerror}).") from None
    return sorted(names), left


def left_out(name: str) -> SourceFile:
    """A file that holds no text of a model or judge."""
    if name in READ_BEFORE:
        return SourceFile(name, "read", "personas and scripts")
    why = next((why for known, why in _LEFT.items() if name.startswith(known)), "no text of a model or a judge")
    return SourceFile(name, "left", why)
