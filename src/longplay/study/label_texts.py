"""The words of drawn texts, as a labeller shall see them: persona, user, answer, question. Knows no score."""

from collections.abc import Iterator

from longplay.analysis import Data
from longplay.exchange.label_sheet import SheetLine
from longplay.experiment import Experiment
from longplay.judging.people import form
from longplay.judging.quantities import metric_of, spelled
from longplay.records import DrawnArm, LabelSample, Quantity
from longplay.store import Reader
from longplay.store.rows import text_of

ROUNDS, ANSWERS = "rounds", "answers"


def sheet_lines(
    reader: Reader, experiment: Experiment, prepared: Data, drawn: LabelSample
) -> dict[tuple[int, int], SheetLine]:
    """A line for every drawn row, by arm and row."""
    wanted: dict[str, set[int]] = {ROUNDS: set(), ANSWERS: set()}
    for arm in drawn.arms:
        wanted[_table(arm)].update(row.subject for row in arm.drawn)
    words = {
        (ROUNDS, number): (user, reply) for number, user, reply in _texts(reader, ROUNDS, wanted[ROUNDS])
    } | _answers(reader, experiment, prepared, wanted[ANSWERS])
    found: dict[tuple[int, int], SheetLine] = {}
    for i, arm in enumerate(drawn.arms):
        for j, row in enumerate(arm.drawn):
            question = form(arm.quantity, at_work=_at_work(experiment, row.judged_as)).question
            user, answer = words[_table(arm), row.subject]
            found[i, j] = SheetLine(_plain(arm.quantity), question, _persona(experiment, row.judged_as), user, answer)
    return found


def _table(arm: DrawnArm) -> str:
    return ROUNDS if arm.source == ROUNDS else ANSWERS


def _plain(quantity: Quantity) -> str:
    """Its name, without what an item's label would give away."""
    metric = metric_of(quantity)
    return metric.base if metric is not None and metric.split == "label" else spelled(quantity)


def _at_work(experiment: Experiment, name: str | None) -> bool:
    return name in experiment.personas and experiment.personas[name].at_work


def _persona(experiment: Experiment, name: str | None) -> str:
    if name is None or name not in experiment.personas:
        return ""
    persona = experiment.personas[name]
    return f"{persona.name}\n\n{persona.description}"


def _texts(reader: Reader, table: str, wanted: set[int]) -> Iterator[tuple[int, str, str]]:
    """id, user's turn (rounds) and reply of the wanted rows."""
    for number, *texts in reader.texts(table) if wanted else ():
        if isinstance(number, int) and number in wanted:
            said = ["" if text is None else text_of(text) for text in texts]
            yield number, said[0] if table == ROUNDS else "", said[-1]


def _answers(
    reader: Reader, experiment: Experiment, prepared: Data, wanted: set[int]
) -> dict[tuple[str, int], tuple[str, str]]:
    answers = prepared.tables.answers
    labelled = answers[answers["id"].isin(wanted)]
    columns = (labelled[name].tolist() for name in ("id", "probe", "item", "ask_persona"))
    questions: dict[int, str] = {}
    for number, probe, item, persona in zip(*columns, strict=True):
        who = persona if isinstance(persona, str) else None
        asked = experiment.items[probe, item]
        questions[number] = asked.after_turns(experiment.wording(asked, who), ())
    return {(ANSWERS, number): (questions[number], text) for number, _, text in _texts(reader, ANSWERS, wanted)}
