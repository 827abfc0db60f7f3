"""`delete`: delete objects by id or name, and their files where a flag says so."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, command
from stash_cli.commands.argv.flags import TEMPLATE, Flag, FlagTable
from stash_cli.commands.sending import before_sending, send
from stash_cli.core.errors import StashUsageError
from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from stash_cli.commands.noun import Noun
    from stash_cli.commands.runtime import Runtime
    from stash_cli.commands.verbs.targets import Targets
    from stash_cli.core.client.session import Session
    from stash_cli.core.types.entities import Entity

HELP = {
    "delete_file": "also delete the files from disk",
    "delete_generated": "also delete generated files, such as previews",
    "destroy_file_entry": "also delete the file records; a scan adds the files again",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class DeleteOptions(CommandOptions):
    """The command line of `delete`; `flags` say what happens to files."""

    targets: Annotated[
        list[str],
        typer.Argument(metavar="ID|NAME...", help="the objects; - reads ids from stdin", show_default=False),
    ]
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask")] = False
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="print the mutations, do not send them")
    ] = False


def delete_flags(entity: Entity) -> FlagTable:
    """The flags of the type's destroy input."""
    return FlagTable(
        Flag(f"--{name.replace('_', '-')}", name, HELP.get(name, name), group="Files")
        for name in destroy_options(entity)
    )


def destroy_input(entity: Entity) -> str | None:
    """The input type of the destroy mutation, or None."""
    ref = describe_api().mutations[entity.destroy].args.get("input")
    return ref.name if ref else None


def destroy_options(entity: Entity) -> list[str]:
    """Yes/no fields of the destroy input."""
    name = destroy_input(entity)
    fields = describe_api().types[name].fields.values() if name else ()
    return [field.name for field in fields if field.type.name == "Boolean"]


def build(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    entity = noun.entity
    files = " Files stay on disk unless --delete-file is given." if destroy_options(entity) else ""
    return command(
        "delete",
        partial(delete, noun),
        DeleteOptions,
        help=f"Delete {entity.plural}. A number is an id, or a name where no object has it.{files}",
        examples=examples,
        flags=partial(delete_flags, entity),
    )


def delete(noun: Noun, runtime: Runtime, options: DeleteOptions) -> None:
    entity = noun.entity
    check_output(runtime)

    async def work(session: Session) -> None:
        from stash_cli.commands.verbs.targets import find_targets, read_words
        from stash_cli.core.edits.plan import plan_destroy

        words = read_words(runtime.streams, options.targets)
        if not words:
            return
        with before_sending(runtime):
            found = await find_targets(session, entity, words, ["id", entity.label], "deleted")
        if options.dry_run:
            found.require_all()
            for each in plan_destroy(entity.type, found.ids, options.flags, size=len(found.ids)):
                runtime.streams.data(json.dumps({each.name: each.args}) + "\n")
        else:
            require_consent(runtime, options, found)
            operations = list(plan_destroy(entity.type, found.ids, options.flags))
            await send(session, runtime, operations, found.outcomes)
            report(runtime, entity, found)
            found.outcomes.check()

    runtime.run(work, writes=not options.dry_run)


def check_output(runtime: Runtime) -> None:
    """Refuse formats that need fields which are not read before the deletion."""
    if runtime.options.output in ("paths", TEMPLATE) or runtime.options.fields:
        raise StashUsageError(
            "delete prints only ids and names: --paths, --fields and --template cannot be used"
        )


def report(runtime: Runtime, entity: Entity, found: Targets) -> None:
    """Note what was deleted; print the deleted objects in a chosen format."""
    if found.outcomes.complete:
        runtime.streams.note(found.outcomes.done_message())
    if runtime.for_people:
        return
    from stash_cli.output.values import View, custom

    view = View(columns=custom(["id", entity.label]))
    writer = runtime.writer(view, single=len(found.outcomes.asked) == 1)
    done = set(found.outcomes.done)
    for row in found.rows:
        if row["id"] in done:
            writer.row(row)
    writer.finish()


def require_consent(runtime: Runtime, options: DeleteOptions, found: Targets) -> None:
    """Ask for a yes, or for the count of objects where files are deleted."""
    from stash_cli.output.failures import confirm, confirm_count

    what = found.summary()
    if options.flags.get("delete_file"):
        question = f"delete {what} and the files on disk"
        confirm_count(runtime.streams, question, len(found.ids), yes=options.yes)
    else:
        confirm(runtime.streams, f"delete {what}", yes=options.yes)
