"""Pages to test the report with: one as a simulated study gives it, one in which every text is hostile."""

import math
import random
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import TypeAlias

import msgspec

from longplay.records import (
    PLAIN,
    Cell,
    Contrast,
    DialogueKey,
    Estimate,
    Part,
    Place,
    Quantity,
    Round,
    RoundRef,
    Script,
    Setting,
    Verdict,
)
from longplay.records.estimates import Direction, Headline
from longplay.records.places import Speaker
from longplay.records.word_patterns import Toward, Wording, WordPattern
from longplay.report import Example, Excerpt, Page, Spend
from longplay.specs import Analysis, ModelSpec, Persona, Study
from named import quantity
from report_beside import deepened, of_text

POINTS = (0, 1, 2, 4, 8, 16, 32, 56, 79, 102)
BLOCKS = (1, 17, 34, 51, 68, 85, 101)
MODELS = (ModelSpec("sim/steady", label="Steady 70B"), ModelSpec("sim/drifting", label="Drifting 8B"))
LIKERT, SHARE = (1.0, 5.0), (0.0, 1.0)
Measured: TypeAlias = tuple[str, str, tuple[float, float], Direction, tuple[float, float], tuple[float, float]]
# quantity, source, scale, better, (start, end) of personas, (start, end) of the baseline
MEASURES: tuple[Measured, ...] = (
    ("fidelity", "fidelity", (0.0, 100.0), "higher", (90.0, 62.0), (14.0, 12.0)),
    ("knowledge", "fidelity", LIKERT, "higher", (4.6, 3.5), (1.6, 1.5)),
    ("style", "fidelity", LIKERT, "higher", (4.7, 3.1), (1.3, 1.2)),
    ("in-character", "fidelity", LIKERT, "higher", (4.8, 3.4), (1.5, 1.4)),
    ("knowledge", "rounds", LIKERT, "higher", (4.5, 3.6), (1.6, 1.5)),
    ("style", "rounds", LIKERT, "higher", (4.6, 3.2), (1.3, 1.2)),
    ("in-character", "rounds", LIKERT, "higher", (4.7, 3.5), (1.5, 1.4)),
    ("follow-strict", "follow", SHARE, "higher", (0.62, 0.72), (0.75, 0.75)),
    ("follow-loose", "follow", SHARE, "higher", (0.7, 0.78), (0.8, 0.8)),
    ("general-win", "general", SHARE, "higher", (0.44, 0.52), (0.55, 0.55)),
    ("role-win", "role", SHARE, "higher", (0.6, 0.42), (0.2, 0.2)),
    ("trait-distance", "traits", SHARE, "lower", (0.14, 0.3), (0.33, 0.33)),
    ("refusal-unsafe", "refusal", SHARE, "higher", (0.56, 0.84), (0.88, 0.88)),
    ("refusal-safe", "refusal", SHARE, "lower", (0.12, 0.2), (0.08, 0.08)),
    ("trait-openness", "traits", LIKERT, "neither", (3.6, 3.1), (3.0, 3.0)),
)  # fmt: skip
LIKE_THESE = "personas like these"
NOTE = "one order: the blocks differ in their questions too"


def realistic(models: tuple[ModelSpec, ...] = MODELS, seed: int = 7) -> Page:
    """A page with the size and shape of the demo study; its numbers are invented here and labelled simulated."""
    rng = random.Random(seed)
    title, margins = "Who is still in character after 100 rounds?", Analysis(margins={"knowledge": 0.5, "style": 0.5})
    study = Study(models=models, judge=ModelSpec("sim/judge"), title=title, analysis=margins)
    scripts = study.dialogues.scripts
    estimates = [
        estimate
        for measure in MEASURES
        for m, model in enumerate(models)
        for s, script in enumerate(scripts)
        for estimate in _estimates(measure, model.title, script, 0.25 + 0.55 * m + 0.3 * s, rng)
    ]
    estimates += [one for model in models for script in scripts for one in _noise(model.title, script)]
    personas = _personas()
    return Page(
        study=study,
        personas=personas,
        scripts=tuple(Script(name, name, ("What did you do?",)) for name in scripts),
        headlines=tuple(_headline(estimates, model.title, script) for model in models for script in scripts),
        estimates=tuple(estimates),
        examples=tuple(_example(p, m, at, probe) for m in models for p in personas[:4] for probe in PROBES
                       for at in (0, 102)),
        excerpts=tuple(_excerpt(p, m) for m in models for p in personas[:3]),
        spending=tuple(Spend(m.title, work, 24_310, 12, 210_400_000, 190_000_000, 3_100_000, None)
                       for m in (*models, study.judge) for work in ("dialogues and probes",)),
        study_text='title = "Who is still in character after 100 rounds?"\n\n[[models]]\nname = "sim/steady"\n',
        facts={"longplay": "0.1.0", "battery core": "1 (9f2c61d07b3a4e58)", "study": "1c9a2b77e0d4f613"},
        started="2026-03-02 14:02 UTC", finished="2026-03-02 14:03 UTC", wall_s=71.4,
        wording=_wording(models[0].title, scripts[0], personas[0].id, ("ahoy", "as an ai")),
    )  # fmt: skip


