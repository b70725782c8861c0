"""`longplay run`: play, ask and judge a study. Knows arguments, no stages."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from longplay.cli.host_approval import AllowCode, code_agreed
from longplay.cli.live_run import perform
from longplay.pipeline import load
from longplay.specs import StudyError
from longplay.study.plugging import allowing
from longplay.study.text_format import command


def run(
    study: Path,
    /,
    *,
    into: Path | None = None,
    extend: bool = False,
    no_cache: bool = False,
    go_on: bool = False,
    allow_host: Annotated[tuple[str, ...], Parameter(consume_multiple=False, show_default=False)] = (),
    allow_file: Annotated[tuple[Path, ...], Parameter(consume_multiple=False, show_default=False)] = (),
    allow_code: AllowCode = (),
) -> int:
    """Play, ask and judge a study; run it again to resume.

    Every reply is kept as it arrives. Ctrl-C ends cleanly; the same command goes on and pays nothing twice.

    Parameters
    ----------
    study
        The study file (TOML).
    into
        The run folder; made where there is none. Must be given.
    extend
        Go on although the study asks for more than the run began with.
    no_cache
        Ask for everything anew: use no replies of earlier runs, and keep none for later ones.
    go_on
        Go on although no first reply is usable, or token counts that a cap needs are missing.
    allow_host
        HOST, HOST:PORT or http://HOST:PORT, then +VARIABLE: a server that may be sent the study's texts, and the key in
        that variable. Kept for later runs.
    allow_file
        A file of personas or a script outside the study's folder, which the study may have sent to its models.
    """
    if into is None:
        folder = Path("runs", study.stem or "first")
        raise StudyError(
            "--into is missing: the folder in which the run is kept, and found again when it is resumed. For example: "
            f"{command('longplay', 'run', study, '--into', folder)}"
        )
    options = [*(["--no-cache"] if no_cache else []), *(f"--allow-file={path}" for path in allow_file)]
    again = command("longplay", "run", study, "--into", into, *options)
    with allowing(allow_code, code_agreed):
        ready = load(study, into).allowing(allow_file)
        return perform(ready, into, extend=extend, allowed=allow_host, again=again, cache=not no_cache, go_on=go_on)
