"""Fields of files and folders; the type of a file follows from its media properties."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, case, cast, func, literal, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.library import context, sql
from stash_cli.embedded.object_types import fields, relations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.embedded.library.context import Batch, Row

_video, _image, _prints = t.video_files, t.image_files, t.files_fingerprints
_shown_print = case(
    (_prints.c.type == "phash", func.printf("%x", _prints.c.fingerprint)),
    else_=cast(_prints.c.fingerprint, Text),
)
_fingerprints = relations.for_owners(
    select(_prints.c.file_id, _prints.c.type.label("type"), _shown_print.label("value"))
)


def _fingerprint(batch: Batch, args: Mapping[str, Any]) -> dict[int, str]:
    """The fingerprint of one type for each file that has it."""
    statement = relations.for_owners(select(_prints.c.file_id, _shown_print)).where(
        _prints.c.type == args["type"]
    )
    return dict(batch.context.connection.execute(statement, {"ids": batch.ids}).all())


FILE = fields.ObjectType(
    "BaseFile",
    t.files,
    noun="file",
    source=t.files.join(t.folders, t.folders.c.id == t.files.c.parent_folder_id)
    .outerjoin(_video, _video.c.file_id == t.files.c.id)
    .outerjoin(_image, _image.c.file_id == t.files.c.id),
    columns={
        "__typename": case(
            (_video.c.file_id.is_not(None), literal("VideoFile")),
            (_image.c.file_id.is_not(None), literal("ImageFile")),
            else_=literal("BasicFile"),
        ),
        "path": sql.full_path(),
        **fields.plain(t.files, "basename size mod_time created_at updated_at"),
        "parent_folder_id": cast(t.files.c.parent_folder_id, Text),
        "zip_file_id": cast(t.files.c.zip_file_id, Text),
        "_folder": t.files.c.parent_folder_id,
        "_zip": t.files.c.zip_file_id,
        **fields.plain(_video, "duration video_codec audio_codec frame_rate bit_rate"),
        **{name: func.coalesce(_video.c[name], _image.c[name]) for name in ("format", "width", "height")},
    },
    relations={
        "parent_folder": relations.One("Folder", "_folder"),
        "zip_file": relations.One("BasicFile", "_zip"),
        "fingerprints": relations.Values(_fingerprints),
        "fingerprint": relations.Function(_fingerprint),
    },
)


def _as(type_name: str) -> fields.ObjectType:
    """The same fields under a type name that the API fixes, as for the files of a gallery."""
    return replace(FILE, type=type_name, columns={**FILE.columns, "__typename": literal(type_name)})


FILES = {name: _as(name) for name in ("VideoFile", "ImageFile", "GalleryFile", "BasicFile")}
FILES |= {"BaseFile": FILE, "VisualFile": replace(FILE, type="VisualFile")}


def _ancestors(batch: Batch, _: Mapping[str, Any]) -> dict[int, list[Row]]:
    """The ancestors of each folder, nearest first; a longer path is nearer."""
    tree = sql.descendants("Folder", sql.id_list(sql.ids_param()), -1, upwards=True)
    statement = (
        select(tree.c.root, tree.c.id)
        .join(t.folders, t.folders.c.id == tree.c.id)
        .where(tree.c.id != tree.c.root)
        .order_by(func.length(t.folders.c.path).desc())
    )
    pairs = batch.context.connection.execute(statement, {"ids": batch.ids}).all()
    found = context.load(batch.context, FOLDER, (pair[1] for pair in pairs))
    lists: dict[int, list[Row]] = {row.id: [] for row in batch.rows}
    for root, folder in pairs:
        lists[root].append(found[folder])
    return lists


FOLDER = fields.ObjectType(
    "Folder",
    t.folders,
    noun="folder",
    columns={
        **fields.plain(t.folders, "path basename mod_time created_at updated_at"),
        "parent_folder_id": cast(t.folders.c.parent_folder_id, Text),
        "zip_file_id": cast(t.folders.c.zip_file_id, Text),
        "_parent": t.folders.c.parent_folder_id,
        "_zip": t.folders.c.zip_file_id,
    },
    relations={
        "parent_folder": relations.One("Folder", "_parent"),
        "zip_file": relations.One("BasicFile", "_zip"),
        "parent_folders": relations.Function(_ancestors),
        "sub_folders": relations.Many(
            "Folder",
            relations.for_owners(select(t.folders.c.parent_folder_id, t.folders.c.id)).order_by(
                t.folders.c.path
            ),
        ),
    },
)
