"""A reader sees what is committed, also while a run grows: flat tables, counts, texts."""

import asyncio
from pathlib import Path

import pytest

from longplay.records import Cell, DialogueKey, Reply, RoundRef, Usage, Verdict
from longplay.store import NAMED, Reader, Store, StoreError
from longplay.store.schema import FINISH_CODES, REASON_CODES

DIALOGUE = DialogueKey("m", "gaston", "interview")
CELL = Cell(DIALOGUE, 8, "gaston", "plain", "follow", "f-01")
REPLY = Reply("ok", "Yes.", None, "stop", Usage(100, 80, 5), "thought", "", None, 2, 0.123456789)
FAILED = Reply("missing", None, "failed", detail="503 after 6 attempts", usage=Usage(7, 0, 0))


def key(number: int) -> bytes:
    return number.to_bytes(16, "big")


def test_a_reader_sees_a_growing_run_with_its_tables_and_counts(tmp_path: Path) -> None:
    async def work() -> None:
        with Store.open(tmp_path, linger_s=0) as store, Reader.open(tmp_path) as reader:
            assert reader.counts().first_call_at is None
            store.put_call(key(1), "turn", "m", REPLY)
            store.put_call(key(2), "turn", "m", Reply("ok", " \u2003\n", finish="length"))
            store.put_call(key(3), "turn", "m", FAILED)
            await store.put_round(RoundRef(DIALOGUE, 1), "hello", [key(1)])
            await store.put_round(RoundRef(DIALOGUE, 2), "so?", [key(3)])
            await store.put_unreached([RoundRef(DIALOGUE, 3), Cell(DIALOGUE, 16, None, "plain", "follow", "f-01")])
            await store.put_answer(CELL, [key(2)])
            await store.put_verdict(Verdict(CELL, "style", "j", "m1", "ok", 2.0, "poor"), ())
            await store.put_verdict(Verdict(RoundRef(DIALOGUE, 1), "style", "j", "m1", "ok", 4.0), ())
            check_tables(reader)
            counts = reader.counts()
            assert (counts.rounds.done, counts.rounds.missing) == (1, {"failed": 1, "dialogue-stopped": 1})
            assert {at: (found.done, found.missing) for at, found in counts.answers.items()} == {
                8: (1, {}),
                16: (0, {"dialogue-stopped": 1}),
            }
            assert (counts.verdicts.done, counts.verdicts.missing) == (2, {})
            assert counts.spent == {model: spent for (model, _), spent in reader.spent().items()}
            assert counts.first_call_at is not None
            assert reader.answer_text(CELL) == store.find_call(key(2))
            found = reader.round_text(RoundRef(DIALOGUE, 1))
            assert found is not None
            assert found.reply == REPLY
            assert reader.round_text(RoundRef(DIALOGUE, 9)) is None

    asyncio.run(work())


def check_tables(reader: Reader) -> None:
    def words(name: str) -> list[dict[str, object]]:
        table = reader.table(name)
        names = reader.names()
        return [
            {c: names[v] if c in NAMED and isinstance(v, int) else v for c, v in zip(table.columns, row, strict=True)}
            for row in table.rows
        ]

    rounds, answers = words("rounds"), words("answers")
    assert [REASON_CODES[reason] for reason in (None, "failed", "dialogue-stopped")] == [r["reason"] for r in rounds]
    assert (rounds[0]["persona"], rounds[0]["round"], rounds[0]["prompt"]) == ("gaston", 1, 100)
    cut = next(row for row in answers if row["checkpoint"] == 8)
    assert (cut["probe"], cut["item"], cut["ask_persona"], cut["empty"]) == ("follow", "f-01", "gaston", 1)
    assert cut["finish"] == FINISH_CODES["length"]
    (verdict,) = words("answer_verdicts")
    assert (verdict["subject"], verdict["metric"], verdict["score"], verdict["label"]) == (
        cut["id"],
        "style",
        2.0,
        "poor",
    )
    (verdict,) = words("round_verdicts")
    assert (verdict["subject"], verdict["label"], verdict["judged_as"]) == (rounds[0]["id"], "", "")
    assert [len(words(name)) for name in ("calls", "dialogues", "conditions")] == [3, 1, 2]
    with pytest.raises(StoreError, match="Known: rounds"):
        reader.table("names; DROP TABLE calls")


def test_a_snapshot_shows_one_state_of_a_growing_run(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, Reader.open(tmp_path) as reader:
        store.set_meta("a", "1")
        with reader.snapshot():
            assert reader.meta() == {"a": "1"}
            store.set_meta("b", "2")
            assert reader.meta() == {"a": "1"}
        assert reader.meta() == {"a": "1", "b": "2"}
