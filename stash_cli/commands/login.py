"""`stash login`: verify that a server accepts an API key, and save both as a profile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, command
from stash_cli.core.errors import (
    StashAuthenticationError,
    StashConfigurationError,
    StashInputError,
    StashNotConfirmedError,
    StashUsageError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session
    from stash_cli.core.profile import Profile
    from stash_cli.core.settings import Connection

ATTEMPTS = 3
"""Maximum number of prompts for keys or passwords."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LoginOptions(CommandOptions):
    """The command line of `login`."""

    url: Annotated[
        str | None, typer.Argument(metavar="[URL]", help="address of the server; without it, it is asked for")
    ] = None
    with_key: Annotated[
        bool, typer.Option("--with-key", help="read the API key from standard input; a terminal asks hidden")
    ] = False
    username: Annotated[
        str | None,
        typer.Option("--username", metavar="NAME", help="log in with this user name and a password"),
    ] = None
    with_password: Annotated[
        bool, typer.Option("--with-password", help="read the password from standard input")
    ] = False
    keyring: Annotated[
        bool, typer.Option("--keyring", help="keep the key in the keyring of the system, not in the file")
    ] = False
    yes: Annotated[
        bool,
        typer.Option("--yes", "-y", help="generate an API key where the server has none, without asking"),
    ] = False


@dataclass(frozen=True)
class VerifiedKey:
    """The confirmation of a server that a key is valid."""

    version: str
    username: str
    key: str | None = None


def build() -> StashCommand:
    return command(
        "login",
        run,
        LoginOptions,
        examples=(
            "stash login http://nas:9999",
            "stash login http://nas:9999 -P nas --username me",
            "pass show stash | stash login http://nas:9999 --with-key",
            "stash login https://stash.example --keyring --read-only",
        ),
    )


def run(runtime: Runtime, options: LoginOptions) -> None:
    """Save a server and its API key as a profile, once the server has taken the key.

    The key is asked for on the terminal, which does not show it. With an empty answer, or --username, the
    user name and password of the web interface are asked for: they fetch the server's API key, or generate
    one where there is none. A wrong key saves nothing. --timeout, --insecure, --ca-cert and --read-only are
    saved, too.
    """
    if options.with_key and (options.username is not None or options.with_password):
        raise StashUsageError("--with-key does without --username and --with-password")
    if runtime.options.demo:
        raise StashUsageError("the demo library needs no login")
    if runtime.options.api_key_file:
        raise StashUsageError("login reads the key from standard input: --with-key < FILE")
    if options.with_password and not options.username:
        raise StashUsageError("--with-password needs --username NAME")
    url = _url(runtime, options)
    profile = _profile(runtime, url)
    connection = _connection(runtime, url, profile)
    verified = _verify(runtime, options, connection)
    _save(runtime, profile, connection, verified, in_keyring=options.keyring)


def _url(runtime: Runtime, options: LoginOptions) -> str:
    """The endpoint of the server: from the command line, a profile, STASH_URL, or a prompt."""
    from stash_cli.core.settings import DEFAULT_URL, normalise_url

    url = runtime.options.url if options.url is None else options.url
    if url is not None and not url.strip():
        raise StashInputError("URL is empty: give the address of a server")
    settings, profile_name = runtime.settings, runtime.options.profile
    if not url and profile_name in settings.names:
        return settings.profile(profile_name).url
    url = url or runtime.environ.get("STASH_URL")
    if not url and not profile_name and settings.default:
        return settings.profile(settings.default).url
    if not url and runtime.streams.interactive:
        url = runtime.streams.prompt(f"Server [{DEFAULT_URL}]: ")
    return normalise_url(url or DEFAULT_URL, "URL")


