"""How much a study is: calls by kind, tokens as sent and with every prefix counted once, cost. Spends nothing."""

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from longplay.experiment.asked_tokens import asked_tokens
from longplay.experiment.caps import Cap, held_against
from longplay.experiment.correction import Correction, of_cards
from longplay.experiment.duration import TOKENS_A_SECOND, seconds, seconds_in_turn, works
from longplay.experiment.experiment import Experiment
from longplay.experiment.judge_calls import JudgeCalls, judge_calls
from longplay.experiment.noise_sample import repeated_checkpoints, spread
from longplay.experiment.prefix_lengths import REPLY_TOKENS, dialogue_lengths, reply_length
from longplay.experiment.rehearsing import helped
from longplay.experiment.resizing import Size, resized
from longplay.experiment.window_fit import Misfit, misfits
from longplay.experiment.workload import Workload, expected, study_metrics
from longplay.judging import Metric, asking
from longplay.policies import POLICIES
from longplay.records import Role
from longplay.specs import ROLE_KINDS, Budget, ModelSpec, RoleKind, StudyError

JUDGE_REPLY_TOKENS = 80
ON_THE_WAY: dict[RoleKind, str] = {"model": "steps", "judge": "steps", "user": "user turns", "helper": "help"}
RUBRIC_TOKENS = 350  # a rubric's own words and the persona's description, about
TURN_TOKENS = 20  # a user's turn, about


class Line(msgspec.Struct, frozen=True):
    """One kind of call of one model in one role. Tokens are estimates; `prompt_once` counts every shared prefix a
    single time."""

    model: str
    kind: str
    calls: int
    prompt: int
    prompt_once: int
    completion: int
    cost: float | None
    cost_once: float | None
    role: RoleKind = "model"


class Plan(msgspec.Struct, frozen=True):
    """What a study will take. `answers` counts shared answers once, `answers_expanded` for every dialogue.

    `judge_calls`: the judge's work in both forms of comparing, whichever the study uses. `misfits`: models whose
    window the dialogues do not fit. `beyond`: caps that lie below what is estimated. `seconds`: about how long it takes
    at `tokens_a_second` for each reply; None where all models are simulated. `seconds_beside`: the same if judging went
    on beside playing, where it follows it. `correction`: what correcting the page's cards together costs; None of one.
    `untold`: models that are not asked for the log probabilities by which answers are scored.
    """

    dialogues: int
    rounds: int
    answers: int
    answers_expanded: int
    round_verdicts: int
    answer_verdicts: int
    lines: tuple[Line, ...]
    reply_tokens: int
    judge_calls: JudgeCalls
    misfits: tuple[Misfit, ...] = ()
    tokens_a_second: float = TOKENS_A_SECOND
    seconds: float | None = None
    seconds_beside: float | None = None
    beyond: tuple[Cap, ...] = ()
    correction: Correction | None = None
    untold: tuple[str, ...] = ()

    @property
    def verdicts(self) -> int:
        """All verdicts, shared answers counted for every dialogue."""
        return self.round_verdicts + self.answer_verdicts


def plan(experiment: Experiment, reply_tokens: int = REPLY_TOKENS, tokens_a_second: float = TOKENS_A_SECOND) -> Plan:
    """Calls, tokens, cost and time of a whole run, with replies of `reply_tokens` tokens each, and less where
    max_tokens cuts them, written at `tokens_a_second`: assumptions.

    Tokens are characters / 4; shared answers (equal bytes at checkpoint 0) are counted once.
    """
    asked = experiment.study.dialogues.policy, *experiment.study.conditioning.policies
    lacking = next((name for name in asked if name not in POLICIES), None)
    if lacking is not None:
        advice = "allow or install its package"
        raise StudyError(f"the policy {lacking!r} is not here, so its calls cannot be counted; {advice}.")
    owed = Workload(experiment)
    lines = _lines(experiment, reply_tokens)
    counts = expected(experiment)
    rounds = counts["rounds"]
    round_verdicts = sum(owed.of_rounds(key).total() for key in experiment.dialogues())
    found = works(experiment, [(Role(line.role, line.model), line.completion) for line in lines], reply_tokens)
    in_turn = experiment.judges_at_random
    beside, following = (of(found, tokens_a_second) for of in (seconds, seconds_in_turn))
    return Plan(
        dialogues=sum(1 for _ in experiment.dialogues()),
        rounds=rounds,
        answers=sum(line.calls for line in lines if line.kind == "answers"),
        answers_expanded=counts["answers"],
        round_verdicts=round_verdicts,
        answer_verdicts=counts["verdicts"] - round_verdicts,
        lines=tuple(lines),
        reply_tokens=reply_tokens,
        judge_calls=judge_calls(experiment),
        misfits=misfits(experiment, reply_tokens=reply_tokens),
        untold=tuple(_untold(experiment)),
        tokens_a_second=tokens_a_second,
        seconds=following if in_turn else beside,
        seconds_beside=beside if in_turn and beside != following else None,
        beyond=tuple(_beyond(lines, experiment.study.budget)),
        correction=_correction(experiment, reply_tokens),
    )


