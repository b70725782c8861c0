"""A simulated judge: reads the planted state out of the answer's marker and shows it through a confusion matrix.

What it believes comes from the answer in its prompt alone, never from whose answer it is. An answer without a marker
(empty, or of a real model) is taken for the lowest level.
"""

import re

from longplay.inference.sim import wording
from longplay.inference.sim.chance import last_text, pick, read_marker, request_key, seed_of, units, usage
from longplay.inference.sim.plant import LEVELS, OUTCOMES, REFUSALS, confusion
from longplay.records import Reply, Request
from longplay.specs import JudgePlant, ModelSpec

# metric -> the field of the marker that it rates, and the levels of that field, lowest first
SCALES = {
    "knowledge": ("knowledge", LEVELS),
    "style": ("style", LEVELS),
    "in-character": ("in-character", LEVELS),
    "trait": ("trait", LEVELS),
    "refusal": ("refusal", REFUSALS),
    "general-win": ("quality", OUTCOMES),
    "role-win": ("quality", OUTCOMES),
}
# The answer is A at even steps of a comparison and B at odd ones.
SIDES = ({"win": "A", "loss": "B", "tie": "tie"}, {"win": "B", "loss": "A", "tie": "tie"})

_CLOSING = {tag: re.compile(rf"\n</{tag} ([0-9a-f]+)>") for tag in ("answer", "answer-a", "answer-b")}


class Judge:
    """Answers a rubric's prompts as planted."""

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec
        self.plant = spec.judge or JudgePlant()
        self.seed = seed_of(spec)

    def answer(self, request: Request) -> Reply:
        """The reply to one prompt of a rubric."""
        key = request_key(self.spec, request)
        unparsable, confused, biased, words = units(self.seed, key, "judge")[:4]
        if unparsable < self.plant.unparsable_rate:
            text = wording.UNSETTLED[int(words * len(wording.UNSETTLED))]
        else:
            result = self._result(request, confused, biased)
            text = f"A simulated judgement, drawn around what was planted.\nResult: {result}"
        return Reply("ok", text, finish="stop", usage=usage(request, text))

    def _result(self, request: Request, confused: float, biased: float) -> str:
        metric = request.cell.metric if request.cell is not None else None
        step = request.cell.step % 2 if request.cell is not None else 0
        field, levels = SCALES.get(metric or "", (metric or "", LEVELS))
        compares = levels is OUTCOMES
        if compares and biased < self.plant.position_bias:
            return "A"
        answer = _answer(last_text(request.tail), "answer" + ("-a", "-b")[step] * compares)
        value = read_marker(answer).get(field)
        true = levels.index(value) if value in levels else 0
        seen = pick(levels, confusion(true, len(levels), self.plant.accuracy), confused)
        return SIDES[step][seen] if compares else seen


def _answer(prompt: str, tag: str) -> str:
    """The text between the last tags of this name; the whole prompt where a rubric sets no tags."""
    closings = list(_CLOSING[tag].finditer(prompt))
    if not closings:
        return prompt
    opening = f"<{tag} {closings[-1][1]}>\n"
    return prompt[: closings[-1].start()].partition(opening)[2]
