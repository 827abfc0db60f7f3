"""The object types of the API that the library stores, by name."""

from __future__ import annotations

from sqlalchemy import literal

from stash_cli.embedded import tables as t
from stash_cli.embedded.object_types import fields
from stash_cli.embedded.object_types.files import CHAPTER, FILES, FOLDER, GALLERY, IMAGE
from stash_cli.embedded.object_types.named import GROUP, MOVIE, PERFORMER, STUDIO, TAG
from stash_cli.embedded.object_types.scene import MARKER, SCENE

SAVED_FILTER = fields.ObjectType(
    "SavedFilter",
    t.saved_filters,
    noun="saved filter",
    columns={
        **fields.plain(t.saved_filters, "name mode find_filter object_filter ui_options"),
        "filter": literal(""),
    },
)


__all__ = ["OBJECT_TYPES"]

OBJECT_TYPES: dict[str, fields.ObjectType] = FILES | {
    kind.type: kind
    for kind in (
        SCENE,
        IMAGE,
        GALLERY,
        CHAPTER,
        PERFORMER,
        STUDIO,
        TAG,
        GROUP,
        MOVIE,
        MARKER,
        FOLDER,
        SAVED_FILTER,
    )
}
