"""A rubric tried on texts of a run before a study is paid for: sampled, judged, shown. The run is only read."""

import asyncio
import random
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import msgspec

from longplay.experiment import Experiment
from longplay.experiment.rubric_files import read_rubric
from longplay.inference import Endpoint, Pair, check_approved, open_endpoint
from longplay.judging import Metric
from longplay.judging.own_rubrics import rubric_metrics, shows_reference
from longplay.records import Cell, DialogueKey, Exchange, Reply, Request, RoundRef, Steps, Subject, Verdict, call_key
from longplay.specs import ModelSpec, Persona, StudyError
from longplay.store import Reader
from longplay.study.checking import written_model
from longplay.study.own_loop import in_own_loop
from longplay.study.plugging import allowing
from longplay.study.recorded_experiment import RunError, recorded
from longplay.study.running import only
from longplay.study.text_format import clean

MOST_TEXTS = 200
_TRIES = 60  # places that are looked at for each text that is wanted


class Judged(msgspec.Struct, frozen=True):
    """One score of one text. `score` is None where nothing was obtained, and `missing` says why."""

    metric: str
    score: float | None
    label: str
    why: str
    missing: str = ""


class TriedText(msgspec.Struct, frozen=True):
    """One text of the run and its scores. `place`: where it is from; `persona`: as whose it was judged, "" = blind."""

    place: str
    question: str
    answer: str
    persona: str
    judged: tuple[Judged, ...]


class RubricTried(msgspec.Struct, frozen=True):
    """What a judge made of the texts, and what that took: requests with all tries, tokens as the server counted them,
    cost where the judge has prices."""

    rubric: str
    judge: str
    simulated: bool
    texts: tuple[TriedText, ...]
    requests: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None


class Trial(msgspec.Struct, frozen=True):
    """What is about to be judged: nothing is sent yet."""

    metrics: tuple[Metric, ...]
    judge: ModelSpec
    subjects: tuple[tuple[str, Subject], ...]
    simulated: bool


def try_rubric(
    file: str | Path,
    on: str | Path,
    *,
    judge: str | None = None,
    base_url: str | None = None,
    api_key_env: str | None = None,
    texts: int = 10,
    seed: int = 0,
    allow_hosts: Collection[str] = (),
    allow_code: Collection[str] = (),
) -> RubricTried:
    """Have texts of a run judged by a rubric of a file: which texts, their scores, the judge's reasons, what it took.

    `on`: the run folder, of which nothing changes; `judge`: one of its models, or `provider/name` with `base_url` and
    `api_key_env`; left out, its judge. `texts`: how many, drawn by `seed` from all checkpoints. Raises LongplayError.
    """
    where = base_url, api_key_env
    with allowing(allow_code):
        return judged(prepared(Path(file), Path(on), judge, where, texts, seed), only(allow_hosts))


def prepared(
    file: Path, run: Path, judge: str | None, where: tuple[str | None, str | None], texts: int, seed: int
) -> Trial:
    """The rubric, the judge and the texts. Raises StudyError or RunError where one of them cannot be had."""
    if not 1 <= texts <= MOST_TEXTS:
        raise StudyError(f"--texts {texts} must lie between 1 and {MOST_TEXTS}.")
    metrics = rubric_metrics(read_rubric(file))
    with Reader.open(run) as reader:
        experiment = recorded(reader)
        spec = _judge(experiment, judge, where)
        subjects = tuple(_drawn(reader, experiment, metrics[0], texts, random.Random(seed)))
    if not subjects:
        has = " and ".join(metrics[0].scores)
        raise RunError(
            f"{run}: holds no texts that the rubric can score ({has}). `longplay status` says how far it is."
        )
    return Trial(metrics, spec, subjects, experiment.study.simulated or spec.simulated)


def _judge(experiment: Experiment, judge: str | None, where: tuple[str | None, str | None]) -> ModelSpec:
    if judge is None:
        spec = experiment.judge
    else:
        known = [one for one in experiment.roles.values() if judge in (one.title, one.name)]
        if not known and "/" not in judge:
            named = ", ".join(dict.fromkeys(one.title for one in experiment.roles.values()))
            raise StudyError(f"the run has no model {judge!r}. Known: {named}; or give provider/name.")
        if not known:
            return written_model(judge, *where)
        spec = known[0]
    base_url, api_key_env = where
    if base_url is not None:
        spec = msgspec.structs.replace(spec, base_url=base_url, base_urls=())
    return spec if api_key_env is None else msgspec.structs.replace(spec, api_key_env=api_key_env)


