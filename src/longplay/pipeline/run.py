"""The main flow, and the life of one answer: a round is played, its prefix is asked, the answer is judged.

Whatever a job makes ready is offered only once its own result is on the disk; a free slot takes the best that is ready
(`dispatch`). So a run that was ended goes on from its store. Knows nothing of providers, drawing or what numbers mean.
"""

from functools import partial
from typing import TypeVar

from longplay.experiment.experiment import Experiment
from longplay.folder.outcome import Outcome
from longplay.pipeline.calls import Calls
from longplay.pipeline.closing import CloseJob, CutAnswersJob, cut_notes
from longplay.pipeline.control import Control
from longplay.pipeline.dispatch import Dispatcher
from longplay.pipeline.judgements import JudgeJob, release
from longplay.pipeline.questioning import AskJob, RepeatJob
from longplay.pipeline.reusing import Reuse
from longplay.pipeline.round_job import RoundJob
from longplay.pipeline.slots import Servers
from longplay.pipeline.window_warnings import window_warnings
from longplay.pipeline.workbench import Chore, Life, Send, Workbench
from longplay.schedule import Schedule
from longplay.store import Store

T = TypeVar("T")


async def run(
    experiment: Experiment, store: Store, servers: Servers, control: Control, reuse: Reuse | None = None
) -> Outcome:
    """Play every dialogue, ask every probe at every checkpoint, judge everything.

    Ends early, with everything kept, when `control` or the budget says so. Raises the first InferenceError (going on
    is pointless) or StoreError (nothing can be kept) after the calls in flight have ended.
    """
    for warning in await window_warnings(experiment, servers):
        control.hear(warning)
    alarms = control.alarms()
    bench = Workbench(experiment, store, Schedule(), control.progress, alarms)
    calls = Calls(store, control.spending, reuse, alarms)
    try:
        await Dispatcher(bench, calls, control, servers).drain(LIFE, partial(release, bench))
    finally:
        control.notes += cut_notes(control.progress)
    return control.outcome()


async def play(job: RoundJob, send: Send) -> None:
    """One round: what the user says, then what the model replies. Then `play` goes on; at a checkpoint `ask` begins."""
    reply, calls = await send(job.steps())
    if reply is None:  # the user has ended the dialogue
        await job.end_dialogue()
        return
    await job.store(reply, calls)
    job.go_on(reply)  # ready: the next round; at a checkpoint each item after these rounds, and their judgement


async def ask(job: AskJob, send: Send) -> None:
    """One item after one prefix: the answer of the model as it is after these rounds. Then `judge`."""
    answer, calls = await send(job.steps())
    job.replied(answer)  # ready: all other items after this prefix, which the server now holds
    await job.store(answer, calls)
    job.go_on(answer)  # ready, after the prefix's last answer: every judgement of its answers


async def judge(job: JudgeJob, send: Send) -> None:
    """One verdict on one text, by one metric and judge, or by a program, which sends nothing. Its life ends here."""
    verdict, calls = await send(job.steps())
    await job.store(verdict, calls)
    job.go_on(verdict, calls)


async def note(job: Chore[T], send: Send) -> None:
    """Beside that: an answer asked for twice; a dialogue that stopped; answers whose prompts a server cut."""
    result, calls = await send(job.steps())
    await job.settle(result, calls)


LIFE: Life = {
    RoundJob: play,
    AskJob: ask,
    JudgeJob: judge,
    RepeatJob: note,
    CloseJob: note,
    CutAnswersJob: note,
}
