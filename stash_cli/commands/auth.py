"""`stash auth`: the server and API key that commands use, and whether the server accepts the key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, LazyGroup, subcommand
from stash_cli.commands.login import note_overrides
from stash_cli.core.errors import StashConfigurationError, StashError, StashNotFoundError, StashUsageError
from stash_cli.output.values import View, columns

if TYPE_CHECKING:
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.profile import Profile
    from stash_cli.core.settings import Connection

STATUS = View(
    columns=columns(
        "profile!", "server", "chosen_by?", "key?", "username?", "read_only?", "version?", "status"
    )
)


@dataclass(frozen=True, kw_only=True, eq=False)
class StatusOptions(CommandOptions):
    """The command line of `auth status`."""

    every: Annotated[bool, typer.Option("--all", help="try every profile")] = False


@dataclass(frozen=True, kw_only=True, eq=False)
class NameOptions(CommandOptions):
    """The command line of commands about one profile."""

    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="name of a profile")] = None


@dataclass(frozen=True, kw_only=True, eq=False)
class SwitchOptions(CommandOptions):
    """The command line of `auth switch` and `profile use`."""

    name: Annotated[str, typer.Argument(metavar="NAME", help="name of a profile")]


@dataclass(frozen=True, kw_only=True, eq=False)
class TokenOptions(CommandOptions):
    """The command line of `auth token`."""

    show: Annotated[bool, typer.Option("--show", help="print the key on a terminal, too")] = False


def group() -> LazyGroup:
    entries = {
        "status": subcommand(
            "Show the server and key in use, and try them",
            run_status,
            StatusOptions,
            "stash auth status",
            "stash auth status -P nas",
            "stash auth status --all --json",
        ),
        "switch": subcommand(
            "Make a profile the default", run_switch, SwitchOptions, "stash auth switch nas"
        ),
        "logout": subcommand(
            "Remove the key of a profile from this machine", run_logout, NameOptions, "stash auth logout nas"
        ),
        "token": subcommand(
            "Print the API key in use", run_token, TokenOptions, "stash auth token | wl-copy"
        ),
    }
    return LazyGroup("auth", entries, "Show, try, change and remove what commands log in with.")


def run_status(runtime: Runtime, options: StatusOptions) -> None:
    """Show which server, profile and key commands use, and ask the server whether it takes the key.

    Exit 0 only if it does; 4 if the key is missing or wrong, 5 if the server cannot be reached. With --all
    every profile is tried, and the selected one decides. The key is never printed.
    """
    runtime.check_output(STATUS)
    chosen = runtime.settings.select(runtime.options.connection, runtime.environ)
    row = {"profile": chosen.name, "chosen_by": chosen.layer}
    rows, failure = [_status_of(runtime, row, runtime.connection)], None
    failure = rows[0].pop("error", None)
    for name in runtime.settings.names if options.every else ():
        if name != chosen.name:
            rows.append(_status_of(runtime, {"profile": name}, lambda name=name: runtime.connect(name)))
            rows[-1].pop("error", None)
    if options.every:
        runtime.print_rows(STATUS, rows)
    else:
        runtime.print_row(STATUS, rows[0])
    if failure is not None:
        raise failure


def _status_of(runtime: Runtime, row: dict[str, Any], connect: Any) -> dict[str, Any]:
    """Facts of a connection, and its error under `error`."""
    profile = runtime.settings.profile(row["profile"])
    try:
        connection: Connection = connect()
        row |= {"server": connection.server, "key": _source(runtime, profile, connection)}
        row |= {"username": profile.values.get("username"), "read_only": connection.read_only}
        runtime.use(connection)
        version = runtime.run(lambda session: session.call("version", {}))
    except StashError as error:
        return {**row, "status": error.code, "error": error}
    return {**row, "version": version["version"], "status": "ok"}


def _source(runtime: Runtime, profile: Profile, connection: Connection) -> str:
    """The source of the key, for people."""
    if not connection.api_key:
        return "none"
    if profile.name is not None and profile.key_source:
        return {"api_key": "settings file"}.get(profile.key_source, profile.key_source)
    if runtime.options.api_key_file:
        return "--api-key-file"
    return "STASH_API_KEY" if runtime.environ.get("STASH_API_KEY") else "STASH_API_KEY_FILE"


def run_switch(runtime: Runtime, options: SwitchOptions) -> None:
    """Make a profile the default one of all terminals. STASH_PROFILE and -P choose one for less."""
    from stash_cli.core.settings_edit import editing

    profile = runtime.settings.profile(options.name)
    with editing(runtime.settings.path) as document:
        document["default"] = options.name
    runtime.streams.note(f"the default is now {options.name}: {profile.url.removesuffix('/graphql')}")
    note_overrides(runtime, options.name)


def run_logout(runtime: Runtime, options: NameOptions) -> None:
    """Remove the API key of a profile from the settings file and the keyring; the profile stays.

    The server keeps the key: whoever has it can use it until it is changed in Settings > Security.
    """
    from stash_cli.core.settings_edit import editing, set_values

    profile = chosen_profile(runtime, options.name)
    source = profile.key_source
    if source is None:
        raise StashNotFoundError(f"the profile {profile.name} has no key")
    if source == "keyring":
        forget_key(runtime, profile)
    with editing(runtime.settings.path) as document:
        set_values(document, str(profile.name), {(source,): None})
    runtime.streams.note(f"removed the key of the profile {profile.name}; the server still takes it")
    if source not in {"api_key", "keyring"}:
        runtime.streams.note(f"what {source} named is yours, and stays: {profile.values[source]}")


def forget_key(runtime: Runtime, profile: Profile) -> None:
    """Remove a key from the keyring, unless another profile uses it."""
    from stash_cli.core.key_sources import Keyring

    settings = runtime.settings
    others = [settings.profile(name) for name in settings.names if name != profile.name]
    if not any(each.key_source == "keyring" and each.url == profile.url for each in others):
        Keyring(profile.url, f"keyring in {profile.place}", can_ask=runtime.streams.interactive).delete()


def chosen_profile(runtime: Runtime, name: str | None) -> Profile:
    """The profile with a name, or the selected one. Raises StashUsageError if none is selected."""
    settings = runtime.settings
    name = name or settings.select(runtime.options.connection, runtime.environ).name
    if name is None:
        raise StashUsageError("no profile is in use: name one", hint="See `stash profile list`.")
    return settings.profile(name)


def run_token(runtime: Runtime, options: TokenOptions) -> None:
    """Print the API key that commands use, for other programs. A terminal gets it with --show only."""
    if runtime.streams.out_is_terminal and not options.show:
        raise StashUsageError("the key would be shown on the terminal: add --show, or use a pipe")
    connection = runtime.connection()
    if not connection.api_key:
        raise StashConfigurationError(f"There is no key for {connection.server}.", hint="Run: stash login")
    runtime.streams.data(f"{connection.api_key}\n")
