"""The store keeps what was put, gives it back equal, and tells what is there. Wire-free; real files."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from longplay.records import Cell, DialogueKey, Ref, Reply, RoundRef, TextRef, Usage, Verdict, VerdictSet
from longplay.store import AnswerVerdictKey, Reader, Spent, Store, StoreError, VerdictKey

DIALOGUE = DialogueKey("m", "gaston", "interview")
CELL = Cell(DIALOGUE, 8, "gaston", "plain", "follow", "f-01")
REPLY = Reply("ok", "Yes.", None, "stop", Usage(100, 80, 5), "thought", "", None, 2, 0.123456789)
FAILED = Reply("missing", None, "failed", detail="503 after 6 attempts", usage=Usage(7, 0, 0))
FILTERED = Reply("missing", None, "filtered", "filter", raw=b"\xff\x00")


def key(number: int) -> bytes:
    return number.to_bytes(16, "big")


def within(run: Path, work: Callable[[Store], Awaitable[None]]) -> None:
    """Run `work(store)` in an event loop on an open store, then close it."""

    async def go() -> None:
        with Store.open(run, linger_s=0.002) as store:
            await work(store)

    asyncio.run(go())


def test_a_dialogue_is_read_back_equal_and_in_its_order(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        for number, reply in ((2, FILTERED), (1, REPLY)):
            store.put_call(key(number), "turn", "m", reply)
            await store.put_round(RoundRef(DIALOGUE, number), f"question {number}", [key(number)])

    within(tmp_path, work)
    with Store.open(tmp_path) as store:
        first, second = store.rounds(DIALOGUE)
        assert store.rounds(DialogueKey("m", "nobody", "interview")) == []
    assert (first.number, first.user, first.reply, first.reason) == (1, "question 1", REPLY, None)
    assert (second.number, second.user, second.reply, second.reason) == (2, "question 2", FILTERED, "filtered")


def test_answers_are_found_by_the_prefix_they_were_asked_after(tmp_path: Path) -> None:
    other = Cell(DIALOGUE, 16, None, "plain", "follow", "f-01", draw=1)

    async def work(store: Store) -> None:
        store.put_call(key(1), "turn", "m", REPLY)
        await asyncio.gather(store.put_answer(CELL, [key(1)]), store.put_answer(other, [key(1)]))
        (found,) = store.answers(DIALOGUE, 8, "gaston", "plain")
        assert (found.probe, found.item, found.draw, found.reply) == ("follow", "f-01", 0, REPLY)
        (found,) = store.answers(DIALOGUE, 16, None, "plain")
        assert (found.draw, found.reply) == (1, REPLY)
        assert store.answers(DIALOGUE, 16, "gaston", "plain") == []

    within(tmp_path, work)


def test_a_call_is_found_while_it_waits_and_after_its_commit(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        assert store.find_call(key(1)) is None
        store.put_call(key(1), "turn", "m", REPLY)
        assert store.find_call(key(1)) == REPLY
        await store.put_answer(CELL, [key(1)])
        assert store.find_call(key(1)) == REPLY

    within(tmp_path, work)


def test_a_transient_failure_gives_way_to_its_retry_and_a_final_reply_stands(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        for reply, stands in ((FAILED, FAILED), (REPLY, REPLY), (FILTERED, REPLY), (FAILED, REPLY)):
            store.put_call(key(1), "turn", "m", reply)
            await store.put_round(RoundRef(DIALOGUE, 1), "hello", [key(1)])
            assert store.find_call(key(1)) == stands
            assert [found.reply for found in store.rounds(DIALOGUE)] == [stands]

    within(tmp_path, work)


def test_a_prompt_that_was_too_long_to_be_sent_gives_way_once_it_fits(tmp_path: Path) -> None:
    unsent = Reply("missing", None, "overflow", detail="9,000 tokens, 8,000 fit", attempts=0)

    async def too_long(store: Store) -> None:
        store.put_call(key(1), "turn", "m", unsent)
        await store.put_answer(CELL, [key(1)])

    async def fits(store: Store) -> None:
        store.put_call(key(1), "turn", "m", REPLY)
        await store.put_answer(CELL, [key(1)])

    within(tmp_path, too_long)
    within(tmp_path, fits)
    with Store.open(tmp_path) as store:
        assert store.find_call(key(1)) == REPLY
    with Reader.open(tmp_path) as reader:
        assert reader.spent() == {("m", "turn"): Spent(1, 2, 100, 80, 5, 0, 0)}


def test_the_first_final_reply_stands_within_one_commit_too(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        for reply in (FAILED, REPLY, FILTERED):
            store.put_call(key(1), "turn", "m", reply)
        assert store.find_call(key(1)) == REPLY
        await store.put_answer(CELL, [key(1)])
        assert store.find_call(key(1)) == REPLY

    within(tmp_path, work)


def test_what_was_not_reached_gives_way_to_what_was_and_never_replaces_it(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        refs = [RoundRef(DIALOGUE, 1), RoundRef(DIALOGUE, 2), CELL]
        await store.put_unreached(refs)
        assert [(r.user, r.reply, r.reason) for r in store.rounds(DIALOGUE)] == [("", None, "dialogue-stopped")] * 2
        (answer,) = store.answers(DIALOGUE, 8, "gaston", "plain")
        assert (answer.reply, answer.reason) == (None, "dialogue-stopped")
        store.put_call(key(1), "turn", "m", REPLY)
        await asyncio.gather(
            store.put_round(RoundRef(DIALOGUE, 1), "hello", [key(1)]), store.put_answer(CELL, [key(1)])
        )
        await store.put_unreached(refs)
        assert [(r.user, r.reason) for r in store.rounds(DIALOGUE)] == [("hello", None), ("", "dialogue-stopped")]
        (answer,) = store.answers(DIALOGUE, 8, "gaston", "plain")
        assert (answer.reply, answer.reason) == (REPLY, None)
        await store.put_unreached([])

    within(tmp_path, work)


TEXT = TextRef("refusals", "refusal-17")
REFS = pytest.mark.parametrize("ref", [RoundRef(DIALOGUE, 1), CELL, TEXT], ids=["round", "answer", "text"])


async def put_subject(store: Store, ref: Ref) -> None:
    store.put_call(key(1), "turn", "m", REPLY)
    if isinstance(ref, RoundRef):
        await store.put_round(ref, "hello", [key(1)])
    elif isinstance(ref, Cell):
        await store.put_answer(ref, [key(1)])
    else:
        store.put_text(ref, "I would rather not.")


def judge_calls(store: Store) -> list[Reply]:
    seen = [Reply("ok", text) for text in ("", "again", "Score: 4")]
    for number, reply in enumerate(seen, 2):
        store.put_call(key(number), "judge", "j", reply)
    return seen


@REFS
def test_a_new_verdict_takes_the_place_of_one_by_the_same_method_with_its_judge_calls(tmp_path: Path, ref: Ref) -> None:
    old = Verdict(ref, "style", "j", "m1", "missing", reason="failed", judged_as="gaston")
    new = Verdict(ref, "style", "j", "m1", "repaired", 4.0, "good", None, "gaston", why="The voice\x00 fits.")
    blind = Verdict(ref, "refusal", "j", "m3", "ok", 0.0)

    async def work(store: Store) -> None:
        await put_subject(store, ref)
        judge_calls(store)
        await asyncio.gather(store.put_verdict(old, [key(2), key(3)]), store.put_verdict(blind, ()))
        await store.put_verdict(new, [key(4)])
        given = {("style", "j", "m1", "gaston", 0, None): None, ("refusal", "j", "m3", None, 0, None): None}
        if isinstance(ref, RoundRef):
            assert store.round_verdicts(DIALOGUE) == {VerdictKey(1, *who): reason for who, reason in given.items()}
        elif isinstance(ref, Cell):
            found = store.answer_verdicts(DIALOGUE, 8, "gaston", "plain")
            assert found == {AnswerVerdictKey("follow", "f-01", 0, *who): reason for who, reason in given.items()}

    within(tmp_path, work)
    with Reader.open(tmp_path) as reader:
        found = {judgement.verdict.metric: judgement for judgement in reader.verdicts(ref)}
        assert len(reader.verdicts(ref, every=True)) == 2
    assert (found["style"].verdict, [reply.text for reply in found["style"].replies]) == (new, ["Score: 4"])
    assert (found["refusal"].verdict, found["refusal"].replies) == (blind, ())


@REFS
def test_verdicts_of_several_methods_stand_beside_each_other_and_one_set_counts(tmp_path: Path, ref: Ref) -> None:
    first = Verdict(ref, "style", "j", "m1", "ok", 2.0, judged_as="gaston")
    second = Verdict(ref, "style", "j", "m2", "ok", 4.0, judged_as="gaston")
    other = Verdict(ref, "style", "k", "m1", "ok", 5.0, judged_as="gaston")

    def stored() -> tuple[list[Verdict], dict[str, list[str]]]:
        with Reader.open(tmp_path) as reader:
            counting = [found.verdict for found in reader.verdicts(ref)]
            every = {found.verdict.method + found.verdict.judge: found for found in reader.verdicts(ref, every=True)}
        assert {found.counts for found in every.values() if found.verdict in counting} == {True}
        return counting, {name: [reply.text or "" for reply in found.replies] for name, found in every.items()}

    async def work(store: Store) -> None:
        await put_subject(store, ref)
        judge_calls(store)
        await store.put_verdict(first, [key(2), key(3)])
        await store.put_verdict(other, ())
        assert stored() == ([first, other], {"m1j": ["", "again"], "m1k": []})
        await store.put_verdict(second, [key(4)])  # of a new method: it counts from its first verdict
        assert stored() == ([second, other], {"m1j": ["", "again"], "m2j": ["Score: 4"], "m1k": []})
        store.set_current([VerdictSet("style", "j", "m1"), VerdictSet("style", "k", "m1")], ["j", "k"])
        assert stored()[0] == [first, other]
        await store.put_verdict(second, [key(4)])
        assert stored()[0] == [first, other]
        store.set_current(
            [VerdictSet("style", "j", "m3"), VerdictSet("style", "k", "m1")], ["j", "k"]
        )  # none yet of m3
        assert stored()[0] == [other]
        store.set_current([VerdictSet("style", "j", "m1")], ["j"])  # k is no longer named
        assert stored()[0] == [first]
        store.set_current([VerdictSet("style", "j", "m1"), VerdictSet("style", "k", "m1")], ["j", "k"])
        assert stored()[0] == [first, other]

    within(tmp_path, work)


@REFS
def test_parts_of_a_text_are_judged_apart(tmp_path: Path, ref: Ref) -> None:
    whole = Verdict(ref, "claims", "j", "m", "ok", 0.5)
    parts = [Verdict(ref, "claims", "j", "m", "ok", score, part=f"claim {n}") for n, score in enumerate((1.0, 0.0), 1)]

    async def work(store: Store) -> None:
        await put_subject(store, ref)
        judge_calls(store)
        await asyncio.gather(store.put_verdict(whole, [key(2)]), *(store.put_verdict(one, [key(3)]) for one in parts))

    within(tmp_path, work)
    with Reader.open(tmp_path) as reader:
        assert [found.verdict for found in reader.verdicts(ref)] == [whole, *parts]
        assert [len(found.replies) for found in reader.verdicts(ref)] == [1, 1, 1]


@REFS
def test_a_person_and_a_model_of_the_same_name_are_two_judges(tmp_path: Path, ref: Ref) -> None:
    model = Verdict(ref, "style", "person/ann", "m1", "ok", 2.0)
    person = Verdict(ref, "style", "person/ann", "m2", "ok", 4.0, judge_kind="person")

    async def work(store: Store) -> None:
        await put_subject(store, ref)
        await store.put_verdict(model, ())
        await store.put_verdict(person, ())

    within(tmp_path, work)
    with Reader.open(tmp_path) as reader:
        assert [found.verdict for found in reader.verdicts(ref)] == [model, person]
        full = {name: len(reader.table(name).rows) for name in ("round_verdicts", "answer_verdicts")}
        people = reader.table("people_verdicts")
        counts = reader.counts().verdicts.done
    assert full == {"round_verdicts": isinstance(ref, RoundRef), "answer_verdicts": isinstance(ref, Cell)}
    assert counts == sum(full.values())
    assert [row[people.columns.index("score")] for row in people.rows] == [4.0]


@REFS
def test_what_people_said_and_what_was_brought_in_counts_whatever_the_study_names(tmp_path: Path, ref: Ref) -> None:
    person = Verdict(ref, "style", "ann", "asked", "ok", 4.0, judge_kind="person")
    theirs = Verdict(ref, "style", "their judge", "imported-1", "ok", 2.0)
    program = Verdict(ref, "words", "verifier", "m", "ok", 1.0, judge_kind="program")

    async def work(store: Store) -> None:
        await put_subject(store, ref)
        await store.put_verdict(person, ())
        await store.put_verdict(theirs, (), brought_in=True)
        await store.put_verdict(program, ())  # of a metric that the study no longer asks for
        await store.put_verdict(Verdict(ref, "style", "gone", "m1", "ok", 1.0), ())
        store.set_current([VerdictSet("style", "j", "m1")], ["j"])

    within(tmp_path, work)
    with Reader.open(tmp_path) as reader:
        assert [found.verdict for found in reader.verdicts(ref)] == [person, theirs, program]


@REFS
def test_what_was_brought_in_counts_until_it_is_judged_here(tmp_path: Path, ref: Ref) -> None:
    theirs = Verdict(ref, "style", "j", "imported-1", "ok", 2.0)
    again = Verdict(ref, "style", "j", "imported-2", "ok", 3.0)
    ours = Verdict(ref, "style", "j", "m2", "ok", 4.0)

    def counting() -> list[Verdict]:
        with Reader.open(tmp_path) as reader:
            return [found.verdict for found in reader.verdicts(ref)]

    async def work(store: Store) -> None:
        await put_subject(store, ref)
        await store.put_verdict(theirs, (), brought_in=True)
        store.set_current([VerdictSet("style", "j", "m2")], ["j"])
        assert counting() == [theirs]
        await store.put_verdict(again, (), brought_in=True)
        assert counting() == [again]
        await store.put_verdict(ours, ())
        assert counting() == [ours]

    within(tmp_path, work)


def test_a_bundled_text_keeps_its_words(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        store.put_text(TEXT, "I would rather not.")
        store.put_text(TEXT, "I would rather not.")
        with pytest.raises(StoreError, match="has other words; give it another name"):
            store.put_text(TEXT, "Gladly.")

    within(tmp_path, work)
    with Reader.open(tmp_path) as reader:
        assert reader.bundled_text(TEXT) == "I would rather not."
        assert reader.bundled_text(TextRef("refusals", "refusal-18")) is None


def test_places_are_found_again_by_their_ids(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        for ref in (RoundRef(DIALOGUE, 1), CELL):
            await put_subject(store, ref)

    within(tmp_path, work)
    with Reader.open(tmp_path) as reader:
        assert reader.refs("round", [1, 2]) == {1: RoundRef(DIALOGUE, 1)}
        assert reader.refs("answer", [1, 2]) == {1: CELL}


def test_a_policys_own_calls_are_journalled_and_only_the_last_puts_count(tmp_path: Path) -> None:
    ref = RoundRef(DIALOGUE, 1)

    async def work(store: Store) -> None:
        for number in range(1, 4):
            store.put_call(key(number), "step" if number < 3 else "turn", "m", Reply("ok", str(number)))
        await store.put_round(ref, "hello", [key(1), key(2), key(3)])
        await store.put_answer(CELL, [key(1), key(3)])

    within(tmp_path, work)
    with Reader.open(tmp_path) as reader:
        assert [reply.text for reply in reader.steps(ref)] == ["1", "2"]
        assert [reply.text for reply in reader.steps(CELL)] == ["1"]

    async def fewer(store: Store) -> None:
        await store.put_round(ref, "hello", [key(2), key(3)])

    within(tmp_path, fewer)
    with Reader.open(tmp_path) as reader:
        assert [reply.text for reply in reader.steps(ref)] == ["2"]


def test_the_baseline_is_told_apart_from_a_persona_without_a_name(tmp_path: Path) -> None:
    baseline, nameless = DialogueKey("m", None, "s"), DialogueKey("m", "", "s")

    async def work(store: Store) -> None:
        store.put_call(key(1), "turn", "m", REPLY)
        await store.put_round(RoundRef(baseline, 1), "a", [key(1)])
        await store.put_round(RoundRef(nameless, 1), "b", [key(1)])

    within(tmp_path, work)
    with Store.open(tmp_path) as store:
        assert [[found.user for found in store.rounds(which)] for which in (baseline, nameless)] == [["a"], ["b"]]


@pytest.mark.parametrize("count", [1, 8, 9, 64, 65, 512, 513, 1300])
def test_every_row_of_a_commit_arrives_once_whatever_their_number(tmp_path: Path, count: int) -> None:
    cells = [Cell(DIALOGUE, 8, "gaston", "plain", "follow", f"f-{i:04}") for i in range(count)]

    async def work(store: Store) -> None:
        for number, _ in enumerate(cells):
            store.put_call(key(number), "turn", "m", Reply("ok", str(number)))
        await asyncio.gather(*(store.put_answer(cell, [key(number)]) for number, cell in enumerate(cells)))
        found = store.answers(DIALOGUE, 8, "gaston", "plain")
        assert {answer.item: answer.reply and answer.reply.text for answer in found} == {
            cell.item: str(number) for number, cell in enumerate(cells)
        }

    within(tmp_path, work)


def test_what_was_spent_counts_replaced_calls_and_tells_uncounted_ones_apart(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        absurd = Reply("ok", "x", usage=Usage(10**30, -1, 3))
        for number, reply in ((1, FAILED), (1, REPLY), (2, Reply("ok", "x")), (3, absurd)):
            store.put_call(key(number), "turn", "m", reply)
            await store.put_answer(CELL, [key(number)])
        store.put_call(key(4), "judge", "j", REPLY)
        await store.put_unreached([])

    within(tmp_path, work)
    with Reader.open(tmp_path) as reader:
        assert reader.spent() == {
            ("m", "turn"): Spent(4, 5, 107, 80, 8, 0, 2),
            ("j", "judge"): Spent(1, 2, 100, 80, 5, 0, 0),
        }


def test_facts_documents_and_estimates_are_on_the_disk_on_return(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store, Reader.open(tmp_path) as reader:
        store.set_meta("version", "0.1.0")
        store.set_meta("version", "0.1.1")
        store.set_document("persona", "gaston", '{"name": "Gaston"}')
        store.set_document("script", "interview", "{}")
        store.put_estimates("m1", [b'{"value":1}', b'{"value":2}'])
        store.put_estimates("m2", ['{"value":"é"}'.encode()])
        assert reader.meta() == {"version": "0.1.1"}
        assert reader.documents("persona") == {"gaston": '{"name": "Gaston"}'}
        assert reader.documents("item") == {}
        assert [(found.method, found.body.decode()) for found in reader.estimates()] == [("m2", '{"value":"é"}')]
        assert store.estimates() == reader.estimates()


def test_contradictions_are_refused_before_they_are_stored(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        with pytest.raises(StoreError, match="put_unreached"):
            store.put_answer(CELL, [])
        for reply in (Reply("missing"), Reply("ok"), Reply("ok", "x", "failed"), Reply("missing", "x", "failed")):
            with pytest.raises(StoreError, match="`missing` with a reason"):
                store.put_call(key(1), "turn", "m", reply)
        for verdict in (
            Verdict(CELL, "x", "j", "m", "ok"),
            Verdict(CELL, "x", "j", "m", "ok", float("nan")),
            Verdict(CELL, "x", "j", "m", "missing", 1.0, reason="failed"),
        ):
            with pytest.raises(StoreError, match="missing with a reason"):
                store.put_verdict(verdict, ())

    within(tmp_path, work)
