"""The documents as tests read them: each page's text, its sections, its code blocks."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
DOCUMENTS = {name: (ROOT / name).read_text("utf-8") for name in ("README.md", "CHANGELOG.md")} | {
    f"docs/{path.name}": path.read_text("utf-8") for path in sorted((ROOT / "docs").glob("*.md"))
}


class Block(NamedTuple):
    """A code block. `name`: of the file that it shows whole, "" where it shows none."""

    language: str
    name: str
    body: str


def blocks(text: str) -> list[Block]:
    """Every code block of a page, in its order."""
    found = re.findall(r"^```(\w*) ?(\S*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [Block(*parts) for parts in found]


def sections(text: str) -> dict[str, str]:
    """The parts of a document by their second-level heading."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))
