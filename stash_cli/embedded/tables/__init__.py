"""The tables of a library file, with the names of Stash's own database."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Table, UniqueConstraint, collate

from stash_cli.embedded.tables import columns
from stash_cli.embedded.tables.columns import metadata
from stash_cli.embedded.tables.entities import (
    blobs,
    files,
    files_fingerprints,
    folders,
    galleries,
    galleries_chapters,
    galleries_files,
    groups,
    image_files,
    images,
    images_files,
    performers,
    saved_filters,
    scene_markers,
    scenes,
    scenes_files,
    scenes_o_dates,
    scenes_view_dates,
    settings,
    studios,
    tags,
    video_captions,
    video_files,
)
from stash_cli.embedded.tables.search_index import images_stale, scenes_stale

_SCENE, _IMAGE, _GALLERY = ("scene_id", "scenes"), ("image_id", "images"), ("gallery_id", "galleries")
_PERFORMER, _TAG, _GROUP = ("performer_id", "performers"), ("tag_id", "tags"), ("group_id", "groups")

scenes_tags = columns.join_table("scenes_tags", _SCENE, _TAG)
images_tags = columns.join_table("images_tags", _IMAGE, _TAG)
galleries_tags = columns.join_table("galleries_tags", _GALLERY, _TAG)
performers_tags = columns.join_table("performers_tags", _PERFORMER, _TAG)
studios_tags = columns.join_table("studios_tags", ("studio_id", "studios"), _TAG)
groups_tags = columns.join_table("groups_tags", _GROUP, _TAG)
scene_markers_tags = columns.join_table("scene_markers_tags", ("scene_marker_id", "scene_markers"), _TAG)

performers_scenes = columns.join_table("performers_scenes", _PERFORMER, _SCENE)
performers_images = columns.join_table("performers_images", _PERFORMER, _IMAGE)
performers_galleries = columns.join_table("performers_galleries", _PERFORMER, _GALLERY)

scenes_galleries = columns.join_table("scenes_galleries", _SCENE, _GALLERY)
galleries_images = columns.join_table("galleries_images", _GALLERY, _IMAGE, columns.flag("cover"))
groups_scenes = columns.join_table("groups_scenes", _GROUP, _SCENE, columns.integer("scene_index"))

tags_relations = columns.join_table("tags_relations", ("parent_id", "tags"), ("child_id", "tags"))
groups_relations = columns.join_table(
    "groups_relations",
    ("containing_id", "groups"),
    ("sub_id", "groups"),
    columns.integer("order_index", nullable=False),
    columns.text("description"),
)
groups_relations.append_constraint(UniqueConstraint("containing_id", "order_index"))
groups_relations.append_constraint(CheckConstraint("containing_id != sub_id"))


def _urls(noun: str, target: str) -> Table:
    name = f"{noun}_urls"
    return Table(
        name,
        metadata,
        columns.reference(f"{noun}_id", target, primary_key=True, nullable=False),
        columns.integer("position", primary_key=True, nullable=False),
        columns.text("url", primary_key=True, nullable=False),
        Index(f"index_{name}_on_url", "url"),
    )


def _aliases(noun: str, target: str, *, unique: bool) -> Table:
    name = f"{noun}_aliases"
    return Table(
        name,
        metadata,
        columns.reference(f"{noun}_id", target, primary_key=True, nullable=False),
        columns.text("alias", primary_key=True, nullable=False),
        Index(f"index_{name}_on_alias", "alias", unique=unique),
    )


def _stash_ids(noun: str, target: str) -> Table:
    name = f"{noun}_stash_ids"
    return Table(
        name,
        metadata,
        # Only a scene has at most one id for an endpoint: the key it has on the server.
        columns.reference(f"{noun}_id", target, primary_key=noun == "scene", nullable=False),
        columns.text("endpoint", primary_key=noun == "scene", nullable=False),
        columns.text("stash_id", nullable=False),
        Column("updated_at", columns.DATETIME, nullable=False),
        Index(f"index_{name}_on_{noun}_id", f"{noun}_id"),
    )


def _custom_fields(noun: str, target: str) -> Table:
    name = f"{noun}_custom_fields"
    return Table(
        name,
        metadata,
        columns.reference(f"{noun}_id", target, primary_key=True, nullable=False),
        columns.text("field", primary_key=True, nullable=False),
        Column("value", columns.ANY, nullable=False),
        Index(f"index_{name}_on_field_value", "field", "value"),
    )


scene_urls = _urls("scene", "scenes")
image_urls = _urls("image", "images")
gallery_urls = _urls("gallery", "galleries")
performer_urls = _urls("performer", "performers")
studio_urls = _urls("studio", "studios")
group_urls = _urls("group", "groups")

performer_aliases = _aliases("performer", "performers", unique=False)
studio_aliases = _aliases("studio", "studios", unique=True)
tag_aliases = _aliases("tag", "tags", unique=True)

NAME_INDEXES = tuple(
    Index(f"index_{column.table.name}_on_{column.name}_nocase", collate(column, "NOCASE"))
    for column in (
        performers.c.name,
        studios.c.name,
        tags.c.name,
        studio_aliases.c.alias,
        tag_aliases.c.alias,
    )
)
"""LIKE ignores ASCII case, so SQLite uses only an index of this collation for it."""

scene_stash_ids = _stash_ids("scene", "scenes")
performer_stash_ids = _stash_ids("performer", "performers")
studio_stash_ids = _stash_ids("studio", "studios")
tag_stash_ids = _stash_ids("tag", "tags")

scene_custom_fields = _custom_fields("scene", "scenes")
image_custom_fields = _custom_fields("image", "images")
gallery_custom_fields = _custom_fields("gallery", "galleries")
performer_custom_fields = _custom_fields("performer", "performers")
studio_custom_fields = _custom_fields("studio", "studios")
tag_custom_fields = _custom_fields("tag", "tags")
group_custom_fields = _custom_fields("group", "groups")

URLS = {
    "Scene": scene_urls,
    "Image": image_urls,
    "Gallery": gallery_urls,
    "Performer": performer_urls,
    "Studio": studio_urls,
    "Group": group_urls,
}
STASH_IDS = {
    "Scene": scene_stash_ids,
    "Performer": performer_stash_ids,
    "Studio": studio_stash_ids,
    "Tag": tag_stash_ids,
}
CUSTOM_FIELDS = {
    "Scene": scene_custom_fields,
    "Image": image_custom_fields,
    "Gallery": gallery_custom_fields,
    "Performer": performer_custom_fields,
    "Studio": studio_custom_fields,
    "Tag": tag_custom_fields,
    "Group": group_custom_fields,
}


__all__ = [
    "CUSTOM_FIELDS",
    "STASH_IDS",
    "URLS",
    "blobs",
    "files",
    "files_fingerprints",
    "folders",
    "galleries",
    "galleries_chapters",
    "galleries_files",
    "galleries_images",
    "galleries_tags",
    "gallery_custom_fields",
    "gallery_urls",
    "group_custom_fields",
    "group_urls",
    "groups",
    "groups_relations",
    "groups_scenes",
    "groups_tags",
    "image_custom_fields",
    "image_files",
    "image_urls",
    "images",
    "images_files",
    "images_stale",
    "images_tags",
    "metadata",
    "performer_aliases",
    "performer_custom_fields",
    "performer_stash_ids",
    "performer_urls",
    "performers",
    "performers_galleries",
    "performers_images",
    "performers_scenes",
    "performers_tags",
    "saved_filters",
    "scene_custom_fields",
    "scene_markers",
    "scene_markers_tags",
    "scene_stash_ids",
    "scene_urls",
    "scenes",
    "scenes_files",
    "scenes_galleries",
    "scenes_o_dates",
    "scenes_stale",
    "scenes_tags",
    "scenes_view_dates",
    "settings",
    "studio_aliases",
    "studio_custom_fields",
    "studio_stash_ids",
    "studio_urls",
    "studios",
    "studios_tags",
    "tag_aliases",
    "tag_custom_fields",
    "tag_stash_ids",
    "tags",
    "tags_relations",
    "video_captions",
    "video_files",
]
