"""The mapper of each entity: its table, list fields, pictures, validators and messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.embedded import tables as t
from stash_cli.embedded.persistence import files, hierarchy, validators
from stash_cli.embedded.persistence.lists import (
    CONTAINING_GROUPS,
    SUB_GROUPS,
    ListChange,
    ListField,
    ManyToMany,
    SceneGroups,
    StashIds,
    TextList,
)
from stash_cli.embedded.persistence.validators import chapter_in_range

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

COLUMN_NAMES = {"rating100": "rating", "height_cm": "height", "synopsis": "description"}
"""Input field -> column, if the names differ."""


@dataclass
class Change:
    """A pending insert or update of one object; `id` is None until it is inserted."""

    connection: Connection
    mapper: EntityMapper
    given: Mapping[str, Any]
    id: int | None
    columns: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, ListChange] = field(default_factory=dict)

    @property
    def creating(self) -> bool:
        return self.id is None

    @property
    def owner(self) -> int:
        """The id; 0 before the insert, which is no object's id."""
        return self.id or 0


Validator = Callable[[Change], None]


@dataclass(frozen=True)
class EntityMapper:
    """The mapping of an entity to its tables. `type` is the API's, `noun` is used in messages.

    `validators` run before anything is written, `after_write` hooks after columns and lists. An empty text
    removes `pictures` if they are `clearable`.
    """

    type: str
    table: Table
    noun: str
    lists: Mapping[str, ListField] = field(default_factory=dict)
    pictures: Mapping[str, str] = field(default_factory=dict)
    clearable: bool = True
    untrimmed: frozenset[str] = frozenset()
    """Text fields that an update stores with surrounding whitespace."""
    ignored: frozenset[str] = frozenset()
    """Input fields that the server accepts and ignores."""
    validators: tuple[Validator, ...] = ()
    after_write: tuple[Validator, ...] = ()
    missing: str = "{noun} with id {id} not found"
    missing_in_bulk: str = ""
    missing_on_destroy: str = "id {id} does not exist in {table}"

    def not_found(self, template: str, object_id: int) -> str:
        return template.format(noun=self.noun, id=object_id, table=self.table.name)

    @property
    def custom_fields(self) -> Table | None:
        return t.CUSTOM_FIELDS.get(self.type)


def _tags(table: str, own: str) -> ManyToMany:
    return ManyToMany(t.metadata.tables[table], own, "tag_id", "tag ids")


def _urls(entity: str) -> TextList:
    return TextList(t.URLS[entity], f"{entity.lower()}_id", "url")


def _stash_ids(entity: str) -> StashIds:
    return StashIds(t.STASH_IDS[entity], f"{entity.lower()}_id")


# Bulk updates name the same list `group_ids`.
_GROUPS: dict[str, ListField] = {"groups": SceneGroups(), "group_ids": SceneGroups()}

