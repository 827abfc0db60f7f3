"""Verbs that list related objects of another noun: `performers images Alice`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, command

if TYPE_CHECKING:
    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session


@dataclass(frozen=True, kw_only=True, eq=False)
class RelatedOptions(CommandOptions):
    """The command line of a verb that lists related objects."""

    target: Annotated[str, typer.Argument(metavar="ID|NAME", help="the object they belong to")]
    sort: Annotated[
        str | None, typer.Option("--sort", metavar="KEY", help="sort key; -KEY reverses the order")
    ] = None
    limit: Annotated[
        str | None, typer.Option("--limit", "-L", "-n", metavar="N|all", help="maximum number of rows")
    ] = None


def build(noun: Noun, examples: tuple[str, ...], module: str, lookup: str) -> StashCommand:
    """Build the verb that lists objects of the noun in `module`, filtered by `lookup` = the named object."""
    return command(
        module,
        partial(_list, noun, module, lookup),
        RelatedOptions,
        help=f"List the {module} of a {noun.entity.noun}.\n\n`stash {module} find` has more to choose by.",
        examples=examples,
    )


def _list(noun: Noun, module: str, lookup: str, runtime: Runtime, options: RelatedOptions) -> int:
    from stash_cli.commands.verbs.find import FindOptions, find
    from stash_cli.commands.verbs.targets import one_row

    async def work(session: Session) -> dict[str, Any]:
        # An object that does not exist is an error, and not an empty list.
        return await one_row(session, noun.entity, options.target, ["id"])

    owner = runtime.run(work)
    other: Noun = import_module(f"stash_cli.commands.{module}").NOUN
    flags = {lookup: [f"id:{owner['id']}"]}
    return find(other, runtime, FindOptions(flags=flags, sort=options.sort, limit=options.limit))
