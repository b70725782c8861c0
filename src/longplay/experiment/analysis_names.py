"""What the [analysis] part of a study names, held against what the study can give. Estimates nothing."""

from collections.abc import Collection, Iterable, Iterator

from longplay.judging.quantities import by_name
from longplay.records import Item
from longplay.specs.study import Analysis


def unknown_names(declared: Analysis, personas: Collection[str], items: Iterable[Item]) -> Iterator[str]:
    """A phrase for each quantity or persona that nothing in the study is called: its place and the known names."""
    asked = list(items)
    labels = frozenset(item.label for item in asked if item.label)
    dimensions = frozenset(item.dimension for item in asked if item.dimension)
    known = by_name(labels, dimensions)
    entries = [entry for family in declared.entries.values() for entry in family]
    yield from _unknown("primary", declared.primary, known)
    yield from _unknown("margins", declared.margins, known)
    yield from _unknown("families", (entry.quantity for entry in entries if entry.quantity is not None), known)
    for name, of in declared.versions.items():
        yield from _unknown(f"versions.{name}", (*of, *of.values()), personas)


def _unknown(place: str, names: Iterable[str], known: Collection[str]) -> Iterator[str]:
    for name in names:
        if name not in known:
            yield f"[analysis.{place}] {name!r} is not known. Known: {', '.join(known)}."
