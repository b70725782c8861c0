"""Short stable names of values, for keys and for noticing change. Knows only msgspec."""

import hashlib

import msgspec

_ENCODER = msgspec.json.Encoder(order="deterministic")


def fingerprint(value: object) -> str:
    """16 hex digits that are equal exactly when the value's JSON form is."""
    return hashlib.blake2b(_ENCODER.encode(value), digest_size=8).hexdigest()
