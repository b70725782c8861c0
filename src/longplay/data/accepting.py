"""Terms that must be accepted before a set is used. Asks nobody; keeps what was answered."""

from pathlib import Path

import msgspec

from longplay.battery import Dataset, read_record, write_record


def accept(folder: Path, dataset: Dataset) -> None:
    """Record in a data directory that the terms of a set, as they are worded now, were accepted."""
    if dataset.terms is not None:
        record = read_record(folder)
        write_record(folder, msgspec.structs.replace(record, accepted={**record.accepted, dataset.name: dataset.terms}))
