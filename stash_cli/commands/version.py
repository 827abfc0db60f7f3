"""`version`: this program's version and the server's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli import __version__
from stash_cli.commands.argv.command import CommandOptions, StashCommand, command
from stash_cli.output.values import View, columns

if TYPE_CHECKING:
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session

VERSION = View(
    columns=columns("client", "server=server.version", "hash=server.hash", "built=server.build_time", "url")
)


def build() -> StashCommand:
    return command("version", run, CommandOptions, examples=("stash version", "stash version --json"))


def run(runtime: Runtime, _: CommandOptions) -> None:
    """Print the version of this program and of the server. `stash --version` asks no server."""

    async def work(session: Session) -> dict[str, Any]:
        return {"client": __version__, "server": await session.call("version", {}), "url": session.url}

    runtime.print_row(VERSION, runtime.run(work))
