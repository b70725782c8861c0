"""Instruction following, decided by programs: an answer counts where every constraint of its item holds. No judge."""

from functools import partial

from longplay.judging.metric import Heard, JudgingError, Metric, Scale
from longplay.judging.program import Program
from longplay.records import Subject
from longplay.verifiers import VERSION, verify

SCALE = Scale({"followed": 1.0, "not followed": 0.0})


def _follows(metric: Metric, subject: Subject, *, strict: bool) -> Heard:
    constraints = subject.item.constraints if subject.item is not None else ()
    if not constraints:
        raise JudgingError(f"metric {metric.name!r} checks constraints; give the item at least one.")
    followed = verify(constraints, subject.answer)
    held = followed.strict if strict else followed.loose
    failed = [constraint.kind for constraint, holds in zip(constraints, held, strict=True) if not holds]
    return Heard("ok", "not followed" if failed else "followed", why=", ".join(failed))


def _following(base: str, title: str, about: str, *, strict: bool) -> Metric:
    return Metric(
        base=base,
        title=title,
        rubric=Program(SCALE, VERSION, partial(_follows, strict=strict)),
        judged_as="blind",
        better="higher",
        about=about,
        scores=("answers",),
    )


FOLLOW_LOOSE = _following(
    "follow-loose",
    "Instructions followed (loose)",
    "Share of checkable instructions kept, forgiving wrapping such as a first line of courtesy or bold marks.",
    strict=False,
)
FOLLOW_STRICT = _following(
    "follow-strict",
    "Instructions followed (strict)",
    "Share of checkable instructions kept, checked by a program on the answer as it stands.",
    strict=True,
)
