"""What people said of drawn texts: their verdicts, and in runs of earlier versions their labels. Makes no estimates."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from longplay.analysis.frames import Table
from longplay.judging.people import choice_of, judge_title
from longplay.judging.quantities import metric_name
from longplay.records import DrawnArm, DrawnRow, Labels, LabelSample, SubjectKind
from longplay.store.schema import SUBJECT_KINDS


class Text(NamedTuple):
    """One text by one metric: `subject` is the id of the round or answer."""

    kind: SubjectKind
    subject: int
    metric: str
    judged_as: str | None


def drawn_text(arm: DrawnArm, row: DrawnRow) -> Text:
    """The text of a drawn row."""
    return Text(arm.kind, row.subject, metric_name(arm.quantity), row.judged_as)


def said_by_people(
    verdicts: Table, names: Sequence[str], samples: Mapping[str, LabelSample], labels: Mapping[str, Labels]
) -> dict[str, dict[Text, str]]:
    """Each person's choices, by the judge's title and text. `verdicts`: the store's table `people_verdicts`; a label
    without a verdict, as earlier versions kept them, counts for every drawn row of its line."""
    said: dict[str, dict[Text, str]] = {}
    places = [verdicts.columns.index(name) for name in ("kind", "subject", "metric", "judge", "judged_as", "label")]
    of_score = verdicts.columns.index("score")
    for row in verdicts.rows:
        kind, subject, *named = (int(row[place]) for place in places)
        metric, judge, seen, label = (names[number] for number in named)
        choice = choice_of(metric, label, row[of_score])
        if choice is not None:
            said.setdefault(judge, {})[Text(SUBJECT_KINDS[kind], subject, metric, seen or None)] = choice
    for one in labels.values():
        title = judge_title(one.labeller)
        said[title] = _of_lines(one, samples) | said.get(title, {})
    return {judge: said[judge] for judge in sorted(said)}


def _of_lines(labels: Labels, samples: Mapping[str, LabelSample]) -> dict[Text, str]:
    return {
        drawn_text(arm, row): labels.choices[row.line]
        for sample in samples.values()
        for arm in sample.arms
        for row in arm.drawn
        if row.line in labels.choices
    }
