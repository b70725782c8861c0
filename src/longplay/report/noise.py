"""Section: the noise floor: how often the very same request came back with another reply."""

import msgspec
from markupsafe import Markup

from longplay.records import Estimate
from longplay.report.page import Page
from longplay.report.render import fill
from longplay.report.series import Series, measures


class Row(msgspec.Struct, frozen=True):
    """One model on one script: flips at each checkpoint that was repeated, and over all. `asked`: the sampling."""

    series: Series
    asked: str

    @property
    def points(self) -> dict[int, Estimate]:
        """By checkpoint."""
        return {e.position or 0: e for e in self.series.points}

    @property
    def whole(self) -> Estimate:
        """Over all checkpoints."""
        return self.series.drift or self.series.points[-1]


def render(page: Page) -> Markup:
    """One row a model and script."""
    rows = [Row(s, _asked(page, s.key.model)) for measure in measures(page, "noise") for s in measure.series]
    positions = sorted({at for row in rows for at in row.points})
    levels = sorted({e.level for row in rows for e in row.series.every})
    return fill("noise.html", page=page, rows=rows, positions=positions, levels=levels, flips=flips)


def flips(e: Estimate) -> int:
    """How many repeats differ: the count behind a share."""
    return round((e.value or 0.0) * e.n)


def _asked(page: Page, title: str) -> str:
    """How answers of a model were sampled."""
    spec = next((model for model in page.study.models if model.title == title), None)
    if spec is None:
        return ""
    temperature = None if "temperature" in spec.not_settable else spec.probe_sampling.temperature
    seed = "no seed" if "seed" in spec.not_settable else "a seed"
    return f"{'no temperature' if temperature is None else f'temperature {temperature:g}'} and {seed} sent"
