"""longplay: does a role-playing LLM stay in role, follow instructions and stay safe over a hundred rounds?

What the command line does, from Python (docs/library.md). `import longplay` loads none of it: each name is looked up
when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from longplay.version import __version__

if TYPE_CHECKING:
    from longplay.specs import LongplayError
    from longplay.study.checking import check_server
    from longplay.study.first_study import check_study, init
    from longplay.study.importing import import_files
    from longplay.study.opened import Run, demo
    from longplay.study.opened import open_run as open
    from longplay.study.plugging import plugins
    from longplay.study.reproducing import reproduce
    from longplay.study.rubric_trying import try_rubric
    from longplay.study.running import plan, run
    from longplay.study.serving import serve_local
    from longplay.study.third_party_data import data_sets, fetch_data

# Every public name and where it is made; none is that of a room.
_FOUND_AT = {
    "LongplayError": "longplay.specs:LongplayError",
    "Run": "longplay.study.opened:Run",
    "check_server": "longplay.study.checking:check_server",
    "check_study": "longplay.study.first_study:check_study",
    "data_sets": "longplay.study.third_party_data:data_sets",
    "demo": "longplay.study.opened:demo",
    "fetch_data": "longplay.study.third_party_data:fetch_data",
    "init": "longplay.study.first_study:init",
    "import_files": "longplay.study.importing:import_files",
    "open": "longplay.study.opened:open_run",
    "plan": "longplay.study.running:plan",
    "plugins": "longplay.study.plugging:plugins",
    "reproduce": "longplay.study.reproducing:reproduce",
    "run": "longplay.study.running:run",
    "serve_local": "longplay.study.serving:serve_local",
    "try_rubric": "longplay.study.rubric_trying:try_rubric",
}


def __getattr__(name: str) -> Any:
    """A public name, made on first use."""
    if name not in _FOUND_AT:
        raise AttributeError(f"module 'longplay' has no attribute {name!r}")
    module, _, inside = _FOUND_AT[name].partition(":")
    return getattr(import_module(module), inside)


def __dir__() -> list[str]:
    """What there is, for those who look."""
    return sorted({*globals(), *_FOUND_AT})


__all__ = [
    "LongplayError",
    "Run",
    "__version__",
    "check_server",
    "check_study",
    "data_sets",
    "demo",
    "fetch_data",
    "import_files",
    "init",
    "open",
    "plan",
    "plugins",
    "reproduce",
    "run",
    "serve_local",
    "try_rubric",
]
