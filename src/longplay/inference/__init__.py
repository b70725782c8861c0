"""Requests out, replies in: one file per provider. The only room that sends; knows nothing of judging or storing."""

import os
from collections.abc import Callable, Mapping
from typing import TypeAlias

from longplay.inference.approvals import check_approved
from longplay.inference.endpoint import Endpoint, EndpointDown, InferenceError
from longplay.inference.hosts import PLACES, HostError, Pair, check_hosts, pair_of, read_pair
from longplay.inference.tokens import estimate_tokens
from longplay.inference.tries import Tries, Trying
from longplay.specs import ModelSpec

Provider: TypeAlias = Callable[[ModelSpec, Mapping[str, str]], Endpoint]


# Each provider is imported when it is first asked for, so that importing this room imports no HTTP client.
def _openai(spec: ModelSpec, environment: Mapping[str, str]) -> Endpoint:
    from longplay.inference.openai import open_openai

    return open_openai(spec, environment)


def _sim(spec: ModelSpec, environment: Mapping[str, str]) -> Endpoint:
    from longplay.inference.sim import open_simulated

    del environment  # simulated models have no keys
    return open_simulated(spec)


def _inspect(spec: ModelSpec, environment: Mapping[str, str]) -> Endpoint:
    from longplay.inference.through_inspect import open_inspect

    return open_inspect(spec, environment)


def _imported(spec: ModelSpec, environment: Mapping[str, str]) -> Endpoint:
    from longplay.inference.imported import Imported

    del environment  # nothing is sent
    return Imported(spec)


# A new one also has a line in `hosts.PLACES`, which says where it sends.
PROVIDERS: dict[str, Provider] = {"imported": _imported, "inspect": _inspect, "openai": _openai, "sim": _sim}


def open_endpoint(spec: ModelSpec, environment: Mapping[str, str] = os.environ, tries: Tries | None = None) -> Endpoint:
    """The endpoint of a model. Opens no connection yet. `tries`: where its tries are counted together with others'.

    Raises InferenceError, one line, where the provider is unknown or the key variable is not set.
    """
    provider = PROVIDERS.get(spec.provider)
    if provider is None:
        known = ", ".join(sorted(PROVIDERS))
        raise InferenceError(f"{spec.name!r}: no provider {spec.provider!r}. Known providers: {known}.")
    endpoint = provider(spec, environment)
    if tries is not None and isinstance(endpoint, Trying):
        endpoint.count_tries(tries)
    return endpoint


__all__ = [
    "PLACES",
    "PROVIDERS",
    "Endpoint",
    "EndpointDown",
    "HostError",
    "InferenceError",
    "Pair",
    "Provider",
    "Tries",
    "check_approved",
    "check_hosts",
    "estimate_tokens",
    "open_endpoint",
    "pair_of",
    "read_pair",
]
