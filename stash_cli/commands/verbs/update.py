"""`update`: change objects by assignments."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Annotated

import typer

from stash_cli.commands.argv.command import StashCommand, command
from stash_cli.commands.common.failed_ids import check_failed_to
from stash_cli.commands.common.plan_output import PlanOut, check_plan_out, write_edits
from stash_cli.commands.common.sending import before_sending
from stash_cli.commands.verbs.editing import Editing, EditOptions
from stash_cli.commands.verbs.list_flags import UpdateFlags
from stash_cli.commands.verbs.targets import Selection, TargetOptions, read_targets, read_words, rows_of
from stash_cli.core.errors import StashUsageError
from stash_cli.core.many_keys import Ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.outcomes import Outcomes
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.verbs.assignments import Assignment
    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.drafts.draft import ObjectEdits


@dataclass(frozen=True, kw_only=True, eq=False)
class AssignOptions(EditOptions, TargetOptions):
    """The options of commands that assign to selected objects."""

    plan_out: PlanOut = None


@dataclass(frozen=True, kw_only=True, eq=False)
class UpdateOptions(AssignOptions):
    """The command line of `update`; `flags` are assignments."""

    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ID|NAME|FIELD=VALUE...",
            help="the objects (- reads ids from stdin) and what is assigned",
            show_default=False,
        ),
    ] = None
    clear: Annotated[
        list[str] | None, typer.Option("--clear", metavar="FIELD", help="empty a field; repeatable")
    ] = None
    create_missing: Annotated[
        bool, typer.Option("--create-missing", help="make tags, performers and studios that are not there")
    ] = False


def build(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    return command(
        "update",
        partial(update, noun),
        UpdateOptions,
        help=f"Change the {noun.entity.plural} that are chosen by id or name, --where, --saved or --all."
        "\n\nWords and flags assign: FIELD=VALUE sets a field, FIELD! empties it, FIELD+=VALUE and"
        " FIELD-=VALUE change a list or a number, FIELD~/OLD/NEW/ replaces in a text, custom.NAME=VALUE sets"
        " a field of your own.",
        examples=examples,
        flags=partial(UpdateFlags, noun.entity),
    )


def update(noun: Noun, runtime: Runtime, options: UpdateOptions) -> None:
    from stash_cli.commands.verbs.assignments import read_assignments, split_words

    entity = noun.entity
    runtime.check_output(noun.view)
    words, assigning = split_words(options.words or [])
    assignments = read_assignments(entity, assigning, options.flags, options.clear or [])
    if not assignments:
        raise StashUsageError("nothing to change: give at least one field, such as title=TEXT")
    assign(noun, runtime, options, words, assignments, creates=options.create_missing)


def assign(
    noun: Noun,
    runtime: Runtime,
    options: AssignOptions,
    words: Sequence[str],
    assignments: Sequence[Assignment],
    *,
    creates: bool | None = None,
) -> None:
    """Plan assignments to the selected objects, show them, ask, and send them.

    With `creates`, missing related objects are created; None for a command without --create-missing.
    """
    entity = noun.entity
    query = read_targets(runtime, entity, words, options)
    check_failed_to(options.failed_to)
    check_plan_out(options.plan_out)

    async def work(session: Session) -> None:
        from stash_cli.commands.common.outcomes import Outcomes
        from stash_cli.commands.verbs.names import Names
        from stash_cli.core.edits.drafts.draft import Draft

        chosen = read_words(runtime.streams, words) if words else []
        if words and not chosen:
            return
        with closing(Draft()) as draft:
            with before_sending(runtime):
                selection = await Selection.of(session, runtime, entity, chosen, query)
                outcomes = Outcomes(entity, "updated", [])
                names = Names(session, create=creates)
                editing = Editing(session, runtime, entity, options, draft, names, outcomes)
                await fill(editing, noun, assignments, selection)
            await carry_out(session, runtime, noun, options, editing, plan_out=options.plan_out)

    runtime.run(work, writes=not (options.dry_run or options.plan_out))


async def carry_out(
    session: Session,
    runtime: Runtime,
    noun: Noun,
    options: EditOptions,
    editing: Editing,
    *,
    plan_out: str | None = None,
) -> None:
    """Show the edits, write them to the file of `--plan-out`, or ask and send them."""
    await drop_refused(editing)
    if options.dry_run or plan_out is not None:
        if plan_out is not None:
            await write_edits(editing, plan_out)
        else:
            editing.print_plan(await session.load_capabilities())
        for error in editing.outcomes.problems.values():
            raise error
        return
    if len(editing.draft):
        asked = await editing.consent(partial(other_edits, editing))
        await editing.apply(asked=asked)
    await print_outcome(session, runtime, noun, editing)


async def drop_refused(editing: Editing) -> None:
    """Remove objects from the draft whose edits servers refuse because they change an archive's contents."""
    from stash_cli.core.edits.drafts.draft import Draft
    from stash_cli.core.edits.gallery_contents import FIELDS, refusals

    if not {(editing.entity.type, name) for name, _ in editing.draft.totals.by_field} & FIELDS:
        return
    accepted = Draft()
    for read_at, page in editing.draft.pages():
        errors = await refusals(editing.session, [edit for each in page for edit in each.edits])
        for (_, id_), error in errors.items():
            editing.outcomes.fail([id_], error)
        accepted.add([each for each in page if each.id not in editing.outcomes.problems], read_at)
    editing.draft.replace(accepted)


