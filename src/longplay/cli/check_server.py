"""`longplay check-server`: what a model's server does with long prompts. Knows arguments and words, no requests."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from longplay.checks.prompts import calls, prompt_words
from longplay.checks.server import Checked, Flips
from longplay.checks.server import check_server as checked_server
from longplay.checks.window import MOST_CALLS, Window
from longplay.cli.exit_codes import DONE, INCOMPLETE
from longplay.cli.host_approval import AllowCode, approval, code_agreed
from longplay.cli.terminal import data, error, json_data, table, talk
from longplay.inference import Endpoint
from longplay.inference.foreign_words import quoted
from longplay.specs import LongplayError
from longplay.study.checking import Asked, servers_of
from longplay.study.plugging import allowing
from longplay.study.text_format import count

LOGPROBS = {True: "given", False: "not given", None: "not known"}
SEEDS = {"yes": "heeded", "no": "not heeded", "unclear": "unclear", "not sent": "not sent"}


def check_server(
    model: str,
    /,
    *,
    base_url: str | None = None,
    api_key_env: str | None = None,
    study: Path | None = None,
    items: int = 8,
    no_window: bool = False,
    allow_host: Annotated[tuple[str, ...], Parameter(consume_multiple=False, show_default=False)] = (),
    allow_code: AllowCode = (),
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """What a server does: context window, caching, seeds, log probabilities, and whether it answers the same again.

    Sends a fixed number of requests, said before; stores nothing and reads no kept reply.

    Parameters
    ----------
    model
        provider/name; with --study the name or label of one of its models, judges, users or helpers.
    base_url
        Where the server is; with --study in place of the study's address.
    api_key_env
        The name of the environment variable with the key.
    study
        A study file: the model is asked as it is there, with its sampling and its facts, at each of its servers.
    items
        How many prompts are sent alone first, and how many others in a batch first, each again and again.
    no_window
        Send no prompts near the context window, which find where the server really cuts.
    allow_host
        HOST, HOST:PORT or http://HOST:PORT, then +VARIABLE: a server of the study that may be sent prompts, and the
        key in that variable.
    as_json
        Print JSON.
    """
    with allowing(allow_code, code_agreed):
        servers = servers_of(Asked(model, base_url, api_key_env, study), items, approval(allow_host))
        found = [one for server in servers if (one := _checked(server, items, try_window=not no_window)) is not None]
    if as_json and found:
        json_data(found if len(servers) > 1 else found[0])
    elif not as_json:
        for one in found:
            if len(servers) > 1:
                data(f"{one.model} at {one.base_url}")
            _tell(one)
    return DONE if len(found) == len(servers) and not any(one.missing for one in found) else INCOMPLETE


def _checked(server: Endpoint, items: int, *, try_window: bool) -> Checked | None:
    """What was found of one server; None where going on was pointless, which is said."""
    about = f"{count(calls(server.spec, items))} requests, prompts of at most {count(prompt_words(items))} words in all"
    about += f"; where its window is known, {MOST_CALLS} more at most, as long as the window" if try_window else ""
    talk(f"{server.spec.title} at {server.spec.base_url or 'its own address'}: {about}.")
    try:
        return checked_server(server, items, talk, try_window=try_window)
    except LongplayError as fault:
        error(str(fault))
        return None


def _tell(found: Checked) -> None:
    rows = [
        ("context window", _window(found), "tokens, prompt and reply together"),
        ("window, as tried", *_tried(found.real_window)),
        ("endings", *_ended(found.endings)),
        ("cache, as reported", *_reported(found)),
        ("cache, by time", *_timed(found)),
        ("seeds", *_seeds(found)),
        ("log probabilities", LOGPROBS[found.logprobs], found.logprobs_why),
        *((f"differs: {one.place}", *_flips(one)) for one in found.determinism),
    ]
    table(("", "found", "how"), rows, left=3)
    data("")
    prompts = f"{count(found.items)} prompts sent alone first, as many in a batch of {found.batch} first"
    data("Each reply is compared with the one to the same request sent alone and warm:")
    data(f"{prompts}, {count(found.prompt_words)} words each, {_sampled(found)}.")
    whole = found.determinism[-1]
    replies = f"{count(2 * whole.n)}, {count(whole.distinct)} of them different"
    data(f"Replies compared: {replies}, {whole.words:g} words (median).")
    if found.missing:
        data(f"{count(found.missing)} of {count(found.requests)} requests had no reply and are in no number above.")
    for said, number in found.said.items():
        data(f"  {count(number)} times: {quoted(said)}")
    if found.empty:
        data(f"{count(found.empty)} of {count(found.requests)} replies were empty: what was compared is no text.")


def _window(found: Checked) -> str:
    if found.window is None:
        return "not known" if found.study_window is None else f"{count(found.study_window)} by the study"
    differs = found.study_window not in (None, found.window)
    return count(found.window) + (f", but {count(found.study_window or 0)} by the study" if differs else "")


def _tried(real: Window) -> tuple[str, str]:
    told, sent, counted = (count(one or 0) for one in (real.told, real.sent, real.counted))
    memory = {
        (True, True): "; the code word at its start was remembered",
        (True, False): "; the code word at its start was remembered after a short prompt, not after this one",
    }.get(real.echoed or (False, False), "")
    match real.found:
        case "whole":
            return "whole", f"{counted} of {sent} tokens counted, a longer prompt is refused{memory}"
        case "counted":
            why = real.why or "the model did not repeat the code word at its start"
            return "whole by its counts", f"{counted} of {sent} tokens counted; not confirmed: {why}"
        case "cuts":
            at = count(real.cuts_at or 0)
            how = f"CUTS SILENTLY: of a prompt of {sent} tokens it counted {counted}{memory}"
            return f"cuts at about {at} of {told}", f"{how}. Set context_window = {real.cuts_at}, or raise its window"
        case "refuses":
            return "refuses", f"a prompt of {sent} tokens, within the {told} it is said to take: {real.why}"
        case "uncheckable":
            return "cannot be checked", f"{real.why}{memory}"
        case _:
            return real.found, real.why


def _ended(endings: tuple[str, ...]) -> tuple[str, str]:
    if not endings:
        return "not known", "no replies"
    if endings == ("",):
        return "none named", 'write finish = "unnamed" for this model in the study: its replies are else not believed'
    return ", ".join(quoted(word) for word in endings), "the words that ended replies; how a study admits more: endings"


def _reported(found: Checked) -> tuple[str, str]:
    cache = found.caching
    if cache.cached_warm is None or not cache.prompt:
        return "not reported", _pairs(found)
    share = f"{cache.cached_warm / cache.prompt:.1%} of warm prompts"
    cold = "" if cache.cached_cold is None else f", {count(cache.cached_cold)} of cold ones"
    return share, f"{count(cache.cached_warm)} of {count(cache.prompt)} tokens{cold}; {_pairs(found)}"


def _timed(found: Checked) -> tuple[str, str]:
    cache = found.caching
    if cache.cold_s is None or cache.warm_s is None:
        return "not known", _pairs(found)
    word = {"yes": "works", "no": "none seen", "unclear": "unclear"}[cache.real]
    return word, f"{cache.cold_s:.3f} s cold, {cache.warm_s:.3f} s warm (medians); {_pairs(found)}"


def _pairs(found: Checked) -> str:
    return f"{count(found.caching.pairs)} prompts, cold and warm"


def _seeds(found: Checked) -> tuple[str, str]:
    seeds = found.seeds
    if not seeds.pairs:
        return SEEDS[seeds.heeded], "the study says that they cannot be" if seeds.heeded == "not sent" else "no replies"
    same = f"{count(seeds.same)} of {count(seeds.pairs)} seeds gave the same reply twice"
    return SEEDS[seeds.heeded], f"{same}, {count(seeds.distinct)} different replies in all, at temperature 1"


def _flips(one: Flips) -> tuple[str, str]:
    if not one.n:
        return "not known", "no replies"
    if one.share is None or one.low is None or one.high is None:
        return f"{count(one.flips)} of {count(one.n)}", "no share: the replies are too short or too much alike to tell"
    interval = f"{one.level:.0%} interval {one.low:.1%} to {one.high:.1%}"
    return f"{count(one.flips)} of {count(one.n)}", f"{one.share:.1%}, {interval}"


def _sampled(found: Checked) -> str:
    sampling = found.sampling
    seed = "" if sampling.seed is None else f", seed {sampling.seed}"
    return "no temperature sent" if sampling.temperature is None else f"temperature {sampling.temperature:g}{seed}"
