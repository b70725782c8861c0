"""A judge tried on texts whose right verdict is known, before a study is judged by it. Stores nothing."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import msgspec

from longplay.battery import CalibratedText
from longplay.inference import Endpoint
from longplay.judging import Metric
from longplay.records import Steps, Subject, TextRef, Verdict


class TriedJudge(msgspec.Struct, frozen=True):
    """What a judge said of calibrated texts. `right`: verdicts that are as they should be, of `n` texts; `missing`:
    texts without a verdict, which are not right; `table`: how often each choice was said where another was right, as
    (right, said); `wrong`: ids of texts with another verdict, and what was said.
    """

    judge: str
    metric: str
    n: int
    right: int
    missing: int
    table: dict[tuple[str, str], int]
    wrong: dict[str, str]


async def try_judge(endpoint: Endpoint, metric: Metric, texts: Sequence[CalibratedText]) -> TriedJudge:
    """Have every text judged once by a metric that is blind to the persona, the texts side by side."""
    width = asyncio.Semaphore(endpoint.spec.concurrency)
    verdicts = await asyncio.gather(*(_driven(endpoint, width, steps) for steps in trial(endpoint, metric, texts)))
    said = [(text, verdict.label) for text, verdict in zip(texts, verdicts, strict=True)]
    return TriedJudge(
        judge=endpoint.spec.title,
        metric=metric.name,
        n=len(said),
        right=sum(label == text.verdict for text, label in said),
        missing=sum(label is None for _, label in said),
        table=dict(Counter((text.verdict, label) for text, label in said if label is not None)),
        wrong={text.id: label for text, label in said if label not in (None, text.verdict)},
    )


def trial(endpoint: Endpoint, metric: Metric, texts: Sequence[CalibratedText]) -> list[Steps[Verdict]]:
    """The judge's work on each text."""
    subjects = (Subject(TextRef(f"{metric.base}-texts", text.id), text.asked, text.answer) for text in texts)
    return [metric.judge(subject, endpoint.spec) for subject in subjects]


async def _driven(endpoint: Endpoint, width: asyncio.Semaphore, steps: Steps[Verdict]) -> Verdict:
    try:
        request = next(steps)
        while True:
            async with width:
                reply = await endpoint.reply(request)
            request = steps.send(reply)
    except StopIteration as stop:
        verdict: Verdict = stop.value
        return verdict
