"""A study of another size, to be counted and not to be run: stand-ins where it has too few. Sends nothing."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from longplay.dialogue import orders_of
from longplay.experiment.experiment import Experiment
from longplay.records import Item
from longplay.specs import Persona, StudyError


class Size(msgspec.Struct, frozen=True):
    """How many personas, orders (None = the study's own) and draws a study has, after how many rounds it asks, and how
    many items of `probe` it asks each persona (None = as many as there are). `more_baseline`: draws of the baseline's
    dialogues beyond the study's own."""

    personas: int
    orders: int | None
    draws: int
    checkpoints: tuple[int, ...]
    probe: str = ""
    items: int | None = None
    more_baseline: int = 0


def most_orders(experiment: Experiment) -> int | None:
    """How many orders all of the experiment's scripts can have; None where there is no end of them."""
    if experiment.imported is not None:
        return None
    rounds = experiment.study.dialogues.rounds
    each = (orders_of(script, rounds) for script in experiment.scripts.values())
    return min((most for most in each if most is not None), default=None)


def resized(experiment: Experiment, size: Size) -> Experiment:
    """The experiment at another size. Personas and items beyond those it has are copies of its own, in turn.

    Raises StudyError where its dialogues were imported, as those have the size they have.
    """
    if experiment.imported is not None:
        raise StudyError("imported dialogues cannot be played again in another number; only their power is known.")
    study, replace = experiment.study, msgspec.structs.replace
    of_baseline = study.dialogues.baseline_draws + size.more_baseline
    orders = None if size.orders is None else tuple(range(size.orders))
    personas = _personas(list(experiment.personas.values()), size.personas)
    origin = {copy.id: original for copy, original in personas}
    probes = {
        name: _items(items, origin, size.items if name == size.probe else None)
        for name, items in experiment.probes.items()
    }
    return Experiment(
        study=replace(
            study,
            dialogues=replace(
                study.dialogues, orders=orders or study.dialogues.orders, draws=size.draws, baseline_draws=of_baseline
            ),
            conditioning=replace(
                study.conditioning, orders=orders or study.conditioning.orders, checkpoints=size.checkpoints
            ),
        ),
        personas={copy.id: copy for copy, _ in personas},
        scripts=experiment.scripts,
        probes=probes,
        sources={},
    )


def items_asked(experiment: Experiment, probe: str) -> int:
    """How many items of a probe a persona is asked, at most."""
    return _asked(experiment.probes.get(probe, ()))


def with_items(experiment: Experiment, probe: str, count: int) -> Experiment:
    """The experiment with so many items of one probe for each persona; what it has too few of are copies."""
    origin = {persona: persona for persona in experiment.personas}
    probes = experiment.probes | {probe: _items(experiment.probes[probe], origin, count)}
    return msgspec.structs.replace(experiment, probes=probes)


def _personas(known: Sequence[Persona], count: int) -> list[tuple[Persona, str]]:
    """So many personas, each with the id of the one it is a copy of."""
    found: list[tuple[Persona, str]] = []
    for number in range(count):
        one, turn = known[number % len(known)], number // len(known)
        found.append((msgspec.structs.replace(one, id=f"{one.id}~{turn}") if turn else one, one.id))
    return found


def _items(items: tuple[Item, ...], origin: dict[str, str], count: int | None) -> tuple[Item, ...]:
    """The common items, and each persona's own; `count` of those that a persona is asked, own ones in proportion."""
    common = [item for item in items if item.persona is None]
    own: dict[str, list[Item]] = {}
    for item in items:
        if item.persona is not None:
            own.setdefault(item.persona, []).append(item)
    asked = _asked(items)
    share = 1.0 if count is None or not asked else count / asked
    found = _copies(common, round(len(common) * share))
    for persona, original in origin.items():
        mine = _copies(own.get(original, ()), round(len(own.get(original, ())) * share))
        found += [msgspec.structs.replace(item, id=f"{item.id}@{persona}", persona=persona) for item in mine]
    return tuple(found)


def _asked(items: Sequence[Item]) -> int:
    own = Counter(item.persona for item in items)
    return own.pop(None, 0) + max(own.values(), default=0)


def _copies(items: Sequence[Item], count: int) -> list[Item]:
    return [
        msgspec.structs.replace(items[number % len(items)], id=f"{items[number % len(items)].id}~{number}")
        for number in range(count if items else 0)
    ]
