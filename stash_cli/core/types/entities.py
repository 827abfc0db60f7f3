"""The entities that can be found, shown, created and deleted, and the API's names for each.

Most names are derived from the type's name; the table below has the exceptions.
"""

from __future__ import annotations

from typing import NamedTuple

from stash_cli.core.texts import counted
from stash_cli.core.types.api import ApiType, describe_api


class Entity(NamedTuple):
    """One kind of object: `type` in the API, `noun`/`plural` in the command line and in sentences."""

    type: str
    noun: str
    plural: str
    label: str = "name"
    """The field with its name for people."""
    list_name: str = ""
    """The API's name of a list of them if it is not the plural: `scene_markers` for `markers`."""

    filter_name: str = ""
    """The API's name of their filter if it is not the type's: `FileFilterType` for `BaseFile`."""

    sort_keys: str = ""
    """Sort keys of the server besides `random` and `random_<seed>`; the schema has only a String for them."""

    def counted(self, number: int) -> str:
        """A number of these objects: `1 scene`, `1,200 scenes`."""
        return counted(number, self.noun, self.plural)

    @property
    def sorts(self) -> tuple[str, ...]:
        """Sort keys of the server."""
        return tuple(self.sort_keys.split())

    @property
    def items(self) -> str:
        """Field of the page that holds the objects: `scenes`."""
        return self.list_name or self.plural

    @property
    def find(self) -> str:
        """Query for a page of them: `findScenes`."""
        return "find" + camel(self.items)

    @property
    def filter_arg(self) -> str:
        """Argument of `find` that holds the filter: `scene_filter`."""
        return f"{snake(self.filter_name or self.type)}_filter"

    @property
    def filter_type(self) -> str:
        return f"{self.filter_name or self.type}FilterType"

    def operation(self, verb: str) -> str:
        """The mutation for one of them: "Create" -> `sceneCreate`."""
        return f"{self.type[0].lower()}{self.type[1:]}{verb}"

    @property
    def destroy(self) -> str:
        """The mutation that deletes several: `scenesDestroy` (`galleryDestroy` takes a list itself)."""
        many = camel(self.items)
        name = f"{many[0].lower()}{many[1:]}Destroy"
        return name if name in describe_api().mutations else self.operation("Destroy")

    @property
    def bulk_update(self) -> str:
        return f"bulk{self.type}Update"

    @property
    def api(self) -> ApiType:
        return describe_api().types[self.type]


def camel(name: str) -> str:
    """`scene_markers` -> `SceneMarkers`."""
    return "".join(part.title() for part in name.split("_"))


def snake(name: str) -> str:
    """`SceneMarker` -> `scene_marker`."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


ENTITIES: dict[str, Entity] = {
    entity.type: entity
    for entity in (
        Entity(
            "Scene",
            "scene",
            "scenes",
            label="title",
            sort_keys="bitrate code created_at date duration file_count file_mod_time filesize framerate "
            "group_scene_number id interactive interactive_speed last_o_at last_played_at "
            "movie_scene_number o_counter organized path perceptual_similarity performer_age "
            "performer_count play_count play_duration rating resolution resume_time studio tag_count "
            "title updated_at",
        ),
        Entity(
            "Image",
            "image",
            "images",
            label="title",
            sort_keys="created_at date file_count file_mod_time filesize id o_counter path performer_count "
            "rating resolution tag_count title updated_at",
        ),
        Entity(
            "Gallery",
            "gallery",
            "galleries",
            label="title",
            sort_keys="created_at date file_count file_mod_time id images_count path performer_count rating "
            "tag_count title updated_at",
        ),
        Entity(
            "Performer",
            "performer",
            "performers",
            sort_keys="birthdate career_length created_at galleries_count height id images_count last_o_at "
            "last_played_at measurements name o_counter penis_length play_count rating scenes_count "
            "scenes_duration tag_count updated_at weight",
        ),
        Entity(
            "Studio",
            "studio",
            "studios",
            sort_keys="child_count created_at galleries_count id images_count name rating scenes_count "
            "scenes_duration tag_count updated_at",
        ),
        Entity(
            "Tag",
            "tag",
            "tags",
            sort_keys="created_at galleries_count groups_count id images_count movies_count name "
            "performers_count scene_markers_count scenes_count scenes_duration studios_count "
            "updated_at",
        ),
        Entity(
            "Group",
            "group",
            "groups",
            sort_keys="created_at date duration id name o_counter rating scenes_count sub_group_order "
            "tag_count updated_at",
        ),
        Entity(
            "SceneMarker",
            "marker",
            "markers",
            label="title",
            list_name="scene_markers",
            sort_keys="created_at duration id scene_id scenes_updated_at seconds title updated_at",
        ),
    )
}
"""By API type name."""

NOUNS: dict[str, Entity] = {
    word: entity for entity in ENTITIES.values() for word in (entity.noun, entity.plural)
}
"""By noun, singular and plural."""

_FILE_SORTS = "created_at id path updated_at"
FILES: dict[str, Entity] = {
    entity.type: entity
    for entity in (
        Entity("BaseFile", "file", "files", label="path", filter_name="File", sort_keys=_FILE_SORTS),
        Entity("Folder", "folder", "folders", label="path", sort_keys=_FILE_SORTS),
    )
}
"""Files and folders by API type name: found like entities, but created and changed by scans only."""
