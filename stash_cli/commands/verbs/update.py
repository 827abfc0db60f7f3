"""`update`: change objects by id or name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, command
from stash_cli.commands.argv.flags import FlagTable
from stash_cli.commands.argv.input_flags import flag_table
from stash_cli.commands.sending import before_sending, send
from stash_cli.commands.verbs.list_flags import part_flags, update_type

if TYPE_CHECKING:
    from stash_cli.commands.noun import Noun
    from stash_cli.commands.outcomes import Outcomes
    from stash_cli.commands.runtime import Runtime
    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.plan import Plan
    from stash_cli.core.types.entities import Entity


@dataclass(frozen=True, kw_only=True, eq=False)
class UpdateOptions(CommandOptions):
    """The command line of `update`; `flags` are the changes."""

    targets: Annotated[
        list[str],
        typer.Argument(metavar="ID|NAME...", help="the objects; - reads ids from stdin", show_default=False),
    ]
    clear: Annotated[
        list[str] | None, typer.Option("--clear", metavar="FIELD", help="empty a field; repeatable")
    ] = None
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask before changing several objects")] = (
        False
    )
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="print the mutations, do not send them")
    ] = False


def build(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    return command(
        "update",
        partial(update, noun),
        UpdateOptions,
        help=f"Change {noun.entity.plural}. A number is an id, or a name where no object has it."
        "\n\nA flag replaces the value of its field;"
        " --add-... and --remove-... change single items of a list.",
        examples=examples,
        flags=partial(update_flags, noun.entity),
    )


def update_flags(entity: Entity) -> FlagTable:
    """One flag per field of the update input, and `--add-x/--remove-x` for lists."""
    return FlagTable([*flag_table(update_type(entity)).rows(), *part_flags(entity)])


def update(noun: Noun, runtime: Runtime, options: UpdateOptions) -> None:
    entity = noun.entity
    runtime.check_output(noun.view)

    async def work(session: Session) -> None:
        from stash_cli.commands.verbs.changes import edits_of, read_changes, read_paths
        from stash_cli.commands.verbs.targets import find_targets, read_words
        from stash_cli.core.edits.plan import plan_updates
        from stash_cli.output.failures import confirm

        words = read_words(runtime.streams, options.targets)
        if not words:
            return
        with before_sending(runtime):
            paths = await read_paths(session, entity, options.flags, options.clear or [])
            found = await find_targets(session, entity, words, ["id", entity.label, *paths], "updated")
            changes = await read_changes(session, entity, options.flags, options.clear or [])
        plan = plan_updates(edits_of(entity, found.rows, changes), await session.learn())
        if options.dry_run:
            found.require_all()
            print_plan(runtime, plan)
            return
        if len(found.ids) > 1 and not options.yes and runtime.streams.interactive:
            show_edits(runtime, plan)
        if len(found.ids) > 1:
            confirm(runtime.streams, f"change {found.summary()}", yes=options.yes)
        await send(session, runtime, plan.operations, found.outcomes)
        try:
            await report(session, runtime, noun, found.outcomes)
        finally:  # failed objects are reported also when the new state cannot be read
            found.outcomes.check()

    runtime.run(work, writes=not options.dry_run)


def print_plan(runtime: Runtime, plan: Plan) -> None:
    """Print each edit for people and a line of JSON per mutation; with --json the whole plan."""
    from stash_cli.core.edits.diff import as_json

    if runtime.options.output == "json":
        runtime.streams.data(json.dumps(as_json(plan), ensure_ascii=False) + "\n")
        return
    show_edits(runtime, plan)
    for each in plan.operations:
        line = json.dumps({each.name: each.input}, ensure_ascii=False)
        runtime.streams.data(line + "\n")


def show_edits(runtime: Runtime, plan: Plan) -> None:
    """Print a line for each edit, old -> new."""
    from stash_cli.core.edits.diff import lines

    for line in lines(plan.edits):
        runtime.streams.note(line)


async def report(session: Session, runtime: Runtime, noun: Noun, outcomes: Outcomes) -> None:
    """Note what was updated; print the new state of the objects in a chosen format."""
    if outcomes.complete:
        runtime.streams.note(outcomes.done_message())
    if runtime.for_people or not outcomes.done:
        return
    from stash_cli.commands.verbs.targets import rows_of

    rows = await rows_of(session, noun.entity, outcomes.done, runtime.wanted(noun.view))
    runtime.print_rows(noun.view, rows)