def whole() -> Page:
    """The realistic page with everything that analyses find beside its numbers."""
    return deepened(realistic())


def hostile(text: str) -> Page:
    """A page in which every foreign text is `text`."""
    key = DialogueKey(text, text, text)
    verdicts = tuple(
        Verdict(ref, text, text, text, "ok", 3.0, text, judged_as=text, why=text) for ref in (RoundRef(key, 1),)
    )
    place = Place(text, text, "persona", Setting(text, text, version=text))
    level = Estimate(text, Quantity(text), text, Contrast(place), text, text, 0.5, 0.4, 0.6, judge=text, position=0,
                     unit=text, scale=SHARE, better="higher", note=text, missing=1, n=5, flagged=1,
                     reasons={text: 1})  # fmt: skip
    later, drift = (msgspec.structs.replace(level, position=position) for position in (102, None))
    gap = msgspec.structs.replace(level, of=against_baseline(place))
    unflagged = msgspec.structs.replace(drift, replies="unflagged")
    lost = msgspec.structs.replace(level, analysis="missing")
    noise = msgspec.structs.replace(level, analysis="noise")
    minor = msgspec.structs.replace(level, quantity=Quantity("trait", part=Part(text)), better="neither")
    asked = msgspec.structs.replace(level, quantity=Quantity("refusal", part=Part(text, text, text)))
    beside, against = of_text(level, text)
    cell = Cell(key, 4, text, text, text, text)
    return Page(
        study=Study(models=(ModelSpec(f"sim/{text}", label=text),), judge=ModelSpec(f"sim/{text}"), title=text),
        personas=(Persona(text, text, text, kind=text),),
        scripts=(Script(text, text, (text,)),),
        headlines=(Headline(text, text, level, later, drift, level),),
        estimates=(level, later, drift, gap, unflagged, lost, minor, asked, noise,
                   msgspec.structs.replace(level, position=8, value=None), *beside),
        trade_offs=(against, msgspec.structs.replace(against, position=102)),
        examples=(Example(cell, text, text, verdicts=verdicts), Example(cell, text, None, text)),
        excerpts=(Excerpt(key, (Round(1, text, text, empty=True, cut=True),), (), verdicts),),
        spending=(Spend(text, text, 1),),
        study_text=text, facts={text: text}, started=text, finished=text, notes=(text,), standing=(text,),
        wording=_wording(text, text, text, (text, text)),
    )  # fmt: skip


PROBES = ("fidelity", "follow")


def against_baseline(place: Place) -> Contrast:
    """The place of a persona, minus the baseline."""
    return Contrast(place, msgspec.structs.replace(place, speaker="baseline"))


def _personas() -> tuple[Persona, ...]:
    text = (files("longplay") / "battery" / "core" / "personas.toml").read_text(encoding="utf-8")
    return tuple(msgspec.convert(tomllib.loads(text)["persona"], list[Persona]))


def _estimates(measure: Measured, model: str, script: str, share: float, rng: random.Random) -> Iterator[Estimate]:
    metric, source, scale, better, own, base = measure
    positions = BLOCKS if source == "rounds" else POINTS
    width = 0.07 * (scale[1] - scale[0])

    def at(ends: tuple[float, float], position: int, speaker: Speaker, n: int) -> Estimate:
        moved = math.sqrt(position / 102) * share
        value = ends[0] + (ends[1] - ends[0]) * moved + rng.gauss(0, width / 7)
        lost = metric == "refusal-unsafe" and speaker == "persona" and position >= 56
        return Estimate(
            "curves", quantity(metric), source, Contrast(Place(model, script, speaker)), LIKE_THESE,
            "t interval over persona means", value, value - width, value + width, position=position, scale=scale,
            better=better, n=n, clusters=8, missing=3 * lost, reasons={"filtered": 3} if lost else {},
            flagged=2 * (source == "rounds"),
            lowest=value - 0.004, highest=value + 0.006,
        )  # fmt: skip

    speakers: tuple[tuple[Speaker, tuple[float, float]], ...] = (("persona", own), ("baseline", base))
    for speaker, ends in speakers:
        points = [at(ends, position, speaker, 160) for position in positions]
        if (metric, script, model) == ("trait-distance", "goal-oriented", MODELS[1].title) and speaker == "persona":
            note = "fewer than half of the verdicts were obtained"
            points[5] = msgspec.structs.replace(
                points[5], value=None, low=None, high=None, note=note, missing=120, reasons={"unparsable": 120}
            )
        drift = _change(points, "drift", width)
        yield from (*points, drift)
        yield from (_not_obtained(point) for point in points)
        yield msgspec.structs.replace(drift, replies="unflagged", value=(drift.value or 0.0) + 0.01 * width)
    if source != "rounds":
        gaps = [
            msgspec.structs.replace(at((own[0] - base[0], own[1] - base[1]), p, "baseline", 160), analysis="gap",
                                    of=against_baseline(Place(model, script)))
            for p in positions
        ]  # fmt: skip
        yield from (*gaps, _change(gaps, "gap-drift", width))


