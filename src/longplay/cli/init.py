"""`longplay init`: a first study to edit, and a dry check of it. Knows arguments and words."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from longplay.cli.exit_codes import DONE, INCOMPLETE
from longplay.cli.host_approval import AllowCode, approval, code_agreed
from longplay.cli.status import tell
from longplay.cli.terminal import data, talk
from longplay.study.first_study import FOLDER, STUDY, checked, study_at
from longplay.study.first_study import init as written
from longplay.study.plugging import allowing
from longplay.study.status_lines import unfinished
from longplay.study.text_format import command


def init(
    folder: Path = FOLDER,
    /,
    *,
    check: bool = False,
    allow_host: Annotated[tuple[str, ...], Parameter(consume_multiple=False, show_default=False)] = (),
    allow_file: Annotated[tuple[Path, ...], Parameter(consume_multiple=False, show_default=False)] = (),
    allow_code: AllowCode = (),
) -> int:
    """Write a first study to edit: study, personas, script, items, rubric. Nothing is overwritten.

    With --check nothing is written: the study that is there is tried.

    Parameters
    ----------
    folder
        Where the study is written; made where there is none. With --check also a study file.
    check
        Ask each model of the study for one short dialogue and one item of each probe, have them judged, and say what
        that cost. Keeps nothing.
    allow_host
        HOST, HOST:PORT or http://HOST:PORT, then +VARIABLE: with --check, a server that may be sent the study's texts,
        and the key in that variable.
    allow_file
        With --check, a file outside the study's folder that may be sent.
    """
    if check:
        return _check(study_at(folder), allow_host, allow_file, allow_code)
    for path in written(folder):
        data(str(path))
    study = folder / STUDY
    talk(f"Edit these, then try them: {command('longplay', 'init', folder, '--check')}")
    talk(f"Then: {command('longplay', 'run', study, '--into', folder / 'run')}")
    return DONE


def _check(study: Path, allow_host: tuple[str, ...], allow_file: tuple[Path, ...], allow_code: tuple[str, ...]) -> int:
    with allowing(allow_code, code_agreed):
        found, standing = checked(study, approval(allow_host), allow_file)
    tell(found, standing)
    return INCOMPLETE if unfinished(standing) else DONE
