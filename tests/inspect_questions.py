"""Task files of Inspect as tests need them, written where a test says."""

TASKS = """
import socket

from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessageAssistant, ChatMessageUser, get_model
from inspect_ai.scorer import Score, Target, choice, includes, match, mean, model_graded_qa, scorer
from inspect_ai.solver import chain_of_thought, generate, multiple_choice, solver, system_message
from inspect_ai.tool import bash


@task
def sums(n: int = 3):
    samples = [Sample(input=f"What is {i} and {i}?", target=str(2 * i), id=f"s{i}") for i in range(1, n + 1)]
    return Task(dataset=samples, solver=[system_message("Be brief."), generate()], scorer=match(numeric=True))


@task
def colours():
    one = Sample(input="Which is the sky's?", choices=["red", "blue"], target="B")
    return Task(dataset=[one], solver=multiple_choice(), scorer=choice())


@task
def talk():
    before = [ChatMessageUser(content="Hello"), ChatMessageAssistant(content="Good day")]
    one = Sample(input=[*before, ChatMessageUser(content="Who?")], target="me")
    return Task(dataset=[one], solver=generate(), scorer=includes())


@task
def graded():
    return Task(dataset=[Sample(input="Say yes.", target="yes")], solver=generate(), scorer=model_graded_qa())


@scorer(metrics=[mean()])
def share():
    async def score(state, target: Target):
        return Score(value=min(len(state.output.completion) / 100, 1.0), explanation="<b>length</b>")
    return score


@scorer(metrics=[mean()])
def elsewhere():
    async def score(state, target: Target):
        await get_model("mockllm/model").generate("Is it right?")
        return Score(value=1)
    return score


@scorer(metrics=[mean()])
def several():
    async def score(state, target: Target):
        return Score(value={"a": 1, "b": 0})
    return score


@scorer(metrics=[mean()])
def broken():
    async def score(state, target: Target):
        raise KeyError("no such thing")
    return score


def of(given):
    return Task(dataset=[Sample(input="Go.", target="x")], solver=generate(), scorer=given)


@task
def long():
    return of(share())


@task
def pays():
    return of(elsewhere())


@task
def two_numbers():
    return of(several())


@task
def faulty():
    return of(broken())


@solver
def twice():
    async def solve(state, generate):
        state = await generate(state)
        state.messages.append(ChatMessageUser(content="And now?"))
        return await generate(state)
    return solve


@task
def two_turns():
    return Task(dataset=[Sample(input="Go.", target="x")], solver=twice(), scorer=includes())


@solver
def with_tools():
    async def solve(state, generate):
        state.tools = [bash()]
        return await generate(state)
    return solve


@task
def tools():
    return Task(dataset=[Sample(input="Go.", target="x")], solver=with_tools(), scorer=includes())


@task
def boxed():
    return Task(dataset=[Sample(input="Go.", target="x")], solver=generate(), scorer=includes(), sandbox="docker")


@task
def fetched():
    socket.create_connection(("127.0.0.1", 9))


@task
def bare():
    return Task(dataset=[Sample(input="Go.", target="x")], solver=generate())
"""
STUDY = """
[[models]]
name = "sim/speaker"
[judge]
name = "sim/judge"
[dialogues]
rounds = 2
personas = ["silver", "marsh"]
scripts = ["goal-oriented"]
baseline_draws = 1
[conditioning]
checkpoints = [0, 2]
noise_share = 0
[judging]
rounds = []
[analysis]
primary = ["sums.match"]
"""
