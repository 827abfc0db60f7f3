"""Which object belongs to which: the many-to-many tables."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, UniqueConstraint

from stash_cli.embedded.tables.columns import flag, integer, join_table, text

_SCENE, _IMAGE, _GALLERY = ("scene_id", "scenes"), ("image_id", "images"), ("gallery_id", "galleries")
_PERFORMER, _TAG, _GROUP = ("performer_id", "performers"), ("tag_id", "tags"), ("group_id", "groups")

scenes_tags = join_table("scenes_tags", _SCENE, _TAG)
images_tags = join_table("images_tags", _IMAGE, _TAG)
galleries_tags = join_table("galleries_tags", _GALLERY, _TAG)
performers_tags = join_table("performers_tags", _PERFORMER, _TAG)
studios_tags = join_table("studios_tags", ("studio_id", "studios"), _TAG)
groups_tags = join_table("groups_tags", _GROUP, _TAG)
scene_markers_tags = join_table("scene_markers_tags", ("scene_marker_id", "scene_markers"), _TAG)

performers_scenes = join_table("performers_scenes", _PERFORMER, _SCENE)
performers_images = join_table("performers_images", _PERFORMER, _IMAGE)
performers_galleries = join_table("performers_galleries", _PERFORMER, _GALLERY)

scenes_galleries = join_table("scenes_galleries", _SCENE, _GALLERY)
galleries_images = join_table("galleries_images", _GALLERY, _IMAGE, flag("cover"))
groups_scenes = join_table("groups_scenes", _GROUP, _SCENE, integer("scene_index"))

tags_relations = join_table("tags_relations", ("parent_id", "tags"), ("child_id", "tags"))
groups_relations = join_table(
    "groups_relations",
    ("containing_id", "groups"),
    ("sub_id", "groups"),
    integer("order_index", nullable=False),
    text("description"),
)
groups_relations.append_constraint(UniqueConstraint("containing_id", "order_index"))
groups_relations.append_constraint(CheckConstraint("containing_id != sub_id"))
