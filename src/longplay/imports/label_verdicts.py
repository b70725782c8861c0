"""People's labels of drawn texts, put into a run as verdicts. Knows no sheets and no estimates."""

import asyncio
from collections.abc import Iterable, Iterator
from itertools import chain

from longplay.judging.people import form, verdict
from longplay.records import DrawnArm, Labels, LabelSample, SubjectKind, Verdict
from longplay.store import Reader, Store


def put_labels(store: Store, reader: Reader, samples: Iterable[LabelSample], everybody: Iterable[Labels]) -> None:
    """Put a verdict for every drawn row with a labelled line, in place of the person's last; on the disk on return."""
    arms = list(chain.from_iterable(sample.arms for sample in samples))
    given = list(_verdicts(reader, arms, list(everybody)))

    async def put() -> None:
        await asyncio.gather(*(store.put_verdict(one, ()) for one in given))

    asyncio.run(put())


def _verdicts(reader: Reader, arms: list[DrawnArm], everybody: list[Labels]) -> Iterator[Verdict]:
    wanted: dict[SubjectKind, set[int]] = {"round": set(), "answer": set()}
    for arm in arms:
        wanted[arm.kind].update(row.subject for row in arm.drawn)
    refs = {kind: reader.refs(kind, ids) for kind, ids in wanted.items()}
    for arm in arms:
        choices = form(arm.quantity).choices
        for row in arm.drawn:
            ref = refs[arm.kind].get(row.subject)
            for labels in everybody if ref is not None else ():
                choice = labels.choices.get(row.line, "")
                if ref is not None and choice in choices:
                    yield verdict(ref, arm.quantity, choice, labels.labeller, row.judged_as)
