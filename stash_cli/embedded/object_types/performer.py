"""Fields of performers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import select

from stash_cli.embedded import tables as t
from stash_cli.embedded.library import pair_queries, sql
from stash_cli.embedded.object_types import fields, relations

if TYPE_CHECKING:
    from stash_cli.embedded.library.rows import Row


def _url_at(site: str) -> relations.Computed:
    """The first url of a site, or None."""
    pattern = re.compile(rf"^https?://(?:www\.)?{re.escape(site)}/", re.IGNORECASE)

    def make(row: Row) -> str | None:
        return next((url for url in row.get("urls") if pattern.match(url)), None)

    return relations.Computed(make)


_groups = pair_queries.groups_of_performers().subquery()
_co_performers = pair_queries.co_appearances(sql.id_list(sql.ids_param())).subquery()

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
        "groups": relations.Many(
            "Group", relations.for_owners(select(_groups.c[0], _groups.c[1])).order_by(_groups.c[1])
        ),
        "movies": relations.Many(
            "Movie", relations.for_owners(select(_groups.c[0], _groups.c[1])).order_by(_groups.c[1])
        ),
        "stash_ids": fields.stash_ids(t.performer_stash_ids),
        "custom_fields": fields.CustomFields(t.performer_custom_fields),
        "scene_count": relations.direct_count(t.performers_scenes.c.performer_id),
        "image_count": relations.direct_count(t.performers_images.c.performer_id),
        "gallery_count": relations.direct_count(t.performers_galleries.c.performer_id),
        "group_count": relations.direct_count(_groups.c[0], _groups.c[1]),
        "movie_count": relations.direct_count(_groups.c[0], _groups.c[1]),
        "performer_count": relations.direct_count(_co_performers.c[0], _co_performers.c[1]),
        "o_counter": relations.sum_of(pair_queries.o_counts("Performer")),
        "image_path": fields.picture_url("performer/{id}/image"),
    },
)
