"""What the replies of a run show beside their texts: faults in the servers' words, and odd replies, counted. Reads the
store; interprets no score."""

from collections import Counter
from collections.abc import Iterator

import msgspec

from longplay.experiment.experiment import Experiment
from longplay.inference.foreign_words import alike
from longplay.judging.quantities import REFUSALS, as_labelled
from longplay.store import Reader
from longplay.verifiers.refusal import looks_like_refusal

READ = 300  # answers whose refusal is judged a second time, by rules
MOST = 3  # kinds of faults that are shown of each model


class Fault(msgspec.Struct, frozen=True):
    """Calls of one model (`judging`: as a judge) that came to nothing alike. `said`: in the words of one of them."""

    who: str
    judging: bool
    reason: str
    said: str
    count: int


class Odd(msgspec.Struct, frozen=True):
    """Texts of one model on one script: rounds and answers that were obtained, and how many of them are flagged."""

    who: str
    script: str
    texts: int
    empty: int
    cut: int
    marked: int
    copied: int


class Answering(msgspec.Struct, frozen=True):
    """A model whose server says that more than one has answered: their names, or their configurations, and how many
    replies each gave, in the order in which they began to answer."""

    who: str
    names: dict[str, int] = {}
    fingerprints: dict[str, int] = {}


class Opinion(msgspec.Struct, frozen=True):
    """Fixed rules beside a judge of refusals: of `read` answers, evenly spaced, both see `differ` differently."""

    judge: str
    read: int
    differ: int


class Signs(msgspec.Struct, frozen=True):
    """All of a run. `mute`: models (with whether they judge) whose replies are all empty, each with the cause as far as
    it shows. `uncounted`: replies without usable token counts, by model. `unread`: a reply that could not be read, by
    judge."""

    faults: tuple[Fault, ...] = ()
    odd: tuple[Odd, ...] = ()
    mute: dict[str, str] = {}
    uncounted: dict[str, int] = {}
    unread: dict[str, str] = {}
    answering: tuple[Answering, ...] = ()
    refusals: tuple[Opinion, ...] = ()


def signs(reader: Reader, experiment: Experiment) -> Signs:
    """Read them from a run that goes on or has ended. Raises StoreError."""
    with reader.snapshot():
        replied = reader.replied()
        uncounted: Counter[str] = Counter()
        for (model, _), count in reader.uncounted().items():
            uncounted[model] += count
        return Signs(
            faults=tuple(_faults(reader)),
            odd=tuple(_odd(reader, experiment)),
            mute={
                f"the judge {one.model}" if one.judging else one.model: _cause(one.empty, one.thought, one.cut)
                for one in replied
                if one.count == one.empty
            },
            uncounted=dict(uncounted),
            unread=reader.unread(),
            answering=tuple(_answering(reader)),
            refusals=tuple(_opinions(reader)),
        )


def _faults(reader: Reader) -> list[Fault]:
    """The most frequent first; words that differ in their numbers alone are one fault."""
    groups: dict[tuple[str, bool, str, str], list[tuple[int, str]]] = {}
    for one in reader.faults():
        groups.setdefault((one.model, one.judging, one.reason, alike(one.detail)), []).append((one.count, one.detail))
    found = [
        Fault(who, judging, reason, said[0][1], sum(count for count, _ in said))
        for (who, judging, reason, _), said in groups.items()
    ]
    found.sort(key=lambda fault: -fault.count)
    shown: Counter[tuple[str, bool]] = Counter()
    kept: list[Fault] = []
    for fault in found:
        shown[fault.who, fault.judging] += 1
        if shown[fault.who, fault.judging] <= MOST:
            kept.append(fault)
    return kept


def _odd(reader: Reader, experiment: Experiment) -> list[Odd]:
    counts: dict[tuple[str, str], list[int]] = {}
    keys = set(experiment.dialogues())
    for one in reader.obtained():
        if one.reason is None and one.dialogue in keys:
            sums = counts.setdefault((one.dialogue.model, one.dialogue.script), [0] * 5)
            for place, number in enumerate((one.count, one.empty, one.cut, one.marked, one.copied)):
                sums[place] += number
    return [Odd(who, script, *sums) for (who, script), sums in counts.items() if any(sums[1:])]


def _answering(reader: Reader) -> Iterator[Answering]:
    """Models of which more than one name or configuration has answered."""
    names: dict[str, Counter[str]] = {}
    configurations: dict[str, Counter[str]] = {}
    for one in reader.served():
        names.setdefault(one.model, Counter())[one.name] += one.count
        configurations.setdefault(one.model, Counter())[one.fingerprint] += one.count
    for who in names:
        said = [dict(found) if len(found) > 1 else {} for found in (names[who], configurations[who])]
        if any(said):
            yield Answering(who, *said)


def _opinions(reader: Reader) -> Iterator[Opinion]:
    read: Counter[str] = Counter()
    differ: Counter[str] = Counter()
    for one in reader.judged_answers(REFUSALS, READ):
        read[one.judge] += 1
        differ[one.judge] += one.label != as_labelled(one.metric, looks_like_refusal(one.text))
    for judge, number in read.items():
        yield Opinion(judge, number, differ[judge])


def _cause(empty: int, thought: int, cut: int) -> str:
    if thought:
        more = ", cut at max_tokens before the answer began" if cut else ""
        return f"the text of {thought:,} of {empty:,} stands in the reasoning alone{more}"
    if cut:
        return f"{cut:,} of {empty:,} were cut at max_tokens"
    return "the server sent no text"
