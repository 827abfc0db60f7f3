"""SQL expressions that filters, sorts and fields share, and queries of (owner, object) pairs."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Connection,
    FromClause,
    Integer,
    Select,
    Subquery,
    Table,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
    union,
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
    date_format = "%Y.%m%d"
    return cast(func.strftime(date_format, last) - func.strftime(date_format, first), Integer)


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


MEDIA: tuple[tuple[str, Table, Table], ...] = (
    ("scene_id", t.scenes, t.performers_scenes),
    ("image_id", t.images, t.performers_images),
    ("gallery_id", t.galleries, t.performers_galleries),
)
"""(key, table, join table with performers) of the media types."""


def groups_of_performers() -> Select[Any]:
    """Distinct (performer, group) pairs over scenes."""
    return (
        select(
            t.performers_scenes.c.performer_id.label("performer"), t.groups_scenes.c.group_id.label("group")
        )
        .join(t.groups_scenes, t.groups_scenes.c.scene_id == t.performers_scenes.c.scene_id)
        .distinct()
    )


def co_appearances(of: Select[Any] | None = None) -> CompoundSelect[Any]:
    """Distinct (performer, other performer) pairs that share a scene, image or gallery.

    `of` limits the first performer to these ids.
    """
    parts = []
    for key, _, performers in MEDIA:
        first, second = performers.alias(), performers.alias()
        part = select(first.c.performer_id.label("performer"), second.c.performer_id.label("other")).join(
            second, (second.c[key] == first.c[key]) & (second.c.performer_id != first.c.performer_id)
        )
        parts.append(part if of is None else part.where(first.c.performer_id.in_(of)))
    return union(*parts)


def performer_studios() -> CompoundSelect[Any]:
    """Distinct (studio, performer) pairs over scenes, images and galleries."""
    parts = [
        select(media.c.studio_id.label("studio"), performers.c.performer_id.label("performer"))
        .join(performers, performers.c[key] == media.c.id)
        .where(media.c.studio_id.is_not(None))
        for key, media, performers in MEDIA
    ]
    return union(*parts)


def marker_tags() -> CompoundSelect[Any]:
    """Distinct (tag, marker) pairs of primary and secondary tags."""
    secondary = t.scene_markers_tags
    return union(
        select(t.scene_markers.c.primary_tag_id.label("tag"), t.scene_markers.c.id.label("marker")),
        select(secondary.c.tag_id.label("tag"), secondary.c.scene_marker_id.label("marker")),
    )


def o_counts(kind: str) -> list[Select[Any]]:
    """(owner, o counter) parts of a performer, studio or group, to be summed."""
    o_dates = t.scenes_o_dates
    count = func.count(o_dates.c.id)
    if kind == "Group":
        link = t.groups_scenes
        scenes = select(link.c.group_id, count).join(o_dates, o_dates.c.scene_id == link.c.scene_id)
        return [scenes.group_by(link.c.group_id)]
    if kind == "Studio":
        owner, image_owner = t.scenes.c.studio_id, t.images.c.studio_id
        scenes = select(owner, count).join(o_dates, o_dates.c.scene_id == t.scenes.c.id)
        images = select(image_owner, func.sum(t.images.c.o_counter))
        return [scenes.group_by(owner), images.group_by(image_owner)]
    link, image_link = t.performers_scenes, t.performers_images
    scenes = select(link.c.performer_id, count).join(o_dates, o_dates.c.scene_id == link.c.scene_id)
    images = select(image_link.c.performer_id, func.sum(t.images.c.o_counter)).join(
        t.images, t.images.c.id == image_link.c.image_id
    )
    return [scenes.group_by(link.c.performer_id), images.group_by(image_link.c.performer_id)]
