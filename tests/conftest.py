"""Shared fixtures: isolated user state, and embedded libraries."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Examples send requests, whose duration depends on the load of the machine.
settings.register_profile("requests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("requests")


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than cores: tests wait for servers and processes a fifth of the time."""
    return (os.cpu_count() or 1) + 1


def pytest_collection() -> None:
    """Disable garbage collection while modules are imported: they are never freed."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Exclude imported objects from garbage collection, which saves a fifth of the time."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start long tests first, whatever the order is otherwise."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The event loop of async tests."""
    return "asyncio"


FOLDERS = ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")


@pytest.fixture(scope="session", autouse=True)
def session_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """State folders for session fixtures, which are set up before the folders of each test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in FOLDERS:
            patch.setenv(name, str(tmp_path_factory.mktemp("session")))
        yield


@pytest.fixture(autouse=True)
def own_state(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Isolate tests from the user's settings, caches and demo data."""
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
    """Shorten retry delays, for tests with many failures."""
    from stash_cli.core.transport import outcome

    for name in ("QUICK", "PATIENT", "RATE_LIMITED"):
        monkeypatch.setattr(outcome, name, outcome.Backoff(getattr(outcome, name).attempts, first=0.01))


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A port that refuses connections until the test ends."""
    from loopback import reserve_port

    with reserve_port() as reserved:
        yield reserved.getsockname()[1]


@pytest.fixture
def new_file(tmp_path: Path) -> Path:
    """Path of a missing library."""
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
