"""What is known of the services behind inspect-ai: address, key, what they take. Data alone; imports no inspect-ai."""

import msgspec

from longplay.specs import ModelSpec


class Service(msgspec.Struct, frozen=True):
    """One of inspect-ai's providers, as inspect-ai speaks to it.

    `never_sent`: settings that inspect-ai leaves out of its requests. `replays_traces`: whether an earlier reasoning
    trace can be given back as such. `takes_over`: environment variables that would replace the study's key or address.
    """

    base_url: str
    variable: str
    never_sent: tuple[str, ...] = ()
    replays_traces: bool = True
    breakpoints: bool = False
    takes_over: tuple[str, ...] = ()


SERVICES = {
    "anthropic": Service(
        "https://api.anthropic.com",
        "ANTHROPIC_API_KEY",
        never_sent=("temperature", "top_p", "seed"),  # API version 2026-10-21 refuses the first two for every model
        replays_traces=False,  # a trace comes back only under its signature, which a Message does not hold
        breakpoints=True,
        takes_over=("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_CUSTOM_HEADERS"),
    ),
    "google": Service(
        "https://generativelanguage.googleapis.com",
        "GEMINI_API_KEY",
        never_sent=("seed",),
        replays_traces=False,
        takes_over=("GOOGLE_GENAI_USE_VERTEXAI",),
    ),
}


def known_service(spec: ModelSpec) -> Service | None:
    """The service that a model is asked of; None where another address or other credentials may be inspect-ai's choice.

    `anthropic/bedrock/...` and the like are reached with credentials of their own, so they are not known here.
    """
    name, _, model = spec.model.partition("/")
    return SERVICES.get(name) if spec.provider == "inspect" and "/" not in model else None


def filled_in(spec: ModelSpec) -> ModelSpec:
    """The spec with the service's own address and key variable where the study names neither."""
    service = known_service(spec)
    if service is None or spec.base_url is not None:
        return spec
    return msgspec.structs.replace(spec, base_url=service.base_url, api_key_env=spec.api_key_env or service.variable)


def place(spec: ModelSpec, host: str) -> str:
    """How the place that texts go to is written in a pair: the host, with the service before it where it is not known.

    What inspect-ai reaches with credentials of its own finding is thereby never taken for a host of the same name.
    """
    if spec.provider != "inspect" or known_service(spec) is not None:
        return host
    parts = spec.model.split("/")
    return "/".join(["inspect", *(parts[:-1] or parts), *([host] if host else [])])


def misfit(spec: ModelSpec) -> str | None:
    """Why a model cannot be asked as its study says, in one line; None where it can.

    What would not reach the model is refused here, so that the record never claims a setting that was not sent.
    """
    service = known_service(spec) or SERVICES.get(spec.model.partition("/")[0])
    if spec.system_role == "developer":
        return 'inspect-ai names the system message itself; write system_role = "system" or "user"'
    if spec.cache_salt is not None or spec.prompt_cache_key is not None:
        return "cache_salt and prompt_cache_key cannot be sent through inspect-ai; leave them out"
    if spec.extra_body:
        return "extra_body cannot be sent through inspect-ai; leave it out, or use an OpenAI-compatible address"
    if service is None:
        return None
    if spec.reasoning == "keep" and not service.replays_traces:
        return 'earlier reasoning cannot be sent back to this service; write reasoning = "strip"'
    unsent = [name for name in service.never_sent if name not in spec.not_settable and _asked(spec, name)]
    if unsent:
        listed = ", ".join(f'"{name}"' for name in (*spec.not_settable, *unsent))
        return f"inspect-ai does not send {' and '.join(unsent)} to this service; write not_settable = [{listed}]"
    return None


def _asked(spec: ModelSpec, name: str) -> bool:
    """Whether a setting would be asked for. A seed always may be: each draw after the first needs one."""
    samplings = (spec.sampling, spec.probe_sampling)
    match name:
        case "temperature":
            return any(sampling.temperature is not None for sampling in samplings)
        case "top_p":
            return any(sampling.top_p is not None for sampling in samplings)
        case _:
            return True
