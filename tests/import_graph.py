"""The import graph of longplay, read from its source: arrows between modules, circles, and a drawing of the rooms.

`python tests/import_graph.py` prints the drawing of docs/architecture.md; `page` puts it there; the name of a room
prints the room's own modules. Nothing of longplay is imported.

An import counts wherever it stands: at the top, in a function, or for types alone. So do commands named by a text such
as "longplay.cli.run:run". `from longplay.records import Round` is an arrow to the module that `longplay.records` is,
`from longplay.records import rounds` one to `longplay.records.rounds`. That Python loads a package before its modules
is no arrow.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = "longplay"
PAGE = ROOT / "docs" / "architecture.md"
BEGIN = "<!-- the import graph: python tests/import_graph.py page -->\n```text\n"
END = "```\n<!-- its end -->\n"
WIDTH = 120

Graph = Mapping[str, frozenset[str]]


def graph_of(source: Path) -> Graph:
    """What every module of a package imports of it; `source` is the package's folder."""
    package = source.name
    paths = {_name(path.relative_to(source.parent)): path for path in sorted(source.rglob("*.py"))}
    graph: dict[str, frozenset[str]] = {}
    for module, path in paths.items():
        found = set(imported(ast.parse(path.read_text("utf-8")), _package(module, path), package, paths))
        graph[module] = frozenset(found - {module})
    return graph


def _name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _package(module: str, path: Path) -> str:
    return module if path.stem == "__init__" else module.rpartition(".")[0]


def imported(tree: ast.AST, inside: str, package: str, known: Iterable[str]) -> Iterator[str]:
    """The modules of a package that a file imports; `inside`: the package that the file is in, or nothing."""
    modules = frozenset(known)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, inside)
            named = [f"{base}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            named = [node.value.partition(":")[0]] if re.fullmatch(rf"{package}[\w.]*:\w+", node.value) else []
        else:
            continue
        yield from (_module(name, modules) for name in named if name.partition(".")[0] == package)


def _base(node: ast.ImportFrom, inside: str) -> str:
    if not node.level:
        return node.module or ""
    above = inside.split(".")[: len(inside.split(".")) - node.level + 1]
    return ".".join([*above, *([node.module] if node.module else [])])


def _module(name: str, modules: frozenset[str]) -> str:
    """The module that holds a name: itself, or the one that it is looked up in."""
    while name not in modules:
        name = name.rpartition(".")[0]
    return name


def circles(graph: Graph) -> list[list[str]]:
    """Modules that import each other, directly or through others: each group once, its names in order (Tarjan)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    waiting: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        order[module] = low[module] = len(order)
        waiting.append(module)
        for other in sorted(graph[module]):
            if other not in order:
                visit(other)
            if other in waiting:
                low[module] = min(low[module], low[other])
        if low[module] == order[module]:
            start = waiting.index(module)
            group = waiting[start:]
            del waiting[start:]
            if len(group) > 1:
                found.append(sorted(group))

    for module in graph:
        if module not in order:
            visit(module)
    return found


def layers() -> list[list[str]]:
    """The rooms by layer, the highest first: the contract that import-linter holds."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (contract,) = project["tool"]["importlinter"]["contracts"]
    return [layer.split(" | ") for layer in contract["layers"]]


def room(module: str) -> str:
    """The room that a module is in; empty for the package's first file and its door."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] != "__main__" else ""


def between_rooms(graph: Graph) -> dict[str, set[str]]:
    """Which rooms each room imports."""
    arrows: dict[str, set[str]] = {}
    for module, others in graph.items():
        arrows.setdefault(room(module), set()).update(room(other) for other in others)
    return {one: others - {one} for one, others in arrows.items()}


def arrows_back(graph: Graph, rooms: Sequence[Sequence[str]]) -> list[str]:
    """Imports of a room above or beside, or of what is no room; each as `importer -> imported`."""
    height = {one: len(rooms) - number for number, layer in enumerate(rooms) for one in layer}
    return [
        f"{module} -> {other}"
        for module, others in sorted(graph.items())
        for other in sorted(others)
        if room(module) and room(module) != room(other)
        if not room(other) or height.get(room(other), 0) >= height.get(room(module), 0)
    ]


def drawing(graph: Graph, rooms: Sequence[Sequence[str]]) -> str:
    """The rooms by layer, each with the rooms that it imports, which all stand lower."""
    arrows = between_rooms(graph)
    place = {one: number for number, one in enumerate(name for layer in rooms for name in layer)}
    wide = max(map(len, place))
    blocks = [
        "".join(
            _lines(f"{name:{wide}}", sorted(arrows.get(name, ()), key=lambda one: place.get(one, -1))) for name in layer
        )
        for layer in rooms
    ]
    return f"{'-' * (WIDTH - 40)}\n".join(blocks)


def inside(graph: Graph, name: str) -> str:
    """A room's modules, those that import no other of the room last, each with those that it imports."""
    own = {
        one: {other for other in others if room(other) == name} for one, others in graph.items() if room(one) == name
    }
    shown = {one: one.removeprefix(f"{PACKAGE}.{name}").lstrip(".") or "(the package)" for one in own}
    wide = max(map(len, shown.values()))
    heights: dict[str, int] = {}

    def height(module: str) -> int:
        if module not in heights:
            heights[module] = 1 + max(map(height, own[module]), default=0)
        return heights[module]

    by_height: dict[int, list[str]] = {}
    for module in own:
        by_height.setdefault(height(module), []).append(module)
    blocks = [
        "".join(
            _lines(f"{shown[one]:{wide}}", [shown[other] for other in sorted(own[one])]) for one in by_height[level]
        )
        for level in sorted(by_height, reverse=True)
    ]
    return f"{'-' * (WIDTH - 40)}\n".join(blocks)


def _lines(head: str, names: Iterable[str]) -> str:
    """`head -> names`, broken before it is too wide."""
    lines, line = list[str](), head + " ->"
    for name in names:
        if len(line) + 1 + len(name) > WIDTH:
            lines.append(line)
            line = " " * (len(head) + 3)
        line += f" {name}"
    return "\n".join([*lines, line]).removesuffix(" ->").rstrip() + "\n"


def drawn(page: str) -> str:
    """The drawing that stands on a page."""
    return page.partition(BEGIN)[2].partition(END)[0]


def main(arguments: Sequence[str]) -> None:
    """Print a drawing, or put it on the page."""
    graph = graph_of(ROOT / "src" / PACKAGE)
    if arguments == ["page"]:
        page = PAGE.read_text("utf-8")
        PAGE.write_text(page.replace(BEGIN + drawn(page) + END, BEGIN + drawing(graph, layers()) + END), "utf-8")
    elif arguments:
        for name in arguments:
            print(inside(graph, name))
    else:
        print(drawing(graph, layers()), end="")


if __name__ == "__main__":
    main(sys.argv[1:])
