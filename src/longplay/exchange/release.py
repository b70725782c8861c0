"""The authors' release as a folder: what is there is read, what is not there is named. Knows no analyses.

The folder may be the authors' repository or one that holds it as `persistent-personas`, beside `xstest` and
`incharacter`. Nothing in it is executed or unpickled.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from longplay.battery import TraitLabels, read_labels
from longplay.exchange.release_names import PERSONAS, IncompleteError, ReleaseError
from longplay.exchange.release_patterns import PatternCounts, PatternsLeft, read_counts, read_left
from longplay.exchange.release_ratings import read_dialogues, read_ifbench, read_lengths, read_ratings
from longplay.exchange.release_tables import read_rows
from longplay.stats.paper import Cells

T = TypeVar("T")

INTERVIEW, INSTRUCTIONS = "results/interview_ratings.csv", "results/instructions_ratings.csv"
_RATINGS = {
    probe: f"results/{probe}_ratings.csv"
    for probe in ("bfi", "instruction_general", "instruction_role_specific", "xstest")
}
_HUMAN = {
    "dialogue": ("sampled_ratings.csv", "sampled_ratings_cols.csv"),
    **{probe: (f"sampled_{probe}_ratings.csv",) for probe in _RATINGS},
}
_REPOSITORY = "persistent-personas"


class ItemKind(msgspec.Struct, frozen=True):
    """What XSTest says of one item; `label` is safe or unsafe."""

    label: str
    type: str
    focus: str


class Release(msgspec.Struct, frozen=True, eq=False):
    """What of the release is there. `cells` by file: ifbench, bfi, xstest, instruction_*, tokens and round metrics.

    `labels`: by label set (annotation, pdb), persona and trait the level; `human`: by setting the
    number of human ratings; `files`: what was read; `incomplete`: what is there but lacks conditions, and which.
    """

    cells: dict[str, Cells]
    items: tuple[ItemKind, ...]
    labels: TraitLabels
    human: dict[str, int]
    pattern_counts: PatternCounts | None
    patterns_left: PatternsLeft | None
    files: tuple[str, ...]
    incomplete: tuple[str, ...]


class _Folder:
    """Looks files up, and remembers which were read and which were not complete."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.read: list[str] = []
        self.incomplete: list[str] = []

    def find(self, name: str) -> Path | None:
        for place in (self.root / name, self.root / _REPOSITORY / name):
            if place.exists():
                return place
        return None

    def load(self, name: str, reader: Callable[[Path], T]) -> T | None:
        """What a file holds; None where it is not there or not complete."""
        path = self.find(name)
        if path is None:
            return None
        try:
            found = reader(path)
        except IncompleteError as fault:
            self.incomplete.append(str(fault))
            return None
        self.read.append(str(path.relative_to(self.root)))
        return found


def read_release(root: Path) -> Release:
    """Read whatever of the release is in a folder. Raises ReleaseError where nothing is, or where it is malformed."""
    folder = _Folder(root)
    cells = _cells(folder)
    release = Release(
        cells=cells,
        items=folder.load("xstest/xstest_prompts.csv", _items) or (),
        labels=folder.load("incharacter/characters_labels.json", _labels) or {},
        human=_human(folder),
        pattern_counts=folder.load("results/all_pattern_counts.csv", read_counts),
        patterns_left=folder.load("results/premise", read_left),
        files=tuple(folder.read),
        incomplete=tuple(folder.incomplete),
    )
    if not (folder.incomplete or cells or release.pattern_counts or release.patterns_left):
        raise ReleaseError(
            f"{root} holds none of the authors' results, such as results/ifbench_results.json; "
            "give the folder of their repository, or the one that holds it."
        )
    return release


def _cells(folder: _Folder) -> dict[str, Cells]:
    found = {
        "ifbench": folder.load("results/ifbench_results.json", read_ifbench),
        "tokens": folder.load("results/round_lengths.csv", read_lengths),
        **{
            probe: folder.load(name, lambda path, probe=probe: read_ratings(path, probe))
            for probe, name in _RATINGS.items()
        },
    }
    instructions = folder.find(INSTRUCTIONS)
    if instructions is not None:
        found |= folder.load(INTERVIEW, lambda path: read_dialogues(path, instructions)) or {}
    return {name: cells for name, cells in found.items() if cells is not None}


def _items(path: Path) -> tuple[ItemKind, ...]:
    return tuple(
        ItemKind(row.fields["label"], row.fields["type"], row.fields["focus"])
        for row in read_rows(path, ("label", "type", "focus"))
    )


def _labels(path: Path) -> TraitLabels:
    """Big Five labels of the paper's personas."""
    try:
        return read_labels(path.read_bytes(), PERSONAS)
    except (OSError, ValueError) as fault:
        raise ReleaseError(f"{path} cannot be read: {fault}") from fault


def _human(folder: _Folder) -> dict[str, int]:
    found: dict[str, int] = {}
    for setting, names in _HUMAN.items():
        for name in names:
            rated = folder.load(f"data/{name}", _rated)
            if rated is not None:
                found[setting] = rated
                break
    return found


def _rated(path: Path) -> int:
    return sum(1 for row in read_rows(path, ("role", "idx", "Rating")) if row.fields["Rating"])
