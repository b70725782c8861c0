"""The items of a place: its files are told apart by their first bytes, their rows made items. Evaluates nothing."""

from longplay.probes.files.arrow_tables import form_of, table_rows
from longplay.probes.files.items import items_of
from longplay.probes.files.places import Place
from longplay.probes.files.rows import MOST_BYTES, ItemFileError, Row, Rows, Wanted
from longplay.probes.files.texts import text_rows
from longplay.records import Item
from longplay.specs import FileFault, file_bytes, plain


def items_in(place: Place, wanted: Wanted) -> tuple[Item, ...]:
    """All items. Raises ItemFileError, which names the file, the line or row, and the column."""
    shown = plain(place.shown)
    try:
        rows = _rows(place)
        if not rows.rows:
            raise FileFault("holds no items.")
        return items_of(rows, wanted)
    except FileFault as fault:
        raise ItemFileError(f"{shown}: {fault}") from None


def _rows(place: Place) -> Rows:
    tables: list[Row] = []
    left = MOST_BYTES
    for path in place.files:
        raw = file_bytes(path, left)
        left -= len(raw)
        form = form_of(raw)
        try:
            if form is None and len(place.files) == 1:
                return text_rows(raw)
            if form is None:
                raise FileFault("is no table.")
            tables += table_rows(raw, form, len(tables))
        except FileFault as fault:
            inside = "" if len(place.files) == 1 else f"{plain(path.name, 100)} "
            raise FileFault(f"{inside}{fault}") from None
    return Rows(tables)
