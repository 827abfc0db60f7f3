"""SQL expressions that filters, sorts and fields share."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Select,
    Subquery,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
)

from stash_cli.embedded import tables as t

if TYPE_CHECKING:
    from collections.abc import Collection, Generator


def raw_rows(connection: Connection, statement: Select[Any]) -> Generator[tuple[Any, ...]]:
    """The rows of `statement` as plain tuples of the driver, which matters for millions of rows."""
    with connection.execute(statement) as result:
        yield from result.cursor  # type: ignore[misc]


def ids_param() -> BindParameter[str]:
    """The parameter `ids` of a prepared statement: a JSON list, so that its length is not limited."""
    return bindparam("ids", type_=Text())


def id_list(ids: BindParameter[str] | Collection[int]) -> Select[tuple[int]]:
    """The ids of a JSON list as a subquery with one column."""
    # A statement can bind 32,766 values at most; a JSON list is one value of any length.
    source = ids if isinstance(ids, BindParameter) else bindparam(None, json.dumps(list(ids)), Text())
    each = func.json_each(source).table_valued("value")
    return select(cast(each.c.value, Integer))


def or_empty(column: ColumnElement[Any]) -> ColumnElement[str]:
    """Text, or "" for NULL."""
    return func.coalesce(column, "")


def fuzzy_date(date: ColumnElement[Any], precision: ColumnElement[Any]) -> ColumnElement[str]:
    """A fuzzy date cut to its precision: `2021`, `2021-03`, `2021-03-04`."""
    return func.substr(date, 1, case((precision == 1, 7), (precision == 2, 4), else_=10))  # noqa: PLR2004


def full_path(folders: FromClause = t.folders, files: FromClause = t.files) -> ColumnElement[str]:
    """The path of a file: the path of its folder and its name."""
    folder = case((folders.c.path == os.sep, ""), else_=folders.c.path)
    return folder.op("||")(os.sep).op("||")(files.c.basename)


def years_between(first: ColumnElement[Any], last: ColumnElement[Any]) -> ColumnElement[int]:
    """Whole years between two dates; NULL when either is NULL."""
    # As a decimal number: the truncated difference of 2021.0304 and 2000.0305 is the age in whole years.
    shape = "%Y.%m%d"
    return cast(func.strftime(shape, last) - func.strftime(shape, first), Integer)


def natural_order(expression: ColumnElement[Any]) -> ColumnElement[Any]:
    """`expression` in natural order: digits by value, letters without case."""
    return expression.collate("NATURAL_CI")


def tag_order() -> ColumnElement[Any]:
    """ORDER BY of every list of tags."""
    return natural_order(func.coalesce(t.tags.c.sort_name, t.tags.c.name))


EDGES: dict[str, Select[Any]] = {
    "Tag": select(t.tags_relations.c.parent_id.label("parent"), t.tags_relations.c.child_id.label("child")),
    "Studio": select(t.studios.c.parent_id.label("parent"), t.studios.c.id.label("child")).where(
        t.studios.c.parent_id.is_not(None)
    ),
    "Group": select(
        t.groups_relations.c.containing_id.label("parent"), t.groups_relations.c.sub_id.label("child")
    ),
    "Folder": select(t.folders.c.parent_folder_id.label("parent"), t.folders.c.id.label("child")).where(
        t.folders.c.parent_folder_id.is_not(None)
    ),
}
"""(parent, child) of each type with a hierarchy."""


def levels_of(depth: int | None) -> int:
    """The levels of a `depth` argument: -1 is all, any other negative value none."""
    return depth if depth is not None and depth >= -1 else 0


def descendants(kind: str, roots: Select[Any], depth: int | None, *, upwards: bool = False) -> Subquery:
    """Pairs (root, id): each root with itself and its descendants (or ancestors) down to `depth` levels.

    `depth` None or 0 is the roots alone, -1 all levels, any other negative value counts as 0.
    """
    start = roots.subquery()
    root = start.c[0]
    levels = levels_of(depth)
    if levels == 0:
        return select(root.label("root"), root.label("id")).subquery()
    tree = select(root.label("root"), root.label("id"), literal_column("0").label("level")).cte(
        recursive=True
    )
    edges = EDGES[kind].subquery()
    up, down = (edges.c.child, edges.c.parent) if upwards else (edges.c.parent, edges.c.child)
    # Without a limit the level stays 0, so that UNION ends the recursion even in a cycle.
    level = tree.c.level + 1 if levels > 0 else tree.c.level
    step = select(tree.c.root, down, level).join(edges, up == tree.c.id)
    if levels > 0:
        step = step.where(tree.c.level < levels)
    tree = tree.union(step)
    return select(tree.c.root, tree.c.id).distinct().subquery()
