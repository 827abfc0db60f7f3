"""`tree`: print objects below their parents; `move`: change their parents."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, command
from stash_cli.commands.verbs.update import AssignOptions, assign
from stash_cli.core.errors import StashUsageError
from stash_cli.output.values import View, columns, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.verbs.actions import Row
    from stash_cli.core.client.session import Session
    from stash_cli.core.types.entities import Entity

INDENT = "  "
PARENTS = {"Tag": "parents", "Studio": "parent_studio", "Folder": "parent_folder"}
"""Type -> the attribute with an object's parents."""


@dataclass(frozen=True, kw_only=True, eq=False)
class TreeOptions(CommandOptions):
    """The command line of `tree`."""

    root: Annotated[
        str | None, typer.Argument(metavar="[ID|NAME]", help="only this one and what is below it")
    ] = None
    depth: Annotated[
        int | None, typer.Option("--depth", metavar="N", min=0, help="levels below the top; 0 is the top")
    ] = None


@dataclass(frozen=True, kw_only=True, eq=False)
class MoveOptions(AssignOptions):
    """The command line of `move`."""

    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID|NAME...", help="the objects; - reads ids from stdin", show_default=False),
    ] = None
    under: Annotated[str | None, typer.Option("--under", metavar="ID|NAME", help="the new parent")] = None
    to_top: Annotated[bool, typer.Option("--top", help="no parent")] = False


def build_tree(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    plural = noun.entity.plural
    text = f"Print the {plural} below their parents.\n\nOther formats than a table have a row each."
    return command("tree", partial(tree, noun), TreeOptions, help=text, examples=examples)


def build_move(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    text = f"Give {noun.entity.plural} another parent, in place of those they have: shown first, and asked."
    return command("move", partial(move, noun), MoveOptions, help=text, examples=examples)


def tree(noun: Noun, runtime: Runtime, options: TreeOptions) -> None:
    entity = noun.entity
    view = View(columns=columns("id>", f"{entity.label}!", "depth>", "path"))
    runtime.check_output(view)

    async def work(session: Session) -> list[Row]:
        from stash_cli.commands.verbs.targets import target_ids

        root = await target_ids(session, entity, [options.root]) if options.root else None
        return list(rows_of_tree(await all_rows(session, entity), entity, root, options.depth))

    rows = runtime.run(work)
    if runtime.for_people and not runtime.options.fields:
        for row in rows:
            runtime.streams.data(f"{INDENT * row['depth']}{_line(row, entity)}\n")
    else:
        runtime.print_rows(view, rows)
    if not rows:
        runtime.streams.note(f"no {entity.plural}")


def _line(row: Row, entity: Entity) -> str:
    from stash_cli.core.texts import basename

    name = str(row[entity.label] or "")
    return f"{one_line(basename(name) if row['depth'] and entity.label == 'path' else name)}  ({row['id']})"


async def all_rows(session: Session, entity: Entity) -> list[Row]:
    """Read every object with its name and the ids of its parents."""
    from stash_cli.core.client.paging import FindQuery, iter_rows

    paths = ["id", entity.label, f"{PARENTS[entity.type]}.id"]
    return [row async for row in iter_rows(session, FindQuery(entity), paths)]


def rows_of_tree(
    rows: Sequence[Row], entity: Entity, root: Sequence[str] | None, depth: int | None
) -> Iterator[Row]:
    """Yield the objects in the order of the printed tree, each with its depth and path.

    An object with several parents appears below each. Objects of a cycle have no top; a cycle starts at its
    first object, so that every object appears at least once.
    """
    by_id = {row["id"]: row for row in rows}
    children: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        for parent in _parents(row, entity):
            children[parent].append(row["id"])
    tops = root or [row["id"] for row in rows if not any(id_ in by_id for id_ in _parents(row, entity))]
    seen: set[str] = set()
    for top in [*_sorted(tops, by_id, entity), *(() if root else _sorted(by_id, by_id, entity))]:
        if top not in seen:
            yield from _walk(top, by_id, children, entity, depth, seen)


def _walk(
    top: str,
    by_id: dict[str, Row],
    children: dict[str, list[str]],
    entity: Entity,
    depth: int | None,
    seen: set[str],
) -> Iterator[Row]:
    """Yield one object and its descendants; uses a stack, as trees may exceed Python's recursion limit."""
    stack: list[tuple[str, tuple[str, ...]]] = [(top, ())]
    while stack:
        id_, ancestors = stack.pop()
        seen.add(id_)
        names = [str(by_id[each][entity.label]) for each in (*ancestors, id_)]
        row = {"id": id_, "depth": len(ancestors), "path": " / ".join(names)}
        yield {**row, entity.label: by_id[id_][entity.label]}
        unvisited = [each for each in children[id_] if each not in ancestors and each != id_]
        seen.update(unvisited)
        if depth is None or len(ancestors) < depth:
            stack += [(each, (*ancestors, id_)) for each in reversed(_sorted(unvisited, by_id, entity))]


def _parents(row: Row, entity: Entity) -> list[str]:
    value = row.get(PARENTS[entity.type]) or []
    return [each["id"] for each in (value if isinstance(value, list) else [value])]


def _sorted(ids: Any, by_id: dict[str, Row], entity: Entity) -> list[str]:
    return sorted(ids, key=lambda id_: (str(by_id[id_][entity.label]).casefold(), int(id_)))


def move(noun: Noun, runtime: Runtime, options: MoveOptions) -> None:
    from stash_cli.commands.verbs.assignments import Assignment, Op, target_of

    if (options.under is None) != options.to_top:
        raise StashUsageError("give the new parent with --under, or --top for none")
    runtime.check_output(noun.view)
    target = target_of(noun.entity, PARENTS[noun.entity.type])
    if options.under is None:
        assignment = Assignment(target, Op.CLEAR, word="--top")
    else:
        value = [options.under] if target.is_list else options.under
        assignment = Assignment(target, Op.SET, value, word=f"--under {options.under}")
    assign(noun, runtime, options, options.words or [], [assignment])
