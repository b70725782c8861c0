"""Metrics and rubrics of plug-ins: checked when they come, and named where they fail. Knows no metric of longplay's."""

from longplay.judging.asking import Question
from longplay.judging.metric import COMPOSITE, JudgedAs, Metric, Rubric
from longplay.plugged import Found, PluginError, asking, guarded, made_of, named_as
from longplay.records import Request, Steps, Subject, Verdict
from longplay.specs import ModelSpec


class PluggedMetric(Metric, frozen=True, kw_only=True, dict=True):
    """A metric of a plug-in; errors of its rubric are one line that names it."""

    found: Found

    def judge(self, subject: Subject, judge: ModelSpec) -> Steps[Verdict]:
        """The verdict, as every metric gives it; only requests are sent on the way."""
        return asking(self.found, lambda: Metric.judge(self, subject, judge), Request)


def metric_from(found: Found, value: object) -> Metric:
    """A plug-in's metric. Raises PluginError where it is none, or takes a place that it cannot have."""
    return _checked(found, made_of(found, value, Metric))


def metric_of_rubric(found: Found, value: object) -> Metric:
    """The metric that a rubric alone makes: it has the rubric's name, says nothing of what is better, and its judge
    sees the persona's description where the instructions have a place for it."""
    rubric = made_of(found, value, Rubric)
    words = rubric.template if isinstance(rubric, Question) else ""
    shown = any("{persona}" in one for one in ([words] if isinstance(words, str) else words.values()))
    judged_as: JudgedAs = "persona" if shown else "blind"
    title = found.name[:1].upper() + found.name[1:].replace("-", " ")
    return _checked(found, Metric(base=found.name, title=title, rubric=rubric, judged_as=judged_as, better="neither"))


def _checked(found: Found, metric: Metric) -> Metric:
    named_as(found, metric.base)
    if metric.form != "ours" or metric.base == COMPOSITE:
        raise PluginError(f"{found.what} of {found.of} takes a form or a name of longplay's own; rename it.")

    def looked_at() -> float:
        return metric.highest - metric.lowest + len(metric.version)

    guarded(found, "has no scale or version", looked_at)
    fields = {name: getattr(metric, name) for name in Metric.__struct_fields__}
    return PluggedMetric(**fields, found=found)


__all__ = ["PluggedMetric", "metric_from", "metric_of_rubric"]
