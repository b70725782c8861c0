"""Mined patterns as rows: what was found where, and how often it occurs in answers it was not found in."""

from collections.abc import Iterable, Iterator

from longplay.analysis.wording.comparing import Compared, Mined, Point
from longplay.records.word_patterns import Toward, WordPattern


def patterns(cells: Iterable[Compared]) -> Iterator[WordPattern]:
    """For each script the patterns mined at the first checkpoint, then those mined at the last, most telling first."""
    for cell in cells:
        for script, again in cell.last.items():
            start = next(place for place in cell.places if place.script == script)
            for mined in (cell.first, again) if again.place != start else (cell.first,):
                yield from _rows(cell, mined, (start, again.place))


def _rows(cell: Compared, mined: Mined, ends: tuple[Point, Point]) -> Iterator[WordPattern]:
    start, end = ends
    for number, one in enumerate(mined.patterns):

        def held(side: Toward, place: Point, number: int = number) -> float | None:
            share = float(cell.shares[side, mined.place, place][number])
            return None if share != share else share

        yield WordPattern(
            model=cell.who.model,
            script=end.script,
            setting=cell.who.setting,
            persona=cell.who.persona,
            probe=cell.who.probe,
            toward="persona" if one.share > one.other_share else "baseline",
            mined_at=mined.place.checkpoint,
            words=" ".join(one.words),
            share=one.share,
            baseline_share=one.other_share,
            n=mined.n,
            log_odds=one.log_odds,
            z=one.z,
            p=one.p,
            q=one.q,
            first=held("persona", start),
            last=held("persona", end),
            baseline_first=held("baseline", start),
            baseline_last=held("baseline", end),
        )
