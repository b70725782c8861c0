"""Rows of Parquet and Arrow tables, read in a process of their own. Evaluates nothing, imports no reader itself."""

import subprocess
import sys
from pathlib import Path
from typing import Literal, cast

from longplay.probes.files import arrow_child
from longplay.probes.files.rows import MOST_ROWS, Row
from longplay.specs import FileFault, json_value, plain

Form = Literal["parquet", "file", "stream"]
WORDS: dict[Form, str] = {"parquet": "Parquet table", "file": "Arrow table", "stream": "Arrow table"}


def form_of(raw: bytes) -> Form | None:
    """Which form of a table this is by its first bytes; None where it is none."""
    if raw.startswith(b"PAR1"):
        return "parquet"
    if raw.startswith(b"ARROW1"):
        return "file"
    return "stream" if raw.startswith(b"\xff\xff\xff\xff") else None


def table_rows(raw: bytes, form: Form, before: int = 0) -> list[Row]:
    """The rows of a table, of which `before` stand in earlier files of the set. Raises FileFault."""
    program = [sys.executable, "-P", str(Path(arrow_child.__file__)), form]
    try:
        done = subprocess.run(
            program, input=raw, capture_output=True, timeout=2 * arrow_child.MOST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise FileFault(f"is a {WORDS[form]} that takes too long to read; write its rows as JSON Lines.") from None
    if done.returncode == 3:
        raise FileFault(f"is a {WORDS[form]} with more than {arrow_child.MOST_WRITTEN:,} bytes of values.")
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        why = f" ({plain(said[-1])})" if done.returncode == 4 and said else ""
        raise FileFault(f"is a damaged {WORDS[form]}{why}; write it again.")
    lines = done.stdout.splitlines()
    if before + len(lines) > MOST_ROWS:
        raise FileFault(f"holds more than {MOST_ROWS:,} items, which is the most that is read; write a smaller set.")
    values = (cast("dict[str, object]", json_value(line.decode())) for line in lines)
    return [Row(f"row {number:,}", number, one) for number, one in enumerate(values, start=before + 1)]
