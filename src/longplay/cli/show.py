"""`longplay show`: one answer or round with everything behind it, as text. Writes nothing."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from longplay.cli.host_approval import AllowCode
from longplay.cli.terminal import data, talk
from longplay.study.plugging import allowing
from longplay.study.showing import shown
from longplay.study.text_lookup import Wanted


def show(
    run: Path,
    /,
    *,
    rounds: int | None = None,
    allow_code: AllowCode = (),
    wanted: Annotated[Wanted | None, Parameter(name="*")] = None,
) -> None:
    """One answer or round as text: the dialogue before it, the item, the answer, the verdicts with the judge's replies.

    What is left out is chosen: the first that matches, the last checkpoint. A name that is not there is answered with
    those that are.

    Parameters
    ----------
    run
        The run folder.
    rounds
        Show only the last ROUNDS rounds of the dialogue before it; all when left out.
    """
    with allowing(allow_code):
        found = shown(run, wanted or Wanted(), rounds)
    if found.chosen:
        talk(f"chosen: {' '.join(found.chosen)}")
    data(found.text)
