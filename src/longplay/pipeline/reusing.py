"""Which calls may be answered by replies of earlier runs, and under which key. Knows no file format, sends nothing."""

import hashlib
from collections.abc import Iterator

from longplay.experiment.experiment import Experiment
from longplay.records import Reply
from longplay.specs import ModelSpec, fingerprint
from longplay.store import Replies


class Reuse:
    """Replies of earlier runs, for the models that may have them: judges unless their `cache` is false, others where
    it is true. Never for simulated models, whose replies cost nothing, nor for repeats, which ask what a server does.

    Across runs one name may stand for two models, so the servers' addresses are part of the key.
    """

    def __init__(self, replies: Replies, experiment: Experiment) -> None:
        self._replies = replies
        self._places = {
            (spec.title, judging): fingerprint([spec.base_url, sorted(spec.base_urls)])
            for spec, judging in _reusing(experiment)
        }

    def find(self, title: str, kind: str, key: bytes) -> Reply | None:
        """The reply that an earlier run obtained to this call, with `attempts` 0. `kind`: of store.CALL_KINDS."""
        place = self._place(title, kind, key)
        return None if place is None else self._replies.find(place)

    def keep(self, title: str, kind: str, key: bytes, reply: Reply) -> None:
        """Keep a reply for later runs; a missing one is not kept."""
        place = self._place(title, kind, key)
        if place is not None:
            self._replies.keep(place, reply)

    def _place(self, title: str, kind: str, key: bytes) -> bytes | None:
        place = self._places.get((title, kind == "judge"))
        if place is None or kind == "repeat":
            return None
        return hashlib.blake2b(key + place.encode(), digest_size=16).digest()


def reuses(experiment: Experiment) -> bool:
    """Whether any model of a study may have replies of earlier runs."""
    return any(True for _ in _reusing(experiment))


def _reusing(experiment: Experiment) -> Iterator[tuple[ModelSpec, bool]]:
    """Models that may, each with whether it judges."""
    for role, spec in experiment.roles.items():
        judging = role.kind == "judge"
        if not spec.simulated and (judging if spec.cache is None else spec.cache):
            yield spec, judging
