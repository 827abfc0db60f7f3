"""`update`: change objects by id or name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.base import StashCommand, command
from stash_cli.commands.changes import CHUNK, part_flags, plan, read_changes, update_type
from stash_cli.commands.flags import FlagTable
from stash_cli.commands.inputs import flag_table
from stash_cli.commands.runtime import Runtime, entity_of, runtime_of
from stash_cli.core.errors import StashBatchError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

    from stash_cli.commands.changes import Step
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
    runtime.check_output(entity.type)

    async def work(session: Session) -> None:
        from stash_cli.commands import targets as named

        ids = await named.target_ids(session, entity, named.read_words(runtime.streams, targets))
        changes = await read_changes(session, entity, runtime.flags, clear or [])
        steps = plan(entity, ids, changes)
        if dry_run:
            for step in steps:
                line = json.dumps({step.operation: step.input}, ensure_ascii=False)
                runtime.streams.data(line + "\n")
            return
        rows = await named.rows_of(session, entity, ids, ["id", entity.label])
        if not agreed(runtime, named.summary(entity, rows), len(rows), yes=yes):
            runtime.streams.note("nothing changed")
            return
        await apply(session, runtime, steps)
        await report(session, runtime, entity, ids)

    runtime.run(work)


def agreed(runtime: Runtime, what: str, count: int, *, yes: bool) -> bool:
    """Several objects need a yes; one that was named does not."""
    from stash_cli.output.prompts import confirm

    return count == 1 or confirm(runtime.streams, f"change {what}", yes=yes)


async def apply(session: Session, runtime: Runtime, steps: list[Step]) -> None:
    """Send every step, single updates many to a request; says how far it came when it breaks off.

    Ctrl-C takes effect after the request in flight. Raises StashBatchError when some objects failed.
    """
    done: set[str] = set()
    everything = {id_ for step in steps for id_ in step.ids}
    try:
        for chunk in chunks(steps):
            await uninterrupted(send(session, chunk))
            done.update(id_ for step in chunk for id_ in step.ids)
    except BaseException:
        if len(everything) > 1:
            runtime.streams.note(f"broke off: {len(done)} of {len(everything)} were changed")
        raise


def chunks(steps: list[Step]) -> Iterator[list[Step]]:
    """Steps that go in one request: a bulk mutation alone, updates of single objects together."""
    alone = [step for step in steps if len(step.ids) != 1]
    single = [step for step in steps if len(step.ids) == 1]
    yield from ([step] for step in alone)
    for start in range(0, len(single), CHUNK):
        yield single[start : start + CHUNK]


async def send(session: Session, steps: list[Step]) -> None:
    """One request."""
    if len(steps) == 1:
        await session.call(steps[0].operation, {"input": steps[0].input}, ["id"])
        return
    from stash_cli.core.client.batch import BatchOperation, execute_batch

    operations = [BatchOperation(step.operation, {"input": step.input}) for step in steps]
    result = await execute_batch(session, operations, max_batch_size=CHUNK)
    if result.unfinished:
        failed = [step.ids[0] for step, each in zip(steps, result, strict=True) if each.error]
        first = result.unfinished[0].error
        raise StashBatchError(
            f"{len(failed)} of {len(steps)} failed (ids {' '.join(failed)}): {first}", result
        )


async def uninterrupted(work: Coroutine[Any, Any, None]) -> None:
    """Let `work` end even when this task is cancelled meanwhile, so that its outcome is known."""
    import asyncio

    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


async def report(session: Session, runtime: Runtime, entity: Entity, ids: list[str]) -> None:
    """Say what was done; print the new state when a format was chosen."""
    noun = entity.noun if len(ids) == 1 else entity.plural
    runtime.streams.note(f"updated {len(ids)} {noun}")
    if runtime.options.output == "table":
        return
    from stash_cli.commands.targets import rows_of
    from stash_cli.output.views import PATHS, VIEWS

    view, paths = VIEWS[entity.type], PATHS.get(entity.type, ())
    rows: list[dict[str, Any]] = await rows_of(session, entity, ids, runtime.wanted(view, paths))
    writer = runtime.writer(view, paths=paths)
    for row in rows:
        writer.row(row)
    writer.finish()
