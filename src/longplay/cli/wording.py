"""`longplay wording`: what words tell personas from the baseline, and how they fade. Computes no statistics itself."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from longplay.cli.host_approval import AllowCode
from longplay.cli.terminal import data, json_data, table, talk
from longplay.judging.quantities import spelled
from longplay.records import Estimate
from longplay.records.word_patterns import Wording
from longplay.report import naming, write_patterns
from longplay.study.plugging import allowing
from longplay.study.wording import worded

TABLE = "wording.csv"
SHOWN = 5
_PLACE = ("model", "script", "condition")
_INTERVAL = ("value", "low", "high", "n", "units")
_FADE = ("wording-fade", "wording-fade-relative")
_LEFT = ("wording-left",)
_PAPER = ("wording-paper-fade", "wording-paper-left")


def wording(
    run: Path,
    /,
    *,
    miner: Literal["built-in", "premise"] = "built-in",
    seed: int = 0,
    allow_code: AllowCode = (),
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Words that tell personas from the baseline before the dialogue, how they fade, and how replies repeat themselves.

    Writes all patterns as RUN/wording.csv and prints the estimates. Nothing else is kept.

    Parameters
    ----------
    run
        The run folder.
    miner
        What finds the words; `premise`, the paper's, needs the extra `patterns`.
    seed
        Seed of the draw of two halves of the items: words are found in one, and counted in the other.
    as_json
        Print JSON: every estimate with all its fields.
    """
    with allowing(allow_code):
        found = worded(run, miner, seed)
    write_patterns(found, run / TABLE)
    if as_json:
        json_data(found.estimates)
    else:
        _tell(found)
        talk(f"All {len(found.patterns):,} patterns: {run / TABLE}")


def _tell(found: Wording) -> None:
    _top(found)
    _changes("How often they occur, before the dialogue and at its end", found.estimates, _FADE)
    _changes("How many there are, mined before the dialogue and again at its end", found.estimates, _LEFT)
    _changes("The paper's form: share lost, counted where they were found", found.estimates, _PAPER)
    _blocks(found.estimates)


def _top(found: Wording) -> None:
    """The most telling patterns of each persona, both directions."""
    rows: list[list[str]] = []
    places = dict.fromkeys((one.model, one.setting, one.persona, one.toward) for one in found.patterns)
    script = next((one.script for one in found.patterns), "")
    first = min((one.mined_at for one in found.patterns), default=0)
    of_first = [one for one in found.patterns if one.mined_at == first and one.script == script]
    for model, setting, persona, toward in places:
        mine = [p for p in of_first if (p.model, p.setting, p.persona, p.toward) == (model, setting, persona, toward)]
        best = sorted(mine, key=lambda one: -abs(one.z))
        words = dict.fromkeys(one.words for one in best)
        if words:
            rows.append(
                [model + naming.setting(setting), persona, toward, " · ".join(list(words)[:SHOWN]), str(len(mine))]
            )
    data("Patterns that tell persona from baseline before the dialogue, most telling first")
    if rows:
        table(("model", "persona", "said more by", "patterns", "found"), rows, left=4)
    else:
        data("None: too few items, or the two sides say the same.")
    data("")


def _changes(title: str, estimates: Sequence[Estimate], analyses: Sequence[str]) -> None:
    """One line a curve: its change from the first checkpoint to the last, as far as it was estimated."""
    last = max((one.span[1] for one in estimates if one.span), default=0)
    ended = [one for one in estimates if one.analysis in analyses and one.span is not None and one.span[1] == last]
    if not ended:
        return
    data(title)
    rows = [[*_place(one), spelled(one.quantity), one.unit, *_ends(one, estimates), *_interval(one)] for one in ended]
    table((*_PLACE, "of", "unit", "start", "end", *_INTERVAL), rows, left=5)
    data("")


def _ends(one: Estimate, estimates: Sequence[Estimate]) -> list[str]:
    """Levels at both ends of what changed."""
    of = {"wording-fade": "wording", "wording-left": "wording-left"}.get(one.analysis)
    levels = {
        at.position: at.value
        for at in estimates
        if (at.analysis, at.quantity, at.of) == (of, one.quantity, one.of) and at.span is None
    }
    return [_number(levels.get(position)) for position in one.span or ()]


def _blocks(estimates: Sequence[Estimate]) -> None:
    """How replies repeat themselves in the first and the last block of rounds."""
    of_rounds = [one for one in estimates if one.analysis == "repetition"]
    known = sorted({one.position for one in of_rounds if one.position is not None and one.value is not None})
    shown = [one for one in of_rounds if known and one.position in (known[0], known[-1])]
    if shown:
        data("How far replies repeat themselves, in the first and the last block of rounds")
        rows = [[*_place(one), spelled(one.quantity), one.unit, str(one.position), *_interval(one)] for one in shown]
        table((*_PLACE, "of", "unit", "to round", *_INTERVAL), rows, left=5)
        data("")


def _place(one: Estimate) -> tuple[str, str, str]:
    return naming.model(one.of), naming.script(one.of), naming.condition(one)


def _interval(one: Estimate) -> list[str]:
    return [*(_number(value) for value in (one.value, one.low, one.high)), f"{one.n:,}", str(one.clusters)]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}" if abs(value) < 1_000 else f"{value:,.0f}"
