"""Hostile text goes into a store and comes back equal; hostile files end in one clear error."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from longplay.records import Cell, DialogueKey, Reply, RoundRef, Usage, Verdict
from longplay.store import Reader, Store, StoreError
from longplay.store.columns import TABLES

DIALOGUE = DialogueKey("m", "p", "s")
CELL = Cell(DIALOGUE, 1, "p", "plain", "probe", "item")

# All of Unicode and beyond: lone surrogates, NUL, all kinds of white space.
TEXT = st.text(
    st.one_of(st.characters(), st.characters(categories=["Cs"]), st.sampled_from("\0 \t\u2003\u200b\x1c\x85"))
)
COUNT = st.one_of(st.none(), st.integers(0, 2**40 - 1))
OK = st.builds(
    Reply,
    status=st.just("ok"),
    text=TEXT,
    finish=st.sampled_from([None, "stop", "length", "filter", "other"]),
    usage=st.builds(Usage, COUNT, COUNT, COUNT),
    reasoning=TEXT,
    attempts=st.integers(1, 20),
    latency_s=st.floats(0, 1e6),
)
MISSING = st.builds(
    Reply,
    status=st.just("missing"),
    reason=st.sampled_from(["filtered", "failed", "overflow", "undecodable"]),
    detail=TEXT,
    raw=st.one_of(st.none(), st.binary()),
)


@settings(max_examples=40)
@given(st.lists(st.tuples(TEXT, st.one_of(OK, MISSING)), min_size=1, max_size=12), TEXT, TEXT)
def test_any_text_and_any_reply_come_back_equal(turns: list[tuple[str, Reply]], name: str, other: str) -> None:
    dialogue = DialogueKey(name, other, name, 0, other)
    cell = Cell(dialogue, 1, other, name, other, name)
    verdict = Verdict(cell, name, other, name, "ok", 1.5, other, judged_as=name, why=other)

    async def work(run: Path) -> None:
        with Store.open(run, linger_s=0) as store:
            for number, (user, reply) in enumerate(turns, 1):
                store.put_call(bytes([number] * 16), "turn", name, reply)
                await store.put_round(RoundRef(dialogue, number), user, [bytes([number] * 16)])
            await store.put_answer(cell, [bytes([1] * 16)])
            await store.put_verdict(verdict, [bytes([1] * 16)])
            store.set_meta(name, other)
            store.set_document(name, other, name)

    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder)
        asyncio.run(work(run))
        with Store.open(run) as store, Reader.open(run) as reader:
            found = store.rounds(dialogue)
            assert [(r.user, r.reply) for r in found] == turns
            assert [store.find_call(bytes([n] * 16)) for n in range(1, len(turns) + 1)] == [reply for _, reply in turns]
            table = reader.table("rounds")
            empty = [bool(row[table.columns.index("empty")]) for row in table.rows]
            assert empty == [reply.empty for _, reply in turns]
            assert [judgement.verdict for judgement in reader.verdicts(cell)] == [verdict]
            assert reader.meta() == {name: other}
            assert reader.documents(name) == {other: name}
            (answer,) = store.answers(dialogue, 1, other, name)
            assert (answer.probe, answer.item) == (other, name)
            assert {name, other} <= set(reader.names())


def _made() -> bytes:
    """The bytes of a small finished run."""

    async def work(run: Path) -> None:
        with Store.open(run) as store:
            store.put_call(bytes(16), "turn", "m", Reply("ok", "hello", usage=Usage(1, 1, 1)))
            await store.put_round(RoundRef(DIALOGUE, 1), "hi", [bytes(16)])
            await store.put_answer(CELL, [bytes(16)])
            await store.put_verdict(Verdict(CELL, "x", "j", "m1", "ok", 1.0, "good", why="so"), [bytes(16)])

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(work(Path(folder)))
        return (Path(folder) / "run.sqlite").read_bytes()


MADE = _made()
HEADER, ROWS = range(100), [at for at, byte in enumerate(MADE) if byte and at >= 4096]  # the rest says CREATE TABLE


def read_all(run: Path) -> None:
    with Reader.open(run) as reader:
        reader.names()
        reader.dialogue_text(DIALOGUE)
        reader.verdicts(CELL)
        reader.answer_text(CELL)
        reader.counts()
        reader.spent()
        for name in TABLES:
            reader.table(name)


def resume(run: Path) -> None:
    with Store.open(run) as store:
        store.rounds(DIALOGUE)
        store.answer_verdicts(DIALOGUE, 1, "p", "plain")


def fault(work: Callable[[Path], None], run: Path) -> str:
    """What a person would be told; any other exception fails the test."""
    try:
        work(run)
    except StoreError as error:
        return str(error)
    return ""


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.sampled_from(HEADER) | st.sampled_from(ROWS), st.integers(0, 255)), min_size=1, max_size=4)
)
def test_a_damaged_file_is_read_or_refused_and_never_worse(changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(MADE)
    for at, byte in changes:
        damaged[at] = byte
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder)
        (run / "run.sqlite").write_bytes(damaged)
        for work in (read_all, resume):
            assert "\n" not in fault(work, run)