def _untold(experiment: Experiment) -> Iterator[str]:
    """Models that are never asked for the log probabilities by which a probe's answers are scored."""
    for title, spec in experiment.models.items():
        if any(experiment.likeliest.values()) and "logprobs" in spec.not_settable:
            yield title


def _lines(experiment: Experiment, reply_tokens: int) -> list[Line]:
    lines = [line for model in experiment.models.values() for line in _model_lines(experiment, model, reply_tokens)]
    return [*lines, *_judge_lines(experiment, reply_tokens), *_helped_lines(experiment, reply_tokens)]


def _correction(experiment: Experiment, reply_tokens: int) -> Correction | None:
    """What the correction over the page's cards costs, one for each model and script; None of a single card."""
    study, personas = experiment.study, len(experiment.personas)
    cards = len({(key.model, key.script) for key in experiment.dialogues()})
    if cards < 2:
        return None
    found = of_cards(cards, personas, study.analysis.alpha)
    if found.personas is None or experiment.imported is not None:
        return found
    # stand-ins on both sides, as the sample that is answered twice goes by the names of items
    sizes = (Size(many, None, study.dialogues.draws, study.checkpoints) for many in (personas, found.personas))
    own, whole = (_lines(one, reply_tokens) for one in (resized(experiment, size) for size in sizes))
    calls = sum(line.calls for line in whole) - sum(line.calls for line in own)
    costs = [(one.cost, sign) for sign, each in ((1, whole), (-1, own)) for one in each]
    cost = sum(sign * one for one, sign in costs if one is not None)
    known = all(one is not None for one, _ in costs)
    return msgspec.structs.replace(found, calls=calls, cost=cost if known else None)


def _beyond(lines: Sequence[Line], budget: Budget) -> Iterator[Cap]:
    """Caps below the estimate, which takes every reply as obtained on the first try and nothing from a cache."""
    of_roles = ((f"budget.roles.{kind}", budget.of(kind), kind) for kind in ROLE_KINDS)
    for name, caps, role in (("budget", budget, None), *of_roles):
        held = [one for one in lines if role in (None, one.role)]
        cost = sum(one.cost or 0 for one in held)
        tokens = sum(one.prompt + one.completion for one in held)
        estimated = held_against(name, caps, cost, sum(one.calls for one in held), tokens)
        yield from (cap for cap in estimated if cap.spent is not None and cap.spent > cap.most)


def _model_lines(experiment: Experiment, model: ModelSpec, reply_tokens: int) -> list[Line]:
    rounds_sent = rounds_once = answers_sent = answers_once = rounds = answers = steps = steps_sent = 0
    shared: set[tuple[str | None, str]] = set()
    spoken, answered = (reply_length(reply_tokens, one.max_tokens) for one in (model.sampling, model.probe_sampling))
    begun: dict[tuple[str | None, int], list[Sequence[str | None]]] = {}
    for key in experiment.dialogues():
        if key.model != model.title:
            continue
        texts, others = experiment.turns(key), begun.setdefault((key.persona, key.draw), [])
        same = max((_common(texts, other) for other in others), default=0)
        if experiment.imported is not None:  # nothing is played; the first answer after a prefix reads it whole
            same = len(texts)
        others.append(texts)
        lengths = dialogue_lengths(experiment, key, spoken)
        turns, before = lengths.turns[same:], lengths.after  # equal beginnings, as of orders, are asked once
        rounds_once += sum(turns) + (before[0] if experiment.imported is None else 0)
        rounds_sent += sum(turns) + sum(before[same:-1])
        rounds += len(turns)
        if key.order in experiment.study.conditioning.orders:
            items = asked_tokens(experiment, key.persona, answered)
            if experiment.imported is not None and items:
                answers_once += before[max(experiment.checkpoints(key), default=0)]
            for policy in experiment.study.conditioning.policies:
                for checkpoint in experiment.checkpoints(key):
                    if checkpoint == 0 and (key.persona, policy) in shared:
                        continue
                    if checkpoint == 0:
                        shared.add((key.persona, policy))
                    asked = items * len(experiment.draws(checkpoint))
                    if experiment.answers_twice(checkpoint) and policy == experiment.study.conditioning.policies[0]:
                        asked += asked_tokens(experiment, key.persona, answered, experiment.sample(key.persona))
                    answers += len(asked)
                    steps += sum(len(calls) - 1 for calls in asked)
                    steps_sent += sum(before[checkpoint] + tokens for calls in asked for tokens in calls[:-1])
                    answers_sent += sum(before[checkpoint] + calls[-1] for calls in asked)
                    answers_once += sum(calls[-1] for calls in asked)
    return [
        _line(model, "rounds", rounds, (rounds_sent, rounds_once), rounds * spoken),
        _line(model, "answers", answers, (answers_sent, answers_once), answers * answered),
        *([_line(model, ON_THE_WAY["model"], steps, (steps_sent, 0), steps * answered)] if steps else []),
        *_repeat_lines(experiment, model, spoken, answered),
    ]