SCENE = EntityMapper(
    "Scene",
    t.scenes,
    "scene",
    lists={
        "urls": _urls("Scene"),
        "tag_ids": _tags("scenes_tags", "scene_id"),
        "performer_ids": ManyToMany(t.performers_scenes, "scene_id", "performer_id", "performer ids"),
        "gallery_ids": ManyToMany(t.scenes_galleries, "scene_id", "gallery_id", "gallery ids"),
        "stash_ids": _stash_ids("Scene"),
        **_GROUPS,
    },
    pictures={"cover_image": "cover_blob"},
    clearable=False,
    # The server ignores it in updates; only the mutation sceneSaveActivity sets it.
    ignored=frozenset({"resume_time"}),
    validators=(validators.scene_title_required,),
    after_write=(files.assign_files, files.choose_primary),
    missing_in_bulk="sql: no rows in result set",
    missing_on_destroy="{noun} with id {id} not found",
)
IMAGE = EntityMapper(
    "Image",
    t.images,
    "image",
    lists={
        "urls": _urls("Image"),
        "tag_ids": _tags("images_tags", "image_id"),
        "performer_ids": ManyToMany(t.performers_images, "image_id", "performer_id", "performer ids"),
        "gallery_ids": ManyToMany(t.galleries_images, "image_id", "gallery_id", "gallery ids"),
    },
    # Only imageIncrementO, imageDecrementO and imageResetO change it.
    ignored=frozenset({"o_counter"}),
    validators=(validators.image_galleries_changeable,),
    after_write=(files.choose_primary,),
    missing_on_destroy="{noun} with id {id} not found",
)
GALLERY = EntityMapper(
    "Gallery",
    t.galleries,
    "gallery",
    lists={
        "urls": _urls("Gallery"),
        "tag_ids": _tags("galleries_tags", "gallery_id"),
        "performer_ids": ManyToMany(t.performers_galleries, "gallery_id", "performer_id", "performer ids"),
        "scene_ids": ManyToMany(t.scenes_galleries, "gallery_id", "scene_id", "scene ids"),
    },
    # The server trims the title of a gallery in a create, but not in an update.
    untrimmed=frozenset({"title"}),
    validators=(validators.gallery_title_required,),
    after_write=(files.choose_primary,),
    missing_in_bulk="sql: no rows in result set",
    missing_on_destroy="{noun} with id {id} not found",
)
CHAPTER = EntityMapper(
    "GalleryChapter",
    t.galleries_chapters,
    "gallery chapter",
    validators=(chapter_in_range,),
    missing_on_destroy="{noun} with id {id} not found",
)
MARKER = EntityMapper(
    "SceneMarker",
    t.scene_markers,
    "scene marker",
    lists={"tag_ids": _tags("scene_markers_tags", "scene_marker_id")},
    validators=(validators.marker_times, validators.marker_tags_without_primary),
    missing_in_bulk="sql: no rows in result set",
    missing_on_destroy="{noun} with id {id} not found",
)
PERFORMER = EntityMapper(
    "Performer",
    t.performers,
    "performer",
    lists={
        "urls": _urls("Performer"),
        "alias_list": TextList(t.performer_aliases, "performer_id", "alias"),
        "tag_ids": _tags("performers_tags", "performer_id"),
        "stash_ids": _stash_ids("Performer"),
    },
    pictures={"image": "image_blob"},
    validators=(
        validators.name_required,
        validators.performer_unique,
        validators.performer_aliases_distinct,
        validators.birth_before_death,
    ),
)
STUDIO = EntityMapper(
    "Studio",
    t.studios,
    "studio",
    lists={
        "urls": _urls("Studio"),
        "aliases": TextList(t.studio_aliases, "studio_id", "alias"),
        "tag_ids": _tags("studios_tags", "studio_id"),
        "stash_ids": _stash_ids("Studio"),
    },
    pictures={"image": "image_blob"},
    validators=(validators.name_required, validators.names_unique, hierarchy.studio_acyclic),
)
TAG = EntityMapper(
    "Tag",
    t.tags,
    "tag",
    lists={
        "aliases": TextList(t.tag_aliases, "tag_id", "alias"),
        "parent_ids": ManyToMany(t.tags_relations, "child_id", "parent_id", "parent tag ids"),
        "child_ids": ManyToMany(t.tags_relations, "parent_id", "child_id", "child tag ids"),
        "stash_ids": _stash_ids("Tag"),
    },
    pictures={"image": "image_blob"},
    validators=(validators.name_required, validators.names_unique, hierarchy.tags_acyclic),
)
GROUP = EntityMapper(
    "Group",
    t.groups,
    "group",
    lists={
        "urls": _urls("Group"),
        "tag_ids": _tags("groups_tags", "group_id"),
        "containing_groups": CONTAINING_GROUPS,
        "sub_groups": SUB_GROUPS,
    },
    pictures={"front_image": "front_image_blob", "back_image": "back_image_blob"},
    validators=(validators.group_name_required, hierarchy.group_not_own_member),
    after_write=(hierarchy.groups_acyclic, validators.default_front_image),
    missing="not found",
)
MAPPERS = {
    mapper.type: mapper for mapper in (SCENE, IMAGE, GALLERY, CHAPTER, MARKER, PERFORMER, STUDIO, TAG, GROUP)
}
