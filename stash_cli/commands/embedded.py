"""`stash embedded`: serve and unlock a library file, reset and locate the demo library."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, LazyGroup, Yes, subcommand
from stash_cli.core.errors import StashConfigurationError, StashUsageError

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.embedded.library.limits import Limits

INTERRUPTED = 130


class Permission(StrEnum):
    """Exceptions that `embedded serve --allow` permits."""

    LINKS = "links"
    SYSTEM_FOLDERS = "system-folders"
    PRIVATE_ADDRESSES = "private-addresses"


Library = Annotated[
    str, typer.Option("--library", metavar="FILE", help="library file, or demo for the demo library")
]


@dataclass(frozen=True, kw_only=True, eq=False)
class LibraryOptions(CommandOptions):
    """The library that a command is about."""

    library: Library = "demo"

    @property
    def path(self) -> Path:
        """The library's file. Raises StashUsageError for an empty name."""
        if not self.library.strip():
            raise StashUsageError("--library is empty: give a file, or demo")
        path: Path = embedded_module("library.library").resolve_location(self.library)
        return path


@dataclass(frozen=True, kw_only=True, eq=False)
class ServeOptions(LibraryOptions):
    """The command line of `embedded serve`."""

    library: Library = "demo"
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="address to listen on")] = "127.0.0.1"
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="port; 0 for a free one")
    ] = 9999
    allow_origin: Annotated[
        list[str] | None,
        typer.Option("--allow-origin", metavar="URL", help="permit web pages of this origin; repeatable"),
    ] = None
    allow_host: Annotated[
        list[str] | None,
        typer.Option("--allow-host", metavar="NAME", help="permit requests for this host name; repeatable"),
    ] = None
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(
            "--trusted-proxy", metavar="ADDRESS", help="address or network of a reverse proxy; repeatable"
        ),
    ] = None
    allow: Annotated[
        list[Permission] | None,
        typer.Option(
            "--allow",
            help="permit links out of media folders, media in system folders, images from private addresses",
        ),
    ] = None

    @property
    def policy(self) -> Any:
        """The web pages, host names and proxies that may reach the library over the network."""
        policy = embedded_module("web.policy").WebPolicy
        return policy.parse(self.allow_origin or (), self.allow_host or (), self.trusted_proxy or ())

    @property
    def limits(self) -> Limits:
        allowed = self.allow or ()
        limits: Limits = embedded_module("library.limits").Limits(
            follow_links=Permission.LINKS in allowed,
            any_folder=Permission.SYSTEM_FOLDERS in allowed,
            private_addresses=Permission.PRIVATE_ADDRESSES in allowed,
        )
        return limits


@dataclass(frozen=True, kw_only=True, eq=False)
class ResetOptions(CommandOptions):
    """The command line of `embedded reset`."""

    yes: Yes = False


def group() -> LazyGroup:
    entries = {
        "serve": subcommand(
            "Serve a library file over HTTP and websocket",
            run_serve,
            ServeOptions,
            "stash embedded serve",
            "stash embedded serve --library ~/library.sqlite --port 9998",
            "stash embedded serve --allow-origin http://localhost:3000",
            "stash embedded serve --host 192.168.1.5 --allow-host media.lan --trusted-proxy 192.168.1.1",
        ),
        "unlock": subcommand(
            "Unlock a library that a public address has reached",
            run_unlock,
            LibraryOptions,
            "stash embedded unlock --library ~/library.sqlite",
        ),
        "reset": subcommand(
            "Restore the demo library", run_reset, ResetOptions, "stash embedded reset --yes"
        ),
        "path": subcommand(
            "Print the path of the demo library", run_path, CommandOptions, "stash embedded path"
        ),
    }
    return LazyGroup("embedded", entries, "Serve and manage a library file without a Stash server.")


def run_serve(runtime: Runtime, options: ServeOptions) -> int:
    """Serve a library file to other programs until Ctrl-C. A missing file is created.

    Requests from web pages of other origins, and for host names other than the address to listen on, are
    refused; --allow-origin and --allow-host permit them. The headers X-Forwarded-For, -Proto, -Host and
    -Prefix are used only from a trusted proxy, which must set or remove each of them.
    """
    policy, host = options.policy, options.host
    _note_readers(runtime, options.path)
    is_new = not options.path.exists()
    server = embedded_module("server").LibraryServer(
        options.library, host, options.port, policy=policy, limits=options.limits
    )
    is_loopback = embedded_module("web.policy").is_loopback(host) or host == "localhost"

    def announce(url: str) -> None:
        if server.is_open and not is_loopback:
            runtime.streams.note(
                "this library has no password: everyone who can reach its address can read and change it"
            )
        runtime.streams.say(f"serving {'the new library ' if is_new else ''}{options.library} at {url}")

    server.run(announce)
    # A service manager stops a server with SIGTERM. That is a normal end.
    return INTERRUPTED if server.interrupted_by == signal.SIGINT else 0


def _note_readers(runtime: Runtime, path: Path) -> None:
    """Print a note if other users can read the library file, which has the password hash and the API key."""
    if os.name == "posix" and path.exists() and path.stat().st_mode & 0o077:
        runtime.streams.note(f"other users can read this library; run: chmod 600 {path}")


def run_unlock(runtime: Runtime, options: LibraryOptions) -> None:
    """Unlock a library that was locked because a public address reached it while it had no password.

    The next such request locks it again: set a user name and password, or block access from the internet.
    """
    if not options.path.exists():
        raise StashConfigurationError(
            f"There is no library {options.path}.", hint="Give its file with --library."
        )
    open_library = embedded_module("library.library").open_library
    with open_library(options.library) as opened, opened.database.write() as connection:
        address = embedded_module("library.settings").unlock(connection)
    runtime.streams.say(
        f"unlocked; it was reached from {address}" if address else "the library was not locked"
    )


def run_reset(runtime: Runtime, options: ResetOptions) -> None:
    """Restore the demo library to its original state."""
    from stash_cli.output.failures import confirm

    path = embedded_module("library.library").demo_path()
    confirm(runtime.streams, f"restore the demo library {path}", yes=options.yes)
    embedded_module("demo").reset_demo()
    runtime.streams.note("restored the demo library")


def run_path(runtime: Runtime, _: CommandOptions) -> None:
    """Print the path of the demo library."""
    runtime.streams.data(f"{embedded_module('library.library').demo_path()}\n")


def embedded_module(name: str) -> ModuleType:
    """Import a module of the embedded library; StashConfigurationError when its extra is not installed."""
    from importlib import import_module

    try:
        return import_module(f"stash_cli.embedded.{name}")
    except ModuleNotFoundError as error:
        # A missing module of this package is a bug, not a missing extra.
        if (error.name or "").startswith("stash_cli"):
            raise
        raise StashConfigurationError(
            f"embedded libraries need the package {error.name}", hint="Run: pip install 'stash-cli[embedded]'"
        ) from error
