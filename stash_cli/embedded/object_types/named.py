"""Fields of performers, studios, tags and groups (also as the movies of older clients)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.library import sql
from stash_cli.embedded.object_types import fields, relations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.embedded.library.context import Batch, Row


def _url_at(site: str) -> relations.Computed:
    """The first url of a site, or None."""
    # These fields were stored before `urls` of 0.27; older clients still read them.
    pattern = re.compile(rf"^https?://(?:www\.)?{re.escape(site)}/", re.IGNORECASE)

    def make(row: Row) -> str | None:
        return next((url for url in row.get("urls") if pattern.match(url)), None)

    return relations.Computed(make)


_performer_groups = sql.groups_of_performers().subquery()
_co_performers = sql.co_appearances(sql.id_list(sql.ids_param())).subquery()

PERFORMER = fields.ObjectType(
    "Performer",
    t.performers,
    noun="performer",
    columns={
        **fields.texts(
            t.performers, "disambiguation ethnicity country eye_color hair_color measurements fake_tits"
        ),
        **fields.texts(t.performers, "career_length tattoos piercings details"),
        **fields.dates(t.performers, "birthdate death_date career_start career_end"),
        **fields.plain(t.performers, "name gender circumcised weight penis_length favorite ignore_auto_tag"),
        **fields.plain(t.performers, "created_at updated_at"),
        "height_cm": t.performers.c.height,
        "rating100": t.performers.c.rating,
        "_image_blob": t.performers.c.image_blob,
    },
    relations={
        **fields.url_fields(t.performer_urls),
        "twitter": _url_at("twitter.com"),
        "instagram": _url_at("instagram.com"),
        "alias_list": fields.alias_list(t.performer_aliases),
        "tags": fields.tags_over(t.performers_tags, "performer_id"),
        "scenes": fields.many("Scene", t.performers_scenes, "performer_id", "scene_id"),
        "groups": relations.ToMany(
            "Group",
            relations.for_owners(select(_performer_groups.c[0], _performer_groups.c[1])).order_by(
                _performer_groups.c[1]
            ),
        ),
        "movies": relations.ToMany(
            "Movie",
            relations.for_owners(select(_performer_groups.c[0], _performer_groups.c[1])).order_by(
                _performer_groups.c[1]
            ),
        ),
        "stash_ids": fields.stash_ids(t.performer_stash_ids),
        "custom_fields": fields.CustomFields(t.performer_custom_fields),
        "scene_count": relations.direct_count(t.performers_scenes.c.performer_id),
        "image_count": relations.direct_count(t.performers_images.c.performer_id),
        "gallery_count": relations.direct_count(t.performers_galleries.c.performer_id),
        "group_count": relations.direct_count(_performer_groups.c[0], _performer_groups.c[1]),
        "movie_count": relations.direct_count(_performer_groups.c[0], _performer_groups.c[1]),
        "performer_count": relations.direct_count(_co_performers.c[0], _co_performers.c[1]),
        "o_counter": relations.sum_of(sql.o_counts("Performer")),
        "image_path": fields.picture_url("performer/{id}/image"),
    },
)


_studio_groups = relations.Count("Studio", select(t.groups.c.studio_id, t.groups.c.id), single=True)

STUDIO = fields.ObjectType(
    "Studio",
    t.studios,
    noun="studio",
    columns={
        **fields.texts(t.studios, "details"),
        **fields.plain(t.studios, "name favorite organized ignore_auto_tag created_at updated_at"),
        "rating100": t.studios.c.rating,
        "_parent_id": t.studios.c.parent_id,
        "_image_blob": t.studios.c.image_blob,
    },
    relations={
        **fields.url_fields(t.studio_urls),
        "parent_studio": relations.ToOne("Studio", "_parent_id"),
        "child_studios": fields.referencing("Studio", t.studios, "parent_id"),
        "aliases": fields.alias_list(t.studio_aliases),
        "tags": fields.tags_over(t.studios_tags, "studio_id"),
        "groups": fields.referencing("Group", t.groups, "studio_id"),
        "movies": fields.referencing("Movie", t.groups, "studio_id"),
        "stash_ids": fields.stash_ids(t.studio_stash_ids),
        "custom_fields": fields.CustomFields(t.studio_custom_fields),
        "scene_count": relations.Count("Studio", select(t.scenes.c.studio_id, t.scenes.c.id), single=True),
        "image_count": relations.Count("Studio", select(t.images.c.studio_id, t.images.c.id), single=True),
        "gallery_count": relations.Count(
            "Studio", select(t.galleries.c.studio_id, t.galleries.c.id), single=True
        ),
        "performer_count": relations.Count("Studio", sql.performer_studios()),
        "group_count": _studio_groups,
        "movie_count": _studio_groups,
        "o_counter": relations.sum_of(sql.o_counts("Studio")),
        "image_path": fields.picture_url("studio/{id}/image"),
    },
)


_tag_groups = relations.Count("Tag", fields.links(t.groups_tags, "tag_id", "group_id"))

TAG = fields.ObjectType(
    "Tag",
    t.tags,
    noun="tag",
    columns={
        **fields.texts(t.tags, "sort_name description"),
        **fields.plain(t.tags, "name favorite ignore_auto_tag created_at updated_at"),
        "_image_blob": t.tags.c.image_blob,
    },
    relations={
        "aliases": fields.alias_list(t.tag_aliases),
        "parents": fields.tags_over(t.tags_relations, "child_id", "parent_id"),
        "children": fields.tags_over(t.tags_relations, "parent_id", "child_id"),
        "stash_ids": fields.stash_ids(t.tag_stash_ids),
        "custom_fields": fields.CustomFields(t.tag_custom_fields),
        "parent_count": relations.direct_count(t.tags_relations.c.child_id),
        "child_count": relations.direct_count(t.tags_relations.c.parent_id),
        "scene_count": relations.Count("Tag", fields.links(t.scenes_tags, "tag_id", "scene_id")),
        "image_count": relations.Count("Tag", fields.links(t.images_tags, "tag_id", "image_id")),
        "gallery_count": relations.Count("Tag", fields.links(t.galleries_tags, "tag_id", "gallery_id")),
        "performer_count": relations.Count("Tag", fields.links(t.performers_tags, "tag_id", "performer_id")),
        "studio_count": relations.Count("Tag", fields.links(t.studios_tags, "tag_id", "studio_id")),
        "group_count": _tag_groups,
        "movie_count": _tag_groups,
        "scene_marker_count": relations.Count("Tag", sql.marker_tags()),
        "image_path": fields.picture_url("tag/{id}/image"),
    },
)


def _back(row: Row) -> str | None:
    if not row.values["_back_image_blob"]:
        return None
    return f"{row.batch.context.base_url}/group/{row.id}/backimage?t={fields.changed_at(row)}"


def _sub_group_count(batch: Batch, args: Mapping[str, Any]) -> dict[int, int]:
    """Descendants of each group; unlike other counts, depth 0 includes the direct children."""
    depth = sql.levels_of(args.get("depth"))
    tree = sql.descendants("Group", sql.id_list(sql.ids_param()), depth + 1 if depth >= 0 else -1)
    statement = select(tree.c.root, func.count()).where(tree.c.id != tree.c.root).group_by(tree.c.root)
    result = batch.context.connection.execute(statement, {"ids": batch.ids})
    counts: dict[int, int] = {row[0]: row[1] for row in result}
    return {row.id: counts.get(row.id, 0) for row in batch.rows}


_group_relations = t.groups_relations
_group_performers = select(t.groups_scenes.c.group_id, t.performers_scenes.c.performer_id).join(
    t.performers_scenes, t.performers_scenes.c.scene_id == t.groups_scenes.c.scene_id
)
_subs = select(_group_relations.c.containing_id, _group_relations.c.sub_id, _group_relations.c.description)
_containing = select(
    _group_relations.c.sub_id, _group_relations.c.containing_id, _group_relations.c.description
)

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
        "studio": relations.ToOne("Studio", "_studio_id"),
        "tags": fields.tags_over(t.groups_tags, "group_id"),
        "scenes": fields.many("Scene", t.groups_scenes, "group_id", "scene_id"),
        "sub_groups": relations.Joined(
            "Group", "group", relations.for_owners(_subs).order_by(_group_relations.c.order_index)
        ),
        "containing_groups": relations.Joined(
            "Group", "group", relations.for_owners(_containing).order_by(_group_relations.c.containing_id)
        ),
        "custom_fields": fields.CustomFields(t.group_custom_fields),
        "scene_count": relations.Count("Group", fields.links(t.groups_scenes, "group_id", "scene_id")),
        "performer_count": relations.Count("Group", _group_performers),
        "sub_group_count": relations.Function(_sub_group_count),
        "o_counter": relations.sum_of(sql.o_counts("Group")),
        "front_image_path": fields.picture_url("group/{id}/frontimage", "_front_image_blob"),
        "back_image_path": relations.Computed(_back),
    },
)

MOVIE = replace(GROUP, type="Movie", noun="movie")
