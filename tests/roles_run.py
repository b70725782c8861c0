"""A study whose judge is a panel of two models, whose policy asks a helper and whose user is simulated, run by the real
command in a process that kills itself at a chosen reply. What asks is entered in the plain tables.

argv: at which reply this process is killed (0 = at none), a file that takes a line for each reply, and the command's
arguments.
"""

import asyncio
import os
import signal
import sys

import msgspec

from longplay.cli import main
from longplay.inference.sim import Simulated
from longplay.judging import METRICS, Metric
from longplay.judging.metric import Heard, Rubric
from longplay.policies import POLICIES
from longplay.policies.plain import plain
from longplay.records import (
    EMPTY,
    HELPER,
    USER,
    Message,
    Occasion,
    Reply,
    Request,
    Role,
    Said,
    Scene,
    Steps,
    Subject,
    Turn,
    View,
    call_key,
)
from longplay.specs import ModelSpec
from longplay.users import USERS

JUDGES = ("sim/judge", "sim/judge-2")
STUDY = """
seed = 5
[[models]]
name = "sim/speaker"
concurrency = 3
[[judges]]
name = "sim/judge"
concurrency = 2
[[judges]]
name = "sim/judge-2"
concurrency = 1
[[users]]
name = "sim/visitor"
concurrency = 1
[[helpers]]
name = "sim/adviser"
concurrency = 1
[dialogues]
personas = ["silver", "marsh"]
baseline_draws = 1
rounds = 6
policy = "advised"
scripts = ["talk.toml"]
[conditioning]
policies = ["advised"]
checkpoints = [0, 3, 6]
repeats = 0
[judging]
rounds = ["style", "knowledge"]
[[probes]]
name = "follow"
limit = 1
[[probes]]
name = "refusal"
limit = 2
"""
SCRIPT = 'kind = "goal-oriented"\nside = "visiting"\nuser = "You visit {{char}}."\nopening = "Good day."\n'


def advised(view: View) -> Steps[Turn]:
    """Before every reply a helper is asked what to say."""
    turn = yield from plain(view)
    asked = (*turn.tail, Message("user", "What would you say?"))
    reply = yield Request(turn.prefix, asked, view.samplings[HELPER], to=HELPER)
    return Turn(turn.prefix, (Message("system", f"Advice: {reply.text}"), *turn.tail))


def visiting(scene: Scene) -> Steps[Said]:
    """A user who is asked for its mood, then for its turn; whoever visits Marsh leaves after four rounds."""
    if scene.written is not None:
        return Said(scene.written)
    if scene.persona is not None and scene.persona.id == "marsh" and scene.ref.round > 4:
        return Said(None)
    before = scene.rounds.after(EMPTY.extend(Message("system", scene.script.user or "")), turned=True)
    mood = yield Request(before, (Message("user", "Your mood?"),), scene.samplings[USER], scene.draw, to=USER)
    told = (Message("user", f"You feel: {mood.text} Say something."),)
    said = yield Request(before, told, scene.samplings[USER], scene.draw, cell=Occasion(scene.ref), to=USER)
    return Said(said.text, said)


class ByTwo(Rubric, frozen=True):
    """A panel: whoever gives the verdict by the rubric asks the other judge about it before."""

    of: Rubric

    def version(self, metric: Metric) -> str:
        """That of the rubric."""
        return self.of.version(metric)

    def hear(self, metric: Metric, judge: ModelSpec, subject: Subject) -> Steps[Heard]:
        """What one judge chose, and what the other says to it."""
        heard = yield from self.of.hear(metric, judge, subject)
        (other,) = set(JUDGES) - {judge.title}
        prompt = (Message("user", f"Is it {heard.choice}? {subject.answer}"),)
        reply = yield Request(EMPTY, prompt, judge.sampling, subject.repeat, to=Role("judge", other))
        return msgspec.structs.replace(heard, why=f"{heard.why} {other}: {reply.text}")


def enter() -> None:
    """Enter them in the tables."""
    POLICIES["advised"] = advised
    USERS["visiting"] = visiting
    for name in ("style", "knowledge"):
        metric = METRICS[name]
        METRICS[name] = msgspec.structs.replace(metric, rubric=ByTwo(metric.rubric.scale, metric.rubric))


def watched(kill_at: int, log: str) -> None:
    """Let every reply leave its key in the log, and this process die at one of them."""
    answer, file, replies = Simulated.reply, os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT), 0

    async def reply(self: Simulated, request: Request) -> Reply:
        nonlocal replies
        await asyncio.sleep(0.002)  # others go on meanwhile, and what is settled reaches the disk
        replies += 1
        os.write(file, call_key(self.spec.identity, request).hex().encode() + b"\n")
        if replies == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return await answer(self, request)

    Simulated.reply = reply


if __name__ == "__main__":
    enter()
    watched(int(sys.argv[1]), sys.argv[2])
    sys.exit(main(sys.argv[3:]))
