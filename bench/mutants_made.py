"""Small bugs by rule: which places of a file a rule can break, and the text with one of them broken. Runs nothing.

Only the segment of the one expression or statement changes; the rest of the file stays as it is to the byte.
Annotations, docstrings and what stands in a `raise` are no places.
"""

import ast
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import cycle
from pathlib import Path

import msgspec

COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.In: ("in", "not in"),
    ast.Is: ("is", "is not"),
    ast.IsNot: (r"is\s+not", "is"),
    ast.NotIn: (r"not\s+in", "in"),
}
ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: (r"\+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: (r"\*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "*"),
    ast.Pow: (r"\*\*", "*"),
}

SYMMETRIC = {"max", "min", "maximum", "minimum", "fmax", "fmin", "hypot", "isclose", "allclose", "set_union"}


class Mutant(msgspec.Struct, frozen=True, order=True):
    """One bug. `file`: relative to the package's parent; `begin`, `end`: the bytes replaced by `new`; `line` counts
    from 1 and `text` is that line without its indent, which with the rule names the bug where lines have moved."""

    file: str
    line: int
    begin: int
    end: int
    rule: str
    old: str
    new: str
    text: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What an equivalent mutant is listed by."""
        return self.file, self.text, self.rule

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.rule}: {_short(self.old)} -> {_short(self.new)}"

    def applied(self, source: bytes) -> bytes:
        """The file with this bug in it."""
        return source[: self.begin] + self.new.encode() + source[self.end :]


class _Source:
    """A file's bytes with the offsets of its nodes."""

    def __init__(self, file: str, source: bytes) -> None:
        self.file, self.source = file, source
        self.lines = source.splitlines(keepends=True)
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))

    def begin(self, node: ast.expr | ast.stmt) -> int:
        return self.starts[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr | ast.stmt) -> int:
        return self.starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)

    def text(self, node: ast.expr | ast.stmt) -> str:
        return self.source[self.begin(node) : self.end(node)].decode()

    def mutant(self, rule: str, begin: int, end: int, new: str) -> Mutant:
        line = self.source[:begin].count(b"\n") + 1
        text = self.lines[line - 1].decode().strip()
        return Mutant(self.file, line, begin, end, rule, self.source[begin:end].decode(), new, text)

    def instead(self, rule: str, node: ast.expr | ast.stmt, new: str) -> Mutant:
        return self.mutant(rule, self.begin(node), self.end(node), new)

    def between(self, rule: str, left: ast.expr, right: ast.expr, operator: tuple[str, str]) -> Iterator[Mutant]:
        """The operator that stands between two operands, replaced; brackets beside it stay."""
        begin, end = self.end(left), self.begin(right)
        gap, (old, new) = self.source[begin:end].decode(), operator
        found = list(re.finditer(old, gap))
        if len(found) == 1:
            at = [begin + len(gap[:place].encode()) for place in found[0].span()]
            yield self.mutant(rule, at[0], at[1], new)


def _comparison(source: _Source, node: ast.AST) -> Iterator[Mutant]:
    if isinstance(node, ast.Compare):
        for left, operator, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
            yield from source.between("comparison", left, right, COMPARISONS[type(operator)])


def _arithmetic(source: _Source, node: ast.AST) -> Iterator[Mutant]:
    if (
        isinstance(node, ast.BinOp)
        and type(node.op) in ARITHMETIC
        and not (_is_text(node.left) or _is_text(node.right))
    ):
        yield from source.between("arithmetic", node.left, node.right, ARITHMETIC[type(node.op)])


def _bound(source: _Source, node: ast.AST) -> Iterator[Mutant]:
    """Whole numbers in comparisons, indices, slices and calls, and one operand of a sum: off by one."""
    if isinstance(node, ast.Compare):
        places: Sequence[ast.expr | None] = [node.left, *node.comparators]
    elif isinstance(node, ast.Slice):
        places = [node.lower, node.upper]
    elif isinstance(node, ast.Subscript):
        places = [node.slice]
    elif isinstance(node, ast.Call):
        places = node.args
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        places = [node.left, node.right]
    else:
        return
    for place in places:
        if isinstance(place, ast.Constant) and type(place.value) is int:
            yield source.instead("bound", place, str(place.value + 1))


def _arguments(source: _Source, node: ast.AST) -> Iterator[Mutant]:
    """The first two positional arguments of a call, swapped; not of one that gives the same in any order."""
    if (
        isinstance(node, ast.Call)
        and len(node.args) > 1
        and not isinstance(node.args[0], ast.Starred)
        and _last_name(node.func) not in SYMMETRIC
    ):
        first, second = node.args[:2]
        one, other = source.text(first), source.text(second)
        if not isinstance(second, ast.Starred | ast.GeneratorExp) and one != other:
            gap = source.source[source.end(first) : source.begin(second)].decode()
            yield source.mutant("arguments", source.begin(first), source.end(second), other + gap + one)


