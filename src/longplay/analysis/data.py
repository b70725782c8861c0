"""What every analysis starts from: the run's scores and their item means, made once. Makes no estimates."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal, TypeAlias

import msgspec
import numpy as np

from longplay.analysis.frames import Frame, among, constant, stack
from longplay.analysis.items import item_means
from longplay.analysis.planned import CODE, with_planned
from longplay.analysis.scores import KEYS, REASON_NAMES, score_table, still_to_judge
from longplay.analysis.subjects import answers, block_ends, item_facts, remarks, rounds
from longplay.analysis.tables import Tables, quantities_of
from longplay.judging.quantities import COMPOSITES
from longplay.records import ROUNDS, Quantity

Replies = Literal["all", "unflagged"]
Spans: TypeAlias = dict[tuple[str, str], tuple[int, int]]
EARLY = 8  # rounds in which the early contrast looks for a change
CHANGED = "analysis changed after data"


class Data(msgspec.Struct, frozen=True, eq=False, dict=True):
    """A run ready for analysis. `subjects`: rounds and answers; `items`: see `item_means`, with all replies and
    without flagged ones; `level`: of intervals; `remark`: stands in the note of every estimate; `kept`: what several
    analyses need and one has made. `whole`: the tables with the rows of neutral speakers too, where there are any."""

    tables: Tables
    subjects: tuple[Frame, ...]
    scores: Frame
    items: Mapping[Replies, Frame]
    level: float
    remark: str = ""
    kept: dict[tuple[str, Replies], Any] = msgspec.field(default_factory=dict[tuple[str, Replies], Any])
    whole: Tables | None = None
    changed_after_data: bool = False

    @cached_property
    def spans(self) -> Spans:
        """First and last position that a drift compares, by (source, script); a pair is absent where there is only one.

        Of answers the checkpoints, of rounds the blocks that hold questions.
        """
        sources, scripts = (self.scores[name].cat.categories for name in ("source", "script"))
        spans = {(source, script): self._span(source, script) for source in sources for script in scripts}
        return {place: span for place, span in spans.items() if span is not None}

    @cached_property
    def early(self) -> Spans:
        """The first checkpoint and the last up to EARLY rounds, by (probe, script); rounds have no early contrast."""
        points = [point for point in self.tables.study.checkpoints if point <= EARLY]
        return {place: (points[0], points[-1]) for place in self.spans if place[0] != ROUNDS and len(points) > 1}

    def _span(self, source: str, script: str) -> tuple[int, int] | None:
        study = self.tables.study
        positions: Iterable[int] = study.checkpoints
        if source == ROUNDS:
            ends, skip = block_ends(study.checkpoints, study.dialogues.rounds), remarks(self.tables, script)
            asked = [number for number in range(1, study.dialogues.rounds + 1) if number not in skip]
            positions = {next(end for end in ends if number <= end) for number in asked}
        found = sorted(positions)
        return (found[0], found[-1]) if len(found) > 1 else None

    @cached_property
    def cells(self) -> dict[Replies, Frame]:
        """Questions as in `without_remarks`, with the orders and replicates of dialogues apart (see `subjects`)."""
        return items_of(self.scores[~self.scores["remark"]], ("order", "replicate"))

    @cached_property
    def named(self) -> dict[str, Quantity]:
        """The quantities that the study's file may name, by these names."""
        return quantities_of(self.tables.items.values())

    @cached_property
    def asked(self) -> dict[Replies, Frame]:
        """The baseline's answers, each apart, with `again` (see `scores.score_table`)."""
        scores = self.scores
        spoken = scores[(scores["source"] != ROUNDS) & (scores["speaker"] == "baseline")]
        return items_of(spoken, ("order", "replicate", "again"))

    def without_remarks(self, replies: Replies) -> Frame:
        """Items of questions alone; opening and closing remarks stay out of contrasts."""
        items = self.items[replies]
        return items[~items["remark"]]


def prepare(tables: Tables, *, changed_after_data: bool) -> Data:
    """Join subjects and verdicts, and average within items, once for all analyses. What the plan owes and nobody was
    asked is missing. Rows of neutral speakers are kept apart, for their own analysis."""
    every = with_planned(tables)
    data = prepared(_without_neutral(every), changed_after_data=changed_after_data)
    return msgspec.structs.replace(data, whole=every) if tables.neutral else data


def _without_neutral(tables: Tables) -> Tables:
    if not tables.neutral:
        return tables
    of = [tables.names.code(name) for name in tables.neutral]
    rounds, answers = (
        frame[~np.isin(frame["persona"].cat.codes.to_numpy(), of)].reset_index(drop=True)
        for frame in (tables.rounds, tables.answers)
    )
    ended = {key: length for key, length in tables.ended.items() if key.persona not in tables.neutral}
    return msgspec.structs.replace(tables, rounds=rounds, answers=answers, ended=ended)


def prepared(tables: Tables, *, changed_after_data: bool) -> Data:
    """The same of tables that hold what the plan owes and no neutral speakers."""
    subjects = (rounds(tables), answers(tables, item_facts(tables)))
    verdicts = (tables.round_verdicts, tables.answer_verdicts)
    pairs = zip(subjects, verdicts, strict=True)
    scores = stack([score_table(tables, one, judged) for one, judged in pairs])
    return Data(
        tables=tables,
        subjects=subjects,
        scores=scores,
        items=items_of(scores),
        level=1 - tables.study.analysis.alpha,
        remark="; ".join(_remarks(tables, scores, changed_after_data=changed_after_data)),
        changed_after_data=changed_after_data,
    )


def _remarks(tables: Tables, scores: Frame, *, changed_after_data: bool) -> Iterator[str]:
    if changed_after_data:
        yield CHANGED
    rounds, answers = (int((frame["reason"] == CODE).sum()) for frame in (tables.rounds, tables.answers))
    unjudged = still_to_judge(tables, scores)
    left = [f"{rounds:,} rounds and {answers:,} answers were not asked and count as missing"] * (rounds + answers > 0)
    left += [f"{unjudged:,} scores are still to be judged and count as missing"] * (unjudged > 0)
    if left:
        yield f"the run is not finished: {'; '.join(left)}"
    if tables.ended:
        yield f"users ended {len(tables.ended)} dialogues early: later positions are of the others alone"


def items_of(scores: Frame, apart: Sequence[str] = ()) -> dict[Replies, Frame]:
    """Item means of all scores and of those of unflagged replies: the same frame where none is flagged."""
    every, kept = item_means(scores, apart), scores[~scores["flagged"]]
    return {"all": every, "unflagged": item_means(kept, apart) if len(kept) < len(scores) else every}


def missing_reasons(scores: Frame) -> dict[tuple[object, ...], dict[str, int]]:
    """Missing scores by reason for each (*KEYS, position); those of a composite are its parts' together."""
    gone = scores[scores["reason"] > 0]
    there = set(gone["quantity"].cat.categories)
    judged = {quantity: of for quantity, of in COMPOSITES.items() if not there.isdisjoint(of)}
    parts = [_all_as(gone[among(gone["quantity"], of.__contains__)], quantity) for quantity, of in judged.items()]
    found: dict[tuple[object, ...], dict[str, int]] = {}
    for frame in (gone, *parts) if len(gone) else ():
        counts = frame.groupby([*KEYS, "position", "reason"], observed=True).size()
        for (*key, reason), count in counts.items():
            found.setdefault(tuple(key), {})[REASON_NAMES[reason]] = int(count)
    return found


def _all_as(rows: Frame, quantity: Quantity) -> Frame:
    return rows.assign(quantity=constant(quantity, len(rows)))
