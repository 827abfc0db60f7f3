"""Stash-boxes: their settings, their results, and the inputs of queries and submissions."""

from __future__ import annotations

from stash_cli.core.types.annotations import ID, Maybe, Nullable
from stash_cli.core.types.base import ApiObject, StashInput, api, required
from stash_cli.core.types.links import ScrapedPerformer
from stash_cli.core.unset import UNSET


class StashBox(ApiObject):
    """A stash-box instance the server may query."""

    endpoint: Maybe[str] = UNSET
    api_key: Maybe[str] = UNSET
    name: Maybe[str] = UNSET
    max_requests_per_minute: Maybe[int] = UNSET


class StashBoxInput(StashInput):
    """A stash-box instance and the key to it."""

    endpoint: str
    api_key: str
    name: str
    max_requests_per_minute: Nullable[int] = UNSET


class StashBoxValidationResult(ApiObject):
    """Whether a stash-box accepts the key."""

    valid: Maybe[bool] = UNSET
    status: Maybe[str] = UNSET


class StashBoxFingerprint(ApiObject):
    """A fingerprint of a scene as a stash-box stores it."""

    algorithm: Maybe[str] = UNSET
    hash: Maybe[str] = UNSET
    duration: Maybe[int] = UNSET


class StashBoxPerformerQueryResult(ApiObject):
    """Performers a stash-box found for one query."""

    query: Maybe[str] = UNSET
    results: Maybe[list[ScrapedPerformer]] = UNSET


class StashBoxSceneQueryInput(StashInput):
    """Scenes to look up on a stash-box."""

    stash_box_index: Nullable[int] = api(deprecated="use stash_box_endpoint")
    stash_box_endpoint: Nullable[str] = UNSET
    scene_ids: Nullable[list[ID]] = UNSET
    q: Nullable[str] = UNSET


class StashBoxPerformerQueryInput(StashInput):
    """Performers to look up on a stash-box."""

    stash_box_index: Nullable[int] = api(deprecated="use stash_box_endpoint")
    stash_box_endpoint: Nullable[str] = UNSET
    performer_ids: Nullable[list[ID]] = UNSET
    q: Nullable[str] = UNSET


class StashBoxBatchTagInput(StashInput):
    """Objects to update from a stash-box."""

    refresh: bool
    create_parent: bool = required("createParent")
    endpoint: Nullable[int] = api(deprecated="use stash_box_endpoint")
    stash_box_endpoint: Nullable[str] = UNSET
    exclude_fields: Nullable[list[str]] = UNSET
    ids: Nullable[list[ID]] = UNSET
    names: Nullable[list[str]] = UNSET
    stash_ids: Nullable[list[str]] = UNSET
    performer_ids: Nullable[list[ID]] = api(deprecated="use ids")
    performer_names: Nullable[list[str]] = api(deprecated="use names")


class StashBoxFingerprintSubmissionInput(StashInput):
    """Scenes whose fingerprints to submit to a stash-box."""

    scene_ids: list[str]
    stash_box_index: Nullable[int] = api(deprecated="use stash_box_endpoint")
    stash_box_endpoint: Nullable[str] = UNSET


class StashBoxDraftSubmissionInput(StashInput):
    """An object to submit to a stash-box as a draft."""

    id: str
    stash_box_index: Nullable[int] = api(deprecated="use stash_box_endpoint")
    stash_box_endpoint: Nullable[str] = UNSET
