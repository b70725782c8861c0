"""The import graph has no circle and no arrow back, between rooms and inside them, and stands drawn on its page."""

import re
from pathlib import Path

import pytest

from import_graph import PAGE, ROOT, Graph, arrows_back, circles, drawing, drawn, graph_of, inside, layers, room


@pytest.fixture(scope="module")
def graph() -> Graph:
    return graph_of(ROOT / "src" / "longplay")


def written(folder: Path, **modules: str) -> Graph:
    """The graph of a package `longplay` with these files; `__` in a name is a folder."""
    for name, text in modules.items():
        path = folder / "longplay" / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for path in [folder / "longplay", *(folder / "longplay").rglob("*/")]:
        (path / "__init__.py").touch()
    return graph_of(folder / "longplay")


def test_no_modules_import_each_other_inside_rooms_too(graph: Graph) -> None:
    assert circles(graph) == []


def test_no_room_imports_one_above_or_beside_it_nor_the_packages_first_file(graph: Graph) -> None:
    assert arrows_back(graph, layers()) == []


def test_no_module_imports_the_package_that_it_is_in(graph: Graph) -> None:
    assert [
        f"{one} -> {other}" for one, others in graph.items() for other in others if one.startswith(other + ".")
    ] == []


def test_every_room_has_its_place_among_the_layers(graph: Graph) -> None:
    assert {room(module) for module in graph} - {""} == {name for layer in layers() for name in layer}


def test_the_page_draws_the_graph_as_it_is(graph: Graph) -> None:
    page = drawn(PAGE.read_text("utf-8"))
    assert page == drawing(graph, layers()), "python tests/import_graph.py page"


@pytest.mark.parametrize("name", ["README.md", "docs/architecture.md"])
def test_a_map_lists_exactly_the_rooms_of_the_graph_from_above_to_below(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    (table,) = re.findall(r"^\| room .*\n\|[-|]+\n((?:\|.*\n)+)", text, re.MULTILINE)
    rows = [re.match(r"\| \[?(\w+)", row) for row in table.splitlines()]
    rooms = [row[1] if row else "" for row in rows]
    height = {one: number for number, layer in enumerate(layers()) for one in layer}
    assert sorted(rooms) == sorted(height)
    assert [height[one] for one in rooms] == sorted(height.values())
    if name == "README.md":
        assert re.findall(r"^\|[^|]+\| (\d+) \|", table, re.MULTILINE) == [
            str(len(layers()) - height[one]) for one in rooms
        ]


def test_a_rooms_own_drawing_names_each_of_its_modules_above_those_that_it_imports(graph: Graph) -> None:
    for name in (name for layer in layers() for name in layer):
        heads = [line.split()[0] for line in inside(graph, name).splitlines() if line[:1] not in ("-", " ")]
        own = [one for one in graph if room(one) == name]
        assert len(heads) == len(own)
        place = {head: number for number, head in enumerate(heads)}
        for one, others in graph.items():
            for other in others if one.count(".") > 1 and room(one) == name else ():
                if room(other) == name and other.count(".") > 1:
                    assert place[_short(one)] < place[_short(other)]


def _short(module: str) -> str:
    return module.split(".", 2)[2]


@pytest.mark.parametrize(
    "importing",
    [
        "from longplay.specs.two import B",
        "from longplay.specs import two",
        "import longplay.specs.two",
        "from . import two",
        "from .two import B",
        "from ..specs.two import B",
        "def f():\n    from longplay.specs.two import B",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from longplay.specs.two import B",
        'COMMAND = "longplay.specs.two:b"',
    ],
)
def test_an_import_counts_however_it_is_written_and_wherever_it_stands(importing: str, tmp_path: Path) -> None:
    graph = written(tmp_path, specs__one=importing, specs__two="from longplay.specs.one import A")
    assert graph["longplay.specs.one"] == {"longplay.specs.two"}
    assert circles(graph) == [["longplay.specs.one", "longplay.specs.two"]]


def test_a_circle_over_several_modules_is_found_once_and_what_leads_to_it_is_not_of_it(tmp_path: Path) -> None:
    graph = written(
        tmp_path,
        specs__one="from longplay.specs.two import B",
        specs__two="from longplay.files import C",
        files="import longplay.specs.one",
        records="from longplay.specs.one import A",
        cli="import json",
    )
    assert circles(graph) == [["longplay.files", "longplay.specs.one", "longplay.specs.two"]]


def test_an_arrow_up_sideways_or_to_the_packages_first_file_is_named(tmp_path: Path) -> None:
    graph = written(
        tmp_path,
        records__one="from longplay.store import Store",
        stats="from longplay.store import Store",
        specs="from longplay import run",
        cli="from longplay.store import Store",
        store="from longplay.records.one import A",
    )
    assert arrows_back(graph, layers()) == [
        "longplay.records.one -> longplay.store",
        "longplay.specs -> longplay",
        "longplay.stats -> longplay.store",
    ]


def test_importing_from_the_package_that_a_module_is_in_is_an_arrow_to_the_package(tmp_path: Path) -> None:
    graph = written(tmp_path, records__one="A = 1", records__two="from longplay.records import A")
    assert graph["longplay.records.two"] == {"longplay.records"}
