"""What a study's judging needs beside its metrics: the paper's prompts, labels of traits, a form for each metric.

Knows no dialogues.
"""

from collections.abc import Iterable, Sequence

from longplay.battery import OWN_PROMPTS, PaperPrompts, TraitLabels, authors_prompts, bfi_labels, stamp
from longplay.battery.paper_prompts import FILE as PROMPTS
from longplay.judging import METRICS, bases, forms_of, in_forms
from longplay.judging.metric import COMPOSITE
from longplay.judging.quantities import COMPOSED_OF
from longplay.probes import PROBES, metrics_for
from longplay.specs import Persona, Study, StudyError
from longplay.specs.study import PAPER_FORMS

BFI = "bfi"


def prompts_of(study: Study, sources: dict[str, str]) -> PaperPrompts:
    """The authors' prompts, where the study has a use for them and they are there; else our own words.

    Raises DataError or BatteryError where they are there and are not what was published.
    """
    if study.battery != "paper" and PAPER_FORMS.isdisjoint(study.forms):
        return OWN_PROMPTS
    found = authors_prompts() or OWN_PROMPTS
    if found.sha256:
        sources[PROMPTS] = stamp(PROMPTS)
    return found


def labels_of(study: Study, where: str, personas: Iterable[Persona], probes: Iterable[str]) -> TraitLabels:
    """Labels of the study's personas, for the probe `bfi`; where that is asked the study must say which set it means.

    Raises StudyError where it does not, DataError where they are not there.
    """
    chosen = study.analysis.bfi_labels
    if chosen is None and BFI in probes:
        raise StudyError(
            f'{where}: [analysis] needs bfi_labels for the probe {BFI!r}: "annotation" or "pdb", two sets of labels '
            'that profiles are held against and that lie far apart, or "none".'
        )
    return {} if chosen in (None, "none") else bfi_labels(personas)


def check_forms(study: Study, where: str, probes: Iterable[str]) -> None:
    """Every metric is known, and has a form to be judged in; none has a composite's name. Raises StudyError."""
    if forms_of(COMPOSITE, METRICS):
        advice = f"that is what {', '.join(COMPOSED_OF)} are called together; give the metric another base"
        raise StudyError(f"{where}: {COMPOSITE!r} cannot be the base of a metric: {advice}.")
    asked: list[tuple[Sequence[str], str]] = [(metrics_for(study, probe), probe) for probe in probes]
    for names, place in [*asked, (study.rounds_scored_by, "rounds")]:
        for name in names:
            has = forms_of(name, METRICS)
            if place in PROBES and name not in bases("answers"):
                known = f"Known: {', '.join(bases('answers'))}."
                raise StudyError(
                    f"{where}: [probes] {place!r} is scored by {name!r}, which is no metric of answers. {known}"
                )
            if not in_forms((name,), study.forms, METRICS):
                given = f"{', '.join(study.forms)} is no form of the metric {name!r} ({place})"
                raise StudyError(f"{where}: [judging.forms] {given}, which has: {', '.join(has)}. Add one of these.")
