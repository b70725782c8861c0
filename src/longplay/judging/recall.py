"""Whether an answer holds a fact, decided by a program: one of the accepted answers as whole words, none refused."""

import re
import unicodedata

from longplay.judging.metric import Heard, JudgingError, Metric, Scale
from longplay.judging.program import Program
from longplay.records import Subject

EDITION = "1"
_SPACE = re.compile(r"\s+")


def _recalls(metric: Metric, subject: Subject) -> Heard:
    item = subject.item
    if item is None or not item.accepted:
        raise JudgingError(f"metric {metric.name!r} looks for accepted answers; give the item `accept`.")
    answer = _plain(subject.answer)
    refused = [word for word in item.refused if _holds(answer, word)]
    found = any(_holds(answer, word) for word in item.accepted) and not refused
    return Heard("ok", "right" if found else "wrong", why=", ".join(refused))


def _holds(answer: str, words: str) -> bool:
    """Whether a plain text holds these words, no letter or digit beside them."""
    return re.search(rf"(?<!\w){re.escape(_plain(words))}(?!\w)", answer) is not None


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'").replace("\u2010", "-")
    return _SPACE.sub(" ", folded.replace("\u2011", "-")).strip()


_ABOUT = {
    "card": "Share of facts of the persona's card that answers give when they are asked for.",
    "card-inferred": "Share of questions that follow from one fact of the persona's card answered rightly.",
    "said": "Share of facts that the user stated in the dialogue that answers give when they are asked for.",
    "said-inferred": "Share of questions that follow from one fact that the user stated answered rightly.",
}

RECALL = Metric(
    base="recall",
    title="Recall",
    rubric=Program(Scale({"right": 1.0, "wrong": 0.0}), EDITION, _recalls),
    judged_as="blind",
    better="higher",
    about=_ABOUT,
    scores=("answers",),
    split="label",
)
