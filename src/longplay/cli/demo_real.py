"""`longplay demo --real`: a short study of a small real model on this machine, with measures that need no judge."""

import tempfile
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

import msgspec

from longplay.cli.performing import perform
from longplay.cli.report import make_report
from longplay.cli.say import data, talk
from longplay.inference.local_server import LocalServer, Serving, check_local, small_model
from longplay.pipeline import Ready, load_text
from longplay.store import Reader
from longplay.store.stored import StoredRound
from longplay.study.words import command
from longplay.verifiers.text import words

STUDY = "demo_real.toml"
SERVING = Serving(context=4_096)
BLOCK = 6  # rounds
ENDINGS = {"captain-harrow": "Ahoy", "brother-anselm": "Amen"}  # what a description asks every reply to end with
NOTE = (
    "a model of 135M parameters shows that the instrument works on real text: what is said, copied, followed and kept. "
    "It says nothing about models that people use"
)


def demo_real(into: Path) -> int:
    """Serve the small model, run the study, write its report, and say what programs see in the rounds."""
    model = small_model()
    check_local(model, SERVING)
    talk(f"Starting llama-server with {model.name}; about 80 requests, three minutes on two idle cores.")
    with tempfile.TemporaryDirectory() as folder, LocalServer(model, Path(folder) / "log", SERVING) as server:
        code = perform(
            study(server.url), into, again=command("longplay", "demo", "--real", "--into", into), page_follows=True
        )
    if code:
        return code
    with Reader.open(into) as reader:
        for line in seen(reader):
            data(line)
    return make_report(into)


def study(url: str) -> Ready:
    """The bundled study for a server at `url`, with the note that its page bears."""
    ready = load_text((files("longplay.cli") / STUDY).read_text("utf-8").replace("URL", url))
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