def _repeat_lines(experiment: Experiment, model: ModelSpec, spoken: int, answered: int) -> list[Line]:
    """Answers asked for again with equal bytes, which a cache holds whole; before the dialogue once for all that share
    its prefix."""
    study = experiment.study
    if model.simulated or not study.conditioning.repeats:
        return []
    calls = sent = 0
    shared: set[str | None] = set()
    for key in experiment.dialogues():
        if key.model != model.title or key.order not in study.conditioning.orders:
            continue
        last = [calls[-1] for calls in asked_tokens(experiment, key.persona, answered)]
        items = spread(last, study.conditioning.repeats)
        before = dialogue_lengths(experiment, key, spoken).after
        for checkpoint in (c for c in repeated_checkpoints(study) if c < len(before)):
            if checkpoint or key.persona not in shared:
                calls += len(items)
                sent += sum(before[checkpoint] + tokens for tokens in items)
        shared.add(key.persona)
    return [_line(model, "repeats", calls, (sent, 0), calls * answered)]


def _common(first: Sequence[str | None], second: Sequence[str | None]) -> int:
    """How many turns two dialogues begin with in common; those that are made on the way are not."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((n for n, (a, b) in pairs if a != b or a is None), min(len(first), len(second)))


def _line(
    model: ModelSpec, kind: str, calls: int, prompt: tuple[int, int], completion: int, role: RoleKind = "model"
) -> Line:
    sent, once = prompt
    prices = model.prices
    cost = prices.cost(sent, 0, completion) if prices else None
    cost_once = prices.cost(sent, sent - once, completion) if prices else None
    return Line(model.title, kind, calls, sent, once, completion, cost, cost_once, role)


def _judge_lines(experiment: Experiment, reply_tokens: int) -> Iterator[Line]:
    """The judges' calls; scores that are read out of one call are counted once."""
    wanted = study_metrics(experiment)
    owed = Workload(experiment, lambda source: asking(wanted(source), experiment.metrics))
    calls, prompts = Counter[str](), Counter[str]()
    for place, count in owed.all(experiment.dialogues(), once=True).items():
        metric = experiment.metrics[place.part]
        calls[place.who] += metric.calls * count
        shown = RUBRIC_TOKENS + reply_tokens + _tokens_before(experiment, metric, reply_tokens)
        prompts[place.who] += metric.calls * count * shown
    for title, judge in experiment.judges.items():
        prompt = prompts[title]
        yield _line(judge, "judging", calls[title], (prompt, prompt), calls[title] * JUDGE_REPLY_TOKENS, "judge")


def _tokens_before(experiment: Experiment, metric: Metric, reply_tokens: int) -> int:
    """Of the rounds that the judge is shown with a text, in the mean over the checkpoints."""
    if metric.lag:
        return TURN_TOKENS + reply_tokens
    points, most = experiment.study.checkpoints, metric.rounds_before
    shown = sum(point if most is None else min(point, most) for point in points) / max(len(points), 1)
    return round(shown * (TURN_TOKENS + reply_tokens))


def _helped_lines(experiment: Experiment, reply_tokens: int) -> Iterator[Line]:
    """Calls on the way to rounds and answers; a cache may find parts of their prompts."""
    for one in helped(experiment, reply_tokens):
        spec, prompt = experiment.roles[one.role], (one.prompt, one.prompt)
        yield _line(spec, ON_THE_WAY[one.role.kind], one.calls, prompt, one.completion, one.role.kind)
