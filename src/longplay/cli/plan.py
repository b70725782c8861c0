"""`longplay plan`: what a study will take, before anything is spent. Sends nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from longplay.cli.host_approval import AllowCode
from longplay.cli.terminal import data, json_data, table
from longplay.experiment import Line, Plan
from longplay.experiment.correction import Correction
from longplay.specs import RoleKind, Study
from longplay.study.plugging import allowing
from longplay.study.running import counted_study
from longplay.study.status_lines import amount
from longplay.study.text_format import count, counted, duration, money

COLUMNS = (
    *("role", "model", "work", "calls", "prompt tokens", "tokens, prefixes once", "reply tokens"),
    *("cost", "cost, prefixes cached"),
)
WHY_UNASKED: dict[RoleKind, str] = {
    "judge": "no metric of this study needs a judge",
    "user": "no script leaves turns to a user",
    "helper": "no policy or rubric of this study asks one",
}


def plan(
    study: Path,
    /,
    *,
    reply_tokens: int = 300,
    tokens_per_second: float = 30.0,
    allow_code: AllowCode = (),
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Count a study's calls, tokens, cost and time; spends nothing.

    Tokens are estimated as characters / 4. "tokens, prefixes once" counts every shared prefix a single time, as a
    server that caches prefixes would; "cost, prefixes cached" is the cost then. Nothing is sent and no key is read.

    Parameters
    ----------
    study
        The study file (TOML).
    reply_tokens
        Assumed length of a model's reply, in tokens.
    tokens_per_second
        Assumed speed at which a server writes one reply while all slots are busy.
    as_json
        Print JSON.
    """
    with allowing(allow_code):
        found, experiment = counted_study(study, reply_tokens, tokens_per_second)
    if as_json:
        outside = list(map(str, experiment.outside))
        json_data({**_fields(found), "verdicts": found.verdicts, "marks": experiment.marks, "files_outside": outside})
    else:
        for path in experiment.outside:
            data(f"NOTE: texts would be sent of a file outside the study's folder: {path} (run: --allow-file).")
        _tell(found, experiment.study, experiment.marks)


def _fields(found: Plan) -> dict[str, object]:
    return {name: getattr(found, name) for name in found.__struct_fields__}


def _tell(found: Plan, study: Study, marks: tuple[str, ...]) -> None:
    for mark in marks:
        data(f"NOTE: {mark}.")
    table(COLUMNS, [_row(one) for one in (*found.lines, _sum(found.lines))], left=3)
    data("")
    data(f"{count(found.dialogues)} dialogues with {count(found.rounds)} rounds in all.")
    shared = found.answers_expanded > found.answers
    stand = f" and stand for {count(found.answers_expanded)}: equal requests are asked once" if shared else ""
    data(f"{count(found.answers)} answers are asked for{stand}.")
    on_rounds = count(found.round_verdicts)
    data(f"{count(found.verdicts)} verdicts, those by programs included; {on_rounds} of them on rounds.")
    one, both = count(found.judge_calls.one_order), count(found.judge_calls.both_orders)
    judges = "The judge is" if len(study.judges) == 1 else "All judges together are"
    if one == both:
        data(f"{judges} called {one} times.")
    else:
        data(f"{judges} called {one} times where comparisons are asked in one order, {both} times in both.")
    data("Prompts to judges are counted as if none began like another; a server's cache may find parts of them.")
    assumed = f"replies of {count(found.reply_tokens)} tokens (--reply-tokens), or of max_tokens where that is less"
    data(f"Assumed: {assumed}, 4 characters a token.")
    if found.seconds is not None:
        speed = f"at {found.tokens_a_second:g} tokens a second for each reply (--tokens-per-second)"
        data(f"Time: about {duration(found.seconds)} {speed}, all slots busy; reading prompts comes on top.")
        if found.seconds_beside is not None:
            beside = duration(found.seconds_beside)
            data(f"Texts are judged in random order once all are there; judged beside playing it takes about {beside}.")
    if found.correction is not None:
        data(_corrected(found.correction))
    for unasked in _unasked(found, study):
        data(unasked)
    for misfit in found.misfits:
        data(f"WARNING: {misfit}")
    for cap in found.beyond:
        most, estimated = amount(cap.what, cap.most), amount(cap.what, cap.spent)
        data(f"WARNING: {cap.of}.{cap.what} = {most} lies below the estimate, {estimated}; a run would end there.")
    unpriced = sorted({one.model for one in found.lines if one.cost is None})
    if unpriced:
        data(f"No prices in the study file for {', '.join(unpriced)}.")
    for model in {model.title: model for _, model in study.roles}.values():
        if model.not_settable:
            data(f"Not sent to {model.title}, which does not take it: {', '.join(model.not_settable)}.")
    for model in found.untold:
        line = 'is asked for no log probabilities (not_settable), so what is scored by = "probability" is missing'
        data(f"WARNING: {model} {line}.")


def _corrected(one: Correction) -> str:
    """What it costs that the cards of the page are corrected together."""
    lost = (
        f"Cards: the page shows {one.cards}, one for each model and script, and corrects them together. A change that "
        f"one card alone finds in {100 * one.alone:.0f} of 100 studies is then found in {100 * one.power:.0f}."
    )
    if one.personas is None:
        return f"{lost} To find it as often again takes about {one.times:.1f} times as many dialogues of each kind."
    takes = [] if one.calls is None else [f"about {count(one.calls)} more calls"]
    takes += [] if one.cost is None else [f"{money(one.cost)} more"]
    beyond = f": {', '.join(takes)}" if takes else ""
    return f"{lost} To find it as often again takes {counted(one.personas, 'persona')}{beyond}."


def _unasked(found: Plan, study: Study) -> Iterator[str]:
    """A line for each model that the study names and nothing in it asks."""
    asked = {(one.role, one.model) for one in found.lines}
    kinds = {kind for kind, _ in asked}
    for kind, spec in study.roles:
        if kind in WHY_UNASKED and (kind, spec.title) not in asked:
            why = f"only the first {kind} is asked" if kind in kinds else WHY_UNASKED[kind]
            yield f"Nobody asks {spec.title}: {why}."


def _row(one: Line) -> list[str]:
    numbers = [count(number) for number in (one.calls, one.prompt, one.prompt_once, one.completion)]
    return [one.role if one.kind else "", one.model, one.kind, *numbers, money(one.cost), money(one.cost_once)]


def _sum(lines: tuple[Line, ...]) -> Line:
    """All lines together; the cost covers those that have prices."""
    costs = [one.cost for one in lines if one.cost is not None]
    once = [one.cost_once for one in lines if one.cost_once is not None]
    return Line(
        model="all",
        kind="",
        calls=sum(one.calls for one in lines),
        prompt=sum(one.prompt for one in lines),
        prompt_once=sum(one.prompt_once for one in lines),
        completion=sum(one.completion for one in lines),
        cost=sum(costs) if costs else None,
        cost_once=sum(once) if once else None,
    )
