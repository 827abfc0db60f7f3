"""The runtime of a command: global options, streams, connection, session, and the writer of its rows."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar, cast

from stash_cli.commands.argv.flags import GlobalOptions
from stash_cli.commands.results import row_output
from stash_cli.core.errors import StashConfigurationError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Mapping, Sequence
    from contextlib import AbstractContextManager

    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.journal.recorder import Recorder
    from stash_cli.core.profile import Profile
    from stash_cli.core.profiles import Settings
    from stash_cli.core.renames.sidecars import SidecarMover
    from stash_cli.core.settings import Connection
    from stash_cli.core.templates import Template
    from stash_cli.output.formats import Writer
    from stash_cli.output.streams import Streams
    from stash_cli.output.values import View

T = TypeVar("T")

_SELECTING = ("url", "demo", "profile", "api_key_file")
"""Options that select a connection; the others go with every one."""
PATIENCE = 1.0
"""Seconds after Ctrl-C until a message says that a request is in flight."""


class Runtime:
    """Made once for each run; cheap things are values, expensive ones are made on demand."""

    def __init__(
        self, streams: Streams, environ: Mapping[str, str] | None = None, args: Sequence[str] = ()
    ) -> None:
        self.streams = streams
        self.args = args
        """The command line as it was typed; its secrets are kept out of traces."""
        self.environ = os.environ if environ is None else environ
        self.options = GlobalOptions()
        self.keys: list[str] = []
        """Secrets of the connection; they are kept out of traces, too."""
        self.commands: Collection[str] = ()
        """The names of the program's commands, which no alias may have."""
        self._connection: Connection | None = None
        self._profiles: dict[str | None, Profile] = {}
        self._given: dict[str, Any] = {}
        self._templates: dict[str, Template] = {}

    def merge(self, values: Mapping[str, Any]) -> None:
        """Add global options; those nearer to the command win."""
        # Options may stand before and after the command: each -v counts, of all others the last wins.
        self._given |= {**values, "verbose": [*self._given.get("verbose", ()), *values.get("verbose", ())]}
        self.options = GlobalOptions.of(self._given)
        streams, options = self.streams, self.options
        streams.color, streams.quiet = options.color, options.quiet
        streams.verbose, streams.no_input = options.verbose, options.no_input

    def merge_defaults(self, values: Mapping[str, Any]) -> None:
        """Add global options of the settings file, below all that are given."""
        self._given = {**values, **self._given}
        self.merge({})

    @property
    def for_people(self) -> bool:
        """Whether no other format than a table was chosen."""
        return self.options.output == "table"

    @property
    def given_output(self) -> str:
        """The format that was named; "" where it follows from another option, or is the default."""
        return str(self._given.get("output", ""))

    @property
    def json_errors(self) -> bool:
        """Whether errors are printed as JSON."""
        chosen = self.options.jq is None or self.given_output
        return bool(chosen) and self.options.output in ("json", "jsonl")

    @cached_property
    def has_settings(self) -> bool:
        """Whether there is a settings file: most machines have none, and pay for this question only."""
        from stash_cli.core.settings_file import has_file

        return has_file()

    @cached_property
    def settings(self) -> Settings:
        """The settings file. Raises StashConfigurationError, unless the connection comes from elsewhere."""
        from stash_cli.core.profiles import Settings
        from stash_cli.core.settings_file import settings_path

        try:
            found = Settings.load()
        except StashConfigurationError as error:
            if not self._names_server:
                raise
            self.streams.warn(error.message)
            return Settings(settings_path())
        if found.exposed:
            self.streams.warn(
                f"others can read {found.path} and the secrets in it; run: chmod 600 {found.path}"
            )
        return found

    @property
    def _names_server(self) -> bool:
        """Whether --server, --demo or STASH_URL select the connection."""
        options = self.options
        named = options.url or options.demo or (not options.profile and self.environ.get("STASH_URL"))
        return bool(named)

    @property
    def profile(self) -> Profile:
        """The profile of this connection; of no name where no profile is used.

        Raises StashConfigurationError.
        """
        name = self.settings.select(self.options.connection, self.environ).name
        if name not in self._profiles:
            found = self.settings.profile(name)
            found.check()
            self._profiles[name] = found
        return self._profiles[name]

    @property
    def usable_profile(self) -> Profile | None:
        """The profile; None without a settings file, or where it is broken.

        Commands that need no connection, such as those that mend it, work beside a broken file; for all
        others `connection` raises what is wrong.
        """
        try:
            return self.profile if self.has_settings else None
        except StashConfigurationError:
            return None

    def connection(self) -> Connection:
        """The connection of the command, with its secrets. Raises StashConfigurationError."""
        if self._connection is None and self.options.mirror:
            from stash_cli.commands.mirror import connection_to_mirror

            self.use(connection_to_mirror(self))
        elif self._connection is None:
            self.use(self._connect())
        return cast("Connection", self._connection)

    def connect(self, name: str) -> Connection:
        """The connection of another profile. Raises StashConfigurationError."""
        from stash_cli.core.profiles import connect

        # --server and the like chose the connection of this run; another profile has an address of its own.
        flags = {key: value for key, value in self.options.connection.items() if key not in _SELECTING}
        return connect(
            self.settings, flags | {"profile": name}, self.environ, can_ask=self.streams.interactive
        )

    def command(self, words: str) -> str:
        """Another command for the same server, as it is typed; for hints."""
        from shlex import quote

        options = self.options
        if options.demo:
            selecting = "--demo "
        elif options.url:
            selecting = f"--server {quote(options.url)} "
        else:
            selecting = f"--profile {quote(options.profile)} " if options.profile else ""
        return f"stash {selecting}{'--mirror ' if options.mirror else ''}{words}"

    def use(self, connection: Connection) -> None:
        """Use a connection in place of the selected one."""
        self._connection = connection
        self.keys += connection.secrets

    def forget_settings(self) -> None:
        """Read the settings file again when it is asked for, because it was changed."""
        for name in ("has_settings", "settings"):
            vars(self).pop(name, None)

    def use_only(self, connection: Connection) -> None:
        """Use the connection of a plugin's input, whatever environment and settings file say of others."""
        self.use(connection)
        # These variables are those of whoever started the server, and may name another one.
        rest = {name: text for name, text in self.environ.items() if not name.startswith("STASH_")}
        self.environ = {**rest, "STASH_URL": connection.url}

    def _connect(self) -> Connection:
        from stash_cli.core.settings import resolve_connection

        flags = self.options.connection
        if not self.has_settings and not flags.get("profile") and not self.environ.get("STASH_PROFILE"):
            return resolve_connection(flags, self.environ)
        from stash_cli.core.profiles import connect

        note = self.settings.select(flags, self.environ).note
        if note:
            self.streams.note(note)
        return connect(self.settings, flags, self.environ, can_ask=self.streams.interactive)

    def server_path(self, path: str) -> str:
        """The server's path for one that a person gives: made absolute here, then mapped."""
        from stash_cli.core.path_maps import absolute_path

        found = absolute_path(path)  # the server would take it as relative to its own folder
        return self.profile.path_maps.to_server(found) if self.has_settings else found

    def run(
        self,
        work: Callable[[Session], Coroutine[Any, Any, T]],
        *,
        writes: bool = False,
        is_recorded: bool = True,
        creates: bool = True,
    ) -> T:
        """Open a session, run `work` with it, and close it; Ctrl-C cancels `work`.

        An embedded library that does not exist is made when the command `writes`, unless it changes only what
        is there (`creates`). Its edits are recorded in the journal, unless it does that itself. Raises
        KeyboardInterrupt after Ctrl-C.
        """

        async def opened() -> T:
            async with self.session(writes=writes, is_recorded=is_recorded, creates=creates) as session:
                return await work(session)

        return self.complete(opened)

    def complete(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run `work` in an event loop; Ctrl-C cancels it, and KeyboardInterrupt is raised."""
        import asyncio

        async def interruptible() -> T:
            with self.streams.interrupts.cancelling(_canceller(self.streams)):
                return await work()

        try:
            return asyncio.run(interruptible())
        except asyncio.CancelledError:
            # asyncio reports the cancelled task. Callers only know Ctrl-C.
            raise KeyboardInterrupt from None

    @asynccontextmanager
    async def session(
        self, *, writes: bool, is_recorded: bool = True, creates: bool = True
    ) -> AsyncIterator[Session]:
        from stash_cli.core.context import StashContext
        from stash_cli.core.log import configure_logging, logger
        from stash_cli.core.settings import DEMO

        # A mistyped file name in a command that reads is an error, not a new empty library.
        connection = replace(self.connection(), create=writes and creates)
        file = Path(connection.location) if connection.is_embedded and connection.location != DEMO else None
        # Asked before the library is opened, which makes the file.
        missing = file is not None and not file.exists()
        verbosity = 2 if self.options.debug else self.options.verbose
        profile = f", {connection.source}" if connection.source else ""
        self.streams.target = f" (on {connection.server}{profile})"
        handler = configure_logging(verbosity, cast("TextIO", self.streams), connection.secrets)
        try:
            async with StashContext(connection).open_session() as session:
                session.on_move = self._follow if writes else None
                if writes and is_recorded and self.is_journalled:
                    with self.recorder() as recorder:
                        async with recorder.recording(session):
                            yield session
                else:
                    yield session
            if writes and connection.location == DEMO and not connection.read_only:
                self._note_demo()
        finally:
            logger.removeHandler(handler)
            if missing and file is not None and file.exists():
                self.streams.note(f"created the library {file}")

    def local_path(self, path: str) -> str | None:
        """The path on this machine of a path of the server; None where that is not known."""
        if self.connection().is_embedded:
            return path
        found = self.profile.path_maps.to_local(path) if self.has_settings else path
        return found if found != path else None

    @cached_property
    def sidecars(self) -> SidecarMover:
        """The mover of captions and other files beside the files that the server moves."""
        from stash_cli.core.renames.sidecars import SidecarMover

        return SidecarMover(self.local_path)

    def _follow(self, before: str, after: str) -> None:
        if self.connection().is_embedded or (self.has_settings and self.profile.path_maps):
            self.sidecars.follow(before, after)

    @property
    def is_journalled(self) -> bool:
        """Whether edits are recorded, so that they can be undone."""
        return not self.options.no_journal and self.profile.journal

    def recorder(self) -> AbstractContextManager[Recorder]:
        """A block with the recorder of this command's edits."""
        from stash_cli.core.edits.journal.recorder import Recorder

        is_person = self.streams.err_is_terminal
        return Recorder.opened(self.connection(), self.typed_command, is_person=is_person)

    @property
    def typed_command(self) -> str:
        """The command as it was typed, without secrets."""
        from shlex import join

        from stash_cli.output.failures import hide, masked, secrets_of

        # The journal keeps the command line, which may hold a password that `config set` was given.
        secrets = [*secrets_of(self.args, self.environ), *self.keys]
        return masked(hide(join(["stash", *self.args]), secrets))

    def _note_demo(self) -> None:
        """Note once that the demo library is a copy of the user's own, which can be restored."""
        from stash_cli.commands.embedded import embedded_module

        if embedded_module("demo").is_first_change():
            self.streams.note(
                "this changes your own copy of the demo library; `stash embedded reset` restores it"
            )

    def writer(self, view: View, *, single: bool = False) -> Writer:
        """The writer of `--output` for rows of `view`, or for the columns of `--fields`."""
        return row_output.open_writer(self, view, single=single)

    def template(self, view: View) -> Template:
        """The template of `--template` for rows of `view`. Raises StashTemplateError."""
        from stash_cli.core.templates import Template

        known = self._templates.get(view.type)
        if known is None:
            known = self._templates[view.type] = Template(self.options.template or "", view.type)
        return known

    def chosen(self, view: View) -> View:
        """`view` with the columns of `--fields`, if given."""
        if not self.options.fields:
            return view
        from stash_cli.commands.results.chosen_columns import chosen

        return chosen(view, self.options.fields)

    def print_row(self, view: View, row: dict[str, Any]) -> None:
        """Print one object."""
        self._print(view, [row], single=True)

    def print_rows(self, view: View, rows: Sequence[dict[str, Any]]) -> None:
        """Print a list of objects."""
        self._print(view, rows, single=False)

    def _print(self, view: View, rows: Sequence[dict[str, Any]], *, single: bool) -> None:
        writer = self.writer(view, single=single)
        for row in rows:
            writer.row(row)
        writer.finish()

    def check_output(self, view: View) -> None:
        """Refuse fields and formats that objects of a view do not have, before anything is sent."""
        row_output.check_output(self, view)

    def requested_fields(self, view: View) -> list[str] | None:
        """The fields to ask the server for; None is the type's default selection."""
        return row_output.wanted_fields(self, view)


def _canceller(streams: Streams) -> Callable[[], object]:
    """A function for a signal handler that cancels the current task, and says so when that takes a while."""
    import asyncio

    task = asyncio.current_task()
    loop = asyncio.get_running_loop()

    def cancel() -> None:
        if task is not None:
            task.cancel()
        if streams.err_is_terminal:
            loop.call_later(
                PATIENCE, streams.note, "waiting for the current request; press Ctrl-C again to end at once"
            )

    # A signal may arrive in the middle of any task, so its handler only schedules the cancellation.
    return lambda: loop.call_soon_threadsafe(cancel)
