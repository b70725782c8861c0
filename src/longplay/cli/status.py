"""`longplay status`: how far a run is, also while it runs. Writes nothing."""

import time
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from longplay.cli.host_approval import AllowCode
from longplay.cli.terminal import data, json_data
from longplay.folder import Standing
from longplay.study.plugging import allowing
from longplay.study.status import Status
from longplay.study.status import status as read_status
from longplay.study.status_lines import Told, of_cap, sign_lines, standing_lines, taken_lines
from longplay.study.text_format import count, counted, duration, money


def status(
    run: Path,
    /,
    *,
    allow_code: AllowCode = (),
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """How far a run is: obtained of due, missing by reason, what servers said, rate, cost. Works while it runs.

    Parameters
    ----------
    run
        The run folder.
    as_json
        Print JSON.
    """
    with allowing(allow_code):
        found, standing = read_status(run)
    if as_json:
        json_data(found)
    else:
        tell(found, standing)


def tell(found: Status, standing: Standing) -> None:
    """The same in lines for people."""
    if found.simulated:
        data("SIMULATED: this run asks simulated models.")
    for mark in found.marks:
        data(f"NOTE: {mark}.")
    if found.ended is not None and found.ended.status == "stopped":
        data(f"The last run stopped: {found.ended.why}")
    for said in (*map(Told.indented, standing_lines(standing)), *sign_lines(found.signs)):
        data(said)
    tokens = f"{count(found.prompt_tokens)} prompt ({count(found.cached_tokens)} cached), "
    tokens += f"{count(found.completion_tokens)} reply"
    uncounted = sum(found.signs.uncounted.values())
    unknown = f"not known ({counted(uncounted, 'reply', 'replies')} without token counts)"
    cost = unknown if uncounted else "not known (no prices)" if found.cost is None else money(found.cost)
    without = f" without {', '.join(found.unpriced)} (no price)" if found.cost is not None and found.unpriced else ""
    data(f"{counted(found.requests, 'request')}; tokens: {tokens}; cost {cost}{without}")
    for said in (*taken_lines(found.roles), *map(of_cap, found.caps)):
        data(said)
    for title, judge in found.judges.items():
        for of in judge.sets if any(one.counting < one.done for one in judge.sets) else ():
            counting = "counts" if of.counting else "earlier"
            data(f"  {of.metric} by {title}, method {of.method}: {count(of.done)} obtained, {counting}")
    if found.reused:
        were = "was" if found.reused == 1 else "were"
        data(f"{counted(found.reused, 'reply', 'replies')} {were} found in earlier runs and not paid")
    if found.last_call_at is not None:
        ago = duration(max(time.time() - found.last_call_at, 0))
        rate = "" if found.rate is None else f"{found.rate:,.1f} requests a second from the first to the last. "
        data(f"{rate}The last call ended {ago} ago")