def _profile(runtime: Runtime, url: str) -> Profile:
    """The profile to save to: that of -P, that of the URL, or a new one named after the host."""
    from stash_cli.core.profile import Profile

    settings, profile_name = runtime.settings, runtime.options.profile
    if profile_name is None:
        same = (name for name in settings.names if settings.profile(name).url == url)
        profile_name = next(same, None) or _new_name(url, settings.names)
    if profile_name not in settings.names:
        return Profile(profile_name, {}, {}, settings.path.parent)
    profile = settings.profile(profile_name)
    if profile.url != url:
        raise StashUsageError(
            f"the profile {profile_name} is for {profile.url.removesuffix('/graphql')}",
            hint=f"Choose another name with -P, or run: stash profile set {profile_name} url=...",
        )
    if profile.key_source in ("api_key_file", "api_key_command"):
        raise StashConfigurationError(
            f"The profile {profile_name} takes its key from {profile.key_source}: there is nothing to save.",
            hint=f"stash auth status -P {profile_name} tries it.",
        )
    return profile


def _new_name(url: str, taken: list[str]) -> str:
    """A name after the first part of the host, or "embedded"."""
    host = urlsplit(url).hostname
    name = "embedded" if host is None else host if host.replace(".", "").isdigit() else host.split(".")[0]
    numbers = (f"{name}-{number}" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(each for each in numbers if each not in taken)


def _connection(runtime: Runtime, url: str, profile: Profile) -> Connection:
    """The connection without a key; headers and proxy are those of the profile."""
    from stash_cli.core.settings import resolve_connection

    can_ask = runtime.streams.interactive
    profile_settings = (
        profile.settings(runtime.environ, can_ask=can_ask, with_key=False) if profile.values else {}
    )
    flags = {key: value for key, value in runtime.options.connection.items() if key not in ("url", "profile")}
    # read_only protects the library; login may still generate a key.
    return resolve_connection(flags, {}, {**profile_settings, "url": url, "read_only": False})


def _verify(runtime: Runtime, options: LoginOptions, connection: Connection) -> VerifiedKey:
    """Verify the given key, or the key obtained with user name and password."""
    if options.with_key:
        return _verify_key(runtime, connection, _read_key(runtime))
    if options.username is not None:
        return _verify_password(runtime, options, connection)
    try:
        return _verify_key(runtime, connection, None)
    except StashAuthenticationError as error:
        if not runtime.streams.interactive:
            error.hint = "There is no terminal to ask for the key: pass it to --with-key on standard input."
            raise
    return _prompt(runtime, options, connection)


def _prompt(runtime: Runtime, options: LoginOptions, connection: Connection) -> VerifiedKey:
    """Ask for the key, or for user name and password, until the server accepts them."""
    for attempt in range(ATTEMPTS):
        key = runtime.streams.prompt_hidden("API key (empty: log in with user name and password): ")
        if not key:
            return _verify_password(runtime, options, connection)
        try:
            return _verify_key(runtime, connection, key)
        except StashAuthenticationError as error:
            if attempt == ATTEMPTS - 1:
                raise
            runtime.streams.say(error.message)
    raise StashNotConfirmedError("no key was given")


def _read_key(runtime: Runtime) -> str:
    streams = runtime.streams
    # A terminal would show the key, and the command would seem to hang.
    if streams.stdin.isatty():
        if streams.no_input:
            raise StashUsageError("--with-key reads standard input, which is a terminal")
        key = streams.prompt_hidden("API key: ")
    else:
        key = streams.read_line()
    if not key:
        raise StashInputError("--with-key: the key is empty")
    return key


def _verify_key(runtime: Runtime, connection: Connection, key: str | None) -> VerifiedKey:
    """Send a request that needs the key. Raises StashAuthenticationError."""
    from stash_cli.core.key_sources import check_key

    runtime.use(replace(connection, api_key=check_key(key, "What was given") if key else None))

    async def work(session: Session) -> VerifiedKey:
        version = await session.call("version", {})
        answer = await session.call("configuration", {}, ["general.username"], quiet=True)
        return VerifiedKey(version["version"] or "", answer["general"].get("username") or "", key)

    return runtime.run(work)


def _verify_password(runtime: Runtime, options: LoginOptions, connection: Connection) -> VerifiedKey:
    """Log in like the web interface, and read the API key; if there is none, generate one after consent."""
    if connection.is_embedded:
        raise StashUsageError("a library file asks for no password")
    streams = runtime.streams
    if not options.with_password and not streams.interactive:
        raise StashNotConfirmedError("there is no terminal to ask for the password; use --with-password")
    username = streams.prompt("User name: ") if options.username is None else options.username
    if not username.strip():
        raise StashInputError("the user name is empty")
    attempts = 1 if options.with_password else ATTEMPTS
    for attempt in range(attempts):
        password = streams.read_line() if options.with_password else streams.prompt_hidden("Password: ")
        try:
            _start_session(runtime, connection, username, password)
            break
        except StashAuthenticationError as error:
            if attempt == attempts - 1:
                raise
            streams.say(error.message)
    key = _fetch_key(runtime, options)
    return replace(_verify_key(runtime, connection, key), username=username)


def _start_session(runtime: Runtime, connection: Connection, username: str, password: str) -> None:
    """Use the connection with a session of the server. Raises StashAuthenticationError."""
    import asyncio

    from stash_cli.core.login import log_in, wrong_password

    runtime.keys.append(password)
    with runtime.streams.interrupts.cancelling(None):
        logged_in = asyncio.run(log_in(connection, username, password))
    runtime.use(logged_in)
    try:
        runtime.run(lambda session: session.call("version", {}))
    except StashAuthenticationError as error:  # older servers report a wrong password only here
        raise wrong_password(connection) from error


def _fetch_key(runtime: Runtime, options: LoginOptions) -> str:
    """The server's API key. Raises StashNotConfirmedError if it has none, and none may be generated."""
    from stash_cli.core.login import generate_key, present_key
    from stash_cli.output.failures import confirm

    key = runtime.run(present_key)
    if key is None:
        # Generating a key replaces an existing one, which other programs may use; here there is none.
        confirm(runtime.streams, "generate an API key, which the server lacks", yes=options.yes)
        key = runtime.run(generate_key)
    runtime.keys.append(key)
    return key


def _save(
    runtime: Runtime, profile: Profile, connection: Connection, verified: VerifiedKey, *, in_keyring: bool
) -> None:
    from stash_cli.core.key_sources import Keyring
    from stash_cli.core.settings_edit import editing, set_values

    name = str(profile.name)
    in_keyring = bool(verified.key) and (in_keyring or profile.key_source == "keyring")
    if in_keyring and verified.key:
        can_ask = runtime.streams.interactive
        Keyring(connection.url, f"keyring in {profile.place}", can_ask=can_ask).write(verified.key)
    values: dict[str, Any] = {
        "url": connection.server,
        "api_key": None if in_keyring else verified.key,
        "keyring": True if in_keyring else None,
        "username": verified.username or None,
        **_saved_options(runtime.options.connection),
    }
    with editing(runtime.settings.path) as document:
        set_values(document, name, {(key,): value for key, value in values.items()})
    runtime.forget_settings()
    _note_login(runtime, name, connection, verified)


def _saved_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """The connection options that are saved in the profile."""
    saved = {key: options[key] for key in ("timeout", "insecure", "read_only") if options.get(key)}
    return saved | ({"ca_cert": str(Path(options["ca_cert"]).absolute())} if options.get("ca_cert") else {})


def _note_login(runtime: Runtime, name: str, connection: Connection, verified: VerifiedKey) -> None:
    streams, settings = runtime.streams, runtime.settings
    user = f" as {verified.username}" if verified.username else ""
    outcome = (
        f"logged in to {connection.server}{user}" if verified.key else f"{connection.server} asks for no key"
    )
    streams.note(f"{outcome} (Stash {verified.version})" if verified.version else outcome)
    streams.note(f"saved as profile {name} in {settings.path}")
    if settings.default != name:
        streams.note(f"use it with -P {name}; `stash auth switch {name}` makes it the default")
    note_overrides(runtime, name)


def note_overrides(runtime: Runtime, name: str) -> None:
    """Print a note about a variable that overrides the default profile."""
    url, named = runtime.environ.get("STASH_URL"), runtime.environ.get("STASH_PROFILE")
    if url:
        runtime.streams.note(f"STASH_URL is set and wins over profiles: unset it, or use -P {name}")
    elif named and named != name:
        runtime.streams.note(f"STASH_PROFILE is set to {named} and wins: unset it, or use -P {name}")
