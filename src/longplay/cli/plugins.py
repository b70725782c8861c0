"""`longplay plugins`: what installed packages bring. Imports nothing of them."""

from typing import Annotated

from cyclopts import Parameter

from longplay.cli.terminal import data, json_data, table
from longplay.study.plugging import Plugin
from longplay.study.plugging import plugins as found

COLUMNS = ("kind", "name", "package", "version", "allowed", "from", "")


def plugins(*, as_json: Annotated[bool, Parameter(name="--json")] = False) -> None:
    """Installed plug-ins: kind, name, package, version, whether its code is allowed, and from where it would come.

    Reads the metadata of installed packages and imports nothing.

    Parameters
    ----------
    as_json
        Print JSON.
    """
    every = found()
    if as_json:
        json_data(every)
    elif every:
        rows = [_row(one) for one in every]
        table(COLUMNS, rows, left=len(COLUMNS))
    else:
        data("No installed package brings plug-ins.")


def _row(one: Plugin) -> list[str]:
    allowed, place = "yes" if one.allowed else "no", f"{one.value} in {one.place}"
    fault = f"cannot be used: {one.fault}" if one.fault else ""
    return [one.kind, one.name, one.package, one.version, allowed, place, fault]
