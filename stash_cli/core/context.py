"""StashContext: one server with its client and store."""

from __future__ import annotations

import threading
import warnings
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self

from stash_cli.core.client.locks import Lock
from stash_cli.core.client.session import Session
from stash_cli.core.errors import StashCleanupWarning, StashUsageError
from stash_cli.core.settings import Connection, parse_connection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.client.client import StashClient
    from stash_cli.core.edits.journal.recorder import Recorder
    from stash_cli.core.edits.undo.undo_report import Report
    from stash_cli.core.plugins.context import PluginContext
    from stash_cli.core.store import StashEntityStore


class StashContext:
    """An async context manager that returns an initialised StashClient.

    `conn` is a mapping (Scheme, Host, Port, ApiKey, Timeout), a URL such as "embedded:demo", a Connection, or
    None for STASH_URL and STASH_API_KEY. It may be entered several times and closes with the last exit.
    Entering introspects a server whose schema is not cached. Threads with event loops of their own may share
    a context, its client and its store; contexts share nothing with each other.
    """

    def __init__(
        self, conn: Mapping[str, Any] | Connection | str | None = None, verify_ssl: bool | str = True
    ) -> None:
        self.connection = parse_connection(conn, verify_ssl)
        self._session: Session | None = None
        self._client: StashClient | None = None
        self._store: StashEntityStore | None = None
        self._users = 0
        # Not asyncio.Lock, which belongs to one event loop.
        self._opening = Lock()
        self._state_lock = threading.Lock()

    @classmethod
    def from_profile(cls, name: str | None = None) -> Self:
        """The context of a profile of the settings file; without a name STASH_PROFILE or the default one.

        Raises StashConfigurationError.
        """
        from stash_cli.core.profiles import connection_of_profile

        return cls(connection_of_profile(name))

    @staticmethod
    def from_plugin_stdin(text: str | None = None) -> PluginContext:
        """The context of a script that a server runs as a plugin, from the server's input on stdin.

        It has the task's `args`, the `hook` that triggered the script, and the `log` of the server. `text` is
        the input if stdin was read already. Raises StashConfigurationError.
        """
        import sys

        from stash_cli.core.plugins.context import PluginContext
        from stash_cli.core.plugins.plugin_input import PluginInput

        return PluginContext(PluginInput.parse(sys.stdin.read() if text is None else text))

    async def __aenter__(self) -> StashClient:
        with self._state_lock:
            self._users += 1
        try:
            return await self.get_client()
        # Without this a cancelled or failed entry would leave connections open: `__aexit__` is not called.
        except BaseException:
            await self.__aexit__()
            raise

    async def __aexit__(self, *exc: object) -> None:
        with self._state_lock:
            self._users -= 1
        await self.close()

    @property
    def ref_count(self) -> int:
        """The number of `async with` blocks that use this context."""
        return self._users

    def open_session(self) -> Session:
        """The session alone, for callers that work with JSON and need no types."""
        with self._state_lock:
            if self._session is None:
                self._session = Session(self.connection)
            return self._session

    async def get_client(self) -> StashClient:
        """The client, created and initialised on first use."""
        # Two tasks that enter at the same time share one introspection.
        async with self._opening:
            if self._client is None:
                from stash_cli.core.client.client import StashClient

                client = StashClient(self.open_session())
                await client.initialize()
                self._client = client
            return self._client

    @property
    def client(self) -> StashClient:
        """The client of an entered context; else raises StashUsageError."""
        if self._client is None:
            raise StashUsageError("The context is not open: use `async with` or await get_client().")
        return self._client

    interface = client

    @property
    def store(self) -> StashEntityStore:
        """The identity map over this context's client."""
        from stash_cli.core.store import StashEntityStore

        with self._state_lock:
            if self._store is None:
                self._store = StashEntityStore(self.client)
            return self._store

    @asynccontextmanager
    async def journal(self, label: str = "Python") -> AsyncIterator[Recorder]:
        """A block whose edits by this context's client and store are recorded as one run.

            async with context.journal("ratings") as run:
                await store.save_all()
            await context.undo(run.id)

        `label` is what `stash history` shows. A journal that cannot be written stops an edit before its next
        request with StashJournalError.
        """
        from stash_cli.core.edits.journal.recorder import Recorder

        with Recorder.opened(self.connection, label) as recorder:
            recorder.start()
            async with recorder.recording(self.open_session()) as run:
                yield run

    async def undo(self, run: int) -> Report:
        """Undo a recorded run, or the rest of it; the report lists changes that were not undone.

        Raises StashJournalError for a run that does not exist or was made on another database.
        """
        from stash_cli.core.edits.journal.recorder import Recorder
        from stash_cli.core.edits.undo.undo_runs import undo

        with Recorder.opened(self.connection, f"undo {run}") as recorder:
            return await undo(self.open_session(), recorder, run)

    async def resume(self, run: int) -> dict[str, int]:
        """Resume a recorded run that was interrupted; returns state -> number of changes.

        Changes with an unknown outcome are checked on the server before they are sent again. Raises
        StashJournalError for a run that is complete.
        """
        from stash_cli.core.edits.journal.recorder import Recorder
        from stash_cli.core.edits.undo.resume import resume

        with Recorder.opened(self.connection, f"resume {run}") as recorder:
            return await resume(self.open_session(), recorder, run)

    async def redo(self, run: int) -> Report:
        """Redo the undone changes of a recorded run; the report and the errors are those of `undo`."""
        from stash_cli.core.edits.journal.recorder import Recorder
        from stash_cli.core.edits.undo.undo_runs import redo

        with Recorder.opened(self.connection, f"redo {run}") as recorder:
            return await redo(self.open_session(), recorder, run)

    @property
    def capabilities(self) -> ServerCapabilities:
        """The server's schema."""
        return self.client.session.capabilities

    async def close(self, force: bool = False) -> None:
        """Close when no block uses the context, or at once with `force`."""
        with self._state_lock:
            if self._users > 0 and not force:
                return
            # Cleared before closing, so that the context can be entered again while connections are closed.
            session, self._session = self._session, None
            self._client = self._store = None
            self._users = 0
        if session is None:
            return
        try:
            await session.close()
        # All requests have ended by then, so a connection that cannot be closed is no error for the caller.
        except OSError as error:
            warnings.warn(
                f"The connection was not closed in order: {error}", StashCleanupWarning, stacklevel=2
            )
