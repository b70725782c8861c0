"""`longplay import`: what others obtained, into a run folder. Knows arguments and words, no format."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from longplay.cli.exit_codes import DONE, INCOMPLETE
from longplay.cli.terminal import data, json_data, table, talk
from longplay.folder.study_file import STUDY
from longplay.records.transcripts import SourceFile
from longplay.study.importing import Brought, Whose
from longplay.study.importing import bring_in as brought
from longplay.study.text_format import command, count, counted

MOST_ROWS = 60


def bring_in(
    form: str,
    source: Path,
    /,
    *,
    into: Path,
    study: Path | None = None,
    persona: str | None = None,
    persona_speaker: str | None = None,
    model: str | None = None,
    name: str | None = None,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Bring dialogues of others into a run folder, to be judged, cut and asked after like played ones.

    Parameters
    ----------
    form
        persistent-personas (the authors' repository), openai-chat, sharegpt, mt-eval or crd3.
    source
        The file, or the folder with files.
    into
        The run folder; made where there is none.
    study
        A study file with `imported = true` under [dialogues]; without it one is written that you complete.
    persona
        FILE or FILE#NAME: who the replies are meant to be; left out = nobody in particular.
    persona_speaker
        Of a source with many speakers: the one whose turns are the replies.
    model
        Whose replies they are: the label of a model. Left out = as the source says.
    name
        What the dialogues are called, with a number where there are several. Left out = as the source says, else its
        file's name.
    as_json
        Print JSON.
    """
    found = brought(form, source, into, study, Whose(persona, persona_speaker, model, name), talk)
    _tell(found, given=study is not None, as_json=as_json)
    return INCOMPLETE if any(one.what == "refused" for one in found.files) else DONE


def _tell(found: Brought, *, given: bool, as_json: bool) -> None:
    if as_json:
        json_data(found)
        return
    _tell_files(found.files)
    tallied = found.tallied
    data("")
    if tallied.answers or tallied.verdicts:
        data(f"{count(tallied.answers)} answers, {count(tallied.verdicts)} verdicts")
    if tallied.beside:
        data(f"{count(tallied.beside)} turns stand in no round and are kept beside the dialogue")
    sizes = f"{count(tallied.characters_in)} characters in = {count(tallied.characters_out)} out"
    dialogues, rounds = counted(tallied.dialogues, "dialogue"), counted(tallied.rounds, "round")
    data(f"{dialogues}, {rounds}, {counted(tallied.texts, 'turn')}, {sizes}")
    refused = sum(one.what == "refused" for one in found.files)
    if refused:
        talk(f"Refused, as listed: {counted(refused, 'part')} of the source; what else there is was taken in")
    written = Path(found.run) / STUDY
    if tallied.known:
        talk(f"{count(tallied.known)} dialogues were there before; nothing was added to them")
    first = "" if given else f"complete {written}, then "  # a study that was given may be complete
    talk(f"Next: {first}{command('longplay', 'run', written, '--into', found.run)}")


def _tell_files(files: tuple[SourceFile, ...]) -> None:
    """One row a file; of many files those that are alike in one row."""
    groups: dict[tuple[str, str, str], list[SourceFile]] = {}
    for one in files:
        name = one.path if len(files) <= MOST_ROWS else one.path.rpartition("/")[0] + "/*"
        groups.setdefault((name, one.what, one.why), []).append(one)
    rows = [
        (
            name,
            what,
            count(len(those)),
            count(sum(f.texts for f in those)),
            count(sum(f.characters for f in those)),
            why,
        )
        for (name, what, why), those in groups.items()
    ]
    table(("file", "", "files", "texts", "characters", "why"), rows, left=2, note=True)
