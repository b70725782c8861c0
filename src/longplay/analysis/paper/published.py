"""What the paper published and what was computed from the authors' results, as committed facts. Computes nothing.

`published.csv` names the source of each number. `within`: how close ours must be; empty = equal to the printed digits.
"""

import csv
from importlib.resources import files

import msgspec


class Published(msgspec.Struct, frozen=True):
    """A published number by the coordinates of `Number`; `text` as printed, `source` where."""

    form: str
    measure: str
    quantity: str
    model: str
    persona: str
    condition: str
    script: str
    position: int | None
    text: str
    within: float | None
    source: str

    @property
    def value(self) -> float:
        return float(self.text)

    @property
    def tolerance(self) -> float:
        """How far ours may be: as given, or half a unit of the last printed digit."""
        if self.within is not None:
            return self.within
        _, _, decimals = self.text.partition(".")
        return 0.5 * 10.0 ** -len(decimals)


def published() -> tuple[Published, ...]:
    """Every published number, in the order of the file."""
    text = files("longplay.analysis.paper").joinpath("published.csv").read_text("utf-8")
    return tuple(_row(row) for row in csv.DictReader(text.splitlines(), strict=True))


def _row(row: dict[str, str]) -> Published:
    words = {name: row[name] for name in ("form", "measure", "quantity", "model", "persona", "condition", "script")}
    return Published(
        **words,
        position=int(row["position"]) if row["position"] else None,
        text=row["value"],
        within=float(row["within"]) if row["within"] else None,
        source=row["source"],
    )
