"""Fields of groups, also as the movies of older clients."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.library import pair_queries, sql
from stash_cli.embedded.object_types import fields, relations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.embedded.library.rows import Batch, Row


def _back(row: Row) -> str | None:
    if not row.values["_back_image_blob"]:
        return None
    return f"{row.batch.context.base_url}/group/{row.id}/backimage?t={fields.changed_at(row)}"


def _sub_group_count(batch: Batch, args: Mapping[str, Any]) -> dict[int, int]:
    """Descendants of each group; unlike other counts, depth 0 includes the direct children."""
    depth = sql.levels_of(args.get("depth"))
    tree = sql.descendants("Group", sql.id_list(sql.ids_param()), depth + 1 if depth >= 0 else -1)
    statement = select(tree.c.root, func.count()).where(tree.c.id != tree.c.root).group_by(tree.c.root)
    found = batch.context.connection.execute(statement, {"ids": batch.ids})
    counts: dict[int, int] = {row[0]: row[1] for row in found}
    return {row.id: counts.get(row.id, 0) for row in batch.rows}


_relations = t.groups_relations
_performers = select(t.groups_scenes.c.group_id, t.performers_scenes.c.performer_id).join(
    t.performers_scenes, t.performers_scenes.c.scene_id == t.groups_scenes.c.scene_id
)
_subs = select(_relations.c.containing_id, _relations.c.sub_id, _relations.c.description)
_containing = select(_relations.c.sub_id, _relations.c.containing_id, _relations.c.description)

GROUP = fields.ObjectType(
    "Group",
    t.groups,
    noun="group",
    columns={
        **fields.texts(t.groups, "aliases director"),
        **fields.dates(t.groups, "date"),
        **fields.plain(t.groups, "name duration created_at updated_at"),
        "synopsis": sql.or_empty(t.groups.c.description),
        "rating100": t.groups.c.rating,
        "_studio_id": t.groups.c.studio_id,
        "_front_image_blob": t.groups.c.front_image_blob,
        "_back_image_blob": t.groups.c.back_image_blob,
    },
    relations={
        **fields.url_fields(t.group_urls),
        "studio": relations.One("Studio", "_studio_id"),
        "tags": fields.tags_over(t.groups_tags, "group_id"),
        "scenes": fields.many("Scene", t.groups_scenes, "group_id", "scene_id"),
        "sub_groups": relations.Joined(
            "Group", "group", relations.for_owners(_subs).order_by(_relations.c.order_index)
        ),
        "containing_groups": relations.Joined(
            "Group", "group", relations.for_owners(_containing).order_by(_relations.c.containing_id)
        ),
        "custom_fields": fields.CustomFields(t.group_custom_fields),
        "scene_count": relations.Count("Group", fields.links(t.groups_scenes, "group_id", "scene_id")),
        "performer_count": relations.Count("Group", _performers),
        "sub_group_count": relations.Function(_sub_group_count),
        "o_counter": relations.sum_of(pair_queries.o_counts("Group")),
        "front_image_path": fields.picture_url("group/{id}/frontimage", "_front_image_blob"),
        "back_image_path": relations.Computed(_back),
    },
)

MOVIE = replace(GROUP, type="Movie", noun="movie")
