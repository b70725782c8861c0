"""The tidy table of scores: one row for every verdict that is owed, obtained or not. Averages nothing."""

import numpy as np
import pandas as pd

from longplay.analysis.frames import Column, Frame, among, groups, mapped, named, stack, valued
from longplay.analysis.quantities import CHOICES
from longplay.analysis.subjects import ROUNDS_AN_ORDER, item_labels, stand_ins
from longplay.analysis.tables import AnalysisError, Tables
from longplay.analysis.versions import by_character
from longplay.experiment.pairs import lags_at
from longplay.experiment.wrong_persona import as_another as judged_as_another
from longplay.judging import METRICS, Metric, in_forms
from longplay.judging.contradiction import LAGS
from longplay.judging.owed import BLIND, Panel, Scoring, Text, scorings
from longplay.judging.quantities import REFUSALS, metric_name, part_of, splits, two_level
from longplay.records import NOT_ASKED, REASONS, ROUNDS, Quantity
from longplay.stats.intervals import Integers

# What a cell of numbers is told apart by; position, unit and item come on top.
KEYS = ["source", "quantity", "judge", "model", "script", "speaker", "setting"]
NOT_JUDGED = "not-judged"  # a reply that no judge or verifier has seen yet
_OF_SUBJECT = ("position", "item", "order", "replicate", "dialogue", "again")
_VERDICT = ["metric", "judge", "judged_as"]
REASON_NAMES = ("", *REASONS, NOT_JUDGED, NOT_ASKED)


def score_table(tables: Tables, subjects: Frame, verdicts: Frame, *, as_another: bool = False) -> Frame:
    """KEYS, position, unit, item, order, replicate, dialogue (order and draw of the one played, which before it `order`
    and `replicate` are not), again (which draw of the answer), repeat (of the judgement), score (NaN = missing), reason
    (index in REASON_NAMES), replied, flagged, remark, subject (id of the round or answer), seen (persona whose
    description the judge saw, -1 = none), judge (code of its name).

    `unit` is what intervals rest on: the code of the persona asked or judged as; for a baseline whose judge is blind
    there is none, and -1 - draw takes its place. A version of a persona has the persona's unit and a setting of its
    own. `as_another`: the scores of texts as those of another persona, which are not among the others.
    """
    verdicts = of_whole_texts(verdicts)
    given = pd.DataFrame(
        {
            "id": verdicts["subject"],
            **{name: verdicts[name].cat.codes.astype(np.int32) for name in _VERDICT},
            "verdict_reason": verdicts["reason"].to_numpy(np.int8),
            "repeat": verdicts["repeat"].to_numpy(np.int32),
            "score": verdicts["score"],
            "choice": verdicts["label"].cat.codes.astype(np.int32),
        }
    )
    found = _owed(tables, subjects, as_another=as_another).merge(given, on=["id", *_VERDICT], how="left")
    rows = found["row"].to_numpy()
    of_reply = subjects["reason"].to_numpy()[rows]
    reason = _reason(of_reply, found)
    unit = _unit(subjects, rows, found["judged_as"].to_numpy())
    quantity, score = _quantities(tables, subjects, found, found["score"].where(reason == 0))
    categories = tables.names.dtype.categories
    judge = named(found["judge"].to_numpy(np.int64), lambda code: categories[code])
    scores = subjects[[key for key in KEYS if key not in ("quantity", "judge")]].take(rows).reset_index(drop=True)
    columns = {name: subjects[name].to_numpy()[rows] for name in (*_OF_SUBJECT, "flagged", "remark")}
    columns["repeat"] = found["repeat"].fillna(0).to_numpy(np.int32)
    scores = scores.assign(
        quantity=quantity, judge=judge, unit=unit, score=score, reason=reason, replied=of_reply == 0, **columns
    )
    scores = scores.assign(subject=found["id"].to_numpy(), seen=found["judged_as"].to_numpy(np.int32))
    return _with_partial(tables, by_character(tables, scores), found["choice"])


def of_whole_texts(verdicts: Frame) -> Frame:
    """The verdicts that are about a text as a whole, not about a sentence or claim of it."""
    whole = verdicts["part"].isna().to_numpy()
    return verdicts if whole.all() else verdicts[whole]


