"""`update`: change objects by id or name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import StashCommand, command
from stash_cli.commands.argv.flags import FlagTable
from stash_cli.commands.argv.input_flags import flag_table
from stash_cli.commands.changes import part_flags, plan, read_changes, update_type
from stash_cli.commands.runtime import Runtime, entity_of, runtime_of
from stash_cli.commands.sending import before_sending, send_steps

if TYPE_CHECKING:
    from stash_cli.commands.outcomes import Outcomes
    from stash_cli.commands.sending import Step
    from stash_cli.core.client.session import Session
    from stash_cli.core.types.entities import Entity

EXAMPLES = {
    "Scene": (
        "stash scene update 12 --rating100 80 --add-tag Outdoor --remove-tag 'To sort'",
        "stash scenes find --studio Acme --ids | stash scenes update - --organized --yes",
        "stash scene update 12 --clear director --clear studio",
    ),
    "Performer": (
        "stash performer update Alice --country JP --add-tag Guest",
        "stash performer update 7 --custom-field height=180 --clear birthdate",
    ),
}


class UpdateCommand(StashCommand):
    """A command with one flag per field of the update input, and `--add-x/--remove-x` for lists."""

    def derived(self) -> FlagTable:
        fields = flag_table(update_type(self.entity)).rows()
        return FlagTable([*fields, *part_flags(self.entity)])


def build(entity: Entity) -> StashCommand:
    usual = (
        f"stash {entity.noun} update 7 --{entity.label} 'New {entity.label}'",
        f"stash {entity.plural} update 7 8 --dry-run --{entity.label} Same",
    )
    return command(
        "update",
        update,
        cls=UpdateCommand,
        help=f"Change {entity.plural}. A number is an id, anything else a name; - reads ids from stdin.\n\n"
        "A flag replaces the field's value; lists are changed by parts with --add-... and --remove-...",
        examples=EXAMPLES.get(entity.type, usual),
        entity=entity,
    )


def update(
    ctx: typer.Context,
    targets: Annotated[
        list[str], typer.Argument(metavar="ID|NAME...", help="which ones; - reads stdin", show_default=False)
    ],
    clear: Annotated[
        list[str] | None, typer.Option("--clear", metavar="FIELD", help="empty a field; repeatable")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask before changing several")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="print what would be sent")] = False,
) -> None:
    runtime, entity = runtime_of(ctx), entity_of(ctx)
    runtime.writes = not dry_run
    runtime.check_output(entity.type)

    async def work(session: Session) -> None:
        from stash_cli.commands.targets import find_targets, read_words, target_ids

        words = read_words(runtime.streams, targets)
        if not words:
            return
        if dry_run:
            ids = await target_ids(session, entity, words)
            changes = await read_changes(session, entity, runtime.flags, clear or [])
            print_plan(runtime, plan(entity, ids, changes))
            return
        with before_sending(runtime):
            found = await find_targets(session, entity, words, ["id", entity.label], "updated")
            changes = await read_changes(session, entity, runtime.flags, clear or [])
        steps = plan(entity, found.ids, changes)
        if not agreed(runtime, found.summary(), len(found.ids), yes=yes):
            runtime.streams.note("nothing changed")
            return
        await send_steps(session, runtime, steps, found.outcomes)
        try:
            await report(session, runtime, entity, found.outcomes)
        finally:  # what was not done is told, also when the new state cannot be read
            found.outcomes.check()

    runtime.run(work)


def print_plan(runtime: Runtime, steps: list[Step]) -> None:
    """A line of JSON for each mutation that would be sent."""
    for step in steps:
        line = json.dumps({step.operation: step.input}, ensure_ascii=False)
        runtime.streams.data(line + "\n")


def agreed(runtime: Runtime, what: str, count: int, *, yes: bool) -> bool:
    """Several objects need a yes; one that was named does not."""
    from stash_cli.output.prompts import confirm

    return count == 1 or confirm(runtime.streams, f"change {what}", yes=yes)


async def report(session: Session, runtime: Runtime, entity: Entity, outcomes: Outcomes) -> None:
    """Say what was done; print the new state of these objects when a format was chosen."""
    if outcomes.complete:
        runtime.streams.note(outcomes.told())
    if runtime.options.output == "table" or not outcomes.done:
        return
    from stash_cli.commands.targets import rows_of
    from stash_cli.output.views import PATHS, VIEWS

    view, paths = VIEWS[entity.type], PATHS.get(entity.type, ())
    rows: list[dict[str, Any]] = await rows_of(session, entity, outcomes.done, runtime.wanted(view, paths))
    writer = runtime.writer(view, paths=paths)
    for row in rows:
        writer.row(row)
    writer.finish()
