"""A published study from its authors' results. Computes nothing itself."""

from pathlib import Path
from typing import Literal

from longplay.analysis.paper import Reproduction
from longplay.analysis.paper import reproduce as reproduce_paper
from longplay.exchange.release import read_release
from longplay.specs import LongplayError


def reproduce(
    study: Literal["paper"], folder: str | Path, *, labels: Literal["annotation", "pdb"] | None = None
) -> Reproduction:
    """Every number of a published study, computed from its authors' own results, beside the published one.

    `folder`: the authors' repository; `labels`: which Big Five labels to hold personas against. Raises LongplayError.
    """
    if study != "paper":
        raise LongplayError(f"no published study {study!r}. Known: paper.")
    return reproduce_paper(read_release(Path(folder)), labels)
