"""Which texts are judged as another persona too, and as whom: the floor of every metric that sees a persona.

Knows no stores.
"""

import hashlib
from collections.abc import Iterable

from msgspec import UNSET

from longplay.specs import Study


def as_another(study: Study, personas: Iterable[str], persona: str | None, source: str, place: str) -> str | None:
    """The persona as whom a persona's text is judged as well, None for most texts and for all of nobody's.

    `source`: the probe or the rounds; `place`: the item or the number of the round. So a text stays in the sample over
    dialogues and checkpoints. A larger share has what a smaller one has, and more; a further persona takes the place of
    others in its own share of texts. Versions of one character are no other personas.
    """
    share = study.judging.wrong_persona
    if share is UNSET or persona is None:
        return None
    text = f"{study.seed}", "another", persona, source, place
    if _drawn(*text) >= share * 2**64:
        return None
    whose = {version: of for versions in study.analysis.versions.values() for version, of in versions.items()}
    others = [one for one in personas if whose.get(one, one) != whose.get(persona, persona)]
    return max(others, key=lambda one: _drawn(*text, one), default=None)


def _drawn(*words: str) -> int:
    return int.from_bytes(hashlib.blake2b("\0".join(words).encode(), digest_size=8).digest(), "big")
