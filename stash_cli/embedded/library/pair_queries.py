"""Who hangs together with whom over two steps: statements that give pairs, for counts and filters."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CompoundSelect, Select, Table, func, select, union

from stash_cli.embedded import tables as t

MEDIA: tuple[tuple[str, Table, Table], ...] = (
    ("scene_id", t.scenes, t.performers_scenes),
    ("image_id", t.images, t.performers_images),
    ("gallery_id", t.galleries, t.performers_galleries),
)
"""(key, table, performers) of what performers appear in."""


def groups_of_performers() -> Select[Any]:
    """(performer, group) for groups of the performer's scenes; each pair once."""
    return (
        select(
            t.performers_scenes.c.performer_id.label("performer"), t.groups_scenes.c.group_id.label("group")
        )
        .join(t.groups_scenes, t.groups_scenes.c.scene_id == t.performers_scenes.c.scene_id)
        .distinct()
    )


def appearances(of: Select[Any] | None = None) -> CompoundSelect[Any]:
    """(performer, other) for performers that share a scene, image or gallery; each pair once.

    `of` gives the ids of the performers that are asked for; without it all of them are paired.
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
    """(studio, performer) over scenes, images and galleries; each pair once."""
    parts = [
        select(media.c.studio_id.label("studio"), performers.c.performer_id.label("performer"))
        .join(performers, performers.c[key] == media.c.id)
        .where(media.c.studio_id.is_not(None))
        for key, media, performers in MEDIA
    ]
    return union(*parts)


def marker_tags() -> CompoundSelect[Any]:
    """(tag, marker) for primary and secondary tags; each pair once."""
    secondary = t.scene_markers_tags
    return union(
        select(t.scene_markers.c.primary_tag_id.label("tag"), t.scene_markers.c.id.label("marker")),
        select(secondary.c.tag_id.label("tag"), secondary.c.scene_marker_id.label("marker")),
    )


def o_counts(kind: str) -> list[Select[Any]]:
    """(owner, o counter) of what belongs to a performer, studio or group: parts to be added up."""
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
