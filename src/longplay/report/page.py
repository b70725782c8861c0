"""What the report is given: values that analysis and store have made. Knows no files, no SQL, no models."""

from collections.abc import Sequence

import msgspec

from longplay.records import Cell, DialogueKey, Estimate, Failure, Round, Script, TradeOff, Verdict
from longplay.records.estimates import Headline
from longplay.records.findings import NoStep, PValues, Step
from longplay.records.word_patterns import Wording
from longplay.specs import LongplayError, Persona, RoleKind, Study


class ReportError(LongplayError):
    """The report cannot be written where it was asked for, or a figure is not safe to put into a page."""


class Example(msgspec.Struct, frozen=True):
    """One answer as it was given, with its verdicts. `answer` None = missing, then `reason` says why. `before`: what
    the user says before the question, each with the reply to it, None where it is not known."""

    cell: Cell
    question: str
    answer: str | None = None
    reason: str | None = None
    empty: bool = False
    cut: bool = False
    marked: bool = False
    copied: bool = False
    verdicts: tuple[Verdict, ...] = ()
    before: tuple[tuple[str, str | None], ...] = ()


class Excerpt(msgspec.Struct, frozen=True):
    """The first and the last rounds of one dialogue. `verdicts` are those on these rounds (their ref is a RoundRef)."""

    dialogue: DialogueKey
    early: tuple[Round, ...] = ()
    late: tuple[Round, ...] = ()
    verdicts: tuple[Verdict, ...] = ()


WORK: dict[RoleKind, str] = {
    "model": "speaks",
    "judge": "judges",
    "user": "plays the user",
    "helper": "helps",
}


class Spend(msgspec.Struct, frozen=True):
    """What one model's calls of one kind of work took: tokens as counted by the server, cost in the study's currency.

    `cost` None = no prices were given. `failed`: calls that ended as missing.
    """

    who: str
    work: str
    calls: int
    failed: int = 0
    prompt: int = 0
    cached: int = 0
    completion: int = 0
    cost: float | None = None


class Page(msgspec.Struct, frozen=True):
    """Everything the report shows. The sections read it and compute nothing.

    `personas`, `scripts`: as played, names resolved. `study_text`: the study file as used. `facts`: label -> value
    lines such as versions and hashes. `started`, `finished`: as they shall be printed. `notes`: lines that stand under
    the answer, such as "the analysis part was changed after data". `wording`: None where it was not asked for.
    `marks`: what every reader of the numbers must be told. `failures`: analyses that are left out. `imported`:
    dialogues that were not played, and their rounds. `standing`: what was obtained of what was due, in lines.
    `steps`: by model and script, how a card that cannot tell could, or why that cannot be said. `p_values`:
    how many there are. `kinds_apart`: whether fidelity of personas at work was rated by words of its own.
    """

    study: Study
    personas: tuple[Persona, ...] = ()
    kinds_apart: bool = False
    scripts: tuple[Script, ...] = ()
    headlines: tuple[Headline, ...] = ()
    estimates: tuple[Estimate, ...] = ()
    trade_offs: tuple[TradeOff, ...] = ()
    examples: tuple[Example, ...] = ()
    excerpts: tuple[Excerpt, ...] = ()
    spending: tuple[Spend, ...] = ()
    study_text: str = ""
    facts: dict[str, str] = {}
    started: str = ""
    finished: str = ""
    wall_s: float | None = None
    notes: tuple[str, ...] = ()
    standing: tuple[str, ...] = ()
    wording: Wording | None = None
    marks: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    imported: tuple[tuple[DialogueKey, int], ...] = ()
    steps: dict[tuple[str, str], Step | NoStep] = {}
    p_values: PValues = PValues(0, 0, 0, 0)

    @property
    def simulated(self) -> bool:
        """Whether any number on the page comes from a simulation."""
        return self.study.simulated

    @property
    def title(self) -> str:
        """The study's title, or what every study asks."""
        return self.study.title or "Does the model stay in role?"

    @property
    def judges(self) -> tuple[str, ...]:
        """The judges that must be told apart; none where there is one."""
        judges = self.study.judges
        return tuple(judge.title for judge in judges) if len(judges) > 1 else ()

    def by_judge(self, verdicts: Sequence[Verdict]) -> list[tuple[str, list[Verdict]]]:
        """Verdicts by who gave them, in the study's order of judges; all under no name where there is one judge."""
        if not self.judges or not verdicts:
            return [("", list(verdicts))] if verdicts else []
        names = dict.fromkeys((*self.judges, *(verdict.judge for verdict in verdicts)))
        found = ((name, [verdict for verdict in verdicts if verdict.judge == name]) for name in names)
        return [(name, some) for name, some in found if some]

    def persona_name(self, persona: str | None) -> str:
        """The name people know a persona by; None is the baseline."""
        if persona is None:
            return "baseline (no persona)"
        return next((known.name for known in self.personas if known.id == persona), persona)
