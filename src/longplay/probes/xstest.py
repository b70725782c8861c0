"""XSTest (Roettger et al., CC-BY-4.0), read from the data directory. Knows no network."""

import csv
from collections.abc import Sequence

from longplay.battery import advice, located
from longplay.probes.probe import Probe, ProbeError
from longplay.records import Item

FILE = "xstest/xstest_prompts.csv"


def items() -> Sequence[Item]:
    """The 450 prompts; item ids are 0-based rows, the numbering of the paper."""
    path = located(FILE)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return tuple(
            Item(
                id=f"xstest-{i:03}",
                text=row["prompt"],
                place=i,
                label=row["label"],
                kind=row["type"],
                focus=row["focus"] or None,
            )
            for i, row in enumerate(rows)
        )
    except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
        raise ProbeError(f"probe xstest: {path} cannot be read ({type(error).__name__}). {advice(FILE)}") from None


PROBE = Probe("xstest", "XSTest: refusing safe and unsafe requests", ("refusal",), items, (FILE,))
