"""The prompts of "Persistent Personas?", read as literals from its authors' own file. Knows no network, no models.

The file is parsed and never executed. Where it is not there, the words of `own_prompts` stand in, and results say so.
"""

import ast
import hashlib
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from longplay.battery.datasets import advice, located, read_dataset
from longplay.battery.files import BatteryError
from longplay.specs import TRAITS, Persona

FILE = "persistent-personas/data/prompts.py"
NOT_COMPARABLE = "not comparable with the paper: longplay's own words stand in for the authors' prompts"

_INPUTS = frozenset(("INPUT", "OUTPUT", "EVALUATION_CRITERIA", "RUBRIC"))
PLACES = {
    "role_template": frozenset(("role", "role_desc")),
    "selene_template_likert": _INPUTS,
    "selene_template_binary": _INPUTS,
    "selene_template_pairwise": frozenset(("INPUT", "RESPONSE_A", "RESPONSE_B", "EVALUATION_CRITERIA")),
    "flow_judge_template": _INPUTS,
}
"""The places of each template; every one must be there, and no other."""
PAIRWISE = ("instruction_general", "instruction_role_specific")
RUBRICS = ("knowledge", "style", "in_character", *PAIRWISE, *TRAITS, "xstest")
"""What the functions `NAME_prompt` judge. Comparisons have criteria alone."""

_BRACES = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}|[{}]")


class Rubric(msgspec.Struct, frozen=True):
    """What a judge is told to look at, and what its levels mean (empty for comparisons)."""

    criteria: str
    levels: str = ""


class PaperPrompts(msgspec.Struct, frozen=True):
    """The templates and rubrics of the paper. `sha256`: of the authors' file, empty for our own words.

    `templates`: by the names in PLACES; `rubrics`: by the names in RUBRICS.
    """

    templates: dict[str, str]
    rubrics: dict[str, Rubric]
    sha256: str = ""


def mark(prompts: PaperPrompts) -> str:
    """What results made with these prompts must say of themselves; empty where they are the authors'."""
    return "" if prompts.sha256 else NOT_COMPARABLE


def fill_places(template: str, values: Mapping[str, str]) -> str:
    """Put values into `{PLACES}` in one pass, `{{` and `}}` as single braces; nothing in a value is looked at."""
    return _BRACES.sub(lambda found: values[found[1]] if found[1] else found[0][0], template)


def give_role(persona: Persona, prompts: PaperPrompts) -> Persona:
    """The persona with the authors' system message; unchanged where there are only our own words."""
    if not prompts.sha256:
        return persona
    values = {"role": persona.name, "role_desc": persona.description}
    return msgspec.structs.replace(persona, message=fill_places(prompts.templates["role_template"], values))


def authors_prompts() -> PaperPrompts | None:
    """The authors' prompts where the data directory holds their file, else None.

    Raises DataError where it is not the file of the manifest, BatteryError where it has another form.
    """
    if not located(FILE).exists():
        return None
    raw = read_dataset(FILE)
    try:
        return prompts_from(raw.decode(), str(located(FILE)), hashlib.sha256(raw).hexdigest())
    except UnicodeDecodeError:
        raise BatteryError(f"{located(FILE)}: is not UTF-8 text. {advice(FILE)}") from None


def prompts_from(text: str, where: str, sha256: str) -> PaperPrompts:
    """Templates and rubrics of a text of the authors' form. Raises BatteryError with file, line and what was expected.

    A text must stand there as a plain string: adjacent strings and brackets are one; f-strings, sums and calls are not.
    """
    module = _parsed(text, where)
    found = _Literals(where)
    templates = {name: found.one(name, module.body, module) for name in PLACES}
    for name, places in PLACES.items():
        found.check(name, templates[name], places)
    functions = {name: found.function(f"{name}_prompt", module) for name in RUBRICS}
    rubrics = {name: found.rubric(function, name in PAIRWISE) for name, function in functions.items()}
    return PaperPrompts({name: found.text for name, found in templates.items()}, rubrics, sha256)


def _parsed(text: str, where: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd escape in a foreign string is no concern of the user's
            return ast.parse(text)
    except SyntaxError as error:
        line = error.lineno or 1
        raise BatteryError(f"{where}, line {line}: is no Python ({error.msg}). {advice(FILE)}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise BatteryError(f"{where}: is no Python ({type(error).__name__}). {advice(FILE)}") from None


class _Literal(msgspec.Struct, frozen=True):
    text: str
    line: int


class _Literals:
    """Finds strings in a parsed file, and refuses everything else."""

    def __init__(self, where: str) -> None:
        self.where = where

    def fault(self, node: ast.AST | int, text: str) -> BatteryError:
        line = node if isinstance(node, int) else getattr(node, "lineno", 1)
        return BatteryError(f"{self.where}, line {line}: {text} {advice(FILE)}")

    def one(self, name: str, body: Sequence[ast.stmt], within: ast.AST) -> _Literal:
        """The one string that is assigned to a name, straight in this body."""
        stored = [n for n in ast.walk(within) if isinstance(n, ast.Name) and n.id == name and _stores(n)]
        values = [value for statement in body for value in _assigned(statement, name)]
        if len(stored) > 1 or len(values) != len(stored):
            raise self.fault(stored[-1], f'{name} must be assigned once, as `{name} = "..."`.')
        if not values:
            raise self.fault(within, f"{name} is not assigned; a plain string was expected.")
        return self._text(name, values[0])

    def _text(self, name: str, node: ast.expr | None) -> _Literal:
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            given = type(node.value if isinstance(node, ast.Constant) else node).__name__
            raise self.fault(node or 1, f"{name} must be a plain string, not {given}; nothing is evaluated.")
        try:
            node.value.encode()
        except UnicodeEncodeError:
            raise self.fault(node, f"{name} holds half a character (a lone surrogate).") from None
        if not node.value.strip():
            raise self.fault(node, f"{name} is empty.")
        return _Literal(node.value, node.lineno)

    def check(self, name: str, found: _Literal, places: frozenset[str]) -> None:
        """A template has exactly its places, and no brace beside them."""
        braces = list(_BRACES.finditer(found.text))
        there = {str(brace[1]) for brace in braces if brace[1]}
        if any(brace[0] in ("{", "}") for brace in braces) or there != set(places):
            wanted = ", ".join(f"{{{place}}}" for place in sorted(places))
            raise self.fault(found.line, f"{name} must have the places {wanted} and no others.")

    def function(self, name: str, module: ast.Module) -> ast.FunctionDef:
        """The one function of a name."""
        found = [node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == name]
        if len(found) != 1:
            raise self.fault(found[1] if found else 1, f"one function {name}(...) was expected, not {len(found)}.")
        return found[0]

    def rubric(self, function: ast.FunctionDef, comparison: bool) -> Rubric:
        """The strings that a function assigns to `evaluation_criteria` and, where answers are rated, `rubric`."""
        criteria = self.one("evaluation_criteria", function.body, function).text
        return Rubric(criteria, "" if comparison else self.one("rubric", function.body, function).text)


def _assigned(statement: ast.stmt, name: str) -> Iterator[ast.expr]:
    """The value of `name = value` or `name: str = value`."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
            yield value
        case ast.AnnAssign(target=ast.Name(id=found), value=value) if found == name and value is not None:
            yield value
        case _:
            return


def _stores(name: ast.Name) -> bool:
    return not isinstance(name.ctx, ast.Load)
