"""Packages as an installer leaves them: a module beside a folder of metadata, in a folder of the path."""

import importlib
import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from longplay.cli import main

PAGE = (Path(__file__).parents[1] / "docs" / "plugins.md").read_text("utf-8")
PROJECT, STUDY = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
(MODULE,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
GROUPS: dict[str, dict[str, str]] = tomllib.loads(PROJECT)["project"]["entry-points"]


ALLOW = ("--allow-code", "longplay-tea")
PLAIN = """
[[models]]
name = "sim/speaker"
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver"]
scripts = ["goal-oriented"]
rounds = 2
baseline = false
[conditioning]
checkpoints = [0, 2]
noise_share = 0
[judging]
rounds = ["style"]
"""


def naming(**names: str) -> str:
    """A small study that names a plug-in of each kind that is given."""
    text = PLAIN
    if "probe" in names:
        text = text.replace("[judging]", f'[[probes]]\nname = "{names["probe"]}"\n[judging]')
    else:
        text = text.replace("[judging]", '[[probes]]\nname = "traits"\nlimit = 1\n[judging]')
    text = text.replace('rounds = ["style"]', f'rounds = ["{names.get("metric", "style")}"]')
    if "policy" in names:
        text = text.replace("baseline = false", f'baseline = false\npolicy = "{names["policy"]}"')
    return text.replace("sim/speaker", f"{names.get('provider', 'sim')}/speaker")


class Site:
    """A folder of installed packages, at the head of the path."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        """Makes it, and puts it there until the test is over."""
        self.folder = folder
        self._patch = patch
        folder.mkdir(parents=True, exist_ok=True)
        patch.setattr(sys, "path", [str(folder), *sys.path])

    def add(
        self,
        package: str,
        modules: Mapping[str, str],
        groups: Mapping[str, Mapping[str, str]],
        version: str = "1.0",
    ) -> Path:
        """Install a package; another version takes the earlier one's place. Returns its metadata's folder."""
        self.remove(package, modules)
        stem = re.sub(r"[-.]+", "_", package)
        info = self.folder / f"{stem}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n\nA plug-in.\n")
        lines = [f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in of.items()) for group, of in groups.items()]
        (info / "entry_points.txt").write_text("\n".join(lines))
        for name, text in modules.items():
            (self.folder / f"{name}.py").write_text(text)
        importlib.invalidate_caches()
        return info

    def remove(self, package: str, modules: Mapping[str, str]) -> None:
        """Uninstall it, also from this process."""
        stem = re.sub(r"[-.]+", "_", package)
        for info in self.folder.glob(f"{stem}-*.dist-info"):
            for file in info.iterdir():
                file.unlink()
            info.rmdir()
        for name in modules:
            (self.folder / f"{name}.py").unlink(missing_ok=True)
            self._patch.delitem(sys.modules, name, raising=False)
            for cached in (self.folder / "__pycache__").glob(f"{name}.*"):
                cached.unlink()

    def add_tea(self, version: str = "1.0", module: str = MODULE) -> None:
        """The package of docs/plugins.md."""
        self.add("longplay-tea", {"longplay_tea": module}, GROUPS, version)

    def remove_tea(self) -> None:
        """Uninstall it."""
        self.remove("longplay-tea", {"longplay_tea": ""})


def imported(name: str = "longplay_tea") -> bool:
    """Whether this process has imported it."""
    return name in cast("dict[str, object]", sys.modules)


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The line with which a command refuses."""
    assert main(list(words)) == 2
    *_, line = capsys.readouterr().err.strip().splitlines()
    return line
