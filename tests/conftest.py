"""Fixtures of all tests: isolated user state, and embedded libraries."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Examples send requests: how long one takes depends on what else the machine does.
settings.register_profile("requests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("requests")


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are cores: a fifth of the time tests wait for servers and processes."""
    return (os.cpu_count() or 1) + 1


def pytest_collection() -> None:
    """Look for no garbage while modules are imported and tests are made: they stay."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Leave what was imported out of the collections of garbage, which then take a fifth less of the time."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start tests that take long first, whatever the order is otherwise."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The event loop of async tests."""
    return "asyncio"


FOLDERS = ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")


@pytest.fixture(scope="session", autouse=True)
def session_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Folders of their own for fixtures that are made once, before those of each test are there."""
    with pytest.MonkeyPatch.context() as patch:
        for name in FOLDERS:
            patch.setenv(name, str(tmp_path_factory.mktemp("session")))
        yield


@pytest.fixture(autouse=True)
def own_state(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Keep settings, caches and demo data of the user's account out of the tests, and theirs out of it."""
    home = Path(tempfile.mkdtemp(prefix="home-"))
    for name in FOLDERS:
        monkeypatch.setenv(name, str(home))
    for name in (
        "STASH_URL",
        "STASH_API_KEY",
        "STASH_API_KEY_FILE",
        "STASH_PROFILE",
        "NO_COLOR",
        "FORCE_COLOR",
    ):
        monkeypatch.delenv(name, raising=False)
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts that follow each other quickly, for tests of many failures: they would only wait."""
    from stash_cli.core.transport import outcome

    for name in ("QUICK", "PATIENT", "RATE_LIMITED"):
        monkeypatch.setattr(outcome, name, outcome.Backoff(getattr(outcome, name).attempts, first=0.01))


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A port that nothing listens on until the test ends."""
    from loopback import reserve_port

    with reserve_port() as reserved:
        yield reserved.getsockname()[1]


@pytest.fixture
def new_file(tmp_path: Path) -> Path:
    """Path of a library that does not exist yet."""
    return tmp_path / "library.sqlite"


@pytest.fixture
def library_file(new_file: Path) -> Path:
    """Path of an empty library."""
    from library_client import copy_empty_library

    return copy_empty_library(new_file)


@pytest.fixture
def embedded_url(library_file: Path) -> str:
    """URL of an empty embedded library in process."""
    return f"embedded:{library_file}"


@pytest.fixture
def served_url(library_file: Path) -> Iterator[str]:
    """URL of an empty embedded library served over loopback HTTP."""
    from served_library import serve_library

    with serve_library(library_file) as url:
        yield url