def still_to_judge(tables: Tables, scores: Frame) -> int:
    """How many scores a judge or verifier has yet to give; none is due from a judge that only imported texts name."""
    nobody = {judge.title for judge in tables.study.judges if judge.imported}
    left = scores[scores["reason"] == REASON_NAMES.index(NOT_JUDGED)]
    # shares of partial refusals are of the same verdicts
    once = among(left["quantity"], lambda one: one.part.measure != "partial")
    return int((once & among(left["judge"], lambda title: title not in nobody)).sum())


def demands(tables: Tables) -> dict[str, list[Metric]]:
    """The metrics that score each source, of rounds or a probe. Raises AnalysisError for one that is not known."""
    of_rounds = in_forms(tables.study.rounds_scored_by, tables.study.forms, METRICS)
    found: dict[str, list[Metric]] = {}
    for source, names in {ROUNDS: of_rounds, **tables.metrics}.items():
        known = [name for name in names if name in METRICS or name not in tables.plugged]  # those not here have none
        unknown = next((name for name in known if name not in METRICS), None)
        if unknown is not None:
            given = ", ".join(METRICS)
            raise AnalysisError(f"the run scores {source} with the unknown metric {unknown!r}. Known: {given}.")
        found[source] = [METRICS[name] for name in known]
    return found


def _owed(tables: Tables, subjects: Frame, *, as_another: bool) -> Frame:
    """row (of subjects), id, metric, judge, judged_as: each subject once for every verdict that it is owed."""
    kinds, texts = _texts(tables, subjects, as_another=as_another)
    metrics, code = demands(tables), tables.names.code
    panel = Panel(tables.study.judges, tuple(tables.personas))
    rows = [
        (kind, code(one.metric.name), code(one.metric.judge_title(judge)), code(seen), _is_nobodys(text, one))
        for kind, text in enumerate(texts)
        for one in scorings(metrics.get(text.source, ()), text, panel)
        if not as_another or (text.another is not None and one.judged_as == (text.another,))
        for judge in one.judges
        for seen in one.judged_as
    ]
    wanted = pd.DataFrame(rows, columns=["kind", *_VERDICT, "last"], dtype=np.int32)
    owed = pd.DataFrame({"row": np.arange(len(kinds), dtype=np.int32), "id": subjects["id"], "kind": kinds})
    owed = owed.merge(wanted, on="kind").drop(columns="kind")
    order = np.argsort(owed.pop("last").to_numpy(), kind="stable")
    return owed.take(order).reset_index(drop=True)


def _is_nobodys(text: Text, scoring: Scoring) -> bool:
    """Whether a text is judged as others than the persona it is of: such rows stand last."""
    return text.speaker is None and text.asked is None and scoring.judged_as not in (BLIND, (text.own,))


def _texts(tables: Tables, subjects: Frame, *, as_another: bool) -> tuple[np.ndarray, list[Text]]:
    """What decides which verdicts each subject is owed: its number in the list."""
    answer = (subjects["source"] != ROUNDS).to_numpy()
    pairs, item = stand_ins(tables), subjects["item"].to_numpy()
    stands_in = answer & np.isin(item, [of for of, _ in pairs])
    keys = pd.DataFrame(
        {
            "source": subjects["source"].cat.codes.to_numpy(np.int32),
            **{name: subjects[name].to_numpy() for name in ("persona", "asked", "own")},
            "stands_in": np.where(stands_in, item, -1),
            "first": answer & (subjects["position"].to_numpy() == tables.study.checkpoints[0]),
            "lags": _pairs_at(tables, np.where(answer, 0, item % ROUNDS_AN_ORDER)),
            "another": _others(tables, subjects) if as_another else -1,
        }
    )
    kinds = keys.groupby(list(keys), sort=False).ngroup().to_numpy(np.int32)
    sources, categories, code = subjects["source"].cat.categories, tables.names.dtype.categories, tables.names.code

    def name(number: int) -> str | None:
        return None if number < 0 else str(categories[number])

    texts = [
        Text(
            source=str(sources[source]),
            speaker=name(persona),
            asked=name(asked),
            own=name(own),
            stands_for=tuple(one for one in tables.personas if (of, code(one)) in pairs) if of >= 0 else None,
            first=bool(first),
            lags=tuple(lag for bit, lag in enumerate(LAGS) if lags >> bit & 1),
            another=name(other),
        )
        for source, persona, asked, own, of, first, lags, other in keys.drop_duplicates().to_numpy().tolist()
    ]
    return kinds, texts


