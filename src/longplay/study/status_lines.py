"""How far a run is, and what its replies show, in words: the same lines for `run`, `status` and the page. Counts
nothing."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from longplay.experiment.caps import Cap
from longplay.folder import Part, Standing
from longplay.folder.costs import Taken
from longplay.folder.warning_signs import Signs
from longplay.inference.foreign_words import QUOTED, quoted
from longplay.records import JudgeKind
from longplay.specs import RoleKind
from longplay.specs.titles import PROGRAM
from longplay.study.text_format import count, counted, money

TITLES = {"rounds": "Rounds", "answers": "Answers", "verdicts": "Verdicts"}
WHOSE = {"rounds": "of", "answers": "of", "verdicts": "by"}
ROLES: dict[RoleKind, str] = {"model": "Model", "judge": "Judge", "user": "User", "helper": "Helper"}
FLAGS = ("empty", "cut", "with marks of a reasoning trace", "copied from an earlier reply")


class Told(msgspec.Struct, frozen=True):
    """One line. `depth`: 0, or how far it stands below the line that it gives the details of."""

    text: str
    depth: int = 0

    def indented(self) -> str:
        """As it is printed."""
        return "  " * self.depth + self.text


def verdict_on(standing: Standing) -> str:
    """What a run that has nothing left to try came to, in its first words."""
    if standing.none:
        return (
            f"Ended with {', '.join(f'no {kind} {WHOSE[kind]} {name(standing, who)}' for kind, who in standing.none)}"
        )
    if standing.lost:
        return f"Ended with gaps: {count(standing.lost)} of {counted(_due(standing), 'piece')} missing"
    return "Complete: everything that was due was obtained"


def unfinished(standing: Standing) -> bool:
    """Whether a run that has ended should be run again: something failed for now, or nothing at all of a kind came."""
    return bool(standing.failed or standing.none)


def standing_lines(standing: Standing) -> Iterator[Told]:
    """A line a kind, and where something is missing what and of whom."""
    for kind, title in TITLES.items():
        whole = standing.kind(kind)
        yield Told(f"{title}: {amounts(whole)}.")
        if whole.lost:
            yield from _in_detail(standing, kind)
    if standing.ended:
        first, last = standing.ended[0], standing.ended[-1]
        after = counted(first, "round") if first == last else f"{first} to {last} rounds"
        yield Told(
            f"Users ended {counted(len(standing.ended), 'dialogue')} after {after}: what would have come is not due, "
            "and later numbers are of the other dialogues alone."
        )
    for judge, number in standing.others.items():
        more = counted(number, "verdict")
        yield Told(f"Kept beside these: {more} by {name(standing, judge)}, which the study does not ask for now.")
    for judge, number in standing.superseded().items():
        yield Told(f"Kept beside these: {counted(number, 'verdict')} by {name(standing, judge)} of an earlier method.")
    for person, number in standing.by_people().items():
        yield Told(f"Kept beside these: {counted(number, 'verdict')} by {person}.")


def _in_detail(standing: Standing, kind: str) -> Iterator[Told]:
    """Of one kind what is missing: of whom where there are several, and below each at which checkpoints or metrics."""
    by = standing.by(kind)
    for who, part in by.items():
        if not part.lost:
            continue
        whose = f"{WHOSE[kind]} {name(standing, who)}"
        if len(by) > 1:
            yield Told(f"{whose}: {amounts(part)}", 1)
        places = {at.part: found for at, found in standing.parts.items() if (at.kind, at.who) == (kind, who)}
        for place, found in places.items():
            if kind != "rounds" and len(places) > 1 and found.lost:
                what = f"after {place} rounds" if kind == "answers" else place
                several = len(by) > 1
                yield Told(f"{what} {whose}: {amounts(found)}", 2) if several else Told(f"{what}: {amounts(found)}", 1)


def sign_lines(signs: Signs) -> Iterator[str]:
    """Faults in the servers' words and odd replies, a line each."""
    for who, cause in signs.mute.items():
        yield f"All replies of {who} are empty: {cause}."
    for odd in signs.odd:
        numbers = zip((odd.empty, odd.cut, odd.marked, odd.copied), FLAGS, strict=True)
        flags = ", ".join(f"{count(number)} {word}" for number, word in numbers if number)
        yield f"Of {counted(odd.texts, 'reply', 'replies')} of {odd.who} on the script {odd.script}: {flags}."
    for fault in signs.faults:
        said = f": {quoted(fault.said)}" if fault.said else ""
        judge = "the judge " if fault.judging else ""
        yield f"{_times(fault.count)} {judge}{fault.who} gave no usable reply ({fault.reason}){said}"
    for judge, text in signs.unread.items():
        yield f"A reply of {judge} that gave no verdict: {quoted(text)}"
    for one in signs.answering:
        if one.names:
            yield f"{one.who} answered as {', then as '.join(_counted(one.names))}."
        if one.fingerprints:
            yield f"{one.who} answered in several configurations: {', '.join(_counted(one.fingerprints))}."
    for one in signs.refusals:
        seen = f"{count(one.differ)} of {counted(one.read, 'verdict')} in an evenly spaced sample"
        yield f"Refusals: fixed rules and the judge {one.judge} differ on {seen}."
    for who, number in signs.uncounted.items():
        yield f"Token counts missing or contradictory: {counted(number, 'reply', 'replies')} of {who}."


def taken_lines(found: Iterable[Taken]) -> Iterator[str]:
    """What each model took in each role that it plays, a line each."""
    for one in found:
        tokens = f"{count(one.prompt)} prompt ({count(one.cached)} cached), {count(one.completion)} reply"
        cost = f"; cost {money(one.cost)}" if one.cost is not None else ""
        yield f"{ROLES[one.role]} {one.model}: {counted(one.requests, 'request')}; tokens: {tokens}{cost}"


def of_cap(cap: Cap) -> str:
    """`budget.roles.judge.requests 812 of 1,000`."""
    spent, most = (amount(cap.what, number) for number in (cap.spent, cap.most))
    return f"{cap.of}.{cap.what} {spent} of {most}"


def amount(what: str, number: float | None) -> str:
    """So much `cost`, or so many of other things."""
    if number is None:
        return "not known"
    return money(number) if what == "cost" else count(round(number))


def amounts(part: Part) -> str:
    """`5 of 16 obtained, 11 missing (overflow 1, dialogue-stopped 10)`."""
    found = f"{count(part.obtained)} of {count(part.due)} obtained"
    if part.lost:
        reasons = ", ".join(f"{reason} {count(number)}" for reason, number in sorted(part.missing.items()))
        found += f", {count(part.lost)} missing ({reasons})"
    return found + (f", {count(part.left)} still to do" if part.left else "")


def name(standing: Standing, who: str) -> str:
    """Whom a line speaks of."""
    return "programs" if kind_of(standing, who) == "program" else who


def kind_of(standing: Standing, judge: str) -> JudgeKind:
    """What a judge is, by its verdicts. Where there are none yet its name says it; a model of a run of an earlier
    version may have that name."""
    kinds: set[JudgeKind] = {held.of.judge_kind for held in standing.sets if held.of.judge == judge}
    if not kinds:
        return "program" if judge == PROGRAM else "model"
    return "model" if "model" in kinds else kinds.pop()


def _counted(replies: Mapping[str, int]) -> Iterator[str]:
    for said, number in replies.items():
        yield f"{said[:QUOTED] or 'nobody named'} ({count(number)})"


def _due(standing: Standing) -> int:
    return sum(part.due for part in standing.parts.values())


def _times(number: int) -> str:
    return "Once" if number == 1 else f"{count(number)} times"
