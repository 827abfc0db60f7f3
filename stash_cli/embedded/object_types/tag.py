"""Fields of tags."""

from __future__ import annotations

from stash_cli.embedded import tables as t
from stash_cli.embedded.library import pair_queries
from stash_cli.embedded.object_types import fields, relations

_groups = relations.Count("Tag", fields.links(t.groups_tags, "tag_id", "group_id"))

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
        "group_count": _groups,
        "movie_count": _groups,
        "scene_marker_count": relations.Count("Tag", pair_queries.marker_tags()),
        "image_path": fields.picture_url("tag/{id}/image"),
    },
)
