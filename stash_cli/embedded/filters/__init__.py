"""Filters of the API as SQL: the criteria of each type, and a filter as a condition or a subquery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, FromClause, Select, Table, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.filters.criteria import Handler, compose, full_scan
from stash_cli.embedded.filters.files import FILE_FILTER, FOLDER_FILTER, GALLERY_FILTER, IMAGE_FILTER
from stash_cli.embedded.filters.named import GROUP_FILTER, PERFORMER_FILTER, STUDIO_FILTER, TAG_FILTER
from stash_cli.embedded.filters.scene import MARKER_FILTER, SCENE_FILTER

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FILTERS", "condition", "matching"]

FILTERS: dict[str, tuple[Table, dict[str, Handler]]] = {
    "Scene": (t.scenes, SCENE_FILTER),
    "Image": (t.images, IMAGE_FILTER),
    "Gallery": (t.galleries, GALLERY_FILTER),
    "Performer": (t.performers, PERFORMER_FILTER),
    "Studio": (t.studios, STUDIO_FILTER),
    "Tag": (t.tags, TAG_FILTER),
    "Group": (t.groups, GROUP_FILTER),
    "Movie": (t.groups, GROUP_FILTER),
    "SceneMarker": (t.scene_markers, MARKER_FILTER),
    "BaseFile": (t.files, FILE_FILTER),
    "Folder": (t.folders, FOLDER_FILTER),
}
"""Table and criteria of each type that has a filter."""


def condition(
    type_name: str, entity: FromClause, filter_input: Mapping[str, Any] | None
) -> ColumnElement[bool] | None:
    """The condition of a filter input on `entity`; None when the filter has no effect."""
    return compose(FILTERS[type_name][1], entity, filter_input) if filter_input else None


def matching(type_name: str, filter_input: Mapping[str, Any] | None) -> Select[Any] | None:
    """The ids that match a filter input; None when the filter has no effect."""
    entity = full_scan(FILTERS[type_name][0])
    where = condition(type_name, entity, filter_input)
    return None if where is None else select(entity.c.id).where(where)
