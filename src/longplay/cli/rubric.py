"""`longplay rubric`: a rubric tried on a run's texts before a study is paid for. Knows arguments and words."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from longplay.cli.exit_codes import DONE, INCOMPLETE
from longplay.cli.host_approval import AllowCode, approval, code_agreed
from longplay.cli.terminal import data, json_data, talk
from longplay.study.plugging import allowing
from longplay.study.rubric_trying import Judged, RubricTried, TriedText, judged, prepared
from longplay.study.text_format import count, counted, money

MARGIN = "    "


def rubric(
    action: Literal["try"],
    file: Path,
    /,
    *,
    on: Path,
    judge: str | None = None,
    base_url: str | None = None,
    api_key_env: str | None = None,
    texts: int = 10,
    seed: int = 0,
    allow_host: Annotated[tuple[str, ...], Parameter(consume_multiple=False, show_default=False)] = (),
    allow_code: AllowCode = (),
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Have a few texts of a run judged by a rubric, and show text, score and reason. Nothing of the run changes.

    Exit code 1: a score is missing.

    Parameters
    ----------
    action
        `try`: the only one.
    file
        The rubric (TOML), as a study's [[rubrics]] name it.
    on
        The run folder whose texts are judged.
    judge
        One of the run's models, or provider/name; the run's judge when left out.
    base_url
        Where the judge is, if not where the run has it.
    api_key_env
        The name of the environment variable with the judge's key.
    texts
        How many texts, drawn from all checkpoints.
    seed
        Decides which texts are drawn.
    allow_host
        HOST, HOST:PORT or http://HOST:PORT, then +VARIABLE: a server that may be sent the texts, and the key in that
        variable.
    as_json
        Print JSON.
    """
    del action
    with allowing(allow_code, code_agreed):
        trial = prepared(file, on, judge, (base_url, api_key_env), texts, seed)
        calls = counted(len(trial.subjects), "call")
        talk(f"{trial.judge.title} judges {counted(len(trial.subjects), 'text')}: {calls}, re-asks aside.")
        found = judged(trial, approval(allow_host))
    if as_json:
        json_data(found)
    else:
        _tell(found)
    return INCOMPLETE if any(one.score is None for text in found.texts for one in text.judged) else DONE


def _tell(found: RubricTried) -> None:
    if found.simulated:
        data("SIMULATED: the texts or the judge are simulated.")
    for number, text in enumerate(found.texts, start=1):
        data("\n".join([f"TEXT {number}: {text.place}{_as(text)}", *_part("USER", text.question)]))
        data("\n".join(_part("ANSWER", text.answer)))
        for one in text.judged:
            data("\n".join([_score(one), *([_indented(one.why)] if one.why else [])]))
        data("")
    cost = "not known (no prices)" if found.cost is None else money(found.cost)
    tokens = f"{count(found.prompt_tokens)} prompt, {count(found.completion_tokens)} reply"
    data(f"{found.judge}: {counted(found.requests, 'request')}; tokens: {tokens}; cost {cost}.")


def _as(text: TriedText) -> str:
    return f", judged as {text.persona}" if text.persona else ", judged blind"


def _part(name: str, text: str) -> list[str]:
    return [name, _indented(text)]


def _score(one: Judged) -> str:
    if one.score is None:
        return f"{one.metric}: missing ({one.missing})"
    return f"{one.metric}: {one.score:g}{f' ({one.label})' if one.label else ''}"


def _indented(text: str) -> str:
    return "\n".join(MARGIN + line for line in text.split("\n")) if text else f"{MARGIN}(nothing)"
