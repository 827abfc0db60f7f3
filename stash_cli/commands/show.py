"""`show`: one object, by id or name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import StashCommand, command
from stash_cli.commands.runtime import Runtime, entity_of, runtime_of

if TYPE_CHECKING:
    from stash_cli.core.types.entities import Entity
    from stash_cli.output.views import Column


def build(entity: Entity) -> StashCommand:
    noun = entity.noun
    return command(
        "show",
        show,
        help=f"Show one {noun}.\n\n"
        "A number is an id, anything else a name or alias; id:12 and name:12 say which.",
        examples=(f"stash {noun} show 12", f"stash {noun} show 12 --json --fields id,{entity.label}"),
        entity=entity,
    )


def show(
    ctx: typer.Context,
    target: Annotated[str, typer.Argument(metavar="ID|NAME", help="which one", show_default=False)],
) -> None:
    runtime, entity = runtime_of(ctx), entity_of(ctx)
    runtime.check_output(entity.type)

    async def work(session: Any) -> dict[str, Any]:
        from stash_cli.commands.targets import one_row

        return await one_row(session, entity, target, wanted(runtime, entity))

    show_row(runtime, entity, runtime.run(work))


def wanted(runtime: Runtime, entity: Entity) -> list[str] | None:
    """The fields of one object: all of the type's own for a person, too."""
    from stash_cli.output.views import PATHS

    if runtime.options.output == "table" and not runtime.options.fields:
        return None
    return runtime.wanted(details(entity), PATHS.get(entity.type, ()))


def details(entity: Entity) -> tuple[Column, ...]:
    """The rows of a single object: its view first, then its other plain fields."""
    from stash_cli.output.views import VIEWS, custom

    view = VIEWS[entity.type]
    seen = {path.partition(".")[0].removesuffix("[0]") for column in view for path in column.paths}
    rest = [f.name for f in entity.api.fields.values() if f.name not in seen and _plain(f)]
    return (*view, *custom(rest))


def _plain(field: Any) -> bool:
    """Whether a person wants to read it: links to pictures are for programs."""
    link = field.name == "paths" or field.name.endswith("_path")
    return not (field.deprecated or field.lazy or field.needs_args or link)


def show_row(runtime: Runtime, entity: Entity, row: dict[str, Any]) -> None:
    """Print one object in the chosen format."""
    from stash_cli.output.views import PATHS

    writer = runtime.writer(details(entity), single=True, paths=PATHS.get(entity.type, ()))
    writer.row(row)
    writer.finish()
