"""A run written down by hand: a stand-in for the store's reader, so that tests can compute every number themselves."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from longplay.analysis import analyse
from longplay.judging import METRICS
from longplay.records import REASONS, Estimate, Item, Script
from longplay.specs import Analysis, Conditioning, Dialogues, ModelSpec, Persona, Study
from longplay.specs.study import Judging
from longplay.store.columns import Columns
from longplay.store.schema import FINISHES, STATUSES
from named import having

DIALOGUE = ("model", "persona", "script", "ord", "policy", "draw")
REPLY = ("reason", "finish", "empty", "marked", "copied")
REPEAT = ("model", "script", "checkpoint", "reason", "repeat_reason", "same", "call", "again")
VERDICT = ("subject", "metric", "judge", "judged_as", "repeat", "status", "reason", "score", "label", "method", "part")
MODEL = "model"
REFUSED = {"full": 1.0, "partial": 0.5, "none": 0.0}
WON = {"win": 1.0, "loss": 0.0, **dict.fromkeys(("tie", "inconsistent", "inconsistent-A", "inconsistent-B"), 0.5)}
LABELS = REFUSED | WON
# a score, a label with its score, or the reason why there is none; several: the judge was asked so often
Given = float | str | tuple[float, ...]


class Table(msgspec.Struct, frozen=True):
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


class Run:
    """Answers, rounds and verdicts as they are added, read as a store's reader gives them."""

    def __init__(
        self,
        personas: str = "abcd",
        probes: Mapping[str, tuple[str, ...]] | None = None,
        items: tuple[tuple[str, Item], ...] = (),
        checkpoints: tuple[int, ...] = (0, 4, 8),
        script: Script | None = None,
        traits: Mapping[str, dict[str, float]] | None = None,
        rounds: int | None = None,
        planned: bool = False,
    ) -> None:
        """`planned`: the study's dialogues, items and checkpoints are owed; else nothing but what is added."""
        self.words: dict[str, int] = {}
        self.model = MODEL
        self.played_by = "plain"
        self.known: tuple[object, list[Estimate]] = (None, [])
        self.personas = personas
        self.script = script or Script("talk", "goal-oriented", ("?",) * checkpoints[-1])
        self.study = Study(
            models=(ModelSpec("sim/model", label=MODEL),),
            judge=ModelSpec("sim/judge"),
            dialogues=Dialogues(
                rounds=rounds or max(checkpoints[-1], 2), scripts=(self.script.name,), imported=not planned
            ),
            conditioning=Conditioning(checkpoints=checkpoints),
            judging=Judging(rounds=("knowledge",)),
            probes=None if planned else (),
        )
        cards = [Persona(p, p.upper(), "somebody", traits=(traits or {}).get(p, {})) for p in personas]
        self.written: dict[str, dict[str, object]] = {
            "study": {"study": self.study},
            "persona": {card.id: card for card in cards},
            "script": {self.script.name: self.script},
            "item": {f"{probe}/{item.id}": item for probe, item in items},
            "probe": {name: {"metrics": metrics} for name, metrics in (probes or {}).items()},
        }
        self.rows: dict[str, list[tuple[Any, ...]]] = {
            name: [] for name in ("rounds", "answers", "repeats", "round_verdicts", "answer_verdicts")
        }

    def answer(
        self,
        persona: str | None,
        checkpoint: int,
        item: str,
        verdicts: Mapping[str, Given] | Mapping[tuple[str, str], Given],
        *,
        probe: str = "fidelity",
        reason: str | None = None,
        finish: str = "stop",
        empty: bool = False,
        marked: bool = False,
        copied: bool = False,
        order: int = 0,
        draw: int = 0,
        answer_draw: int = 0,
        asked: str | None = "",
        asked_by: str = "plain",
        call: int | None = None,
    ) -> None:
        """One answer; verdicts by metric, or by metric and the persona judged as where the baseline answers."""
        number = len(self.rows["answers"]) + 1
        asked = persona if asked == "" else asked
        where = (checkpoint, self.id(asked), self.id(asked_by), self.id(probe), self.id(item), answer_draw)
        reply = (*self._reply(reason, finish, empty, marked, copied), call or number)
        self.rows["answers"].append((number, *self._dialogue(persona, order, draw), *where, *reply))
        self._judge("answer_verdicts", number, asked, verdicts)

    def round(
        self,
        persona: str | None,
        number: int,
        verdicts: Mapping[str, Given] | Mapping[tuple[str, str], Given],
        *,
        reason: str | None = None,
        copied: bool = False,
        order: int = 0,
        draw: int = 0,
        tokens: tuple[int | None, int | None] = (None, None),
    ) -> None:
        """One round and its verdicts, likewise; `tokens`: of prompt and reply."""
        row = len(self.rows["rounds"]) + 1
        self.rows["rounds"].append(
            (row, *self._dialogue(persona, order, draw), number, *self._reply(reason, "stop", copied=copied), *tokens)
        )
        self._judge("round_verdicts", row, persona, verdicts)

    def declare(self, *, scripts: tuple[Script, ...] = (), models: tuple[str, ...] = (), **declared: Any) -> None:
        """Changes the study's [analysis] part, and which scripts and models it has (`script`, `model`: those now)."""
        study, dialogues = self.study, self.study.dialogues
        self.study = msgspec.structs.replace(
            study,
            models=tuple(ModelSpec("sim/model", label=name) for name in models) or study.models,
            dialogues=msgspec.structs.replace(dialogues, scripts=tuple(s.name for s in scripts) or dialogues.scripts),
            analysis=Analysis(**declared),
        )
        self.written["study"]["study"] = self.study
        self.written["script"] |= {script.name: script for script in scripts}

    def repeat(
        self, checkpoint: int, call: int, *, same: bool = True, reason: str | None = None, again: str | None = None
    ) -> None:
        """The answer of a call, asked for again. `reason`: why the answer is missing, `again`: why the repeat is."""
        reasons = (self._reply(one, "stop")[0] for one in (reason, again))
        where = self.id(MODEL), self.id(self.script.name), checkpoint
        self.rows["repeats"].append((*where, *reasons, int(same), call, -call))

    def table(self, name: str) -> Table:
        asked = ("checkpoint", "ask_persona", "ask_policy", "probe", "item", "answer_draw")
        columns = {
            "rounds": ("id", *DIALOGUE, "round", *REPLY, "prompt", "completion"),
            "answers": ("id", *DIALOGUE, *asked, *REPLY, "call"),
            "repeats": REPEAT,
            "people_verdicts": ("kind", *VERDICT),
        }
        return Table(columns.get(name, VERDICT), self.rows.get(name, []))

    def columns(self, name: str, wanted: Sequence[str]) -> Columns:
        whole = self.table(name)
        return Columns.of_rows(whole.rows, whole.columns, wanted)

    def texts(self, name: str) -> Iterator[tuple[Any, ...]]:
        """None are kept."""
        assert name == "answers"
        yield from ()

    def names(self) -> list[str]:
        return ["", *self.words]

    def documents(self, kind: str) -> dict[str, str]:
        return {name: msgspec.json.encode(body).decode() for name, body in self.written.get(kind, {}).items()}

    def id(self, word: str | None) -> int:
        return 0 if word is None else self.words.setdefault(word, len(self.words) + 1)

    def _dialogue(self, persona: str | None, order: int, draw: int) -> tuple[int, ...]:
        return self.id(self.model), self.id(persona), self.id(self.script.name), order, self.id(self.played_by), draw

    def _reply(
        self, reason: str | None, finish: str, empty: bool = False, marked: bool = False, copied: bool = False
    ) -> tuple[int, ...]:
        code = 1 + REASONS.index(reason) if reason else 0
        return code, FINISHES.index(finish), int(empty), int(marked), int(copied)

    def _judge(self, table: str, subject: int, asked: str | None, verdicts: Mapping[Any, Given]) -> None:
        for key, given in verdicts.items():
            name, judged_as = key if isinstance(key, tuple) else (key, asked)
            metric = METRICS[name]
            judged_as = None if metric.judged_as == "blind" else judged_as
            about = (self.id(name), self.id(metric.judge_title(self.study.judge)), self.id(judged_as))
            for repeat, one in enumerate(given if isinstance(given, tuple) else (given,)):
                missing = one if one in REASONS else None
                label = one if one in LABELS else None
                score = None if missing else LABELS[label] if label else one
                status = (STATUSES.index("missing"), 1 + REASONS.index(missing)) if missing else (0, 0)
                self.rows[table].append((subject, *about, repeat, *status, score, self.id(label), self.id("method"), 0))


def estimates(run: Run) -> list[Estimate]:
    """Every estimate of a run, made once until something is added."""
    state = run.study, *(len(rows) for rows in run.rows.values())
    if run.known[0] != state:
        run.known = state, analyse(run)
    return run.known[1]


def pick(run: Run, analysis: str, metric: str = "knowledge", **wanted: object) -> Estimate:
    """The one estimate of a run that has these fields and words (see named); all replies unless asked otherwise."""
    fields = {"replies": "all", "analysis": analysis, "metric": metric, **wanted}
    found = having(estimates(run), **fields)
    assert len(found) == 1, f"{len(found)} estimates with {fields}"
    return found[0]
