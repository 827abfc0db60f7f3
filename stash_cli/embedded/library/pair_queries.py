"""Queries of (owner, object) pairs over two relations, for counts and filters."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CompoundSelect, Select, Table, func, select, union

from stash_cli.embedded import tables as t

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
        mine, theirs = performers.alias(), performers.alias()
        part = select(mine.c.performer_id.label("performer"), theirs.c.performer_id.label("other")).join(
            theirs, (theirs.c[key] == mine.c[key]) & (theirs.c.performer_id != mine.c.performer_id)
        )
        parts.append(part if of is None else part.where(mine.c.performer_id.in_(of)))
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
