"""Is everything in a soaked run that should be there, once, and with the outcome that the server gave it? Reads a
finished run and what the server did; sends nothing."""

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from longplay.experiment import Experiment
from longplay.experiment.workload import verdicts_due
from longplay.judging import METRICS
from longplay.records import Cell, DialogueKey, RoundRef
from longplay.store import FINISH_WORDS, REASON_WORDS, STATUS_WORDS, Reader
from soak_server import GOOD, Said

# What a fault makes of its call. Those not named here may pass when asked again, and else leave it as `failed`.
FINAL: dict[str, tuple[str | None, str | None]] = {  # reason | None, finish | None
    **dict.fromkeys(GOOD, (None, "stop")),
    "empty": (None, "stop"),
    "null": (None, "stop"),
    "cut": (None, "length"),
    "filter": ("filtered", "filter"),
    "refused-input": ("filtered", None),
    "overflow": ("overflow", None),
    "undecodable": ("undecodable", None),
    "large": ("undecodable", None),
}
UNPAID = ("refused-input", "overflow", "undecodable", "large")  # come without token counts


class Call(msgspec.Struct, frozen=True):
    """A stored call."""

    reason: str | None
    finish: str | None
    text: str
    prompt: int


class Row(msgspec.Struct, frozen=True):
    """A stored round or answer; `asked`: whether it has a call."""

    id: int
    reason: str | None
    asked: bool


class Run(msgspec.Struct, frozen=True):
    """A finished run."""

    calls: dict[bytes, Call]
    rounds: dict[RoundRef, Row]
    answers: dict[Cell, Row]
    verdicts: dict[tuple[str, int, str, str | None], tuple[str, str | None]]  # kind, subject, metric, judged_as
    prompt: int  # tokens spent, as they were summed up on the way


def read_run(run: Path) -> Run:
    """All of it."""
    with Reader.open(run) as reader:
        names = ["", *reader.names()[1:]]
        rounds = {RoundRef(_dialogue(row, names), _whole(row["round"])): _row(row) for row in _rows(reader, "rounds")}
        answers = {_cell(row, names): _row(row) for row in _rows(reader, "answers")}
        verdicts = {
            (kind, _whole(row["subject"]), names[_whole(row["metric"])], names[_whole(row["judged_as"])] or None): (
                STATUS_WORDS[_whole(row["status"])],
                REASON_WORDS[_whole(row["reason"])],
            )
            for kind in ("round", "answer")
            for row in _rows(reader, f"{kind}_verdicts")
        }
        prompt = sum(spent.prompt for spent in reader.counts().spent.values())
    with contextlib.closing(sqlite3.connect(f"file:{run / 'run.sqlite'}?mode=ro", uri=True)) as connection:
        sql = "SELECT key, reason, finish, coalesce(text, ''), coalesce(prompt, 0) FROM calls"
        calls = {
            key: Call(REASON_WORDS[reason], FINISH_WORDS[finish], text, counted)
            for key, reason, finish, text, counted in connection.execute(sql)
        }
    return Run(calls, rounds, answers, verdicts, prompt)


def _rows(reader: Reader, name: str) -> Iterator[dict[str, object]]:
    table = reader.table(name)
    return (dict(zip(table.columns, row, strict=True)) for row in table.rows)


def _whole(value: object) -> int:
    assert isinstance(value, int)
    return value


def _dialogue(row: Mapping[str, object], names: list[str]) -> DialogueKey:
    model, persona, script, policy = (names[_whole(row[name])] for name in ("model", "persona", "script", "policy"))
    return DialogueKey(model, persona or None, script, _whole(row["ord"]), policy, _whole(row["draw"]))


def _cell(row: Mapping[str, object], names: list[str]) -> Cell:
    persona, policy, probe, item = (names[_whole(row[n])] for n in ("ask_persona", "ask_policy", "probe", "item"))
    checkpoint, draw = _whole(row["checkpoint"]), _whole(row["answer_draw"])
    return Cell(_dialogue(row, names), checkpoint, persona or None, policy, probe, item, draw)