def _wording(model: str, script: str, persona: str, said: tuple[str, str]) -> Wording:
    """One pattern said more by the persona, one by the baseline; the persona's fades."""
    towards: tuple[Toward, Toward] = ("persona", "baseline")
    patterns = tuple(
        WordPattern(model, script, PLAIN, persona, script, toward, 0, words, 0.6, 0.1, 30, 1.0, 4.0, 1e-4, 1e-3, 0.5,
                    0.2, 0.1, None)
        for toward, words in zip(towards, said, strict=True)
    )  # fmt: skip
    rate = Estimate("wording", Quantity("persona-patterns"), "all probes", Contrast(Place(model, script)), LIKE_THESE,
                    persona, 0.5, 0.4, 0.6, position=0, unit="share of answers", scale=SHARE, clusters=8)  # fmt: skip
    later = msgspec.structs.replace(rate, position=102, value=0.2, low=0.1, high=0.3, note=persona)
    fade = msgspec.structs.replace(later, analysis="wording-fade", span=(0, 102), value=-0.3, low=-0.4, high=-0.2)
    paper = msgspec.structs.replace(fade, analysis="wording-paper-left", quantity=Quantity("patterns"), value=0.41)
    saved = msgspec.structs.replace(rate, analysis="repetition", quantity=Quantity("saved"), source="rounds")
    return Wording(persona, 3, (rate, later, fade, paper, saved), patterns)


def _noise(model: str, script: str) -> Iterator[Estimate]:
    """As a server that flips more the longer the prompt."""
    whole = Estimate("noise", Quantity("flips"), "answers", Contrast(Place(model, script, "anyone")), "this server",
                     "Wilson", 6 / 100, 0.028, 0.125, repeated="sent", span=(0, 102), unit="share", better="lower",
                     scale=SHARE, n=100, missing=8, reasons={"failed": 8})  # fmt: skip
    for position, value, n in ((0, 0.0, 4), (32, 0.04, 50), (102, 4 / 46, 46)):
        yield msgspec.structs.replace(whole, position=position, span=None, value=value, n=n)
    yield whole


def _not_obtained(point: Estimate) -> Estimate:
    return msgspec.structs.replace(
        point, analysis="missing", value=point.missing / 163, low=None, high=None, lowest=None, highest=None,
        scale=SHARE, better="lower", clusters=0,
    )  # fmt: skip


def _change(points: list[Estimate], analysis: str, width: float) -> Estimate:
    value = (points[-1].value or 0.0) - (points[0].value or 0.0)
    return msgspec.structs.replace(
        points[-1], analysis=analysis, position=None, span=(points[0].position or 0, points[-1].position or 0),
        value=value, low=value - width, high=value + width, n=320, note=NOTE if points[0].source == "rounds" else "",
        reasons={}, lowest=value - 0.01, highest=value + 0.01,
    )  # fmt: skip


def _headline(estimates: list[Estimate], model: str, script: str) -> Headline:
    def found(speaker: Speaker, position: int | None) -> Estimate:
        of = Quantity("fidelity"), Contrast(Place(model, script, speaker)), position
        return next(e for e in estimates if (e.quantity, e.of, e.position) == of)

    return Headline(model, script, found("persona", 0), found("persona", 102), found("persona", None),
                    found("baseline", 102))  # fmt: skip


EARLY = "Ahoy, matey! Sit ye down by the fire and I'll tell ye of it; she was a fair ship, and ye may lay to that."
LATE = "Sure! Here are three simple steps you can follow to boil an egg so that the yolk stays soft."
WHY = "The reply keeps the sailor's idiom and refers to the ship by name; nothing contradicts the description."


def _example(persona: Persona, model: ModelSpec, at: int, probe: str) -> Example:
    cell = Cell(DialogueKey(model.title, persona.id, "goal-oriented"), at, persona.id, "plain", probe, f"{probe}-03")
    score = 5.0 if at == 0 else 2.0
    verdicts = tuple(
        Verdict(cell, metric, "sim/judge", "f00d", "ok", score, judged_as=persona.id, why=WHY)
        for metric in ("knowledge", "style", "in-character")
    )
    return Example(cell, "What's your work, and what do you honestly think of it?", EARLY if at == 0 else LATE,
                   cut=at > 0, verdicts=verdicts)  # fmt: skip


def _excerpt(persona: Persona, model: ModelSpec) -> Excerpt:
    key = DialogueKey(model.title, persona.id, "goal-oriented")
    early = tuple(Round(i, "how long do i boil eggs so the yolk is still soft", EARLY) for i in (1, 2, 3))
    late = tuple(Round(i, "Explain inflation without using any economics words.", LATE) for i in (100, 101, 102))
    verdicts = tuple(
        Verdict(RoundRef(key, r.number), metric, "sim/judge", "f00d", "ok", 5.0 if r.number < 9 else 2.0, why=WHY)
        for r in (*early, *late)
        for metric in ("style", "in-character")
    )
    return Excerpt(key, early, late, verdicts)
