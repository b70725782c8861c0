"""Reads one Parquet or Arrow table from standard input and writes its rows as JSON, one a line.

Runs in a process of its own, with limits: what makes such a reader crash or fill the memory costs one line and no more.
Knows nothing of longplay; run as a program, with the form's name.
"""

import json
import math
import sys
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_MEMORY = 4 << 30
MOST_SECONDS = 60
MOST_WRITTEN = 256 << 20
BATCH = 64  # rows: a repeated text of a table stands in memory once for each row of a batch


def limit() -> None:
    """Of memory and time, where the system can; a crash leaves no image of the memory."""
    try:
        import resource
    except ImportError:
        return
    limits = {resource.RLIMIT_AS: MOST_MEMORY, resource.RLIMIT_CPU: MOST_SECONDS, resource.RLIMIT_CORE: 0}
    for kind, most in limits.items():
        resource.setrlimit(kind, (most, most))


def plain(value: object) -> object:
    """A value as JSON has it; others by the name of their kind, in an object."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [plain(one) for one in cast("Iterable[object]", value)]
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in cast("dict[object, object]", value).items()}
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return {"": type(value).__name__}


def labels(metadata: dict[bytes, bytes]) -> dict[str, list[str]]:
    """Of columns that `datasets` has as numbers of labels, the labels, by column."""
    try:
        features = json.loads(metadata[b"huggingface"])["info"]["features"]
        found = {name: feature for name, feature in features.items() if feature.get("_type") == "ClassLabel"}
        return {name: [str(label) for label in feature["names"]] for name, feature in found.items()}
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}


def labelled(value: object, names: list[str]) -> object:
    """The label with a number; what is no such number stays."""
    return names[value] if isinstance(value, int) and 0 <= value < len(names) else value


def main(form: str) -> int:
    """0, or 3 where more would be written than is read; 4 with words where the table is faulty."""
    limit()
    from arro3 import io

    raw, written = sys.stdin.buffer.read(), 0
    read = {"stream": io.read_ipc_stream, "file": io.read_ipc}.get(form)
    try:
        found = io.read_parquet(raw, batch_size=BATCH) if read is None else read(raw)
        called = labels(found.schema.metadata)
        for batch in found:
            names = batch.column_names
            for at in range(0, batch.num_rows, BATCH):
                part = batch.slice(at, min(BATCH, batch.num_rows - at))
                columns = [cast("list[object]", column.to_pylist()) for column in cast("list[Any]", part.columns)]
                for cells in zip(*columns, strict=True):
                    row = {name: plain(value) for name, value in zip(names, cells, strict=True)}
                    row |= {name: labelled(row[name], known) for name, known in called.items() if name in row}
                    line = json.dumps(row).encode() + b"\n"
                    written += len(line)
                    if written > MOST_WRITTEN:
                        return 3
                    sys.stdout.buffer.write(line)
    except Exception as error:  # noqa: BLE001  whatever such a reader raises is a fault of the file
        sys.stderr.write(f"\n{type(error).__name__}: {error}")
        return 4
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
