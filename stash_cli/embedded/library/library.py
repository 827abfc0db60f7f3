"""An open library: its file, database and jobs, and the execution of GraphQL operations."""

from __future__ import annotations

import os
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from platformdirs import user_data_path

from stash_cli.core.private_files import make_private_folder
from stash_cli.embedded.graphql.documents import Documents
from stash_cli.embedded.graphql.execution import DEFAULT_BASE_URL, ExecutionOutcome, execute
from stash_cli.embedded.jobs.queue import JobQueue
from stash_cli.embedded.library.database import Database
from stash_cli.embedded.library.limits import DEFAULT_LIMITS, Limits
from stash_cli.embedded.library.temporary import Downloads, TemporaryFolder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from threading import Event
    from types import TracebackType

    from starlette.applications import Starlette


DEMO = "demo"


def resolve_location(location: str) -> Path:
    """The file of a library: a path, or "demo"."""
    return demo_path() if location == DEMO else Path(location).expanduser().absolute()


def demo_path() -> Path:
    """The file of the demo library in the user's data directory, which may not exist yet."""
    return user_data_path("stash-cli", appauthor=False) / "demo.db"


class Library:
    """An open library; close it, or use it as a context manager.

    `allow_sql` permits the mutation execSQL, `limits` are its resource limits. A missing file is created.
    """

    def __init__(self, path: Path, *, allow_sql: bool = False, limits: Limits = DEFAULT_LIMITS) -> None:
        self.path = path
        self.allow_sql = allow_sql
        self.limits = limits
        self.database = Database(path)
        self.documents = Documents(limits)
        self.jobs = JobQueue()
        self.downloads = Downloads()

    @cached_property
    def app(self) -> Starlette:
        """The ASGI application for this process, without authentication."""
        from stash_cli.embedded.web.app import create_app

        return create_app(self)

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
        """Wait for jobs, then close the file."""
        self.jobs.close()
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
        _make_demo(path)
    return Library(path, allow_sql=allow_sql, limits=limits)


def _make_demo(path: Path) -> None:
    """Build the demo in a temporary folder and rename it: an interrupted build leaves nothing behind."""
    from stash_cli.embedded import demo

    make_private_folder(path.parent)
    with closing(TemporaryFolder(".demo-", path.parent)) as folder:
        made = folder.path / path.name
        with Library(made) as library:
            demo.build(library)
        os.replace(made, path)  # noqa: PTH105 - atomic, also where another process was quicker
