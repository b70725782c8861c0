"""What tests share: third-party data where it is given, one real engine a session, hypothesis without deadlines."""

import os

# Read when numpy is loaded. Matrices here have a few rows, and threads wait for cores that other work has: one file of
# tests took 58 s instead of 2 on busy cores.
os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")

from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

from llama_server import LlamaServer
from longplay.analysis import ANALYSES
from longplay.battery import BATTERIES
from longplay.cli import COMMANDS
from longplay.exchange.formats import FORMATS
from longplay.inference import PROVIDERS, InferenceError
from longplay.inference.local_server import Serving, check_local, small_model
from longplay.judging import METRICS
from longplay.policies import POLICIES
from longplay.probes import PROBES
from longplay.report import SECTIONS
from paper_data import write_paper_data
from tiny_model import write_tiny_model

# Begun first, the longest in front, so that no worker is left alone with one of them; the others follow by name.
LONGEST = (
    *("real_engine", "kill", "analysis_failing", "bench_soak", "store_migrating", "pipeline", "wording", "judge_time"),
    *("bench_cases", "bench_overhead", "bench", "power", "real_cache", "library", "report_beside", "roles_killed"),
    *("tutorial", "bench_coverage_slopes", "notebook", "reproduce"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests by file, those of LONGEST in front."""
    place = {f"test_{name}": number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))


# Replies and approvals that are kept across runs: of one test for that test alone, and never the user's own.
_places = count()


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_session(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Fixtures that outlive a test share one folder."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.getbasetemp() / "cache")
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.getbasetemp() / "config")


@pytest.fixture(autouse=True)
def cache_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that stands for the user's caches; made by whoever needs it."""
    folder = tmp_path_factory.getbasetemp() / f"cache-{next(_places)}"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def config_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that stands for the user's settings; made by whoever needs it."""
    folder = tmp_path_factory.getbasetemp() / f"config-{next(_places)}"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    return folder


_TABLES: tuple[Mapping[str, object], ...] = (
    *(PROBES, METRICS, POLICIES, BATTERIES, PROVIDERS),
    *(ANALYSES, SECTIONS, FORMATS, COMMANDS),
)
_AS_SHIPPED = tuple(dict(table) for table in _TABLES)


@pytest.fixture(scope="module", autouse=True)
def tables_as_shipped() -> Iterator[None]:
    """What a file of tests leaves in the tables of names is met by those after it: the shipped names keep their
    meanings, and no others stay. Probes alone may: benchmarks name some of their own."""
    there = tuple(set(table) for table in _TABLES)
    yield
    for table, shipped, before in zip(_TABLES, _AS_SHIPPED, there, strict=True):
        changed = [name for name, meaning in shipped.items() if table.get(name) is not meaning]
        left = [] if table is PROBES else sorted(set(table) - before)
        assert not changed + left, f"these tests changed {changed + left} for all tests after them"


# Machines of any speed, busy ones too, get the same verdict.
settings.register_profile("longplay", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("longplay")


def absent(reason: str, switch: str, environment: Mapping[str, str]) -> NoReturn:
    """Skip a test for want of something; a failure where `switch` says that it must be there."""
    if environment.get(switch) == "1":
        pytest.fail(f"{reason} ({switch}=1)")
    pytest.skip(reason)


def find_data(environment: Mapping[str, str]) -> Path:
    """The folder of third-party data, or a skip; a failure where it must be there, or is named and is not."""
    named = environment.get("LONGPLAY_DATA")
    if named:
        folder = Path(named)
        if not folder.is_dir():
            pytest.fail(f"LONGPLAY_DATA names {named}, which is no folder")
        return folder
    reason = "LONGPLAY_DATA is not set; let it name the folder of third-party data that this test reads"
    absent(reason, "LONGPLAY_REQUIRE_DATA", environment)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of third-party data; without one the test is skipped, or fails under LONGPLAY_REQUIRE_DATA=1."""
    return find_data(os.environ)


@pytest.fixture
def paper(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A whole data folder in the paper's form, which LONGPLAY_DATA names."""
    folder = write_paper_data(tmp_path / "data", data_dir)
    monkeypatch.setenv("LONGPLAY_DATA", str(folder))
    return folder


@pytest.fixture(scope="session")
def llama_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    """A real llama-server with a tiny random model, one for all tests of a session."""
    folder = tmp_path_factory.mktemp("llama-server")
    write_tiny_model(folder / "tiny.gguf")
    with LlamaServer(folder / "tiny.gguf", folder / "server.log") as server:
        yield server


@pytest.fixture(scope="session")
def weights() -> Path:
    """The small real model's file; without it a test is skipped, or fails under LONGPLAY_REQUIRE_REAL=1."""
    try:
        model = small_model()
        check_local(model, Serving())
    except InferenceError as reason:
        absent(str(reason), "LONGPLAY_REQUIRE_REAL", os.environ)
    return model


@pytest.fixture(scope="session")
def real_server(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    """The small real model as `longplay serve-local` serves it, but with a small window, 2 slots and one thread: two
    would wait for each other where others work too."""
    log = tmp_path_factory.mktemp("real") / "server.log"
    with LlamaServer(weights, log, Serving(context=2_048, slots=2, threads=1)) as server:
        yield server