async def fill(editing: Editing, noun: Noun, assignments: Sequence[Assignment], selection: Selection) -> None:
    """Read the selected objects, and draft the edits of each."""
    from time import monotonic

    from stash_cli.commands.verbs.changes import Changes

    entity, outcomes, server = editing.entity, editing.outcomes, await editing.session.load_capabilities()
    changes = Changes(entity, assignments, editing.names)
    await changes.prepare()
    read_at = monotonic()
    async for rows in selection.pages(["id", *noun.name_paths(server), *changes.paths(server)]):
        await changes.prepare_page(rows)
        editing.draft_page(rows, changes.of, server, read_at)
        read_at = monotonic()
    outcomes.problems |= selection.problems
    outcomes.asked += [id_ for id_ in outcomes.problems if id_ not in outcomes.asked]
    if not editing.unchanged and not len(editing.draft):
        selection.raise_missing()


async def other_edits(editing: Editing, each: ObjectEdits, words: list[str]) -> ObjectEdits:
    """Read one object again, and return its edits from other assignments.

    Names in them are added to the labels of `editing`, which shows the edits.
    """
    from stash_cli.commands.verbs.assignments import read_assignments
    from stash_cli.commands.verbs.changes import Changes
    from stash_cli.commands.verbs.names import Names
    from stash_cli.core.edits.gallery_contents import refusals

    session, entity = editing.session, editing.entity
    names = Names(session)
    changes = Changes(entity, read_assignments(entity, words, {}, []), names)
    await changes.prepare()
    paths = ["id", entity.label, *changes.paths(await session.load_capabilities())]
    object_edits = changes.of((await rows_of(session, entity, [each.id], paths))[0])
    for error in (await refusals(session, object_edits.edits)).values():
        raise error
    editing.names.labels |= names.labels
    return object_edits


async def print_outcome(session: Session, runtime: Runtime, noun: Noun, editing: Editing) -> None:
    """Print the number of updated objects, and in a chosen format their new rows."""
    editing.print_outcome()
    try:
        await print_rows(session, runtime, noun, Ids(chain(editing.outcomes.done, editing.unchanged)))
    finally:  # failed objects are reported also when the new state cannot be read
        editing.outcomes.check()


async def report(
    session: Session, runtime: Runtime, noun: Noun, outcomes: Outcomes, unchanged: Sequence[str]
) -> None:
    """Print the numbers of updated and unchanged objects, and in a chosen format their new rows."""
    if outcomes.complete:
        runtime.streams.note(outcomes.message(len(unchanged)))
    await print_rows(session, runtime, noun, Ids(chain(outcomes.done, unchanged)))


async def print_rows(session: Session, runtime: Runtime, noun: Noun, ids: Sequence[str]) -> None:
    """Print objects in the chosen format, in pages; without one, print nothing."""
    from stash_cli.core.client.paging import pages_by_id

    if runtime.for_people or not ids:
        return
    writer = runtime.writer(noun.view)
    async for rows in pages_by_id(session, noun.entity, ids, runtime.requested_fields(noun.view)):
        writer.rows(rows)
    writer.finish()
