"""Programmatic checks of a text: which constraints it follows; pure, and must not know who wrote the text, or why.

Each kind of constraint is one entry of `CHECKS`, in a file of its family. A further family (IFEval, IFBench) is one
more file and one more `|` below.
"""

from collections.abc import Sequence

import msgspec

from longplay.records import Constraint
from longplay.verifiers.layout import LAYOUT
from longplay.verifiers.length import LENGTH
from longplay.verifiers.loose import forms
from longplay.verifiers.refusal import Refusal, looks_like_refusal
from longplay.verifiers.shape import TYPE_WORDS, Args, Check, VerifierError, fits
from longplay.verifiers.text import SPLITTER, visible
from longplay.verifiers.wording import WORDING

__all__ = [
    "CHECKS",
    "VERSION",
    "Args",
    "Check",
    "Followed",
    "Refusal",
    "VerifierError",
    "looks_like_refusal",
    "validate",
    "verify",
]

VERSION = f"verifiers-1/{SPLITTER}"
"""The method behind every result of this room; change it whenever any check could decide differently."""

CHECKS: dict[str, Check] = LENGTH | LAYOUT | WORDING


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
    relaxed = forms(text)
    loose = tuple(
        met or any(_follows(constraint, form) for form in relaxed)
        for met, constraint in zip(strict, constraints, strict=True)
    )
    return Followed(strict, loose)


def _follows(constraint: Constraint, text: str) -> bool:
    return visible(text) and CHECKS[constraint.kind].test(constraint.args, text)


def _validate_one(constraint: Constraint) -> None:
    kind = constraint.kind
    if kind not in CHECKS:
        raise VerifierError(f"unknown kind of constraint {kind!r}. Known kinds: {', '.join(sorted(CHECKS))}.")
    check = CHECKS[kind]
    known = ", ".join(sorted(check.args)) or "none"
    for name in constraint.args:
        if name not in check.args:
            raise VerifierError(f"{kind} has no argument {name!r}. Its arguments: {known}.")
    for name, wanted in check.args.items():
        if name not in constraint.args:
            raise VerifierError(f"{kind} lacks the argument {name!r}. Its arguments: {known}.")
        if not fits(constraint.args[name], wanted):
            raise VerifierError(f"{kind}: {name} must be {TYPE_WORDS[wanted]}, not {constraint.args[name]!r}.")
    if problem := check.problem(constraint.args):
        raise VerifierError(f"{kind}: {problem}.")
