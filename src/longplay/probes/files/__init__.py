"""Items from files that people have: what a file is, its rows, and the items that they make. Knows no network."""

from longplay.probes.files.places import Place, place_of
from longplay.probes.files.reading import items_in
from longplay.probes.files.rows import ItemFileError, Wanted

__all__ = ["ItemFileError", "Place", "Wanted", "items_in", "place_of"]
