"""What others obtained, into a run folder: puts reading and keeping together. Knows no format and prints nothing."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from longplay.battery import read_cast
from longplay.exchange.formats import FORMATS
from longplay.exchange.release_context import (
    release_items,
    release_judge,
    release_judging,
    release_metrics,
    release_personas,
    release_scripts,
)
from longplay.exchange.release_texts import ReleaseTexts
from longplay.exchange.source_files import shown
from longplay.exchange.transcript_files import Chosen, TranscriptFiles
from longplay.folder.allowed_changes import check_folder
from longplay.folder.study_file import DATABASE, STUDY, kept_study
from longplay.imports.keeping import Around, Tallied, begin, explain, interrupted, keep
from longplay.records import Script
from longplay.records.transcripts import SourceFile
from longplay.specs import LongplayError, Persona, Study, StudyError, parse_study, printable, study_text
from longplay.study.own_loop import in_own_loop
from longplay.study.study_of_import import Known, minimal_study
from longplay.study.text_format import warned

RELEASE = "persistent-personas"
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


class Whose(msgspec.Struct, frozen=True):
    """Who speaks in a source, where it does not say so itself: as the options of the command line."""

    persona: str | None = None
    persona_speaker: str | None = None
    model: str | None = None
    name: str | None = None


def import_files(
    form: str,
    source: str | Path,
    into: str | Path,
    *,
    study: str | Path | None = None,
    persona: str | None = None,
    persona_speaker: str | None = None,
    model: str | None = None,
    name: str | None = None,
) -> Brought:
    """Bring dialogues of others into a run folder, to be judged, cut and asked after like played ones.

    `form`: one of `exchange.FORMATS`, or `persistent-personas`; the others are the command line's options. What is to
    be said of a persona file is a warning. Raises LongplayError.
    """
    whose, named = Whose(persona, persona_speaker, model, name), None if study is None else Path(study)
    return in_own_loop(lambda: bring_in(form, Path(source), Path(into), named, whose, warned))


def bring_in(
    form: str, source: Path, into: Path, study: Path | None, whose: Whose, tell: Callable[[str], None]
) -> Brought:
    """Bring the dialogues of a source into a run folder. `tell` hears what is to be said of a persona file.

    Raises LongplayError.
    """
    if form not in (RELEASE, *FORMATS):
        raise LongplayError(f"no format {form!r}. Known: {', '.join((RELEASE, *FORMATS))}.")
    given = _given(study, into)
    if form == RELEASE:
        if whose != Whose():
            given_out = "--persona, --persona-speaker, --model, --name"
            raise LongplayError(f"{RELEASE} says itself who speaks; leave {given_out} out.")
        return _release(source, into, given)
    who = _persona(whose.persona, tell)
    otherwise = given.study.models[0].title if given is not None and len(given.study.models) == 1 else None
    chosen = Chosen(
        whose.model,
        otherwise or Chosen().otherwise,
        who.id if who else None,
        whose.persona_speaker,
        who.name if who else None,
        _usable_name(whose.name),
    )
    return _transcripts(TranscriptFiles(source, form, chosen), source, into, given, who)


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


def _persona(named: str | None, tell: Callable[[str], None]) -> Persona | None:
    if named is None:
        return None
    path, _, only = named.partition("#")
    cast = read_cast(Path(path), only or None)
    personas = cast.personas
    for note in cast.notes:
        tell(f"NOTE: {note}.")
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
