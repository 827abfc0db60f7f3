"""`delete`: delete objects, and with a flag their files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import StashCommand, Yes, command
from stash_cli.commands.argv.flags import TEMPLATE, Flag, FlagTable
from stash_cli.commands.common.consent import MOST, BackupFirst, require_few
from stash_cli.commands.common.failed_ids import check_failed_to, write_failed
from stash_cli.commands.common.plan_output import PlanOut, changed_since, check_plan_out, write_plan
from stash_cli.commands.common.sending import before_sending, send, uninterrupted
from stash_cli.commands.verbs.targets import Selection, TargetOptions, Targets, read_targets, read_words
from stash_cli.core.errors import StashError, StashUsageError
from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.verbs.deletion import Deletion
    from stash_cli.commands.verbs.editing import EditOptions
    from stash_cli.core.client.session import Session
    from stash_cli.core.types.entities import Entity

HELP = {
    "delete_file": "also delete the files from disk",
    "delete_generated": "also delete generated files, such as previews",
    "destroy_file_entry": "also delete the file records; a scan adds the files again",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class DeleteOptions(TargetOptions):
    """The command line of `delete`; `flags` are those of the destroy input, about files."""

    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID|NAME...", help="the objects; - reads ids from stdin", show_default=False),
    ] = None
    yes: Yes = False
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="show what would go, and the mutations; send nothing")
    ] = False
    backup_first: BackupFirst = False
    max_changes: Annotated[
        int | None,
        typer.Option(
            "--max-changes", metavar="N", min=0, help=f"refuse to delete more objects; {MOST} with --yes"
        ),
    ] = None
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="stop at the first object that fails")] = (
        False
    )
    failed_to: Annotated[
        str | None,
        typer.Option("--failed-to", metavar="FILE", help="write the ids that were not deleted, one a line"),
    ] = None
    plan_out: PlanOut = None


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
    option_words = options.words or []
    query = read_targets(runtime, entity, option_words, options)
    check_failed_to(options.failed_to)
    check_plan_out(options.plan_out)

    async def work(session: Session) -> None:
        words = read_words(runtime.streams, option_words) if option_words else []
        if option_words and not words:
            return
        from stash_cli.commands.verbs.deletion import read_deletion

        with before_sending(runtime):
            selection = await Selection.of(session, runtime, entity, words, query)
            deletion = await read_deletion(session, noun, selection, options.flags)
        if options.plan_out is not None:
            await write_deletion(session, runtime, deletion, options.plan_out)
        elif options.dry_run:
            print_plan(runtime, deletion)
        elif not deletion.found.rows and not deletion.found.outcomes.asked:
            runtime.streams.note(f"nothing to delete: no {entity.plural} match")
        else:
            await carry_out(session, runtime, deletion, options)

    runtime.run(work, writes=not (options.dry_run or options.plan_out))


def print_plan(runtime: Runtime, deletion: Deletion) -> None:
    """Print the objects that would be deleted, and a line of JSON per mutation."""
    from stash_cli.core.edits.plan import plan_destroy

    for line in deletion.lines():
        runtime.streams.note(line)
    _require_all(deletion)
    ids = deletion.found.ids
    # Shown as one operation for all objects; the requests that are sent have up to 250 ids.
    for each in plan_destroy(deletion.noun.entity.type, ids, dict(deletion.flags), size=max(1, len(ids))):
        runtime.streams.data(json.dumps({each.name: each.args}) + "\n")


async def write_deletion(session: Session, runtime: Runtime, deletion: Deletion, target: str) -> None:
    """Write the plan of a deletion for `stash apply`."""
    lines = list(deletion.lines())
    for line in lines:
        runtime.streams.note(line)
    if not deletion.found.rows:
        _require_all(deletion)
    # `apply` compares created_at and updated_at, to detect changed objects and reused ids.
    states = await _states(session, deletion.noun.entity, deletion.found.ids)
    facts = {"flags": dict(deletion.flags), "objects": states, "lines": lines}
    await write_plan(session, runtime, target, kind="delete", type=deletion.noun.entity.type, facts=facts)
    _require_all(deletion)


def _require_all(deletion: Deletion) -> None:
    """Raise the error of a single object; for several, one with their number, as the reasons were printed."""
    outcomes = deletion.found.outcomes
    if len(outcomes.asked) == 1:
        deletion.found.require_all()
    elif outcomes.problems:
        count = f"{len(outcomes.problems)} of {len(outcomes.asked)} {outcomes.named.plural}"
        error = StashError(f"{count} would be left")
        error.exit_status = outcomes.exit_status()
        raise error


async def _states(session: Session, entity: Entity, ids: Sequence[str]) -> dict[str, list[Any]]:
    """Map of id -> [created_at, updated_at]."""
    from stash_cli.core.client.paging import pages_by_id

    paths = ["id", "created_at", "updated_at"]
    return {
        row["id"]: [row["created_at"], row["updated_at"]]
        async for page in pages_by_id(session, entity, list(ids), paths)
        for row in page
    }


async def carry_out_plan(
    session: Session, runtime: Runtime, noun: Noun, facts: Mapping[str, Any], options: EditOptions
) -> None:
    """Delete the objects of a plan; objects changed since it was made are skipped, unless forced."""
    from stash_cli.commands.verbs.deletion import read_deletion

    check_output(runtime)
    current = await _states(session, noun.entity, list(facts["objects"]))
    changed = [id_ for id_, state in facts["objects"].items() if id_ in current and current[id_] != state]
    ids = [id_ for id_ in facts["objects"] if options.force or id_ not in changed]
    errors = {id_: changed_since(noun.entity.noun, id_) for id_ in changed if not options.force}
    for error in errors.values() if not ids else ():
        raise error
    deletion = await read_deletion(session, noun, Selection(session, noun.entity, ids), facts["flags"])
    deletion.found.outcomes.problems |= errors
    deletion.found.outcomes.asked += errors
    forwarded = {name: getattr(options, name) for name in ("yes", "max_changes", "fail_fast", "failed_to")}
    await carry_out(session, runtime, deletion, DeleteOptions(flags=facts["flags"], **forwarded))


async def carry_out(session: Session, runtime: Runtime, deletion: Deletion, options: DeleteOptions) -> None:
    """Ask for confirmation, back up with `--backup-first`, and delete."""
    from stash_cli.core.edits.plan import plan_destroy

    found, entity = deletion.found, deletion.noun.entity
    if found.rows:
        require_consent(runtime, options, deletion)
        if options.backup_first:
            await back_up(session, runtime)
    operations = list(plan_destroy(entity.type, found.ids, options.flags))
    try:
        await send(session, runtime, operations, found.outcomes, fail_fast=options.fail_fast, is_paced=True)
    finally:
        write_failed(runtime, options.failed_to, found.outcomes)
    report(runtime, entity, found)
    found.outcomes.check()


def check_output(runtime: Runtime) -> None:
    """Raise StashUsageError for formats that need more fields than are read before the deletion."""
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


def require_consent(runtime: Runtime, options: DeleteOptions, deletion: Deletion) -> None:
    """Ask for confirmation; if files are deleted, the user has to type the number of objects."""
    from stash_cli.output.failures import confirm, confirm_count

    count = len(deletion.found.ids)
    require_few(
        count,
        f"delete {deletion.found.entity.counted(count)}",
        yes=options.yes,
        max_changes=options.max_changes,
    )
    if runtime.streams.interactive and not options.yes:
        for line in deletion.lines():
            runtime.streams.note(line)
    what = f"delete {deletion.found.summary()}"
    # A backup of the database does not restore deleted files, so `y` is not enough.
    if deletion.kinds:
        confirm_count(runtime.streams, f"{what} and {' and '.join(deletion.kinds)}", count, yes=options.yes)
    else:
        confirm(runtime.streams, what, yes=options.yes)


async def back_up(session: Session, runtime: Runtime) -> None:
    """Back up the database into the server's backup folder."""
    from stash_cli.core.edits.apply import apply_one
    from stash_cli.core.edits.operation import Operation

    await uninterrupted(
        apply_one(session, Operation("backupDatabase", {"input": {"download": False}}, paths=None))
    )
    runtime.streams.note("the server has backed up its database")
