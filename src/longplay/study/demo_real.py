"""The short study of a small real model on this machine, with measures that need no judge. Prints nothing."""

from collections.abc import Iterator, Sequence
from importlib.resources import files

import msgspec

from longplay.inference.local_server import Serving
from longplay.pipeline import Ready, load_text
from longplay.store import Reader
from longplay.store.stored import StoredRound
from longplay.study.serving import Local, local
from longplay.verifiers.text import words

STUDY = "demo_real.toml"
SERVING = Serving(context=4_096)
BLOCK = 6  # rounds
ENDINGS = {"captain-harrow": "Ahoy", "brother-anselm": "Amen"}  # what a description asks every reply to end with
NOTE = (
    "a model of 135M parameters shows that the instrument works on real text: what is said, copied, followed and kept. "
    "It says nothing about models that people use"
)


def small_local() -> Local:
    """The small model and how it is served. Raises LongplayError where that cannot be."""
    return local(None, SERVING)


def study(url: str) -> Ready:
    """The bundled study for a server at `url`, with the note that its page bears."""
    ready = load_text((files("longplay.study") / STUDY).read_text("utf-8").replace("URL", url))
    notes = {**ready.experiment.notes, "real": NOTE}
    return msgspec.structs.replace(ready, experiment=msgspec.structs.replace(ready.experiment, notes=notes))


def seen(reader: Reader) -> Iterator[str]:
    """A line a speaker and block of rounds: replies copied, and endings that the persona's description asks for."""
    for key in reader.dialogues().values():
        rounds = reader.dialogue_text(key)
        ending = ENDINGS.get(key.persona or "")
        for first in range(0, len(rounds), BLOCK):
            block = rounds[first : first + BLOCK]
            where = f"{key.persona or 'baseline'}, rounds {block[0].number} to {block[-1].number}"
            kept = "" if ending is None else f", {_ended(block, ending)} ended with {ending} as they were told to"
            yield f"{where}: {len(block)} replies, {sum(one.copied for one in block)} copied from earlier ones{kept}"


def _ended(block: Sequence[StoredRound], ending: str) -> int:
    said = (words(one.reply.text) for one in block if one.reply is not None and one.reply.text is not None)
    return sum([word.casefold() for word in found[-1:]] == [ending.casefold()] for found in said)
