"""What a running command has at hand: options, streams, the session, and the writer for its rows."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from stash_cli.commands.argv.global_options import Options
from stash_cli.core.errors import StashUsageError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
    from typing import TextIO

    import typer

    from stash_cli.core.client.session import Session
    from stash_cli.core.settings import Connection
    from stash_cli.core.types.entities import Entity
    from stash_cli.output.formats import Writer
    from stash_cli.output.streams import Streams
    from stash_cli.output.views import Column

T = TypeVar("T")

PATIENCE = 1.0
"""Seconds after Ctrl-C until the person is told what is waited for."""


class Runtime:
    """Made once per run by `app.py`; cheap things are values, expensive ones are made on demand."""

    def __init__(
        self, streams: Streams, environ: Mapping[str, str] | None = None, args: Sequence[str] = ()
    ) -> None:
        self.streams = streams
        self.args = args
        """The command line as it was typed; secrets in it are kept out of traces."""
        self.environ = os.environ if environ is None else environ
        self.options = Options()
        self.flags: dict[str, Any] = {}
        """Values of the derived flags of the command that runs."""
        self.writes = False
        """Whether the command makes an embedded library that is not there."""
        self._given: dict[str, Any] = {}

    def merge(self, values: Mapping[str, Any]) -> None:
        """Take over global options; what stands nearer to the command wins."""
        self._given |= {**values, "verbose": [*self._given.get("verbose", ()), *values.get("verbose", ())]}
        self.options = Options.of(self._given)
        streams, options = self.streams, self.options
        streams.color, streams.quiet = options.color, options.quiet
        streams.verbose, streams.no_input = options.verbose, options.no_input

    @property
    def json_errors(self) -> bool:
        """Whether a program reads the errors."""
        return self.options.output in ("json", "jsonl")

    def connection(self) -> Connection:
        from stash_cli.core.settings import resolve_connection

        return resolve_connection(self.options.connection, self.environ)

    def run(self, work: Callable[[Session], Coroutine[Any, Any, T]]) -> T:
        """Open the session, do `work` with it, close it; Ctrl-C cancels `work`.

        Raises KeyboardInterrupt when it was.
        """
        import asyncio

        async def opened() -> T:
            with self.streams.interrupts.cancelling(_canceller(self.streams)):
                async with self.session() as session:
                    return await work(session)

        try:
            return asyncio.run(opened())
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        from stash_cli.core.context import StashContext
        from stash_cli.core.log import configure_logging, logger
        from stash_cli.core.settings import DEMO

        connection = replace(self.connection(), create=self.writes)
        file = Path(connection.location) if connection.is_embedded and connection.location != DEMO else None
        missing = file is not None and not file.exists()
        verbosity = 2 if self.options.debug else self.options.verbose
        handler = configure_logging(verbosity, cast("TextIO", self.streams), [connection.api_key])
        try:
            async with StashContext(connection).open_session() as session:
                yield session
        finally:
            logger.removeHandler(handler)
            if missing and file is not None and file.exists():
                self.streams.note(f"made the library {file}")

    def writer(self, columns: Sequence[Column], *, single: bool = False, paths: Sequence[str] = ()) -> Writer:
        """The writer for `--output` over `columns` (those of `--fields` when given)."""
        from stash_cli.output import formats, views

        options = self.options
        if options.fields:
            columns = views.custom(options.fields)
        return formats.open_writer(
            self.streams, options.output, columns, single=single, paths=paths, nul=options.nul
        )

    def check_output(self, type_name: str) -> None:
        """Refuse fields and formats that objects of a type do not have, before anything is sent."""
        from stash_cli.output.views import PATHS

        output, options = self.options.output, self.options
        if options.nul and output not in ("ids", "paths"):
            raise StashUsageError("-0 goes with --ids or --paths")
        if output == "paths" and type_name not in PATHS:
            raise StashUsageError("--paths: these objects have no files")
        if output != "ids" and not options.fields:
            return
        from stash_cli.core.graphql.selection import merge
        from stash_cli.core.types.api import describe_api

        if output == "ids" and "id" not in describe_api().types[type_name].fields:
            raise StashUsageError("--ids: these objects have no ids")
        merge(type_name, options.fields or ())

    def wanted(self, columns: Sequence[Column], paths: Sequence[str] = ()) -> list[str] | None:
        """The fields to ask the server for; None is the type's default selection."""
        from stash_cli.output import views

        output, fields = self.options.output, self.options.fields
        if output == "ids":
            return ["id"]
        if output == "paths":
            return ["id", *paths]
        if fields:
            return fields
        return views.wanted(tuple(columns)) if output in ("table", "csv", "tsv", "md") else None


def _canceller(streams: Streams) -> Callable[[], object]:
    """What a signal handler calls to cancel the task that runs now; says so when that takes a while."""
    import asyncio

    task = asyncio.current_task()
    loop = asyncio.get_running_loop()

    def cancel() -> None:
        if task is not None:
            task.cancel()
        if streams.err_is_terminal:
            loop.call_later(PATIENCE, streams.note, "waiting for the request in flight; Ctrl-C ends at once")

    return lambda: loop.call_soon_threadsafe(cancel)


def entity_of(ctx: typer.Context) -> Entity:
    """The entity that a noun's command is for."""
    found: Entity = vars(ctx.command)["entity"]
    return found


def runtime_of(ctx: typer.Context) -> Runtime:
    """The runtime of a command's context."""
    found = ctx.obj
    if not isinstance(found, Runtime):
        raise TypeError("the command was not started by app.run")
    return found
