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
"""Options that select a connection; other connection options apply to any."""
PATIENCE = 1.0
"""Seconds after Ctrl-C until a message says that a request is in flight."""


class Runtime:
    """The state of one run of the program; settings, connection and session are created on demand."""

    def __init__(
        self, streams: Streams, environ: Mapping[str, str] | None = None, args: Sequence[str] = ()
    ) -> None:
        self.streams = streams
        self.args = args
        """The command line as typed; its secrets are masked in traces."""
        self.environ = os.environ if environ is None else environ
        self.options = GlobalOptions()
        self.keys: list[str] = []
        """Secrets of the connection, also masked in traces."""
        self.commands: Collection[str] = ()
        """The names of the program's commands, which no alias may have."""
        self._connection: Connection | None = None
        self._profiles: dict[str | None, Profile] = {}
        self._given: dict[str, Any] = {}
        self._templates: dict[str, Template] = {}

    def merge(self, values: Mapping[str, Any]) -> None:
        """Add global options; later ones override earlier ones."""
        # Options may stand before and after the command: every -v counts, of all others the last one wins.
        self._given |= {**values, "verbose": [*self._given.get("verbose", ()), *values.get("verbose", ())]}
        self.options = GlobalOptions.of(self._given)
        streams, options = self.streams, self.options
        streams.color, streams.quiet = options.color, options.quiet
        streams.verbose, streams.no_input = options.verbose, options.no_input

    def merge_defaults(self, values: Mapping[str, Any]) -> None:
        """Add defaults from the settings file; options of the command line override them."""
        self._given = {**values, **self._given}
        self.merge({})

    @property
    def for_people(self) -> bool:
        """Whether the output format is the table."""
        return self.options.output == "table"

    @property
    def given_output(self) -> str:
        """The explicitly named format; "" when it follows from another option, or is the default."""
        return str(self._given.get("output", ""))

    @property
    def json_errors(self) -> bool:
        """Whether errors are printed as JSON."""
        chosen = self.options.jq is None or self.given_output
        return bool(chosen) and self.options.output in ("json", "jsonl")

    @cached_property
    def has_settings(self) -> bool:
        """Whether there is a settings file; without one, modules that read it are not imported."""
        from stash_cli.core.settings_file import has_file

        return has_file()

    @cached_property
    def settings(self) -> Settings:
        """The settings file.

        Raises StashConfigurationError, unless options or the environment select the connection.
        """
        from stash_cli.core.profiles import Settings
        from stash_cli.core.settings_file import settings_path

        try:
            settings = Settings.load()
        except StashConfigurationError as error:
            if not self._names_server:
                raise
            self.streams.warn(error.message)
            return Settings(settings_path())
        if settings.exposed:
            self.streams.warn(
                f"others can read {settings.path} and the secrets in it; run: chmod 600 {settings.path}"
            )
        return settings

    @property
    def _names_server(self) -> bool:
        """Whether --server, --demo or STASH_URL select the connection."""
        options = self.options
        named = options.url or options.demo or (not options.profile and self.environ.get("STASH_URL"))
        return bool(named)

    @property
    def profile(self) -> Profile:
        """The profile of this connection; nameless when none is used. Raises StashConfigurationError."""
        name = self.settings.select(self.options.connection, self.environ).name
        if name not in self._profiles:
            profile = self.settings.profile(name)
            profile.check()
            self._profiles[name] = profile
        return self._profiles[name]

    @property
    def usable_profile(self) -> Profile | None:
        """The profile; None without a settings file, or with an invalid one.

        Commands without a connection, such as those that repair the file, must work with an invalid file; for
        all others `connection` raises its error.
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

        # Options such as --server select the connection of this run; another profile has its own address.
        flags = {key: value for key, value in self.options.connection.items() if key not in _SELECTING}
        return connect(
            self.settings, flags | {"profile": name}, self.environ, can_ask=self.streams.interactive
        )

    def command(self, words: str) -> str:
        """Return the command line of another command for the same server, for hints."""
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
        """Clear the cached settings after the file was changed."""
        for name in ("has_settings", "settings"):
            vars(self).pop(name, None)

    def use_only(self, connection: Connection) -> None:
        """Use the connection of a plugin's input, and ignore the environment and the settings file."""
        self.use(connection)
        # A plugin inherits the environment of the server process, whose STASH_ variables may select another
        # server.
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
        """Make a path that the user typed absolute, and map it to the server's path."""
        from stash_cli.core.path_maps import absolute_path

        absolute = absolute_path(path)  # the server would resolve it relative to its own folder
        return self.profile.path_maps.to_server(absolute) if self.has_settings else absolute

    def run(
        self,
        work: Callable[[Session], Coroutine[Any, Any, T]],
        *,
        writes: bool = False,
        is_recorded: bool = True,
        creates: bool = True,
    ) -> T:
        """Open a session, run `work` with it, and close it; Ctrl-C cancels `work`.

        With `writes` and `creates`, a missing embedded library is created; `creates` is False for commands
        that only change existing objects. With `writes` and `is_recorded`, edits are recorded in the journal;
        `is_recorded` is False for commands that record their own. Raises KeyboardInterrupt after Ctrl-C.
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
            # asyncio raises CancelledError for the cancelled task; callers expect KeyboardInterrupt.
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
        # Checked before the library is opened, because opening it creates the file.
        missing = file is not None and not file.exists()
        verbosity = 2 if self.options.debug else self.options.verbose
        profile = f", {connection.source}" if connection.source else ""
        self.streams.target = f" (on {connection.server}{profile})"
        handler = configure_logging(verbosity, cast("TextIO", self.streams), connection.secrets)
        try:
            async with StashContext(connection).open_session() as session:
                session.on_move = self._move_sidecars if writes else None
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
        """Map a path of the server to this machine; None without a mapping for it."""
        if self.connection().is_embedded:
            return path
        local = self.profile.path_maps.to_local(path) if self.has_settings else path
        return local if local != path else None

    @cached_property
    def sidecars(self) -> SidecarMover:
        """The mover of captions and other sidecars of files that the server moves."""
        from stash_cli.core.renames.sidecars import SidecarMover

        return SidecarMover(self.local_path)

    def _move_sidecars(self, before: str, after: str) -> None:
        if self.connection().is_embedded or (self.has_settings and self.profile.path_maps):
            self.sidecars.follow(before, after)

    @property
    def is_journalled(self) -> bool:
        """Whether edits are recorded, so that they can be undone."""
        return not self.options.no_journal and self.profile.journal

    def recorder(self) -> AbstractContextManager[Recorder]:
        """Open the journal's recorder for this command, as a context manager."""
        from stash_cli.core.edits.journal.recorder import Recorder

        is_person = self.streams.err_is_terminal
        return Recorder.opened(self.connection(), self.typed_command, is_person=is_person)

    @property
    def typed_command(self) -> str:
        """The command line as typed, with secrets masked."""
        from shlex import join

        from stash_cli.output.failures import hide, masked, secrets_of

        # The journal stores the command line, which may contain a password passed to `config set`.
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
        """Raise StashUsageError for fields and formats that the view lacks, before the first request."""
        row_output.check_output(self, view)

    def requested_fields(self, view: View) -> list[str] | None:
        """The fields to request from the server; None is the type's default selection."""
        return row_output.wanted_fields(self, view)


def _canceller(streams: Streams) -> Callable[[], object]:
    """Return a signal handler that cancels the current task, and prints a note after PATIENCE seconds."""
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
