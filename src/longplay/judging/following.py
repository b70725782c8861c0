"""Instruction following, decided by programs: an answer counts where every constraint of its item holds. No judge."""

from longplay.judging.asking import JudgingError
from longplay.judging.metric import Metric
from longplay.records import Steps, Subject, Verdict
from longplay.specs import ModelSpec
from longplay.verifiers import VERSION, verify


def _following(name: str, title: str, *, strict: bool) -> Metric:
    def judge(subject: Subject, judge: ModelSpec) -> Steps[Verdict]:
        yield from ()
        constraints = subject.item.constraints if subject.item is not None else ()
        if not constraints:
            raise JudgingError(f"metric {name!r} checks constraints; give the item at least one.")
        followed = verify(constraints, subject.answer)
        held = followed.strict if strict else followed.loose
        failed = [constraint.kind for constraint, holds in zip(constraints, held, strict=True) if not holds]
        return Verdict(
            ref=subject.ref,
            metric=name,
            judge=metric.judge_title(judge),
            method=metric.method(judge),
            status="ok",
            score=0.0 if failed else 1.0,
            repeat=subject.repeat,
            why=", ".join(failed),
            judge_kind="program",
        )

    metric = Metric(name, title, "blind", 0.0, 1.0, "higher", VERSION, judge, verified=True, calls=0)
    return metric


FOLLOW_LOOSE = _following("follow-loose", "Instructions followed (loose)", strict=False)
FOLLOW_STRICT = _following("follow-strict", "Instructions followed (strict)", strict=True)
