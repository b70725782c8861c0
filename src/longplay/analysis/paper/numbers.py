"""One number of the paper's study and where it belongs; what is known of the paper's models. Computes nothing."""

import msgspec

from longplay.specs import LongplayError


class PaperError(LongplayError):
    """The release does not hold what the paper's study needs; the message says what."""


class Number(msgspec.Struct, frozen=True):
    """A number by its coordinates; "" and None = over all, or without one.

    `form`: which of the paper's analyses; `measure`: of what; `quantity`: mean, low, high, sign (of an interval: -1, 1,
    or 0 where it holds 0), coefficient, error and so on. `condition`: persona, baseline or persona - baseline.
    `position`: checkpoint, or round counted from 0. `n`: rows it rests on; `note`: what its method warned of.
    """

    form: str
    measure: str
    quantity: str
    value: float
    model: str = ""
    persona: str = ""
    condition: str = ""
    script: str = ""
    position: int | None = None
    n: int = 0
    note: str = ""


class ModelFacts(msgspec.Struct, frozen=True):
    """What the paper's regressions know of a model; `size` is its code: 1 = 4B and 8B, 2 = 27B to 49B, 3 = Gemini."""

    size: int
    family: str


MODELS = {
    "Llama-3.1-Nemotron-Nano-8B-v1": ModelFacts(1, "Nemotron"),
    "Llama-3_3-Nemotron-Super-49B-v1": ModelFacts(2, "Nemotron"),
    "Qwen3-30B-A3B-Instruct-2507": ModelFacts(2, "Qwen"),
    "Qwen3-4B-Instruct-2507": ModelFacts(1, "Qwen"),
    "gemini-2.5-flash": ModelFacts(3, "Gemini"),
    "gemma-3-27b-it": ModelFacts(2, "Gemma"),
    "gemma-3-4b-it": ModelFacts(1, "Gemma"),
}


def sign(low: float, high: float) -> float:
    """1 or -1 where an interval lies on one side of 0, else 0."""
    if low > 0 and high > 0:
        return 1.0
    return -1.0 if low < 0 and high < 0 else 0.0
