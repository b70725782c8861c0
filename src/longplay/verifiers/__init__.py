"""Programmatic checks of a text: which constraints it follows; pure, and must not know who wrote the text, or why.

Each kind of constraint is one entry of `CHECKS`, in a file of its family; kinds of IFBench and IFEval carry the
benchmark's name, so that `constraints` can tell them apart. A further family is one more file and one more `|` below.
"""

from collections.abc import Sequence

import msgspec

from longplay.records import Constraint
from longplay.verifiers import english
from longplay.verifiers.benchmarks import Benchmark, constraints
from longplay.verifiers.ifbench_count import IFBENCH_COUNT
from longplay.verifiers.ifbench_custom import IFBENCH_CUSTOM
from longplay.verifiers.ifbench_format import IFBENCH_FORMAT
from longplay.verifiers.ifbench_sentence import IFBENCH_SENTENCE
from longplay.verifiers.ifbench_words import IFBENCH_WORDS
from longplay.verifiers.ifeval_content import IFEVAL_CONTENT
from longplay.verifiers.ifeval_layout import IFEVAL_LAYOUT
from longplay.verifiers.layout import LAYOUT
from longplay.verifiers.length import LENGTH
from longplay.verifiers.refusal import Refusal, looks_like_refusal
from longplay.verifiers.shape import TYPE_WORDS, Args, Check, Forms, VerifierError, fits
from longplay.verifiers.text import SPLITTER, visible
from longplay.verifiers.words_used import WORDING

__all__ = [
    "CHECKS",
    "VERSION",
    "Args",
    "Benchmark",
    "Check",
    "Followed",
    "Refusal",
    "VerifierError",
    "constraints",
    "looks_like_refusal",
    "validate",
    "verify",
]

VERSION = f"verifiers-3/{SPLITTER}/{english.SPLITTER}"
"""The method behind every result of this room; change it whenever any check could decide differently."""

CORE: dict[str, Check] = LENGTH | LAYOUT | WORDING
IFBENCH: dict[str, Check] = IFBENCH_COUNT | IFBENCH_SENTENCE | IFBENCH_WORDS | IFBENCH_FORMAT | IFBENCH_CUSTOM
IFEVAL: dict[str, Check] = IFEVAL_CONTENT | IFEVAL_LAYOUT
CHECKS: dict[str, Check] = CORE | IFBENCH | IFEVAL


class Followed(msgspec.Struct, frozen=True):
    """Which constraints a text follows, one entry per constraint in their order; strict implies loose."""

    strict: tuple[bool, ...]
    loose: tuple[bool, ...]

    @property
    def all_strict(self) -> bool:
        """Every constraint holds for the text as it stands."""
        return all(self.strict)

    @property
    def all_loose(self) -> bool:
        """Every constraint holds for the text or one of its relaxed forms (each may take another form)."""
        return all(self.loose)


def validate(constraints: Sequence[Constraint]) -> None:
    """Raise VerifierError unless every constraint can be checked as it is written."""
    if not constraints:
        raise VerifierError("no constraints: all of nothing would count as followed. Give an item at least one.")
    for constraint in constraints:
        _validate_one(constraint)


def verify(constraints: Sequence[Constraint], text: str) -> Followed:
    """Check a reply, strictly and loosely. Raises VerifierError for constraints that `validate` refuses.

    An empty reply, or one without a visible character, follows nothing: not even "no commas", which it would otherwise
    meet by saying nothing. The same holds for relaxed forms that come out blank.
    """
    validate(constraints)
    strict = tuple(_follows(constraint, text) for constraint in constraints)
    relaxed: dict[Forms, tuple[str, ...]] = {}
    loose = tuple(
        met or _follows_loosely(constraint, text, relaxed) for met, constraint in zip(strict, constraints, strict=True)
    )
    return Followed(strict, loose)


def _follows_loosely(constraint: Constraint, text: str, relaxed: dict[Forms, tuple[str, ...]]) -> bool:
    forms = CHECKS[constraint.kind].forms
    if forms not in relaxed:
        relaxed[forms] = forms(text)
    return any(_follows(constraint, form) for form in relaxed[forms] if form != text)


def _follows(constraint: Constraint, text: str) -> bool:
    return visible(text) and CHECKS[constraint.kind].test(constraint.args, text)


def _validate_one(constraint: Constraint) -> None:
    kind, args = constraint.kind, constraint.args
    if kind not in CHECKS:
        raise VerifierError(f"unknown kind of constraint {kind!r}. Known kinds: {', '.join(sorted(CHECKS))}.")
    check = CHECKS[kind]
    if args.keys() != check.args.keys():
        raise VerifierError(_wrong_names(kind, args, check))
    for name, wanted in check.args.items():
        if not fits(args[name], wanted):
            raise VerifierError(f"{kind}: {name} must be {TYPE_WORDS[wanted]}, not {args[name]!r}.")
    if problem := check.problem(args):
        raise VerifierError(f"{kind}: {problem}.")


def _wrong_names(kind: str, args: Args, check: Check) -> str:
    known = ", ".join(sorted(check.args)) or "none"
    unknown = next((name for name in args if name not in check.args), None)
    if unknown is not None:
        return f"{kind} has no argument {unknown!r}. Its arguments: {known}."
    missing = next(name for name in check.args if name not in args)
    return f"{kind} lacks the argument {missing!r}. Its arguments: {known}."
