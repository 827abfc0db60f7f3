"""`embedded`: the library in a file: serve it, find it, start the demo anew."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Annotated

import typer

from stash_cli.commands.base import LazyGroup, StashCommand, command, group_of
from stash_cli.commands.runtime import runtime_of
from stash_cli.core.errors import StashConfigurationError

if TYPE_CHECKING:
    from types import ModuleType

INTERRUPTED = 130
Library = Annotated[str, typer.Option("--library", metavar="FILE", help="library file, or demo")]


def group() -> LazyGroup:
    return group_of(
        __name__,
        "A library in a file, with the API of a server.",
        {
            "serve": "Serve a library file over HTTP and websocket",
            "reset": "Make the demo library anew",
            "path": "Print where the demo library is",
        },
    )


def serve_() -> StashCommand:
    return command(
        "serve",
        run_serve,
        examples=("stash embedded serve", "stash embedded serve --library ~/library.sqlite --port 9998"),
    )


def reset_() -> StashCommand:
    return command("reset", run_reset, examples=("stash embedded reset --yes",))


def path_() -> StashCommand:
    return command("path", run_path, examples=("stash embedded path",))


def run_serve(
    ctx: typer.Context,
    library: Library = "demo",
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="address to listen on")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="port; 0 takes a free one")
    ] = 9999,
) -> int:
    """Serve a library file to other programs until Ctrl-C. A file that is not there is made."""
    runtime = runtime_of(ctx)
    server = embedded_module("server")

    def announce(url: str) -> None:
        runtime.streams.say(f"serving {library} at {url}")

    ended_by = server.serve(library, host, port, announce)
    return INTERRUPTED if ended_by == signal.SIGINT else 0


def run_reset(
    ctx: typer.Context, yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask")] = False
) -> None:
    """Forget all changes to the demo library and make it anew."""
    from stash_cli.output.prompts import confirm

    runtime = runtime_of(ctx)
    path = embedded_module("location").demo_path()
    if not confirm(runtime.streams, f"make the demo library {path} anew", yes=yes):
        runtime.streams.note("nothing changed")
        return
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    embedded_module("library").open_library("demo").close()
    runtime.streams.note("the demo library is as new")


def run_path(ctx: typer.Context) -> None:
    """Print where the file of the demo library is; `--url embedded:FILE` names any other."""
    runtime_of(ctx).streams.data(f"{embedded_module('location').demo_path()}\n")


def embedded_module(name: str) -> ModuleType:
    """A module of the embedded library, which is an extra of this distribution."""
    from importlib import import_module

    try:
        return import_module(f"stash_cli.embedded.{name}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("stash_cli"):
            raise
        raise StashConfigurationError(
            f"embedded libraries need the package {error.name}", hint="pip install 'stash-cli[embedded]'"
        ) from error