def _drawn(
    reader: Reader, experiment: Experiment, metric: Metric, texts: int, rng: random.Random
) -> Iterator[tuple[str, Subject]]:
    """Texts of all checkpoints in turn, each once; the dialogue and the item are drawn."""
    keys = sorted(reader.dialogues().values(), key=repr)
    points, seen = experiment.study.checkpoints or (0,), set[tuple[str, str, str]]()
    for place in range(_TRIES * texts if keys else 0):
        key, point = rng.choice(keys), points[place % len(points)]
        on_round = metric.scores == ("rounds",) or ("rounds" in metric.scores and place // len(points) % 2 == 1)
        found = _round(reader, key, max(point, 1)) if on_round else _answer(reader, experiment, metric, key, point, rng)
        if found is None:
            continue
        where, subject = found
        persona = _seen(experiment, metric, key, rng)
        text = (subject.question, subject.answer, persona.id if persona is not None else "")
        if text in seen or (persona is None and metric.judged_as != "blind"):
            continue
        seen.add(text)
        yield where, msgspec.structs.replace(subject, persona=persona, before=_before(reader, metric, subject.ref))
        if len(seen) == texts:
            return


def _seen(experiment: Experiment, metric: Metric, key: DialogueKey, rng: random.Random) -> Persona | None:
    """Whose description the judge sees; a baseline's text is judged as one of the personas."""
    if metric.judged_as == "blind":
        return None
    if key.persona is not None:
        return experiment.personas.get(key.persona)
    return rng.choice(list(experiment.personas.values())) if experiment.personas else None


def _round(reader: Reader, key: DialogueKey, number: int) -> tuple[str, Subject] | None:
    ref = RoundRef(key, number)
    stored = reader.round_text(ref)
    if stored is None or stored.reply is None or stored.reply.text is None:
        return None
    return f"{_of(key)}, round {number}", Subject(ref, stored.user, stored.reply.text)


def _answer(
    reader: Reader, experiment: Experiment, metric: Metric, key: DialogueKey, point: int, rng: random.Random
) -> tuple[str, Subject] | None:
    cells = list(experiment.cells(key, point))
    if not cells:
        return None
    cell = rng.choice(cells)
    item, reply = experiment.items[cell.probe, cell.item], reader.answer_text(cell)
    if reply is None or reply.text is None or (shows_reference(metric) and item.reference is None):
        return None
    place = f"{_of(key)}, after {point} rounds, {cell.probe} {cell.item}"
    question, text = experiment.wording(item, key.persona), experiment.scored_text(reply.text)
    return place, Subject(cell, question, text, item=item)


def _before(reader: Reader, metric: Metric, ref: object) -> tuple[Exchange, ...]:
    if metric.rounds_before == 0 or not isinstance(ref, RoundRef | Cell):
        return ()
    last = ref.round - 1 if isinstance(ref, RoundRef) else ref.checkpoint
    rounds = [one for one in reader.dialogue_text(ref.dialogue) if one.number <= last]
    told = [(one, one.reply.text) for one in rounds if one.reply is not None]
    found = tuple(Exchange(one.number, one.user, text) for one, text in told if text is not None)
    return found if metric.rounds_before is None else found[-metric.rounds_before :]


def _of(key: DialogueKey) -> str:
    return f"{key.model} as {key.persona or 'the baseline'}, {key.script}"


def judged(trial: Trial, approve: Callable[[Sequence[Pair]], Collection[Pair]]) -> RubricTried:
    """Ask the judge, wait for the end, close its server. `approve`: as in `check_approved`; the run is foreign text."""
    check_approved(trial.judge.servers(), approve)
    endpoint = open_endpoint(trial.judge.servers()[0])
    return in_own_loop(lambda: asyncio.run(_all(trial, endpoint)))


async def _all(trial: Trial, endpoint: Endpoint) -> RubricTried:
    sent: dict[bytes, Reply] = {}
    room = asyncio.Semaphore(max(1, trial.judge.concurrency))

    async def one(place: str, subject: Subject) -> TriedText:
        async with room:
            verdicts = [await _drive(metric.judge(subject, trial.judge), endpoint, sent) for metric in trial.metrics]
        persona = subject.persona.name if subject.persona is not None else ""
        return TriedText(place, subject.question, subject.answer, persona, tuple(map(_told, verdicts)))

    try:
        texts = await asyncio.gather(*(one(*found) for found in trial.subjects))
    finally:
        await endpoint.close()
    spent, prices = [reply.spent for reply in sent.values()], trial.judge.prices
    prompt, completion = sum(one.prompt or 0 for one in spent), sum(one.completion or 0 for one in spent)
    cached, kept = sum(one.cached or 0 for one in spent), sum(one.written or 0 for one in spent)
    return RubricTried(
        rubric=trial.metrics[0].asked_by,
        judge=trial.judge.title,
        simulated=trial.simulated,
        texts=tuple(texts),
        requests=sum(reply.attempts for reply in sent.values()),
        prompt_tokens=prompt,
        completion_tokens=completion,
        cost=None if prices is None else prices.cost(prompt, cached, completion, kept),
    )


async def _drive(steps: Steps[Verdict], endpoint: Endpoint, sent: dict[bytes, Reply]) -> Verdict:
    """The verdict; equal requests, as scores of one rubric make them, are sent once."""
    request: Request = next(steps)
    while True:
        key = call_key(endpoint.spec.identity, request)
        if key not in sent:
            sent[key] = await endpoint.reply(request)
        try:
            request = steps.send(sent[key])
        except StopIteration as stop:
            verdict: Verdict = stop.value
            return verdict


def _told(verdict: Verdict) -> Judged:
    return Judged(verdict.metric, verdict.score, verdict.label or "", clean(verdict.why), verdict.reason or "")
