"""Rules that a study tells every persona in its system message, and no baseline. Sends nothing."""

from collections.abc import Mapping, Sequence

import msgspec

from longplay.judging import METRICS
from longplay.policies.plain import system_message
from longplay.specs import Persona, RuleSpec, Study, StudyError, fill_macros, plain

HEAD = "Keep to this in every reply:"


def check_rules(study: Study, where: str) -> None:
    """Raises StudyError where the program that says whether a rule is kept is none of the study's own, or cannot score
    rounds, or where nobody could be told a rule."""
    own = [spec.called for spec in study.scorers]
    for rule in study.rules:
        place = f"{where}: [rules] {plain(rule.text, 60)!r}"
        if rule.scorer not in own:
            known = f"Known: {', '.join(own)}." if own else "There is none; declare it under [[scorers]]."
            raise StudyError(f"{place} names the scorer {plain(rule.scorer, 60)!r}, which the study lacks. {known}")
        if "rounds" not in METRICS[rule.scorer].scores:
            advice = "which compares with an item, and rounds have none; name another"
            raise StudyError(f"{place} names the scorer {rule.scorer!r}, {advice}.")
        if study.dialogues.imported:
            advice = "imported dialogues were played without it; name its scorer in judging.rounds instead"
            raise StudyError(f"{place} cannot be told: {advice}.")


def with_rules(personas: Mapping[str, Persona], rules: Sequence[RuleSpec]) -> dict[str, Persona]:
    """The personas, with the rules below their system messages; what judges are shown of a persona has none of them."""
    return {name: _told(persona, rules) if rules else persona for name, persona in personas.items()}


def _told(persona: Persona, rules: Sequence[RuleSpec]) -> Persona:
    lines = [f"- {fill_macros(rule.text.strip(), persona.name)}" for rule in rules]
    return msgspec.structs.replace(persona, message="\n".join([system_message(persona), "", HEAD, *lines]))
