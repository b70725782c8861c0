"""Requests out, replies in: one file per provider. The only room that sends; knows nothing of judging or storing."""

from longplay.inference.approvals import check_approved
from longplay.inference.endpoint import Endpoint, EndpointDown, InferenceError
from longplay.inference.hosts import HostError, Pair, read_pair
from longplay.inference.providers import (
    PROVIDERS,
    Provider,
    check_hosts,
    nowhere,
    open_endpoint,
    own_address,
    pairs_of,
)
from longplay.inference.tokens import estimate_tokens
from longplay.inference.tries import Tries, Trying

__all__ = [
    "PROVIDERS",
    "Endpoint",
    "EndpointDown",
    "HostError",
    "InferenceError",
    "Pair",
    "Provider",
    "Tries",
    "Trying",
    "check_approved",
    "check_hosts",
    "estimate_tokens",
    "nowhere",
    "open_endpoint",
    "own_address",
    "pairs_of",
    "read_pair",
]