def _row(row: Mapping[str, object]) -> Row:
    return Row(_whole(row["id"]), REASON_WORDS[_whole(row["reason"])], row["call"] is not None)


def lost_and_strange(experiment: Experiment, run: Run) -> tuple[int, int]:
    """How many rounds, answers and verdicts should be there and are not, and the other way round."""
    rounds, answers = set[RoundRef](), set[Cell]()
    for key in experiment.dialogues():
        rounds.update(RoundRef(key, number) for number in range(1, experiment.study.dialogues.rounds + 1))
        answers.update(cell for point in experiment.study.checkpoints for cell in experiment.cells(key, point))
    verdicts = set(_verdicts_due(experiment, run))
    due = (rounds, run.rounds.keys()), (answers, run.answers.keys()), (verdicts, run.verdicts.keys())
    return sum(len(a - b) for a, b in due), sum(len(b - a) for a, b in due)


def _verdicts_due(experiment: Experiment, run: Run) -> Iterator[tuple[str, int, str, str | None]]:
    """Every verdict owed on the texts that were obtained."""
    for kind, rows in (("round", run.rounds), ("answer", run.answers)):
        for ref, row in rows.items():
            for due in verdicts_due(experiment, ref) if row.reason is None else ():
                yield kind, row.id, due.metric.name, due.judged_as


def wrong_calls(run: Run, said: Mapping[bytes, Said]) -> Counter[str]:
    """Stored calls that are not what the server last did to them, by that fault; calls that only one side knows."""
    wrong = Counter[str]({"not stored": len(said.keys() - run.calls.keys())})
    wrong["never sent"] = len(run.calls.keys() - said.keys())
    for key, call in run.calls.items():
        if key not in said:
            continue
        last = said[key].faults[-1]
        reason, finish = FINAL.get(last, ("failed", None))
        text = said[key].text if last in (*GOOD, "cut") else ""
        wrong[last or "good"] += (call.reason, call.finish, call.text) != (reason, finish, text)
    return +wrong


def wrong_gaps(experiment: Experiment, run: Run) -> int:
    """Rounds and answers that were not asked though the dialogue reached them, or were asked though it did not."""
    wrong, rounds = 0, experiment.study.dialogues.rounds
    for key in experiment.dialogues():
        rows = [run.rounds[RoundRef(key, number)] for number in range(1, rounds + 1)]
        reached = next((number for number, row in enumerate(rows) if row.reason is not None), rounds)
        # The round after the last that was obtained was asked, those behind it were not.
        wrong += sum(row.asked != (number <= reached) for number, row in enumerate(rows))
        for point in experiment.study.checkpoints:
            wrong += sum(run.answers[cell].asked != (point <= reached) for cell in experiment.cells(key, point))
    return wrong


def wrong_verdicts(run: Run) -> int:
    """Verdicts without a score whose reason no judge's reply can have given, or by a program that missed."""
    allowed = {"filtered", "overflow", "undecodable", "unparsable"}
    return sum(
        (status == "missing") != (reason in allowed) or (status == "missing" and METRICS[metric].verified)
        for (_, _, metric, _), (status, reason) in run.verdicts.items()
    )


def asked_again(said: Mapping[bytes, Said]) -> Counter[str]:
    """Requests for calls that the server had settled before, by what it did to them."""
    again = Counter[str]()
    for call in said.values():
        settled = next((place for place, fault in enumerate(call.faults) if fault in FINAL), None)
        if settled is not None and len(call.faults) > settled + 1:
            again[", then ".join(fault or "good" for fault in call.faults)] += len(call.faults) - settled - 1
    return again


def tokens_astray(run: Run, said: Mapping[bytes, Said]) -> int:
    """Prompt tokens counted as spent beside those of each paid reply, once."""
    paid = sum(call.prompt for call in said.values() if call.faults[-1] in FINAL and call.faults[-1] not in UNPAID)
    return run.prompt - paid
