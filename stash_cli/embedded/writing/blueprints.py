"""The entities, and what sets each apart when it is written."""

from __future__ import annotations

from stash_cli.embedded import tables
from stash_cli.embedded.writing import hierarchy, names, titles
from stash_cli.embedded.writing.blueprint import Blueprint
from stash_cli.embedded.writing.chapters import chapter_in_range
from stash_cli.embedded.writing.files_of import choose_primary, take_files
from stash_cli.embedded.writing.lists import Link, ListField, StashIds, Texts
from stash_cli.embedded.writing.memberships import CONTAINING_GROUPS, SUB_GROUPS, SceneGroups


def _tags(table: str, own: str) -> Link:
    return Link(tables.metadata.tables[table], own, "tag_id", "tag ids")


def _urls(entity: str) -> Texts:
    return Texts(tables.URLS[entity], f"{entity.lower()}_id", "url")


def _stash_ids(entity: str) -> StashIds:
    return StashIds(tables.STASH_IDS[entity], f"{entity.lower()}_id")


_GROUPS: dict[str, ListField] = {"groups": SceneGroups(), "group_ids": SceneGroups()}

SCENE = Blueprint(
    "Scene",
    tables.scenes,
    "scene",
    lists={
        "urls": _urls("Scene"),
        "tag_ids": _tags("scenes_tags", "scene_id"),
        "performer_ids": Link(tables.performers_scenes, "scene_id", "performer_id", "performer ids"),
        "gallery_ids": Link(tables.scenes_galleries, "scene_id", "gallery_id", "gallery ids"),
        "stash_ids": _stash_ids("Scene"),
        **_GROUPS,
    },
    pictures={"cover_image": "cover_blob"},
    clearable=False,
    ignored=frozenset({"resume_time"}),
    checks=(titles.scene_titled,),
    aftermath=(take_files, choose_primary),
    missing_in_bulk="sql: no rows in result set",
    missing_on_destroy="{noun} with id {id} not found",
)
IMAGE = Blueprint(
    "Image",
    tables.images,
    "image",
    lists={
        "urls": _urls("Image"),
        "tag_ids": _tags("images_tags", "image_id"),
        "performer_ids": Link(tables.performers_images, "image_id", "performer_id", "performer ids"),
        "gallery_ids": Link(tables.galleries_images, "image_id", "gallery_id", "gallery ids"),
    },
    ignored=frozenset({"o_counter"}),
    checks=(titles.image_galleries_changeable,),
    aftermath=(choose_primary,),
    missing_on_destroy="{noun} with id {id} not found",
)
GALLERY = Blueprint(
    "Gallery",
    tables.galleries,
    "gallery",
    lists={
        "urls": _urls("Gallery"),
        "tag_ids": _tags("galleries_tags", "gallery_id"),
        "performer_ids": Link(tables.performers_galleries, "gallery_id", "performer_id", "performer ids"),
        "scene_ids": Link(tables.scenes_galleries, "gallery_id", "scene_id", "scene ids"),
    },
    untrimmed=frozenset({"title"}),
    checks=(titles.gallery_titled,),
    aftermath=(choose_primary,),
    missing_in_bulk="sql: no rows in result set",
    missing_on_destroy="{noun} with id {id} not found",
)
CHAPTER = Blueprint(
    "GalleryChapter",
    tables.galleries_chapters,
    "gallery chapter",
    checks=(chapter_in_range,),
    missing_on_destroy="{noun} with id {id} not found",
)
MARKER = Blueprint(
    "SceneMarker",
    tables.scene_markers,
    "scene marker",
    lists={"tag_ids": _tags("scene_markers_tags", "scene_marker_id")},
    checks=(titles.marker_times, titles.marker_primary_apart),
    missing_in_bulk="sql: no rows in result set",
    missing_on_destroy="{noun} with id {id} not found",
)
PERFORMER = Blueprint(
    "Performer",
    tables.performers,
    "performer",
    lists={
        "urls": _urls("Performer"),
        "alias_list": Texts(tables.performer_aliases, "performer_id", "alias"),
        "tag_ids": _tags("performers_tags", "performer_id"),
        "stash_ids": _stash_ids("Performer"),
    },
    pictures={"image": "image_blob"},
    checks=(
        names.name_required,
        names.performer_unique,
        names.performer_aliases_distinct,
        titles.birth_before_death,
    ),
)
STUDIO = Blueprint(
    "Studio",
    tables.studios,
    "studio",
    lists={
        "urls": _urls("Studio"),
        "aliases": Texts(tables.studio_aliases, "studio_id", "alias"),
        "tag_ids": _tags("studios_tags", "studio_id"),
        "stash_ids": _stash_ids("Studio"),
    },
    pictures={"image": "image_blob"},
    checks=(names.name_required, names.names_unique, hierarchy.studio_acyclic),
)
TAG = Blueprint(
    "Tag",
    tables.tags,
    "tag",
    lists={
        "aliases": Texts(tables.tag_aliases, "tag_id", "alias"),
        "parent_ids": Link(tables.tags_relations, "child_id", "parent_id", "parent tag ids"),
        "child_ids": Link(tables.tags_relations, "parent_id", "child_id", "child tag ids"),
        "stash_ids": _stash_ids("Tag"),
    },
    pictures={"image": "image_blob"},
    checks=(names.name_required, names.names_unique, hierarchy.tags_acyclic),
)
GROUP = Blueprint(
    "Group",
    tables.groups,
    "group",
    lists={
        "urls": _urls("Group"),
        "tag_ids": _tags("groups_tags", "group_id"),
        "containing_groups": CONTAINING_GROUPS,
        "sub_groups": SUB_GROUPS,
    },
    pictures={"front_image": "front_image_blob", "back_image": "back_image_blob"},
    checks=(names.group_name_required, hierarchy.group_not_own_member),
    aftermath=(hierarchy.groups_acyclic, titles.front_of_group),
    missing="not found",
)
BLUEPRINTS = {
    blueprint.type: blueprint
    for blueprint in (SCENE, IMAGE, GALLERY, CHAPTER, MARKER, PERFORMER, STUDIO, TAG, GROUP)
}
