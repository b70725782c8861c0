"""A study's judges tried on calibrated texts. Prints nothing; whoever calls says what may be sent where."""

import asyncio
from collections.abc import Collection
from pathlib import Path

from longplay.battery import CALIBRATED, calibrated_texts
from longplay.checks.judge import TriedJudge
from longplay.checks.judge import try_judge as tried
from longplay.inference import check_approved, open_endpoint
from longplay.judging import Metric
from longplay.pipeline import load
from longplay.plugged import allowing
from longplay.specs import ModelSpec, StudyError
from longplay.study.own_loop import in_own_loop
from longplay.study.running import only


def try_judges(study: str | Path, metric: str = "harm", *, allow_hosts: Collection[str] = ()) -> list[TriedJudge]:
    """Each judge of a study on the texts that come with longplay for a metric: one call a text, nothing is stored.

    Raises StudyError for a metric without such texts, HostError where a server is not approved.
    """
    if metric not in CALIBRATED:
        raise StudyError(f"there are no texts for the metric {metric!r}. Known: {', '.join(CALIBRATED)}.")
    with allowing():
        experiment = load(Path(study)).experiment
        judges = list(experiment.judges.values())
        check_approved(judges, only(allow_hosts))
        scored_by = experiment.metrics[metric]
        return [in_own_loop(lambda one=judge: asyncio.run(_tried(one, scored_by))) for judge in judges]


async def _tried(judge: ModelSpec, metric: Metric) -> TriedJudge:
    endpoint = open_endpoint(judge)
    try:
        return await tried(endpoint, metric, calibrated_texts(metric.base))
    finally:
        await endpoint.close()
