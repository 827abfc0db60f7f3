"""Fields of studios."""

from __future__ import annotations

from sqlalchemy import select

from stash_cli.embedded import tables as t
from stash_cli.embedded.library import pair_queries
from stash_cli.embedded.object_types import fields, relations

_groups = relations.Count("Studio", select(t.groups.c.studio_id, t.groups.c.id), single=True)

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
        "parent_studio": relations.One("Studio", "_parent_id"),
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
        "performer_count": relations.Count("Studio", pair_queries.performer_studios()),
        "group_count": _groups,
        "movie_count": _groups,
        "o_counter": relations.sum_of(pair_queries.o_counts("Studio")),
        "image_path": fields.picture_url("studio/{id}/image"),
    },
)
