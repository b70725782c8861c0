"""A server checked before a study is trusted to it. Prints nothing; whoever calls says what may be sent where."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import msgspec

from longplay.checks.server import Checked, open_server
from longplay.checks.server import check_server as checked_server
from longplay.experiment import Experiment, resolve
from longplay.inference import Endpoint, Pair, check_approved, pairs_of
from longplay.pipeline import load
from longplay.plugged import allowing
from longplay.specs import LongplayError, ModelSpec, StudyError, parse_study, toml_text
from longplay.study.own_loop import in_own_loop
from longplay.study.running import only
from longplay.study.text_format import warned

MOST_ITEMS = 500


class Asked(msgspec.Struct, frozen=True):
    """Which model is checked, and where: the words of the command line."""

    model: str
    base_url: str | None = None
    api_key_env: str | None = None
    study: Path | None = None


def check_server(
    model: str,
    *,
    base_url: str | None = None,
    api_key_env: str | None = None,
    study: str | Path | None = None,
    items: int = 8,
    window: bool = True,
    allow_hosts: Collection[str] = (),
    allow_code: Collection[str] = (),
) -> list[Checked]:
    """What a model's servers do, each: context window, caching, seeds, log probabilities, the same answer again.

    `model` is `provider/name`, with a study the name or label of one of its models. `items`: how many prompts are sent
    alone first, and others in a batch first; `window`: whether prompts near the context window are sent; `allow_hosts`:
    servers of the study that may be sent prompts; `allow_code`: packages whose plug-ins may be imported. Raises
    LongplayError, also where going on is pointless; of several servers one that gives up is a warning, as long as
    another was checked.
    """
    asked = Asked(model, base_url, api_key_env, None if study is None else Path(study))
    with allowing(allow_code):
        servers = servers_of(asked, items, only(allow_hosts))
    found, faults = list[Checked](), list[LongplayError]()
    for server in servers:
        try:
            found.append(in_own_loop(lambda one=server: checked_server(one, items, try_window=window)))
        except LongplayError as fault:
            faults.append(fault)
    if not found:
        raise faults[0]
    for fault in faults:
        warned(str(fault))
    return found


def servers_of(asked: Asked, items: int, approve: Callable[[Sequence[Pair]], Collection[Pair]]) -> list[Endpoint]:
    """The servers to check, opened; nothing is sent yet. Raises LongplayError."""
    if not 2 <= items <= MOST_ITEMS:
        raise StudyError(f"--items {items} must lie between 2 and {MOST_ITEMS}.")
    where = asked.base_url, asked.api_key_env
    if asked.study is None:
        spec = written_model(asked.model, *where)
        unguarded = [one for one in spec.servers() if any(pair.plain for pair in pairs_of(one))]
        check_approved(unguarded, approve)  # all else was typed by the person who would be asked
    else:
        written_model("openai/any", *where)  # so that what was typed is checked too
        spec = _of_study(load(asked.study).experiment, asked.model, *where)
        check_approved(spec.servers(), approve)  # a study is foreign text
    return [open_server(one) for one in spec.servers()]


def written_model(model: str, base_url: str | None, api_key_env: str | None) -> ModelSpec:
    """The model as a study with these words would have it, at this address. Raises StudyError where a study would."""
    keys = {"name": model, "base_url": base_url, "api_key_env": api_key_env}
    lines = [f"{key} = {toml_text(value)}" for key, value in keys.items() if value is not None]
    text = "\n".join(["[[models]]", *lines, "[judge]", 'name = "sim/judge"'])
    return _only(resolve(parse_study(text, "check-server"), "check-server", Path()))


def _only(experiment: Experiment) -> ModelSpec:
    return next(iter(experiment.models.values()))


def _of_study(experiment: Experiment, model: str, base_url: str | None, api_key_env: str | None) -> ModelSpec:
    """The study's model, judge, user or helper of this title or name, at all of its servers unless one is named."""
    specs = list(experiment.roles.values())
    spec = next((one for one in specs if model in (one.title, one.name)), None)
    if spec is None:
        known = ", ".join(dict.fromkeys(one.title for one in specs))
        raise StudyError(f"the study has no model {model!r}. Known: {known}.")
    if base_url is not None:
        spec = msgspec.structs.replace(spec, base_url=base_url, base_urls=())
    return spec if api_key_env is None else msgspec.structs.replace(spec, api_key_env=api_key_env)
