"""An open library: its file, database, jobs and temporary folders, and the execution of operations."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import threading
import time
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from stash_cli.core.private_files import FOLDER, make_private_folder
from stash_cli.embedded.graphql.documents import documents_of
from stash_cli.embedded.graphql.execution import DEFAULT_BASE_URL, ExecutionOutcome, execute
from stash_cli.embedded.jobs.queue import JobQueue
from stash_cli.embedded.library import settings
from stash_cli.embedded.library.database import Database
from stash_cli.embedded.library.limits import DEFAULT_LIMITS, Limits
from stash_cli.embedded.library.log_store import LogStore
from stash_cli.embedded.library.own_folders import demo_media
from stash_cli.embedded.library.own_folders import demo_path as demo_path  # noqa: PLC0414 - who opens it asks where

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from threading import Event
    from types import TracebackType

    from starlette.applications import Starlette


DEMO = "demo"


def resolve_location(location: str) -> Path:
    """The file of a library: a path, or "demo"."""
    return demo_path() if location == DEMO else Path(location).expanduser().absolute()


class Library:
    """An open library; close it, or use it as a context manager.

    `allow_sql` permits the mutation execSQL, `limits` are its resource limits. A missing file is created.
    """

    def __init__(self, path: Path, *, allow_sql: bool = False, limits: Limits = DEFAULT_LIMITS) -> None:
        self.path = path
        self.allow_sql = allow_sql
        self.limits = limits
        self.database = Database(path)
        self.documents = documents_of(limits)
        self.jobs = JobQueue()
        self._log_store = LogStore(self.database, self.jobs.library_log)
        self.jobs.after_job = self._log_store.save
        self.downloads = Downloads()

    @cached_property
    def app(self) -> Starlette:
        """The ASGI application for this process, without authentication."""
        from stash_cli.embedded.web.app import create_app

        return create_app(self)

    @cached_property
    def source_server(self) -> str | None:
        """The server that this library is an offline copy of; None for any other library."""
        with self.database.read() as connection:
            server = settings.read_part(connection, settings.MIRROR).get("server")
        return None if server is None else str(server)

    def execute(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        base_url: str = DEFAULT_BASE_URL,
        *,
        allow_privileged: bool = True,
        stop: Event | None = None,
    ) -> ExecutionOutcome:
        """Execute a query or mutation in this thread.

        `base_url` is the prefix of links in the result; `allow_privileged` permits privileged mutations; a
        query ends early once `stop` is set.
        """
        return execute(
            self, document, variables, operation_name, base_url, allow_privileged=allow_privileged, stop=stop
        )

    def close(self) -> None:
        """Wait for jobs, store the log, then close the file."""
        self.jobs.close()
        self._log_store.save()
        self.downloads.close()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_library(location: str, *, allow_sql: bool = False, limits: Limits = DEFAULT_LIMITS) -> Library:
    """Open the library at a path, or the "demo" library, which is built on first use."""
    path = resolve_location(location)
    if location == DEMO and not path.exists():
        # Several processes may build the demo at the same time; the last rename wins, and all builds are
        # equal.
        _build_demo(path)
    return Library(path, allow_sql=allow_sql, limits=limits)


def _build_demo(path: Path) -> None:
    """Build the demo in a temporary folder and rename it: an interrupted build leaves nothing behind."""
    from stash_cli.embedded import demo
    from stash_cli.embedded.demo.media import add_media

    make_private_folder(path.parent)
    with closing(TemporaryFolder(".demo-", path.parent)) as folder:
        temporary = folder.path / path.name
        with Library(temporary) as library:
            demo.build(library)
            add_media(library, demo_media())
        os.replace(temporary, path)  # noqa: PTH105 - atomic, also if another process has built it


# Seconds after which a folder counts as abandoned on systems that cannot lock folders.
_ABANDONED_AFTER = 24 * 3600.0


class TemporaryFolder:
    """A new folder in `parent`, or in the system's temporary folder; `close` removes it.

    It is locked while its process lives; the system releases the lock when the process ends.
    An unlocked folder is abandoned, and is removed when the next one with its prefix is created.
    """

    def __init__(self, prefix: str, parent: Path | None = None) -> None:
        remove_abandoned(prefix, parent)
        while True:
            self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
            try:
                self._lock = _lock(self.path)
            except (BlockingIOError, FileNotFoundError):
                # Another process removed the folder as abandoned before it was locked.
                continue
            if _is_at(self._lock, self.path):
                return
            _unlock(self._lock)

    def close(self) -> None:
        """Remove the folder with its contents."""
        shutil.rmtree(self.path, ignore_errors=True)
        _unlock(self._lock)
        self._lock = None


def remove_abandoned(prefix: str, parent: Path | None = None) -> None:
    """Remove the folders of this user that no process has locked."""
    for path in Path(parent or tempfile.gettempdir()).glob(f"{prefix}*"):
        with _abandoned(path) as abandoned:
            if abandoned:
                shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _abandoned(path: Path) -> Iterator[bool]:
    """Whether a path is an unlocked folder of this user; it is locked inside the block."""
    try:
        facts = path.lstat()
        if path.is_symlink() or not path.is_dir() or facts.st_uid != _user():
            yield False
            return
        lock = _lock(path)
    # The folder is locked by its process, or was removed in the meantime.
    except OSError:
        yield False
        return
    try:
        yield _is_at(lock, path) if lock is not None else time.time() - facts.st_mtime > _ABANDONED_AFTER
    finally:
        _unlock(lock)


def _user() -> int:
    return os.getuid() if os.name == "posix" else 0


def _lock(path: Path) -> int | None:
    """Lock a folder; None where the system has no such locks. Raises BlockingIOError when it is locked."""
    if os.name != "posix":
        return None
    import fcntl

    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _unlock(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)


def _is_at(lock: int | None, path: Path) -> bool:
    """Whether the locked folder is still the one at `path`."""
    if lock is None:
        return True
    try:
        return os.path.samestat(os.fstat(lock), path.lstat())
    except FileNotFoundError:
        return False


MOST_DOWNLOADS = 10
_PREFIX = "stash-cli-downloads-"


def remove_abandoned_downloads() -> None:
    """Remove the downloads of processes that were killed."""
    remove_abandoned(_PREFIX)


class Downloads:
    """Files for download by an unguessable key; the last ten are kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder: TemporaryFolder | None = None
        self._files: dict[str, Path] = {}

    def reserve(self, name: str) -> tuple[str, Path]:
        """The URL path and the file path of a new download."""
        key = secrets.token_hex(16)
        with self._lock:
            if self._folder is None:
                self._folder = TemporaryFolder(_PREFIX)
            path = self._folder.path / key / name
            path.parent.mkdir(FOLDER)
            self._files[key] = path
            for old in list(self._files)[:-MOST_DOWNLOADS]:
                shutil.rmtree(self._files.pop(old).parent, ignore_errors=True)
        return f"/downloads/{key}/{name}", path

    def find(self, key: str) -> Path | None:
        """The file of a key, or None."""
        with self._lock:
            path = self._files.get(key)
        return path if path is not None and path.is_file() else None

    def close(self) -> None:
        """Remove all files."""
        with self._lock:
            if self._folder is not None:
                self._folder.close()
            self._folder = None
            self._files.clear()
