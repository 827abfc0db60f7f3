"""`stash clean-empty`: delete objects that nothing refers to and that have no data of their own."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, Yes, command
from stash_cli.commands.common.consent import MOST, BackupFirst, require_few
from stash_cli.commands.common.sending import before_sending, send
from stash_cli.core.errors import StashConflictError, StashUsageError
from stash_cli.core.texts import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stash_cli.commands.common.outcomes import Outcomes
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session
    from stash_cli.core.types.entities import Entity

USUAL = ("tags", "performers", "studios", "groups", "galleries")
"""Kinds that are cleaned when none is named; scenes without files are often kept on purpose."""
KINDS = (*USUAL, "scenes")
_SHOWN = 20
_CHUNK = 250
"""Number of objects that are checked again and deleted together."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CleanEmptyOptions(CommandOptions):
    """The command line of `clean-empty`."""

    kinds: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KIND...]",
            help=f"{', '.join(USUAL)} (all of these without any), scenes",
            show_default=False,
        ),
    ] = None
    with_data: Annotated[
        bool, typer.Option("--with-data", help="also what has a picture, text or other fields of its own")
    ] = False
    yes: Yes = False
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="show what would go, send nothing")] = False
    backup_first: BackupFirst = False
    max_changes: Annotated[
        int | None,
        typer.Option(
            "--max-changes", metavar="N", min=0, help=f"refuse to delete more objects; {MOST} with --yes"
        ),
    ] = None


def build() -> StashCommand:
    return command(
        "clean-empty",
        clean_empty,
        CleanEmptyOptions,
        examples=(
            "stash clean-empty --dry-run",
            "stash clean-empty tags studios",
            "stash clean-empty scenes --with-data --dry-run",
        ),
    )


@dataclass
class Empty:
    """Objects of one kind to delete, and the number of those that are kept because of their data.

    With `with_data`, all are deleted.
    """

    entity: Entity
    with_data: bool = False
    rows: list[tuple[str, str]] = field(default_factory=list)
    kept: int = 0

    @property
    def ids(self) -> list[str]:
        return [id_ for id_, _ in self.rows]


def clean_empty(runtime: Runtime, options: CleanEmptyOptions) -> None:
    """Delete tags, performers, studios, groups and galleries that nothing refers to.

    What has a picture, a description, an alias, an address or another field of its own is kept, unless
    --with-data is given. Galleries are those without images, files and folder; scenes, which have to be
    named, those without files and markers. `stash undo` brings all back.
    """
    from stash_cli.core.types.entities import NOUNS

    if runtime.options.output not in ("table", "json"):
        raise StashUsageError("clean-empty prints its plan as text, or with --dry-run --json")
    for word in options.kinds or ():
        if word not in KINDS:
            raise StashUsageError(f"{word} is not one of {', '.join(KINDS)}")
    entities = {each.plural: each for each in NOUNS.values()}
    chosen = [entities[word] for word in dict.fromkeys(options.kinds or USUAL)]

    async def work(session: Session) -> None:
        with before_sending(runtime):
            found = [await find_empty(session, entity, with_data=options.with_data) for entity in chosen]
        await carry_out(session, runtime, options, found)

    runtime.run(work, writes=not options.dry_run)


async def find_empty(session: Session, entity: Entity, *, with_data: bool) -> Empty:
    """Find the objects of one kind without references."""
    from stash_cli.core.unreferenced import unreferenced

    found = Empty(entity, with_data)
    async for page in unreferenced(session, entity.type):
        for row in page:
            if row["has_data"] and not with_data:
                found.kept += 1
            else:
                found.rows.append((row["id"], str(row.get(entity.label) or "")))
    return found


async def carry_out(
    session: Session, runtime: Runtime, options: CleanEmptyOptions, found: Sequence[Empty]
) -> None:
    """Show the objects, ask, check them again, and delete them."""
    from stash_cli.commands.verbs.delete import back_up
    from stash_cli.output.failures import confirm

    count = sum(len(each.rows) for each in found)
    if options.dry_run and runtime.options.output == "json":
        _print_json(runtime, found)
        return
    if options.dry_run or (runtime.streams.interactive and not options.yes):
        for line in (line for each in found for line in lines(each)):
            runtime.streams.note(line)
    summary = ", ".join(each.entity.counted(len(each.rows)) for each in found if each.rows)
    if options.dry_run or not count:
        runtime.streams.note(f"{summary} would go" if count else "nothing to delete")
        return
    require_few(count, f"delete {counted(count, 'object')}", yes=options.yes, max_changes=options.max_changes)
    confirm(runtime.streams, f"delete {summary}", yes=options.yes)
    if options.backup_first:
        await back_up(session, runtime)
    outcomes = [await delete(session, runtime, each) for each in found if each.rows]
    for each in outcomes:
        each.check()


def _print_json(runtime: Runtime, found: Sequence[Empty]) -> None:
    plan = {each.entity.plural: [{"id": id_, "name": name} for id_, name in each.rows] for each in found}
    runtime.streams.data(json.dumps(plan, ensure_ascii=False) + "\n")


def lines(empty: Empty) -> Iterator[str]:
    """Yield lines with the deleted objects of one kind, and the number of those that are kept."""
    from stash_cli.output.values import one_line

    for id_, name in empty.rows[:_SHOWN]:
        yield f"{empty.entity.noun} {id_}" + (f' "{one_line(name)}"' if name else "")
    if len(empty.rows) > _SHOWN:
        yield f"... and {len(empty.rows) - _SHOWN:,} more {empty.entity.plural}"
    if empty.kept:
        possessive, verb, pronoun = ("its", "stays", "it") if empty.kept == 1 else ("their", "stay", "them")
        kept_objects = f"{empty.entity.counted(empty.kept)} with data of {possessive} own {verb}"
        yield f"{kept_objects}; --with-data takes {pronoun}, too"


async def delete(session: Session, runtime: Runtime, empty: Empty) -> Outcomes:
    """Delete the objects that are still empty; those used or filled since the check are skipped."""
    from stash_cli.commands.common.outcomes import Outcomes
    from stash_cli.core.edits.plan import plan_destroy
    from stash_cli.core.unreferenced import unreferenced

    entity, ids = empty.entity, empty.ids
    outcomes = Outcomes(entity, "deleted", ids)
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        pages = unreferenced(session, entity.type, chunk)
        rows = [row async for page in pages for row in page if empty.with_data or not row["has_data"]]
        empty_ids = [row["id"] for row in rows]
        conflict = StashConflictError("it was used, filled or deleted by others since it was read", {})
        outcomes.fail([id_ for id_ in chunk if id_ not in empty_ids], conflict)
        await send(session, runtime, list(plan_destroy(entity.type, empty_ids, {})), outcomes, is_paced=True)
    if outcomes.complete:
        runtime.streams.note(outcomes.done_message())
    return outcomes
