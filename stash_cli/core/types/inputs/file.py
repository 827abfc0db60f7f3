"""Inputs of the file mutations."""

from __future__ import annotations

from stash_cli.core.types.annotations import ID, Nullable
from stash_cli.core.types.base import StashInput
from stash_cli.core.unset import UNSET


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