def _dropped(source: _Source, node: ast.AST) -> Iterator[Mutant]:
    """A call whose value nobody takes, `x += ...`, `continue`, or a guard (`if ...: return`) left out."""
    called = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    leaves = ast.Return | ast.Continue | ast.Raise | ast.Break
    guard = isinstance(node, ast.If) and not node.orelse and len(node.body) == 1 and isinstance(node.body[0], leaves)
    if isinstance(node, ast.stmt) and (called or guard or isinstance(node, ast.AugAssign | ast.Continue)):
        if source.source[source.begin(node) :].startswith(b"elif"):
            return
        yield source.instead("dropped", node, "pass")


def _negated(source: _Source, node: ast.AST) -> Iterator[Mutant]:
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        tests = [node.test]
    elif isinstance(node, ast.comprehension):
        tests = node.ifs
    else:
        return
    for test in tests:
        yield source.instead("negated", test, f"(not ({source.text(test)}))")


def _joined(source: _Source, node: ast.AST) -> Iterator[Mutant]:
    """`and` for `or`, and the other way round."""
    if isinstance(node, ast.BoolOp) and len(node.values) == 2:
        operator = (r"\band\b", "or") if isinstance(node.op, ast.And) else (r"\bor\b", "and")
        yield from source.between("joined", node.values[0], node.values[1], operator)


RULES: dict[str, Callable[[_Source, ast.AST], Iterator[Mutant]]] = {
    "comparison": _comparison,
    "arithmetic": _arithmetic,
    "bound": _bound,
    "arguments": _arguments,
    "dropped": _dropped,
    "negated": _negated,
    "joined": _joined,
}


def mutants_of(path: Path, above: Path) -> list[Mutant]:
    """Every bug that the rules can put into a file, in the order of its text; `above`: what names are relative to."""
    source = _Source(path.relative_to(above).as_posix(), path.read_bytes())
    tree = ast.parse(source.source)
    return sorted({mutant for node in _places(tree) for rule in RULES.values() for mutant in rule(source, node)})


def chosen(places: Iterable[Mutant], count: int, seed: int, above: Path) -> list[Mutant]:
    """So many bugs at seeded places, the rules taking turns so that rare ones are tried; all where there are fewer.

    Places stand in an order that their own text and the seed decide, so that a bug is tried again where other code
    changes. A text that is no Python any more, or that says the same as before, is none.
    """
    alike = Counter[tuple[str, ...]]()
    drawn: dict[bytes, Mutant] = {}
    for place in sorted(places):
        words = (str(seed), *place.key, place.old, place.new)
        text = "/".join(words) + "'" * alike[words]
        drawn[hashlib.blake2b(text.encode()).digest()] = place
        alike[words] += 1
    left: dict[str, list[Mutant]] = {rule: [] for rule in RULES}
    for digest in sorted(drawn, reverse=True):
        left[drawn[digest].rule].append(drawn[digest])
    picked: list[Mutant] = []
    for rule in cycle(RULES):
        if len(picked) >= count or not any(left.values()):
            return picked
        while left[rule]:
            one = left[rule].pop()
            if _changes(one, (above / one.file).read_bytes()):
                picked.append(one)
                break
    return picked


def marked(source: bytes, places: Mapping[int, Mutant], mark: str) -> bytes:
    """A text that says where it is run: before the statement of each bug stands a line, `mark` with its number."""
    at, lines = _Source("", source), source.decode().splitlines(keepends=True)
    statements = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]
    before: list[tuple[int, str]] = []
    for number, mutant in places.items():
        holding = [
            node
            for node in statements
            if at.begin(node) <= mutant.begin and mutant.end <= at.end(node)
            if not source[at.begin(node) :].startswith(b"elif")
        ]
        if holding:
            inner = max(holding, key=at.begin)
            decorators = inner.decorator_list if isinstance(inner, ast.FunctionDef | ast.ClassDef) else []
            line = min([inner.lineno, *(one.lineno for one in decorators)])
            before.append((line, " " * inner.col_offset + mark.format(place=number) + "\n"))
    for line, text in sorted(before, reverse=True):
        lines.insert(line - 1, text)
    return "".join(lines).encode()


def _places(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that rules look at: all but annotations and errors raised."""
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "type_params"} or isinstance(node, ast.Raise):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield child
                yield from _places(child)


def _changes(mutant: Mutant, source: bytes) -> bool:
    """Whether a text with this bug is still Python and says something else."""
    try:
        return ast.dump(ast.parse(mutant.applied(source))) != ast.dump(ast.parse(source))
    except SyntaxError:
        return False


def _last_name(node: ast.expr) -> str:
    """`maximum` of `np.maximum`."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:57]}..."
