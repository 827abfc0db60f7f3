"""The criteria of a group filter (and of the movie filter of older clients)."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import Select, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.filters import common, conditions, criteria, relations, special
from stash_cli.embedded.library import pair_queries


def _link(table: Any, other: str) -> Any:
    return partial(criteria.pairs, table, "group_id", other)


def _performers() -> Select[Any]:
    found = pair_queries.groups_of_performers().subquery()
    return select(found.c.group, found.c.performer)


def _performers_or_none() -> Select[Any]:
    """(group, performer or NULL) of every scene."""
    link, performers = t.groups_scenes.alias(), t.performers_scenes.alias()
    joined = link.outerjoin(performers, performers.c.scene_id == link.c.scene_id)
    return select(link.c.group_id, performers.c.performer_id).select_from(joined)


_scenes = _link(t.groups_scenes, "scene_id")
_containing = partial(criteria.pairs, t.groups_relations, "sub_id", "containing_id")
_subs = partial(criteria.pairs, t.groups_relations, "containing_id", "sub_id")

GROUP_FILTER: dict[str, criteria.Handler] = {
    **criteria.strings("name director"),
    "synopsis": criteria.column("description", conditions.string),
    "duration": common.integer_part("duration"),
    "rating100": criteria.column("rating", conditions.number),
    **criteria.dates("date created_at updated_at"),
    "url": common.value_list(t.group_urls, "url"),
    **common.tag_criteria(t.groups_tags, "group_id"),
    "studios": common.studio_criterion(t.groups),
    "performers": relations.Relation(_performers, null_links=(_performers_or_none,)),
    "scene_count": criteria.count(_scenes),
    "o_counter": criteria.expression(
        criteria.total(lambda: pair_queries.o_counts("Group")), conditions.number
    ),
    "containing_groups": relations.Relation(_containing, "Group", exact=False),
    "sub_groups": relations.Relation(_subs, "Group", upwards=True, exact=False),
    "containing_group_count": criteria.count(_containing),
    "sub_group_count": criteria.count(_subs),
    "custom_fields": special.custom_fields(t.group_custom_fields, "group_id"),
    "is_missing": special.is_missing(
        {
            "front_image": lambda entity: entity.c.front_image_blob.is_(None),
            "back_image": lambda entity: entity.c.back_image_blob.is_(None),
            "scenes": special.has_none(_scenes),
        },
        t.groups,
    ),
    "scenes_filter": relations.related("Scene", _scenes),
    "studios_filter": relations.related("Studio", criteria.OwnColumn(t.groups, "studio_id")),
}
