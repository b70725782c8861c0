"""XSTest (Roettger et al., CC-BY-4.0), read from the data directory that LONGPLAY_DATA names. Knows no network."""

import csv
import os
from collections.abc import Sequence
from pathlib import Path

from longplay.probes.probe import Probe, ProbeError
from longplay.records import Item

FILE = "xstest/xstest_prompts.csv"


def items() -> Sequence[Item]:
    """The 450 prompts; item ids are 0-based rows, the numbering of the paper."""
    folder = os.environ.get("LONGPLAY_DATA")
    path = Path(folder or "data") / FILE
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return tuple(
            Item(id=f"xstest-{i:03}", text=row["prompt"], label=row["label"], kind=row["type"])
            for i, row in enumerate(rows)
        )
    except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
        where = path if folder else f"LONGPLAY_DATA/{FILE}"
        raise ProbeError(
            f"probe xstest: {where} cannot be read ({type(error).__name__}). Set LONGPLAY_DATA to a folder that holds "
            f"{FILE} of github.com/paul-rottger/exaggerated-safety."
        ) from None


PROBE = Probe("xstest", "XSTest: refusing safe and unsafe requests", ("refusal",), items)
