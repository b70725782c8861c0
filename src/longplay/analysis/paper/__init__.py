"""The paper's study from its release: numbers in its own forms, held against the published ones. Knows no files."""

from longplay.analysis.paper.comparing import Comparison, Lacking, Reproduction, reproduce
from longplay.analysis.paper.numbers import Number, PaperError
from longplay.analysis.paper.published import Published, published

__all__ = [
    "Comparison",
    "Lacking",
    "Number",
    "PaperError",
    "Published",
    "Reproduction",
    "published",
    "reproduce",
]
