"""How each provider's models are reached, and where that sends what: one entry each. Sends nothing itself."""

import os
from collections.abc import Callable, Collection, Iterable, Mapping

import msgspec

from longplay.inference.endpoint import Endpoint, InferenceError
from longplay.inference.hosts import HostError, Pair, inspect_pair, is_vouched, own_pair
from longplay.inference.tries import Tries, Trying
from longplay.plugged import Found, Table, guarded, made_of
from longplay.specs import ModelSpec


class Provider(msgspec.Struct, frozen=True):
    """Reaches the models whose names begin with its key in `PROVIDERS`.

    `open` makes the endpoint of a model without a connection, and raises InferenceError, one line, where something that
    it needs is missing. `sends`: every server that gets its requests, with the variable of the key that goes along; an
    empty tuple = nothing leaves this process. A provider that does not say where it sends is not used.
    """

    open: Callable[[ModelSpec, Mapping[str, str]], Endpoint]
    sends: Callable[[ModelSpec], tuple[Pair, ...]] | None = None


def nowhere(spec: ModelSpec) -> tuple[Pair, ...]:
    """For providers that answer within this process."""
    del spec
    return ()


def own_address(spec: ModelSpec) -> tuple[Pair, ...]:
    """For providers that send to the model's `base_url` alone, with the key in its `api_key_env`."""
    return (own_pair(spec),)


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


def _from_outside(found: Found, value: object) -> Provider:
    """A provider of a plug-in. What fails in opening a model or in saying where it sends is one line that names it."""
    provider = made_of(found, value, Provider)
    told = provider.sends

    def opened(spec: ModelSpec, environment: Mapping[str, str]) -> Endpoint:
        return guarded(found, "cannot open a model", lambda: provider.open(spec, environment))

    def sends(spec: ModelSpec) -> tuple[Pair, ...]:
        given = guarded(found, "cannot say where it sends", lambda: tuple(told(spec) if told is not None else ()))
        return tuple(made_of(found, pair, Pair) for pair in given)

    return Provider(opened, sends if told is not None else None)


# A new provider is one file and one entry here.
_ENTRIES = {
    "imported": Provider(_imported, nowhere),
    "inspect": Provider(_inspect, lambda spec: (inspect_pair(spec),)),
    "openai": Provider(_openai, own_address),
    "sim": Provider(_sim, nowhere),
}
PROVIDERS: Table[Provider] = Table(_ENTRIES, {"providers": _from_outside})


def open_endpoint(spec: ModelSpec, environment: Mapping[str, str] = os.environ, tries: Tries | None = None) -> Endpoint:
    """The endpoint of a model. Opens no connection yet. `tries`: where its tries are counted together with others'.

    Raises InferenceError, one line, where the provider is unknown or the key variable is not set.
    """
    endpoint = _provider(spec).open(spec, environment)
    if tries is not None and isinstance(endpoint, Trying):
        endpoint.count_tries(tries)
    return endpoint


def pairs_of(spec: ModelSpec) -> tuple[Pair, ...]:
    """The servers and keys that a model's requests would use; none where nothing leaves this process.

    Raises InferenceError where the provider is unknown, HostError where it does not say.
    """
    sends = _provider(spec).sends
    if sends is None:
        raise HostError(
            f"{spec.name!r}: the provider {spec.provider!r} does not say where it sends, so nobody can approve of it; "
            "give its entry in PROVIDERS `sends`."
        )
    return sends(spec)


def check_hosts(specs: Iterable[ModelSpec], approved: Collection[Pair]) -> list[Pair]:
    """Pairs that nobody has vouched for, sorted, each once: not well-known, not this machine, not in `approved`.

    Approving a server does not approve every key for it, nor another port of it. Raises what `pairs_of` does.
    """
    pairs = {pair for spec in specs for pair in pairs_of(spec)}
    return sorted(pair for pair in pairs if not is_vouched(pair) and pair not in approved)


def _provider(spec: ModelSpec) -> Provider:
    PROVIDERS.bring(spec.provider)
    found = PROVIDERS.get(spec.provider)
    if found is None:
        known = ", ".join(sorted(PROVIDERS))
        raise InferenceError(f"{spec.name!r}: no provider {spec.provider!r}. Known providers: {known}.")
    return found
