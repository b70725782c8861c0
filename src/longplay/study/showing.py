"""One answer or round with everything behind it, as text. Makes words of texts; computes nothing."""

from pathlib import Path

import msgspec

from longplay.experiment import Experiment
from longplay.imports.origins import Origin, origin_of
from longplay.records import Cell, DialogueKey, Item, Reply, RoundRef
from longplay.specs import Persona
from longplay.store import Judgement, Reader, StoredRound
from longplay.study.earlier_turns import earlier_turns
from longplay.study.recorded_experiment import PLUGINS, recorded
from longplay.study.text_format import clean
from longplay.study.text_lookup import BASELINE, Found, Wanted, find

MARGIN = "    "


class Shown(msgspec.Struct, frozen=True):
    """A text to read, made harmless for terminals; `chosen`: what was left out, as options of the command line."""

    text: str
    chosen: tuple[str, ...]


def shown(run: Path, wanted: Wanted, rounds: int | None = None) -> Shown:
    """What is meant, with the last `rounds` rounds before it; None = all. Raises RunError, naming what there is."""
    with Reader.open(run) as reader:
        experiment = recorded(reader)
        found = find(reader, experiment, wanted)
        return Shown(clean(_text(reader, experiment, found, rounds)), found.chosen)


def _text(reader: Reader, experiment: Experiment, found: Found, rounds: int | None) -> str:
    parts = ["SIMULATED: these texts come from simulated models."] if experiment.study.simulated else []
    parts += [f"NOTE: {experiment.notes[PLUGINS]}."] if PLUGINS in experiment.notes else []
    parts.append(_heading(experiment, found.dialogue))
    kept = origin_of(reader, found.dialogue) if experiment.imported is not None else None
    if kept is not None:
        parts += _imported(kept)
    before = found.round - 1 if found.round is not None else found.checkpoint
    history = [one for one in reader.dialogue_text(found.dialogue) if one.number <= before]
    shown = history if rounds is None else history[max(len(history) - max(rounds, 0), 0) :]
    if len(shown) < len(history):
        parts.append(f"[{len(history) - len(shown)} earlier rounds not shown]")
    parts += [_round(one) for one in shown]
    if found.round is not None:
        parts += _shown_round(reader, RoundRef(found.dialogue, found.round))
    for cell in found.cells:
        parts += _shown_answer(reader, experiment, cell, first=cell == found.cells[0])
    return "\n\n".join(parts)


def _heading(experiment: Experiment, key: DialogueKey) -> str:
    persona = experiment.personas.get(key.persona) if key.persona is not None else None
    speaker = f"{persona.name} ({persona.id})" if persona else key.persona or f"nobody in particular ({BASELINE})"
    line = f"{key.model} as {speaker}; script {key.script}, order {key.order}, draw {key.draw}, policy {key.policy}"
    return "\n\n".join([line, *_persona(persona)] if persona else [line])


def _persona(persona: Persona) -> list[str]:
    """Who it is; what is kept of it and was not sent says so."""
    lore = "\n\n".join(f"{', '.join(entry.keys) or 'always'}: {entry.content}" for entry in persona.lore)
    kept = {"GREETING": persona.greeting, "LORE": lore, "AFTER THE HISTORY": persona.after_history}
    head = f"PERSONA{f', {persona.kind}' if persona.kind else ''}\n{_indented(persona.description)}"
    return [head, *(f"{part}, kept and not sent\n{_indented(text)}" for part, text in kept.items() if text)]


def _imported(kept: Origin) -> list[str]:
    """Where an imported dialogue is from, and what of it stands in no round."""
    others = (
        f"BESIDE, after round {part.round}, {' '.join(filter(None, (part.role, part.name)))} ({part.why})\n"
        + "\n".join(_indented(text) for text in (part.text, part.extra) if text)
        for part in kept.parts
        if not part.side
    )
    return [f"IMPORTED from {kept.source}, not played by longplay", *others]


def _round(stored: StoredRound) -> str:
    number = f"ROUND {stored.number}"
    return f"{number}, USER\n{_indented(stored.user)}\n\n{number}, REPLY{_replied(stored.reply, stored.copied)}"


def _shown_round(reader: Reader, ref: RoundRef) -> list[str]:
    stored = reader.round_text(ref)
    return [] if stored is None else [_round(stored), *(_verdict(one) for one in reader.verdicts(ref, every=True))]


def _shown_answer(reader: Reader, experiment: Experiment, cell: Cell, *, first: bool) -> list[str]:
    item = experiment.items.get((cell.probe, cell.item))
    words = experiment.wording(item, cell.ask_persona) if item is not None else ""
    question = words or "(the run does not hold its words)"
    place = f"ITEM {cell.probe} {cell.item}, asked after {cell.checkpoint} rounds, policy {cell.ask_policy}"
    reply, copied = reader.answer(cell) or (None, False)
    answer = f"ANSWER, draw {cell.draw}{_replied(reply, copied)}"
    head = [*_examples(item), f"{place}\n{_indented(question)}"] if first else []
    earlier = [
        f"BEFORE IT, draw {cell.draw}, USER\n{_indented(said)}\n\nREPLY{_replied(heard)}"
        for said, heard in earlier_turns(reader, item, cell)
    ]
    return [*head, *earlier, answer, *(_verdict(one) for one in reader.verdicts(cell, every=True))]


def _examples(item: Item | None) -> list[str]:
    """What stands before an item and was said by nobody."""
    return [f"EXAMPLE, {shot.role.upper()}\n{_indented(shot.content)}" for shot in (item.examples if item else ())]


def _replied(reply: Reply | None, copied: bool = False) -> str:
    """What follows the word REPLY or ANSWER: flags, and the text on lines of its own."""
    if reply is None:
        return "\n" + _indented("(missing: never asked, the dialogue had stopped)")
    if reply.text is None:
        return "\n" + _indented(f"(missing: {reply.reason}) {reply.detail}")
    flags = {
        "empty": reply.empty,
        "cut at max_tokens": reply.cut,
        "marks of a reasoning trace remain": reply.marked,
        "copied from an earlier reply": copied,
    }
    held = [word for word, holds in flags.items() if holds]
    return (f" ({', '.join(held)})" if held else "") + "\n" + _indented(reply.text)


def _verdict(judgement: Judgement) -> str:
    verdict = judgement.verdict
    score = f"missing ({verdict.reason})" if verdict.score is None else f"{verdict.score:g}"
    label = f" ({verdict.label})" if verdict.label else ""
    seen = f", as {verdict.judged_as}" if verdict.judged_as else ""
    repaired = ", read with repair" if verdict.status == "repaired" else ""
    earlier = "" if judgement.counts else " (an earlier set)"
    part = f" of {verdict.part}" if verdict.part else ""
    head = f"VERDICT {verdict.metric}{part}: {score}{label} by {verdict.judge}{seen}{repaired}"
    head += f", method {verdict.method}{earlier}"
    if not judgement.replies:
        return f"{head}\n{_indented(verdict.why)}" if verdict.why else head
    replies = (f"JUDGE, reply {number}{_replied(reply)}" for number, reply in enumerate(judgement.replies, 1))
    return "\n".join([head, *replies])


def _indented(text: str) -> str:
    return "\n".join(MARGIN + line for line in text.split("\n")) if text else f"{MARGIN}(nothing)"
