"""Runs the code cells of a notebook in their order, in one namespace, as a kernel would; needs no notebook program.

`python notebook_cells.py NOTEBOOK`. What the last line of a cell is worth is made into what a notebook would display.
"""

import ast
import json
import sys
from pathlib import Path

DISPLAYS = ("_repr_mimebundle_", "_repr_html_", "__repr__")  # the first that a value has


def run_cell(source: str, where: str, names: dict[str, object]) -> object:
    """Run one cell; the value of its last line, None where that is no expression."""
    tree = ast.parse(source, where)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, where, "exec"), names)
    return eval(compile(ast.Expression(last.value), where, "eval"), names) if isinstance(last, ast.Expr) else None


def displayed(value: object) -> str:
    """What a notebook would show of a value."""
    way = next(name for name in DISPLAYS if hasattr(value, name))
    shown = getattr(value, way)()
    return shown if isinstance(shown, str) else json.dumps(shown, default=repr)


def main(notebook: Path) -> None:
    """Run all of it, and print what is displayed, each under a line `CELL number`."""
    names: dict[str, object] = {}
    for number, cell in enumerate(json.loads(notebook.read_text("utf-8"))["cells"]):
        if cell["cell_type"] == "code":
            print(f"CELL {number}")
            value = run_cell("".join(cell["source"]), f"{notebook.name}, cell {number}", names)
            if value is not None:
                print(displayed(value))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
