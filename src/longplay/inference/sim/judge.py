"""A simulated judge: reads the planted state out of the answer's marker and shows it through a confusion matrix.

What it believes comes from the texts that it is shown alone, not from whose they are, unless it is planted to tell
personas apart. An answer without a marker
(empty, or of a real model) is taken for the lowest level, and for the first choice where a metric goes by nothing
that is planted.
"""

from msgspec import UNSET

from longplay.inference.sim import sentences
from longplay.inference.sim.chance import last_text, pick, read_marker, request_key, seed_of, units, usage
from longplay.inference.sim.plant import FIELDS, LEVELS, OUTCOMES, confusion, level
from longplay.records import Cell, Occasion, Reply, Request, Shown, TextRef
from longplay.specs import JudgePlant, ModelSpec

_BOLD = "**Result:**"
PLAIN = "A simulated judgement, drawn around what was planted.\nResult: {result}"
BOLD = f"**Reasoning:** A simulated judgement, drawn around what was planted.\n\n{_BOLD} {{result}}"


class Judge:
    """Answers a rubric's prompts as planted."""

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec
        self.plant = spec.judge or JudgePlant()
        self.seed = seed_of(spec)
        self._given = 0

    def answer(self, request: Request) -> Reply:
        """The reply to one prompt of a rubric."""
        self._given += 1
        key = request_key(self.spec, request)
        unparsable, confused, biased, words = units(self.seed, key, "judge")[:4]
        if unparsable < self.plant.unparsable_rate:
            text = sentences.UNSETTLED[int(words * len(sentences.UNSETTLED))]
        else:
            shown = request.cell.shown if request.cell is not None else None
            if shown is not None and shown.lines:
                text = self._lines(shown, confused, key)
            else:
                result = self._result(request, confused, biased, words)
                text = (BOLD if _BOLD in last_text(request.tail) else PLAIN).replace("{result}", result)
        return Reply("ok", text, finish="stop", usage=usage(request, text), ending="stop")

    def _lines(self, shown: Shown, confused: float, key: bytes) -> str:
        """Several scores at once: each lies around its first choice, where nothing is planted for them. A planted share
        of them is that of lines with the first choice, each of which is judged by itself."""
        said, share = [PLAIN.partition("\n")[0]], _share(shown)
        for name, choices in shown.lines:
            true, chance = 0, confused
            if share is not None:
                other, chance = units(self.seed, key, f"line {name}")[:2]
                true = int(other >= share)
            said.append(f"Result {name}: {pick(choices, confusion(true, len(choices), self.plant.accuracy), chance)}")
        return "\n".join(said)

    def _result(self, request: Request, confused: float, biased: float, coin: float) -> str:
        """What the judge says. Where it is not told what it is shown, it takes the whole prompt for the answer."""
        occasion = request.cell
        shown = occasion.shown if occasion is not None else None
        shown = shown or Shown(last_text(request.tail), ())
        compared = shown.letter is not None
        levels = OUTCOMES if compared else FIELDS.get(shown.planted, shown.choices) or LEVELS
        if compared and biased < self.plant.position_bias:
            return "A"
        value = _outcome(shown) if compared else _planted(shown)
        true = levels.index(value) if value in levels else 0
        mean = self.plant.wrong_persona
        if mean is not UNSET and levels == LEVELS and occasion is not None and _of_another(occasion):
            chance = units(self.seed, request_key(self.spec, request), "whose")[0]
            true = LEVELS.index(level(mean, chance))
        if self.plant.changes_after is not UNSET and self._given > self.plant.changes_after:
            true = max(true - 1, 0)
        seen = pick(levels, confusion(true, len(levels), self.plant.accuracy), confused)
        if compared:
            return _side(seen, shown, coin)
        if seen in shown.choices or not shown.choices:
            return seen
        return shown.choices[0 if seen == levels[-1] else -1]  # of yes and no the yes is offered first


def _planted(shown: Shown) -> str | None:
    """What the text holds of what is judged; of a pair, whether its two texts hold the same position."""
    value = read_marker(shown.answer).get(shown.planted)
    if shown.planted != "position" or value is None:
        return value
    return "contradicts" if read_marker(shown.other).get("position", value) != value else "consistent"


def _share(shown: Shown) -> float | None:
    """The planted share of lines with the first choice; None where nothing is planted."""
    value = read_marker(shown.answer).get("sentences") if shown.planted == "sentences" else None
    return None if value is None else float(value)


def _of_another(occasion: Occasion) -> bool:
    """Whether a persona's text is judged as another persona's."""
    ref = occasion.ref
    if isinstance(ref, TextRef) or occasion.judged_as is None:
        return False
    persona = ref.ask_persona if isinstance(ref, Cell) else ref.dialogue.persona
    return persona not in (None, occasion.judged_as)


def _outcome(shown: Shown) -> str | None:
    """Against another reply of a simulated model the better one wins; else what the answer says of itself holds."""
    ours, other = (read_marker(text).get("quality") for text in (shown.answer, shown.other))
    if ours not in OUTCOMES or other not in OUTCOMES:
        return ours
    distance = OUTCOMES.index(ours) - OUTCOMES.index(other)
    return "tie" if distance == 0 else "win" if distance > 0 else "loss"


def _side(outcome: str, shown: Shown, coin: float) -> str:
    """The letter of an outcome; where a tie may not be said, either of the two."""
    if outcome == "tie" and "tie" in shown.choices:
        return outcome
    wins = coin < 0.5 if outcome == "tie" else outcome == "win"
    return "A" if wins == (shown.letter == "A") else "B"
