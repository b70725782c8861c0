"""`longplay import`: what others obtained, into a run folder. Puts reading and keeping together; knows no format."""

from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from longplay.battery import read_cast
from longplay.cli.exit_codes import DONE, INCOMPLETE
from longplay.cli.say import command, count, counted, data, json_data, table, talk
from longplay.cli.study_of_import import Known, minimal_study
from longplay.exchange import FORMATS, Chosen, ReleaseTexts, TranscriptFiles
from longplay.exchange.release_around import (
    release_items,
    release_judge,
    release_judging,
    release_metrics,
    release_personas,
    release_scripts,
)
from longplay.exchange.source_files import shown
from longplay.pipeline.folder import DATABASE, STUDY, check_folder, kept_study
from longplay.pipeline.importing import Around, Tallied, begin, explain, interrupted, keep
from longplay.records import Script
from longplay.records.transcripts import SourceFile
from longplay.specs import LongplayError, Persona, Study, StudyError, parse_study, printable, study_text

RELEASE = "persistent-personas"
MOST_ROWS = 60
MOST_NAME = 150


class Brought(msgspec.Struct, frozen=True):
    """What an import did."""

    run: str
    tallied: Tallied
    files: tuple[SourceFile, ...]


class _Given(msgspec.Struct, frozen=True):
    """The study of the run: its text, where files that it names lie, and whether it is ours to write."""

    text: str
    folder: Path
    study: Study


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
    if form not in (RELEASE, *FORMATS):
        raise LongplayError(f"no format {form!r}. Known: {', '.join((RELEASE, *FORMATS))}.")
    given = _given(study, into)
    if form == RELEASE:
        if any(one is not None for one in (persona, persona_speaker, model, name)):
            given_out = "--persona, --persona-speaker, --model, --name"
            raise LongplayError(f"{RELEASE} says itself who speaks; leave {given_out} out.")
        found = _release(source, into, given)
    else:
        who = _persona(persona)
        otherwise = given.study.models[0].title if given is not None and len(given.study.models) == 1 else None
        chosen = Chosen(
            model,
            otherwise or Chosen().otherwise,
            who.id if who else None,
            persona_speaker,
            who.name if who else None,
            _usable_name(name),
        )
        found = _transcripts(TranscriptFiles(source, form, chosen), source, into, given, who)
    _tell(found, as_json=as_json)
    return INCOMPLETE if any(one.what == "refused" for one in found.files) else DONE


def _given(study: Path | None, into: Path) -> _Given | None:
    """The study that is named, else the one of an earlier import. Raises StudyError, FolderError."""
    path = study or (into / STUDY if (into / STUDY).exists() else None)
    if path is None:
        if (into / DATABASE).exists() and not interrupted(into):
            raise StudyError(f"{into}: holds a run without {STUDY}; put it back, or name another folder.")
        return None
    text = study_text(path)
    found = parse_study(text, str(path), kept_study(into))
    if not found.dialogues.imported:
        fault = "holds a run whose dialogues are played; import into another folder." if study is None else ""
        raise StudyError(f"{path}: {fault or '[dialogues] needs imported = true, so that nothing is played.'}")
    if (into / STUDY).exists() or not (into / DATABASE).exists() or not interrupted(into):
        check_folder(into, found, extend=False)
    return _Given(text, path.parent, found)


def _persona(named: str | None) -> Persona | None:
    if named is None:
        return None
    path, _, only = named.partition("#")
    cast = read_cast(Path(path), only or None)
    personas = cast.personas
    for note in cast.notes:
        talk(f"NOTE: {note}.")
    if len(personas) != 1:
        raise StudyError(f"{path}: holds {len(personas)} personas; say which, as in {path}#{personas[0].id}.")
    return personas[0]


def _usable_name(name: str | None) -> str | None:
    if name is not None and not (name.strip() and name.isprintable() and len(name) <= MOST_NAME):
        raise LongplayError(f"--name {name[:60]!r} cannot be a name: give 1 to {MOST_NAME} printable characters.")
    return name


def _check_titles(titles: tuple[str, ...], given: _Given | None) -> None:
    known = [model.title for model in given.study.models] if given is not None else list(titles)
    for title in titles:
        if not printable(title):
            raise StudyError(f"the source's replies are of {title!r}, which is no name; give one with --model.")
        if title not in known:
            raise StudyError(
                f"the source's replies are of {title!r}, and the study names no such model. Give it a [[models]] with "
                f"label = {title!r}, or say with --model whose replies they are: {', '.join(known)}."
            )


def _transcripts(
    files: TranscriptFiles, source: Path, into: Path, given: _Given | None, persona: Persona | None
) -> Brought:
    titles = files.titles()
    _check_titles(titles, given)
    tallied = keep(into, files.deposits())
    scripts = {name: Script(name, "imported", ()) for name in files.names}
    explain(into, Around(shown(source), {persona.id: persona} if persona else {}, scripts), files.files)
    known = Known(f"Imported: {shown(Path(source.name))}", titles)
    text = given.text if given is not None else minimal_study(known, into)
    begin(into, text, given.folder if given is not None else into)
    return Brought(str(into), tallied, tuple(files.files))


def _release(source: Path, into: Path, given: _Given | None) -> Brought:
    texts = ReleaseTexts(source)
    titles = texts.models()
    _check_titles(titles, given)
    tallied = keep(into, texts.deposits())
    around = Around(
        source=shown(source),
        personas=release_personas({name: texts.personas[name] for name in sorted(texts.spoken)}),
        scripts=release_scripts(source),
        items=release_items(texts.asked),
        metrics=release_metrics(texts.asked, texts.judges),
    )
    explain(into, around, texts.files)
    judge = release_judge(texts.judges)
    judging, asked = release_judging(texts.judges, judge), sorted(texts.checkpoints)
    known = Known("Persistent Personas?, imported", titles, judge, judging, asked)
    text = given.text if given is not None else minimal_study(known, into)
    begin(into, text, given.folder if given is not None else into)
    return Brought(str(into), tallied, tuple(texts.files))


def _tell(found: Brought, *, as_json: bool) -> None:
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
    data(f"{count(tallied.dialogues)} dialogues, {count(tallied.rounds)} rounds, {count(tallied.texts)} turns, {sizes}")
    refused = sum(one.what == "refused" for one in found.files)
    if refused:
        talk(f"Refused, as listed: {counted(refused, 'part')} of the source; what else there is was taken in")
    written = Path(found.run) / STUDY
    if tallied.known:
        talk(f"{count(tallied.known)} dialogues were there before; nothing was added to them")
    talk(f"Next: complete {written}, then {command('longplay', 'run', written, '--into', found.run)}")


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
