"""`rename`: move files on the server's disk to paths rendered from a template."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from functools import cache, partial
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import StashCommand, command
from stash_cli.commands.argv.value_parsers import choice, named
from stash_cli.commands.common.failed_ids import check_failed_to
from stash_cli.commands.common.idle import check_idle
from stash_cli.commands.common.plan_output import PlanOut, check_plan_out
from stash_cli.commands.common.sending import before_sending
from stash_cli.commands.verbs.editing import EditOptions
from stash_cli.commands.verbs.targets import Selection, TargetOptions, read_targets, read_words
from stash_cli.core.errors import StashConflictError, StashUsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.housekeeping.renaming import Renaming
    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.drafts.draft import Draft, ObjectEdits
    from stash_cli.core.orm.edit import Edit
    from stash_cli.core.renames.plan import RenamePlan, Target
    from stash_cli.core.renames.targets import Naming
    from stash_cli.core.renames.template import PathTemplate

POLICIES = ("fail", "number", "skip")
_LEAST = 40
"""Minimum of `--max-bytes`, which leaves room for a suffix and a number."""


@dataclass(frozen=True, kw_only=True, eq=False)
class RenameOptions(EditOptions, TargetOptions):
    """The command line of `rename`."""

    pattern: Annotated[
        str,
        typer.Argument(
            metavar="TEMPLATE",
            help="the path without the ending of the file; / makes folders",
            show_default=False,
        ),
    ]
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID|NAME]...", help="the objects; - reads ids from stdin", show_default=False
        ),
    ] = None
    to: Annotated[
        str | None, typer.Option("--to", metavar="FOLDER", help="folder of the library to put the files into")
    ] = None
    on_collision: Annotated[
        str,
        typer.Option(
            "--on-collision",
            metavar="|".join(POLICIES),
            help="where several files would have one path, or it is taken",
            parser=named("--on-collision", choice(*POLICIES)),
        ),
    ] = "fail"
    empty: Annotated[
        str, typer.Option("--empty", metavar="NAME", help="name of a folder or file that would have none")
    ] = ""
    sidecars: Annotated[
        str,
        typer.Option(
            "--sidecars",
            metavar="move|leave",
            help="files beside a video; without a path map captions and scripts keep it where it is",
            parser=named("--sidecars", choice("move", "leave")),
        ),
    ] = "move"
    interactive: Annotated[
        bool, typer.Option("--interactive", "-i", help="ask about each object: y n a q ?")
    ] = False
    primary_only: Annotated[
        bool, typer.Option("--primary-only", help="rename only the primary file of each object")
    ] = False
    max_bytes: Annotated[
        int,
        typer.Option(
            "--max-bytes", metavar="N", min=_LEAST, max=255, help="longest name of a file or folder"
        ),
    ] = 255
    plan_out: PlanOut = None


def build(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    return command(
        "rename",
        partial(rename, noun),
        RenameOptions,
        help=f"Rename and move the files of {noun.entity.plural} by a template, on disk and in the database."
        "\n\nThe objects are chosen by id or name, --where, --saved or --all. A template without / leaves"
        " each file in its folder; folders in it are made below the folder of the library that the file"
        " is in, or below --to. What the template inserts never makes a folder, and becomes a name that"
        " every system takes. The ending of a file stays. `stash help templates` has the fields and filters.",
        examples=examples,
    )


def rename(noun: Noun, runtime: Runtime, options: RenameOptions) -> None:
    from stash_cli.core.renames.template import PathTemplate

    entity = noun.entity
    runtime.check_output(noun.view)
    words = options.words or []
    if "{" not in options.pattern and any("{" in word for word in words):
        raise StashUsageError("the template comes first, and then the objects")
    template = PathTemplate(options.pattern, entity.type)
    query = read_targets(runtime, entity, words, options)
    check_failed_to(options.failed_to)
    check_plan_out(options.plan_out)
    is_sent = not (options.dry_run or options.plan_out)
    empty = _empty(options.empty)
    to = runtime.server_path(options.to) if options.to is not None else None

    async def work(session: Session) -> None:
        from stash_cli.commands.housekeeping.renaming import Renaming
        from stash_cli.core.renames.plan import RenamePlan

        chosen = read_words(runtime.streams, words) if words else []
        if words and not chosen:
            return
        with closing(RenamePlan()) as plan:
            with before_sending(runtime):
                await check_server(session, force=options.force or not is_sent)
                naming = await naming_of(session, template, options, to, empty)
                naming.can_move_from = cache(runtime.sidecars.can_move_from)
                if naming.leaves_sidecars:
                    session.on_move = None
                selection = await Selection.of(session, runtime, entity, chosen, query)
                read_at = monotonic()
                await fill(session, runtime, plan, naming, selection, options)
            renaming = Renaming(session, runtime, noun, options, plan, naming, read_at)
            renaming.record_planned(selection, is_named=bool(words))
            if options.plan_out is not None:
                await write_moves(renaming, options)
            else:
                await renaming.carry_out()

    runtime.run(work, writes=is_sent)


def _empty(name: str) -> str:
    """Parse the name of `--empty`. Raises StashUsageError for an invalid file name."""
    from stash_cli.core.renames.names import safe_name

    if name and safe_name(name) != name:
        raise StashUsageError(f"--empty: no file or folder can be called {name!r} everywhere")
    return name


async def check_server(session: Session, *, force: bool) -> None:
    """Raise StashCapabilityError for a server that cannot move files, and StashError while jobs run."""
    server = await session.load_capabilities()
    if not server.has_mutation("moveFiles"):
        raise server.missing_error("moveFiles")
    if not force:
        await check_idle(session, "may find the files under either name", ", or go on with --force")


async def naming_of(
    session: Session, template: PathTemplate, options: RenameOptions, to: str | None, empty: str
) -> Naming:
    """Build the naming from template and library folders. Raises StashInputError for another `to`."""
    from stash_cli.core.renames.library import library_folders, require_within
    from stash_cli.core.renames.targets import Naming

    roots = await library_folders(session)
    if to is not None:
        require_within(to, roots, "--to")
    naming = Naming(template, roots, to, empty, options.max_bytes)
    naming.only_primary = options.primary_only
    naming.leaves_sidecars = options.sidecars == "leave"
    return naming


async def fill(
    session: Session,
    runtime: Runtime,
    plan: RenamePlan,
    naming: Naming,
    selection: Selection,
    options: RenameOptions,
) -> None:
    """Read the selected objects and their target folders; then assign a path to each file."""
    from stash_cli.core.renames.library import load_target_folders
    from stash_cli.core.renames.plan import Target

    async for rows in selection.pages(naming.paths(await session.load_capabilities())):
        planned = [each for row in rows for each in naming.of(row)]
        plan.add(each for each in planned if isinstance(each, Target))
        for each in planned:
            if not isinstance(each, Target):
                plan.refuse(each.id, each.owner, each.path, each.reason)
    await load_target_folders(session, plan, naming.roots, runtime.local_path)
    plan.resolve(options.on_collision, options.max_bytes)


# --- plans in files ---


async def write_moves(renaming: Renaming, options: RenameOptions) -> None:
    """Show the moves, and write them to the file of `--plan-out` as edits of file paths."""
    from stash_cli.commands.common.plan_output import write_plan
    from stash_cli.commands.housekeeping.rename_preview import preview
    from stash_cli.core.edits.drafts.draft import ObjectEdits
    from stash_cli.core.renames.apply import edits_of

    preview(renaming)
    drafts = (
        ObjectEdits(owner, moves[0].label, tuple(edits_of(moves))) for owner, moves in renaming.by_owner()
    )
    facts = {"template": options.pattern, "sidecars": options.sidecars}
    head = {"type": renaming.entity.type, "objects": len(renaming.moving), "facts": facts}
    target = options.plan_out or ""
    await write_plan(renaming.session, renaming.runtime, target, drafts, kind="moves", **head)


async def carry_out_plan(
    session: Session,
    runtime: Runtime,
    noun: Noun,
    facts: Mapping[str, Any],
    draft: Draft,
    options: EditOptions,
) -> None:
    """Send the moves of a plan, if the files are still in place and the target names still free."""
    from stash_cli.commands.housekeeping.renaming import Renaming
    from stash_cli.core.renames.library import library_folders
    from stash_cli.core.renames.plan import RenamePlan
    from stash_cli.core.renames.targets import Naming
    from stash_cli.core.renames.template import PathTemplate

    with closing(RenamePlan()) as plan:
        with before_sending(runtime):
            await check_server(session, force=options.force)
            template = PathTemplate(facts["template"], noun.entity.type)
            naming = Naming(template, await library_folders(session))
            naming.leaves_sidecars = facts["sidecars"] == "leave"
            if naming.leaves_sidecars:
                session.on_move = None
            await _plan_again(session, runtime, plan, naming, draft)
        renaming = Renaming(session, runtime, noun, options, plan, naming, float("-inf"))
        renaming.record_planned(Selection(session, noun.entity), is_named=True)
        await renaming.carry_out()


async def _plan_again(
    session: Session, runtime: Runtime, plan: RenamePlan, naming: Naming, draft: Draft
) -> None:
    """Plan the moves of a draft again. Raises StashConflictError if they differ from the plan."""
    from stash_cli.core.renames.library import load_target_folders

    planned_paths = {edit.id: edit.after for each in draft for edit in each.edits}
    plan.add(_target(each, edit) for each in draft for edit in each.edits)
    await load_target_folders(session, plan, naming.roots, runtime.local_path)
    plan.resolve("fail", naming.limit)
    for move in plan.renames():
        if move.target != planned_paths[move.id]:
            raise StashConflictError(
                f"file {move.id} would be moved to {move.target} now, and not to {planned_paths[move.id]}",
                {},
                hint="Make the plan again.",
            )


def _target(each: ObjectEdits, edit: Edit) -> Target:
    """Convert a move of a plan to the target of its file."""
    from stash_cli.core.renames.paths import split
    from stash_cli.core.renames.plan import Target
    from stash_cli.core.templates.filters import suffix

    folder, name = split(edit.after)
    extension = suffix(edit.after) or ""
    stem = name.removesuffix(extension) if extension else name
    return Target(edit.id, each.id, each.label, edit.before, folder, stem, extension)
