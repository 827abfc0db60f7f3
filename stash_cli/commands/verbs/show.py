"""`show`: one object, by id or name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, command

if TYPE_CHECKING:
    from stash_cli.commands.noun import Noun
    from stash_cli.commands.runtime import Runtime
    from stash_cli.output.values import View


@dataclass(frozen=True, kw_only=True, eq=False)
class ShowOptions(CommandOptions):
    """The command line of `show`."""

    target: Annotated[str, typer.Argument(metavar="ID|NAME", help="the object", show_default=False)]


def build(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    return command(
        "show",
        partial(show, noun),
        ShowOptions,
        help=f"Show one {noun.entity.noun}.\n\n"
        "A number is an id, or a name where no object has it; anything else is a name or alias. "
        "Use id:12 or name:12 to be explicit.",
        examples=examples,
    )


def show(noun: Noun, runtime: Runtime, options: ShowOptions) -> None:
    runtime.check_output(noun.view)

    async def work(session: Any) -> dict[str, Any]:
        from stash_cli.commands.verbs.targets import one_row

        row = await one_row(session, noun.entity, options.target, wanted(runtime, noun))
        if runtime.options.pictures:
            from stash_cli.commands.pages import add_pictures

            await add_pictures(session, noun.entity.type, [row])
        return row

    runtime.print_row(details(noun, card=runtime.for_people), runtime.run(work))


def wanted(runtime: Runtime, noun: Noun) -> list[str] | None:
    """The fields of one object to ask for; a person and a table get all plain fields of the type."""
    table = runtime.options.output in ("csv", "tsv", "md", "html")
    if (runtime.for_people or table) and not runtime.options.fields:
        return None
    return runtime.wanted(details(noun))


def details(noun: Noun, *, card: bool = False) -> View:
    """The view of a single object: the noun's columns first, then its other plain fields and its files.

    On a card a file is one value with its path and facts; elsewhere path and size are columns.
    """
    from stash_cli.output.values import Column, custom

    view = noun.view
    seen = {path.partition(".")[0].removesuffix("[0]") for column in view.columns for path in column.paths}
    rest = [f.name for f in noun.entity.api.fields.values() if f.name not in seen and _plain(f)]
    roots = [path.rpartition(".")[0] for path in view.files]
    files = [Column("file", tuple(roots), "file")] if card else [Column("path", view.files)]
    files += [] if card else [Column("size", tuple(f"{root}.size" for root in roots[:1]), "size")]
    return replace(view, columns=(*view.columns, *custom(rest), *(files if roots else ())))


def _plain(field: Any) -> bool:
    """Whether a person reads the field: links to pictures are for programs."""
    link = field.name == "paths" or field.name.endswith("_path")
    return not (field.deprecated or field.lazy or field.needs_args or link)
