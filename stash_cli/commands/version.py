"""`version`: this program's version and the server's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer  # noqa: TC002 - Typer reads annotations at run time

from stash_cli import __version__
from stash_cli.commands.argv.command import StashCommand, command
from stash_cli.commands.runtime import runtime_of
from stash_cli.output.views import columns

if TYPE_CHECKING:
    from stash_cli.core.client.session import Session

VIEW = columns("client", "server=server.version", "hash=server.hash", "built=server.build_time", "url")


def build() -> StashCommand:
    return command("version", run, examples=("stash version", "stash version --json"))


def run(ctx: typer.Context) -> None:
    """Print the version of this program and of the server. `stash --version` asks no server."""
    runtime = runtime_of(ctx)

    async def work(session: Session) -> dict[str, Any]:
        return {"client": __version__, "server": await session.call("version", {}), "url": session.url}

    row = runtime.run(work)
    writer = runtime.writer(VIEW, single=True)
    writer.row(row)
    writer.finish()
