"""Inputs of the mutations on scenes, on their markers and on files."""

from __future__ import annotations

from stash_cli.core.types.annotations import ID, Date, Map, Nullable, Picture, Rating100
from stash_cli.core.types.base import StashInput, api
from stash_cli.core.types.inputs import common
from stash_cli.core.types.inputs.common import BulkUpdateIds
from stash_cli.core.types.links import SceneMovieInput
from stash_cli.core.unset import UNSET


class _SceneScalars(StashInput):
    """Fields of a scene, in single and bulk updates."""

    # Required if a scene has no files: the single update refuses "", the bulk update accepts it.
    title: Nullable[str] = UNSET
    code: Nullable[str] = UNSET
    details: Nullable[str] = UNSET
    director: Nullable[str] = UNSET
    url: Nullable[str] = api(deprecated="Use urls")
    date: Nullable[Date] = UNSET
    rating100: Nullable[Rating100] = UNSET
    organized: Nullable[bool] = UNSET
    studio_id: Nullable[ID] = UNSET


class _SceneFields(_SceneScalars):
    """Fields of a scene, in create and update inputs."""

    urls: Nullable[list[str]] = UNSET
    gallery_ids: Nullable[list[ID]] = UNSET
    performer_ids: Nullable[list[ID]] = UNSET
    # `movies` counts only where `groups` is absent.
    groups: Nullable[list[SceneGroupInput]] = UNSET
    movies: Nullable[list[SceneMovieInput]] = api(deprecated="Use groups")
    tag_ids: Nullable[list[ID]] = UNSET
    # Null and "" change nothing: the API cannot remove a cover.
    cover_image: Nullable[Picture] = UNSET
    stash_ids: Nullable[list[common.StashIDInput]] = UNSET


class SceneCreateInput(_SceneFields):
    """Fields of a new scene (`sceneCreate`)."""

    file_ids: Nullable[list[ID]] = UNSET
    custom_fields: Nullable[Map] = UNSET


class SceneUpdateInput(_SceneFields):
    """Changes to one scene; fields left UNSET stay as they are (`sceneUpdate`)."""

    id: ID
    client_mutation_id: Nullable[str] = api("clientMutationId")
    o_counter: Nullable[int] = api(deprecated="Unsupported - Use sceneIncrementO/sceneDecrementO")
    # Servers ignore resume_time here (sceneSaveActivity sets it), as they do o_counter and play_count.
    resume_time: Nullable[float] = UNSET
    play_duration: Nullable[float] = UNSET
    play_count: Nullable[int] = api(
        deprecated="Unsupported - Use sceneIncrementPlayCount/sceneDecrementPlayCount"
    )
    primary_file_id: Nullable[ID] = UNSET
    custom_fields: Nullable[common.CustomFieldsInput] = UNSET


class BulkSceneUpdateInput(_SceneScalars):
    """Changes to several scenes (`bulkSceneUpdate`)."""

    client_mutation_id: Nullable[str] = api("clientMutationId")
    ids: Nullable[list[ID]] = UNSET
    urls: Nullable[common.BulkUpdateStrings] = UNSET
    gallery_ids: Nullable[common.BulkUpdateIds] = UNSET
    performer_ids: Nullable[common.BulkUpdateIds] = UNSET
    tag_ids: Nullable[common.BulkUpdateIds] = UNSET
    # ADD puts the scene at no place in the group: scene_index becomes null.
    group_ids: Nullable[common.BulkUpdateIds] = UNSET
    movie_ids: Nullable[common.BulkUpdateIds] = api(deprecated="Use group_ids")
    custom_fields: Nullable[common.CustomFieldsInput] = UNSET


class SceneGroupInput(StashInput):
    """A group of a scene and the scene's number in it."""

    group_id: ID
    scene_index: Nullable[int] = UNSET


class SceneDestroyInput(common.DestroyOptions):
    """The scene to delete, with or without its files (`sceneDestroy`)."""

    id: ID


class ScenesDestroyInput(common.DestroyOptions):
    """The scenes to delete, with or without their files (`scenesDestroy`)."""

    ids: list[ID]


class SceneParserInput(StashInput):
    """Options of the file name parser."""

    ignore_words: Nullable[list[str]] = api("ignoreWords")
    whitespace_characters: Nullable[str] = api("whitespaceCharacters")
    capitalize_title: Nullable[bool] = api("capitalizeTitle")
    ignore_organized: Nullable[bool] = api("ignoreOrganized")


class SceneHashInput(StashInput):
    """The hash a scene is looked up by."""

    checksum: Nullable[str] = UNSET
    oshash: Nullable[str] = UNSET


class SceneMergeInput(StashInput):
    """The scenes to merge, and the one to keep (`sceneMerge`)."""

    source: list[ID]
    destination: ID
    # The destination gets these values only: tags and performers of the sources are not merged.
    values: Nullable[SceneUpdateInput] = UNSET
    play_history: Nullable[bool] = UNSET
    o_history: Nullable[bool] = UNSET


class SceneMarkerCreateInput(StashInput):
    """Fields of a new scene marker (`sceneMarkerCreate`)."""

    # Required, but "" is accepted.
    title: str
    seconds: float
    scene_id: ID
    primary_tag_id: ID
    end_seconds: Nullable[float] = UNSET
    tag_ids: Nullable[list[ID]] = UNSET


class SceneMarkerUpdateInput(StashInput):
    """Changes to one scene marker; fields left UNSET stay as they are (`sceneMarkerUpdate`)."""

    id: ID
    title: Nullable[str] = UNSET
    seconds: Nullable[float] = UNSET
    end_seconds: Nullable[float] = UNSET
    scene_id: Nullable[ID] = UNSET
    primary_tag_id: Nullable[ID] = UNSET
    tag_ids: Nullable[list[ID]] = UNSET


class BulkSceneMarkerUpdateInput(StashInput):
    """Changes to several scene markers (`bulkSceneMarkerUpdate`)."""

    ids: Nullable[list[ID]] = UNSET
    title: Nullable[str] = UNSET
    primary_tag_id: Nullable[ID] = UNSET
    # Servers drop the change where the new tags are as many as the old ones (seen in 0.30.1).
    tag_ids: Nullable[BulkUpdateIds] = UNSET


class MoveFilesInput(StashInput):
    """Files to move and where to (`moveFiles`)."""

    ids: list[ID]
    destination_folder: Nullable[str] = UNSET
    destination_folder_id: Nullable[ID] = UNSET
    destination_basename: Nullable[str] = UNSET


class SetFingerprintsInput(StashInput):
    """A fingerprint to set, or to remove with a null value."""

    type: str
    value: Nullable[str] = UNSET


class FileSetFingerprintsInput(StashInput):
    """Fingerprints to set on one file (`fileSetFingerprints`)."""

    id: ID
    fingerprints: list[SetFingerprintsInput]


class AssignSceneFileInput(StashInput):
    """A file to attach to another scene (`sceneAssignFile`)."""

    scene_id: ID
    file_id: ID
