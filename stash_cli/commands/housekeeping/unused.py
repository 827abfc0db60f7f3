"""`unused`: objects that nothing refers to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, command
from stash_cli.output.values import View, columns

if TYPE_CHECKING:
    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session


@dataclass(frozen=True, kw_only=True, eq=False)
class UnusedOptions(CommandOptions):
    """The command line of `unused`."""

    limit: Annotated[
        str | None, typer.Option("--limit", "-L", metavar="N|all", help="rows of a table (default: 40)")
    ] = None


def build(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    plural = noun.entity.plural
    text = (
        f"List {plural} that nothing refers to: no other object, and no saved or default filter."
        '\n\nThe column "own data" tells which have a picture, a description, an alias or another field of'
        f" their own. `stash clean-empty {plural}` deletes the others."
    )
    return command("unused", partial(unused, noun), UnusedOptions, help=text, examples=examples)


def unused(noun: Noun, runtime: Runtime, options: UnusedOptions) -> None:
    entity = noun.entity
    view = View(columns=columns("id>", f"{entity.label}!", "own data=has_data"))
    runtime.check_output(view)

    async def work(session: Session) -> None:
        from stash_cli.commands.queries.listing import table_limit
        from stash_cli.core.unreferenced import unreferenced

        limit, count = table_limit(runtime, options.limit), 0
        writer = runtime.writer(view)
        async for page in unreferenced(session, entity.type):
            for row in page:
                count += 1
                if limit is None or count <= limit:
                    writer.row(_fields_of(row, view))
        writer.finish()
        more = f", of which {limit} are listed: --limit all lists them" if limit and count > limit else ""
        runtime.streams.note(f"{entity.counted(count)} unused{more}")

    runtime.run(work)


def _fields_of(row: dict[str, Any], view: View) -> dict[str, Any]:
    return {name: row.get(name) for name in view.fields}
