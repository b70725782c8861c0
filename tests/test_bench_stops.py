"""The study that is stopped and resumed: its server does what it says, and what differs at the end is seen."""

import json
import sys
from pathlib import Path

import msgspec

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "bench"))

from case_server import read_request  # noqa: E402 - after the folder it lies in
from longplay.records import DialogueKey, RoundRef  # noqa: E402
from stops import Ended, Ends, stop_figures  # noqa: E402
from stops_server import FINAL, LASTING, ONCE, PASSING, Mixed  # noqa: E402

REF = RoundRef(DialogueKey("m", "silver", "talk"), 1)
NEXT = RoundRef(DialogueKey("m", "silver", "talk"), 2)


def _body(number: int, model: str = "m") -> bytes:
    content = f"Turn {number}: what do you see?"
    return json.dumps({"model": model, "messages": [{"role": "user", "content": content}]}).encode()


def test_a_fifth_of_the_calls_meet_a_fault_and_every_kind_comes() -> None:
    mixed = Mixed(1, 0.2)
    for number in range(4000):
        mixed(read_request(_body(number), 1, number))
    assert set(mixed.met) == {*ONCE, *PASSING, *FINAL}  # no speaker here is cut silently
    assert 0.17 < mixed.met.total() / mixed.requests < 0.23


def test_what_passes_is_good_on_the_second_try_and_what_is_final_stays() -> None:
    for kind in (*ONCE, *FINAL):
        mixed, honest = Mixed(1, 1.0, (kind,)), Mixed(1, 0.0)
        first, second = (mixed(read_request(_body(1), attempt, attempt)) for attempt in (1, 2))
        good = honest(read_request(_body(1), 1, 1))
        assert first != good
        assert (second == good) == (kind in ONCE), kind
        text = json.loads(good.body)["choices"][0]["message"]["content"]
        assert mixed.final(text) == (FINAL[kind][1] if kind in FINAL else None)


def _missed(ends: Ends, honest: Ends, ended: Ended, mixed: Mixed, name: str = "every fault") -> list[str]:
    found = stop_figures(name, honest, ends, ended, mixed, stops=1)
    return [figure.name.partition(": ")[2] for figure in found if not figure.met]


def _mixed() -> Mixed:
    mixed = Mixed(1, 1.0, LASTING)
    for number in range(300):
        mixed(read_request(_body(number), 1, number))
    return mixed


def test_what_differs_from_the_honest_run_is_counted() -> None:
    mixed, ended = _mixed(), Ended(runs=2, code=1)
    ended.stops["killed"] = 1
    honest = Ends({REF: ("Aye.", None), NEXT: ("Two.", None)}, {(REF, "style", None): ("ok", 4.0, None)})
    assert _missed(honest, honest, ended, mixed) == ["kinds that never came"]  # the silent cut needs its speaker
    other = msgspec.structs.replace(honest, texts={REF: ("Nay.", None), NEXT: ("Two.", None)})
    assert "texts that differ" in _missed(other, honest, ended, mixed)
    gone = msgspec.structs.replace(honest, texts={REF: ("Aye.", None)})
    assert "texts not there, or not due" in _missed(gone, honest, ended, mixed)
    failed = msgspec.structs.replace(honest, texts={REF: ("Aye.", None), NEXT: (None, "failed")})
    assert "missing without a fault behind it" in _missed(failed, honest, ended, mixed)
    odd = msgspec.structs.replace(honest, texts={REF: ("Aye.", None), NEXT: (None, "unparsable")})
    assert "reasons that no fault gives" in _missed(odd, honest, ended, mixed)
    assert "verdicts owed and not there" in _missed(Ends(honest.texts, {}), honest, ended, mixed)
    scored = msgspec.structs.replace(honest, verdicts={(REF, "style", None): ("ok", 2.0, None)})
    assert "verdicts that differ" in _missed(scored, honest, ended, mixed)
    assert "missing" in _missed(failed, honest, ended, mixed, "passing faults")


def test_a_text_that_the_server_made_final_may_not_be_there() -> None:
    mixed = Mixed(1, 1.0, ("filtered",))
    mixed(read_request(_body(1), 1, 1))
    text = json.loads(Mixed(1, 0.0)(read_request(_body(1), 1, 1)).body)["choices"][0]["message"]["content"]
    honest, ended = Ends({REF: (text, None)}, {}), Ended(runs=2, code=1)
    ended.stops["killed"] = 1
    assert _missed(honest, honest, ended, mixed) == ["obtained though the fault was final"]
    assert _missed(Ends({REF: (None, "filtered")}, {}), honest, ended, mixed) == []
    assert _missed(Ends({REF: (None, "overflow")}, {}), honest, ended, mixed) == ["missing without a fault behind it"]
