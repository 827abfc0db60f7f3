"""`stash files`: the files of the server, and actions on them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, Yes, command
from stash_cli.commands.argv.value_parsers import choice, named
from stash_cli.commands.common.calls import Call, Word
from stash_cli.commands.common.consent import require_few
from stash_cli.commands.common.failed_ids import write_failed
from stash_cli.commands.common.noun import Noun, Verb, Verbs
from stash_cli.commands.common.plan_output import PlanOut, changed_since, check_plan_out, write_plan
from stash_cli.commands.verbs.targets import find_targets, one_row, read_words, rows_of
from stash_cli.core.errors import StashUsageError
from stash_cli.core.types.entities import FILES as ENTITIES
from stash_cli.core.types.entities import NOUNS
from stash_cli.output.failures import confirm
from stash_cli.output.values import columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.verbs.actions import Row
    from stash_cli.commands.verbs.editing import EditOptions
    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.drafts.draft import Draft
    from stash_cli.core.orm.edit import Edit

PRIMARY = ("scene", "image", "gallery")


@dataclass(frozen=True, kw_only=True, eq=False)
class MoveOptions(CommandOptions):
    """The command line of `files move`."""

    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="ids or paths; - reads them from stdin")
    ]
    to: Annotated[str, typer.Option("--to", metavar="FOLDER", help="folder, as a path on the server")]
    yes: Yes = False
    plan_out: PlanOut = None


@dataclass(frozen=True, kw_only=True, eq=False)
class RenameOptions(CommandOptions):
    """The command line of `files rename`."""

    file: Annotated[str, typer.Argument(metavar="FILE", help="id or path of the file")]
    name: Annotated[str, typer.Argument(metavar="NAME", help="new name, with its ending")]
    yes: Yes = False
    plan_out: PlanOut = None


@dataclass(frozen=True, kw_only=True, eq=False)
class PrimaryOptions(CommandOptions):
    """The command line of `files set-primary`."""

    file: Annotated[str, typer.Argument(metavar="FILE", help="id of the file")]
    noun: Annotated[
        str,
        typer.Argument(
            metavar="|".join(PRIMARY), help="kind of object", parser=named("the object", choice(*PRIMARY))
        ),
    ]
    target: Annotated[str, typer.Argument(metavar="ID|TITLE", help="the object that has the file")]


FILES = Word("ids", "FILE...", "ids of files", many=True)
CALLS = (
    Call(
        "delete",
        "deleteFiles",
        "Delete files from disk, except primary ones",
        ("stash files delete 12",),
        word=FILES,
        done="deleted the files",
        question="delete the files from disk",
    ),
    Call(
        "forget",
        "destroyFiles",
        "Delete the records of files; the files stay on disk, and a scan finds them again",
        ("stash files forget 12",),
        word=FILES,
        done="deleted the records of the files",
        question="delete the records of the files",
    ),
    Call(
        "fingerprint",
        "fileSetFingerprints",
        "Set fingerprints of a file",
        ("stash files fingerprint 12 --fingerprint type=phash,value=f0f0c0c0d0d0e0e0",),
        word=Word("id", "FILE", "id of the file"),
        done="set the fingerprints",
    ),
    Call(
        "reveal",
        "revealFileInFileManager",
        "Show a file in the file manager of the machine on which the server runs",
        ("stash files reveal 12",),
        word=Word("id", "FILE", "id of the file"),
        done="the server opened its file manager",
    ),
)


def build_move(_: Noun, examples: tuple[str, ...]) -> StashCommand:
    return command("move", move, MoveOptions, examples=examples)


def build_rename(_: Noun, examples: tuple[str, ...]) -> StashCommand:
    return command("rename", rename, RenameOptions, examples=examples)


def move(runtime: Runtime, options: MoveOptions) -> None:
    """Move files to another folder of the library, on disk and in the database.

    The folder may be new, but must be in a media folder. Files in zips cannot be moved.
    """
    check_plan_out(options.plan_out)

    async def work(session: Session) -> None:
        from stash_cli.core.edits.moves import path_of

        words = read_words(runtime.streams, options.files)
        if not words:
            return
        found = await find_targets(session, NOUN.entity, words, ["id", "path"], "moved")
        found.require_all()
        edits = _edits(found.rows, lambda path: path_of(options.to) / path.name)
        if options.plan_out is not None:
            await _write(session, runtime, edits, options.plan_out)
            return
        confirm(runtime.streams, f"move {found.summary()} to {options.to}", yes=options.yes)
        await _move(session, runtime, edits)
        runtime.streams.note(f"moved {_count(len(found.ids))} to {options.to}")

    runtime.run(work, writes=options.plan_out is None)


def rename(runtime: Runtime, options: RenameOptions) -> None:
    """Give a file another name in its folder, on disk and in the database."""
    if not options.name.strip() or "/" in options.name:
        raise StashUsageError("NAME is the new name of the file, without a folder")

    check_plan_out(options.plan_out)

    async def work(session: Session) -> None:
        file = await one_row(session, NOUN.entity, options.file, ["id", "path"])
        edits = _edits([file], lambda path: path.with_name(options.name))
        if options.plan_out is not None:
            await _write(session, runtime, edits, options.plan_out)
            return
        confirm(runtime.streams, f"rename {file['path']} to {options.name}", yes=options.yes)
        await _move(session, runtime, edits)
        runtime.streams.note(f"renamed {file['path']} to {options.name}")

    runtime.run(work, writes=options.plan_out is None)


def _count(number: int) -> str:
    return f"{number:,} {'file' if number == 1 else 'files'}"


def _edits(rows: Iterable[Row], to: Callable[[Any], Any]) -> list[Edit]:
    """The edits of file paths; `to` returns the new path of a row."""
    from stash_cli.core.edits.moves import FILE, PATH, path_of
    from stash_cli.core.orm.edit import Edit

    pairs = ((row, str(to(path_of(row["path"])))) for row in rows)
    return [Edit(FILE, row["id"], PATH, row["path"], path) for row, path in pairs if path != row["path"]]


async def _move(
    session: Session,
    runtime: Runtime,
    edits: Sequence[Edit],
    *,
    fail_fast: bool = False,
    failed_to: str | None = None,
) -> None:
    """Move files. Raises the errors of files that were not moved; their ids are written to `failed_to`."""
    from asyncio import CancelledError

    from stash_cli.commands.common.outcomes import Outcomes
    from stash_cli.commands.common.sending import print_interrupted
    from stash_cli.core.edits.apply import Applier
    from stash_cli.core.edits.moves import Move, in_order, move_files

    moves = in_order(Move(edit.id, edit.before, edit.after) for edit in edits)
    outcomes = Outcomes(NOUN.entity, "moved", list(dict.fromkeys(each.id for each in moves)))
    outcomes.expect(each.id for each in moves)
    applier = Applier(session, is_shielded=True, fail_fast=fail_fast)
    try:
        await move_files(applier, moves, outcomes.record)
    except CancelledError:
        print_interrupted(runtime, outcomes)
        raise
    finally:
        outcomes.gave_up = applier.stopped
        write_failed(runtime, failed_to, outcomes)
    outcomes.check()


# --- plans in files ---


async def _write(session: Session, runtime: Runtime, edits: Sequence[Edit], target: str) -> None:
    """Show moves, and write them to the file of `--plan-out`."""
    from stash_cli.core.edits.diff import SHOWN
    from stash_cli.core.edits.drafts.draft import ObjectEdits

    for edit in edits[:SHOWN]:
        runtime.streams.note(f"{edit.before} -> {edit.after}")
    if len(edits) > SHOWN:
        runtime.streams.note(f"... and {len(edits) - SHOWN:,} more files")
    drafts = (ObjectEdits(edit.id, edit.before, (edit,)) for edit in edits)
    facts = {"type": NOUN.entity.type, "objects": len(edits)}
    await write_plan(session, runtime, target, drafts, kind="files", **facts)


async def carry_out_plan(session: Session, runtime: Runtime, draft: Draft, options: EditOptions) -> None:
    """Move the files of a plan. Raises StashConflictError if a file was moved since."""
    if options.interactive or options.force:
        flag = "--interactive" if options.interactive else "--force"
        raise StashUsageError(f"{flag} is not for a plan of file moves")
    edits = [edit for each in draft for edit in each.edits]
    befores = {edit.id: edit.before for edit in edits}
    require_few(len(edits), f"move {_count(len(edits))}", yes=options.yes, max_changes=options.max_changes)
    for row in await rows_of(session, NOUN.entity, [*befores], ["id", "path"]):
        if befores[row["id"]] != row["path"]:
            raise changed_since(NOUN.entity.noun, row["id"])
    confirm(runtime.streams, f"move {_count(len(edits))}", yes=options.yes)
    await _move(session, runtime, edits, fail_fast=options.fail_fast, failed_to=options.failed_to)
    runtime.streams.note(f"moved {_count(len(edits))}")


def build_set_primary(_: Noun, examples: tuple[str, ...]) -> StashCommand:
    return command("set-primary", set_primary, PrimaryOptions, examples=examples)


def set_primary(runtime: Runtime, options: PrimaryOptions) -> None:
    """Make a file the primary one of its scene, image or gallery: the one that is played and shown."""
    if not options.file.isdecimal():
        raise StashUsageError("FILE is the id of a file: see `stash files find`")

    async def work(session: Session) -> None:
        from importlib import import_module

        from stash_cli.commands.verbs.actions import change

        noun = import_module(f"stash_cli.commands.{NOUNS[options.noun].plural}").NOUN
        await change(
            session, runtime, noun, [options.target], [], partial(_primary, noun.entity.type, options.file)
        )

    runtime.run(work, writes=True)


def _primary(type_name: str, file: str, row: Row) -> Iterator[Edit]:
    from stash_cli.core.orm.edit import Edit
    from stash_cli.core.unset import UNSET

    yield Edit(type_name, row["id"], "primary_file_id", UNSET, file)


NOUN = Noun(
    ENTITIES["BaseFile"],
    columns=columns("id>", "path:path!", "size:size>", "modified=mod_time:moment?"),
    files=("path",),
    verbs=(
        Verbs.find(
            "stash files find --path-contains beach --sort path",
            "stash files find --dir /media/new --paths",
            "stash files find --scene-count 0 --image-count 0 --gallery-count 0",
        ),
        Verbs.show(),
        Verbs.count(),
        Verb(
            "move",
            "Move files to another folder, on disk and in the database",
            "files:build_move",
            ("stash files move 12 13 --to /media/sorted",),
        ),
        Verb(
            "rename",
            "Give a file another name, on disk and in the database",
            "files:build_rename",
            ("stash files rename 12 'Beach day.mp4'",),
        ),
        *(Verb(each.name, each.help, "common.calls:build_verb", arguments=(each,)) for each in CALLS),
        Verb(
            "set-primary",
            "Make a file the primary one of its object",
            "files:build_set_primary",
            ("stash files set-primary 12 scene 4",),
        ),
    ),
)