def _pairs_at(tables: Tables, rounds: Integers) -> Integers:
    """At which of LAGS each round is held against an earlier one, a bit each."""
    study = tables.study
    last = max(study.dialogues.rounds, int(rounds.max(initial=0)))
    bits = [sum((lag in lags_at(study, number)) << bit for bit, lag in enumerate(LAGS)) for number in range(last + 1)]
    return np.array(bits, dtype=np.int64)[rounds]


def _others(tables: Tables, subjects: Frame) -> Integers:
    """By subject the code of the persona that is not its own and as whom it is judged as well; -1 = none."""
    item, of_rounds = subjects["item"].to_numpy(), (subjects["source"] == ROUNDS).to_numpy()
    keys = pd.DataFrame(
        {
            "source": subjects["source"].cat.codes.to_numpy(np.int32),
            "persona": np.where(subjects["persona"] == subjects["asked"], subjects["persona"], -1),
            "place": np.where(of_rounds, item % ROUNDS_AN_ORDER, item),
        }
    )
    found, sources = groups(keys, list(keys)), subjects["source"].cat.categories
    names, code = tables.names.dtype.categories, tables.names.code

    def other(source: str, persona: int, place: int) -> int:
        said = str(place) if source == ROUNDS else str(names[place])
        own = None if persona < 0 else str(names[persona])
        return code(judged_as_another(tables.study, tables.personas, own, source, said))

    rows = keys.take(found.first).to_numpy().tolist()
    others = [other(str(sources[source]), persona, place) for source, persona, place in rows]
    return np.array(others, dtype=np.int64)[found.code]


def _unit(subjects: Frame, rows: np.ndarray, judged_as: np.ndarray) -> np.ndarray:
    persona, asked, draw = (subjects[name].to_numpy()[rows] for name in ("persona", "asked", "draw"))
    unit = np.select([persona >= 0, judged_as >= 0, asked >= 0], [persona, judged_as, asked], -1 - draw)
    return unit.astype(np.int32)


def _reason(of_reply: np.ndarray, found: Frame) -> np.ndarray:
    of_verdict, unscored = found["verdict_reason"].fillna(0).to_numpy(), found["score"].isna().to_numpy()
    last = REASON_NAMES.index(NOT_JUDGED)
    return np.select([of_reply > 0, of_verdict > 0, unscored], [of_reply, of_verdict, last], 0).astype(np.int8)


def _quantities(tables: Tables, subjects: Frame, found: Frame, score: Column) -> tuple[pd.Categorical, np.ndarray]:
    """Metrics become quantities, by the item's label or dimension; of three levels a full refusal counts."""
    code, labels = tables.names.code, item_labels(tables)
    metric, rows = found["metric"].to_numpy(), found["row"].to_numpy()
    part = np.full(len(found), -1, dtype=np.int64)
    for name, field in splits().items():
        part = np.where(metric == code(name), subjects[field].to_numpy()[rows], part)
    categories = tables.names.dtype.categories

    def quantity(number: int) -> Quantity:
        of, which = divmod(number, len(labels) + 1)
        whole = METRICS[categories[of]].quantity
        return whole if which == 0 else part_of(whole, label=labels[which - 1])

    three = np.isin(metric, [code(name) for name in REFUSALS if not two_level(name)]) & (part >= 0)
    counted = np.where(three, _share(found["choice"], code(CHOICES[0]), score), score)
    return valued(metric.astype(np.int64) * (len(labels) + 1) + part + 1, quantity), counted


def _with_partial(tables: Tables, scores: Frame, choice: Column) -> Frame:
    """The scores, and those of refusals once more as shares of partial ones."""
    refusals = among(scores["quantity"], _has_partial)
    some = scores[refusals]
    partly = some.assign(
        quantity=mapped(some["quantity"], lambda one: part_of(one, measure="partial")),
        score=_share(choice[refusals], tables.names.code(CHOICES[1]), some["score"]),
    )
    return stack([scores, partly])


def _has_partial(quantity: Quantity) -> bool:
    name = metric_name(quantity)
    return name in REFUSALS and not two_level(name) and bool(quantity.part.label)


def _share(choice: Column, wanted: int, score: Column) -> np.ndarray:
    """1 where the choice is the wanted one, else 0; NaN where there is no score."""
    return np.where(score.isna(), np.nan, (choice == wanted).astype(np.float64))
