"""`longplay reproduce`: a published study from its authors' results, number beside number. Computes nothing."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from longplay.analysis.paper import Comparison, Reproduction
from longplay.cli.terminal import data, json_data, table, talk
from longplay.study.reproducing import reproduce as reproduced
from longplay.study.text_format import count

_PLACES = ("model", "persona", "condition", "script", "position", "quantity")
_NUMBERS = ("published", "ours", "difference", "agrees", "source")
_MORE_DIGITS = 2


def reproduce(
    study: Literal["paper"],
    folder: Path,
    /,
    *,
    labels: Literal["annotation", "pdb"] | None = None,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Compute a published study from its authors' own results and hold every number against the published one.

    Exit code 1: a number that should agree does not, or there is none to compare. What the folder lacks is listed and
    not counted.

    Parameters
    ----------
    study
        `paper`: "Persistent Personas?" (arXiv 2512.12775).
    folder
        The authors' repository, or the folder that holds it as persistent-personas beside xstest and incharacter.
    labels
        Which Big Five labels to hold personas against; the paper does not say which it used.
    as_json
        Print JSON: all our numbers, also those that were not published.
    """
    found = reproduced(study, folder, labels=labels)
    if as_json:
        json_data(found)
    else:
        _tell(found)
    return 0 if found.comparisons and all(one.agrees for one in found.comparisons) else 1


def _tell(found: Reproduction) -> None:
    for (form, measure), rows in groupby(sorted(found.comparisons, key=_of), key=_of):
        data(f"{form} of {measure}")
        _table(list(rows))
        data("")
    if found.lacking:
        data("Not reproducible from what is there")
        lines = [[one.measure, one.needs, count(one.published)] for one in found.lacking]
        table(("measure", "needs", "published"), lines, left=2)
        data("")
    for text in found.incomplete:
        talk(text)
    agreeing = sum(one.agrees for one in found.comparisons)
    lacking = sum(one.published for one in found.lacking)
    data(f"{count(agreeing)} of {count(len(found.comparisons))} published numbers agree; {count(lacking)} need more.")


def _of(one: Comparison) -> tuple[str, str]:
    return one.published.form, one.published.measure


def _table(rows: Sequence[Comparison]) -> None:
    """One table, without the columns that are empty in every row."""
    words = [[_word(getattr(one.published, name)) for name in _PLACES] for one in rows]
    used = [place for place in range(len(_PLACES)) if any(line[place] for line in words)]
    lines = [[*(line[place] for place in used), *_numbers(one)] for line, one in zip(words, rows, strict=True)]
    table([*(_PLACES[place] for place in used), *_NUMBERS], lines, left=len(used))


def _word(value: object) -> str:
    return "" if value is None else str(value)


def _numbers(one: Comparison) -> list[str]:
    _, _, decimals = one.published.text.partition(".")
    digits = len(decimals) + _MORE_DIGITS
    ours = "none" if one.ours is None else f"{one.ours:.{digits}f}"
    difference = "" if one.difference is None else f"{round(one.difference, digits) + 0.0:+.{digits}f}"
    return [one.published.text, ours, difference, "yes" if one.agrees else "NO", one.published.source]
