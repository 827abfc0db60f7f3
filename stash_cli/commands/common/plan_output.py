"""`--plan-out`: the plan of a command in a file, for `stash apply`."""

from __future__ import annotations

import io
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.core.errors import StashConflictError, StashUsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.verbs.editing import Editing
    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.drafts.draft import ObjectEdits
    from stash_cli.core.edits.drafts.plan_files import PlanHead

PlanOut = Annotated[
    str | None,
    typer.Option("--plan-out", metavar="FILE", help="write the plan for `stash apply FILE`, send nothing"),
]


def check_plan_out(target: str | None) -> None:
    """Raise StashUsageError where the file of a plan cannot be written, before the first request."""
    if target is None:
        return
    path = Path(target).expanduser()
    if path.is_dir() or not path.parent.is_dir():
        raise StashUsageError(f"--plan-out: {target} cannot be written: no such folder")


async def write_edits(editing: Editing, target: str) -> None:
    """Show the edits of a command, and write them to a file."""
    from stash_cli.commands.verbs.names import MOST

    editing.preview()
    names = editing.names
    makes = [[t, one, name, names.input_of(t, one, name)] for t, one, name in names.to_create()]
    labels = [[*key, name] for key, name in islice(names.labels.items(), MOST)]
    facts = {"type": editing.entity.type, "objects": len(editing.draft), "makes": makes, "labels": labels}
    await write_plan(editing.session, editing.runtime, target, editing.draft, kind="edits", **facts)


async def write_plan(
    session: Session, runtime: Runtime, target: str, drafted: Iterable[ObjectEdits] = (), **head: Any
) -> None:
    """Write a plan file atomically; `head` has further fields of its first line."""
    from stash_cli.core.edits.drafts.plan_files import PlanHead
    from stash_cli.core.edits.journal.databases import read_fingerprint

    server = await session.load_capabilities()
    connection = runtime.connection()
    plan_head = PlanHead(
        command=runtime.typed_command,
        server=connection.server,
        version=server.version,
        database=await read_fingerprint(session),
        **head,
    )
    _write(target, plan_head, drafted)
    runtime.streams.note(f"wrote the plan to {target}: `stash apply {target}` carries it out")


def _write(target: str, head: PlanHead, objects: Iterable[ObjectEdits]) -> None:
    from stash_cli.core.edits.drafts import plan_files
    from stash_cli.core.records.writing import output_file

    with output_file(Path(target).expanduser()) as file:
        text = io.TextIOWrapper(file, "utf-8", newline="\n")
        plan_files.write(text, head, objects)
        text.flush()
        text.detach()


def changed_since(noun: str, one: str) -> StashConflictError:
    """Build the error of an object that was changed after the plan was made."""
    return StashConflictError(f"{noun} {one} was changed since the plan was made", {}, hint="Make it again.")
