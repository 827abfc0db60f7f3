"""`stash apply`: carry out a plan that `--plan-out` has written."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import StashCommand, command
from stash_cli.commands.common.failed_ids import check_failed_to
from stash_cli.commands.verbs.editing import Editing, EditOptions
from stash_cli.core.errors import StashInputError
from stash_cli.core.many_keys import Ids
from stash_cli.core.types.entities import ENTITIES, FILES

if TYPE_CHECKING:
    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.drafts.draft import Draft
    from stash_cli.core.edits.drafts.plan_files import PlanHead


@dataclass(frozen=True, kw_only=True, eq=False)
class ApplyOptions(EditOptions):
    """The command line of `apply`."""

    source: Annotated[str, typer.Argument(metavar="FILE", help="a plan that --plan-out has written")]


def build() -> StashCommand:
    return command(
        "apply",
        apply,
        ApplyOptions,
        examples=(
            "stash scenes update --where 'tag:\"To sort\"' organized=yes --plan-out plan.jsonl",
            "stash apply plan.jsonl --dry-run",
            "stash apply plan.jsonl",
        ),
    )


def apply(runtime: Runtime, options: ApplyOptions) -> None:
    """Make the changes of a plan file.

    The objects are read again first. A value that was changed since is a conflict and is kept, unless --force
    is given. A plan belongs to one database and can be applied once. --dry-run shows it without a server.
    """
    from stash_cli.core.edits.drafts.draft import Draft

    check_failed_to(options.failed_to)
    with closing(Draft()) as draft:
        head = read_plan(options.source, draft)
        if options.dry_run:
            show(runtime, options, head, draft)
            return

        async def work(session: Session) -> None:
            await head.check(session)
            if session.recorder is not None:
                head.check_unused(session.recorder.journal)
                session.recorder.command += f" {head.mark}"
            await _CARRY_OUT[head.kind](session, runtime, options, head, draft)

        runtime.run(work, writes=True)


def read_plan(source: str, draft: Draft) -> PlanHead:
    """Read the file of a plan into a draft. Raises StashInputError."""
    from stash_cli.core.edits.drafts import plan_files

    try:
        with Path(source).expanduser().open(encoding="utf-8") as file:
            head = plan_files.read(file, source, draft)
    except OSError as error:
        raise StashInputError(f"cannot read {source}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise StashInputError(f"{source} is not a plan as --plan-out writes it") from None
    if head.kind not in _CARRY_OUT:
        raise StashInputError(f"{source} was written by another release of this program")
    return head


def show(runtime: Runtime, options: ApplyOptions, head: PlanHead, draft: Draft) -> None:
    """Print the effect and the origin of a plan, without a request."""
    runtime.streams.note(f"made {head.made} by: {head.command}")
    runtime.streams.note(f"for {head.server}, {head.version}")
    if not head.has_objects:
        runtime.streams.note("deletes:" if head.kind == "delete" else "merges:")
        for line in head.facts["lines"]:
            runtime.streams.note(f"  {line}")
        return
    if head.kind == "duplicates":
        from stash_cli.commands.housekeeping.duplicate_plan_file import show_plan

        show_plan(runtime, _noun(head.type), head.facts, draft)
        return
    editing = editing_of(None, runtime, options, head, draft)
    if runtime.options.output == "json":
        print_edits(editing)
    else:
        editing.preview()


def print_edits(editing: Editing) -> None:
    """Print the edits as JSON, without mutations, because these depend on the server."""
    from stash_cli.core.edits.diff import edit_json

    edits = [edit_json(edit) for each in editing.draft for edit in each.edits]
    creates = [{"type": target, "name": name} for target, _, name in editing.names.to_create()]
    editing.runtime.streams.data(json.dumps({"edits": edits, "creates": creates}, ensure_ascii=False) + "\n")


def editing_of(
    session: Any, runtime: Runtime, options: ApplyOptions, head: PlanHead, draft: Draft
) -> Editing:
    """Convert the edits of a plan to an `Editing`."""
    from stash_cli.commands.common.outcomes import Outcomes
    from stash_cli.commands.verbs.names import Names

    entity = ENTITIES.get(head.type) or FILES[head.type]
    names = Names(session)
    names.labels |= {(type_name, id_): name for type_name, id_, name in head.labels}
    for type_name, id_, name, create_input in head.makes:
        names.labels[type_name, id_] = name
        names.inputs[type_name, id_] = create_input
    asked = Ids(each.id for each in draft if not each.is_link)
    return Editing(session, runtime, entity, options, draft, names, Outcomes(entity, "changed", asked))


async def carry_out_edits(
    session: Session, runtime: Runtime, options: ApplyOptions, head: PlanHead, draft: Draft
) -> None:
    from stash_cli.commands.verbs.update import drop_refused, other_edits

    editing = editing_of(session, runtime, options, head, draft)
    await drop_refused(editing)
    if not len(draft):
        runtime.streams.note("the plan changes nothing")
        return
    await editing.consent(partial(other_edits, editing))
    await editing.apply(asked=True)
    if editing.outcomes.complete:
        runtime.streams.note(", ".join(editing.done()))
    editing.outcomes.check()


async def carry_out_deletion(
    session: Session, runtime: Runtime, options: ApplyOptions, head: PlanHead, draft: Draft
) -> None:
    from stash_cli.commands.verbs.delete import carry_out_plan

    del draft
    await carry_out_plan(session, runtime, _noun(head.type), head.facts, options)


async def carry_out_merge(
    session: Session, runtime: Runtime, options: ApplyOptions, head: PlanHead, draft: Draft
) -> None:
    from stash_cli.commands.verbs.merge import carry_out_plan

    del draft
    await carry_out_plan(session, runtime, _noun(head.type), head.facts, yes=options.yes)


async def carry_out_moves(
    session: Session, runtime: Runtime, options: ApplyOptions, head: PlanHead, draft: Draft
) -> None:
    from stash_cli.commands.housekeeping.rename import carry_out_plan

    await carry_out_plan(session, runtime, _noun(head.type), head.facts, draft, options)


async def carry_out_files(
    session: Session, runtime: Runtime, options: ApplyOptions, head: PlanHead, draft: Draft
) -> None:
    from stash_cli.commands.files import carry_out_plan

    del head
    await carry_out_plan(session, runtime, draft, options)


async def carry_out_duplicates(
    session: Session, runtime: Runtime, options: ApplyOptions, head: PlanHead, draft: Draft
) -> None:
    from stash_cli.commands.housekeeping.duplicate_plan_file import carry_out_plan

    await carry_out_plan(session, runtime, _noun(head.type), head.facts, draft, options)


def _noun(type_name: str) -> Noun:
    """The noun of a type, imported from its module."""
    noun: Noun = import_module(f"stash_cli.commands.{ENTITIES[type_name].plural}").NOUN
    return noun


_CARRY_OUT = {
    "edits": carry_out_edits,
    "moves": carry_out_moves,
    "files": carry_out_files,
    "duplicates": carry_out_duplicates,
    "delete": carry_out_deletion,
    "merge": carry_out_merge,
}
