"""Files, folders, media properties, and the join tables with their owners."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Table, UniqueConstraint
from sqlalchemy import text as sql

from stash_cli.embedded.tables.columns import (
    ANY,
    entity_table,
    flag,
    integer,
    join_table,
    metadata,
    moment,
    reference,
    text,
)

folders = entity_table(
    "folders",
    text("path", nullable=False, unique=True),
    text("basename", nullable=False),
    reference("parent_folder_id", "folders", ondelete="SET NULL", index=True),
    reference("zip_file_id", "files", ondelete="RESTRICT", index=True),
    moment("mod_time"),
)
"""A zip file is also a folder, with `zip_file_id` set; its members are below it."""

files = entity_table(
    "files",
    text("basename", nullable=False, index=True),
    reference("zip_file_id", "files", ondelete="RESTRICT", index=True),
    reference("parent_folder_id", "folders", ondelete="RESTRICT", nullable=False),
    integer("size", nullable=False),
    moment("mod_time"),
    flag("recognised"),
)
"""`recognised`: a scan has read the file as media; imported rows are not recognised yet."""
files.append_constraint(UniqueConstraint("parent_folder_id", "basename"))

video_files = Table(
    "video_files",
    metadata,
    reference("file_id", "files", primary_key=True),
    Column("duration", Float, nullable=False),
    text("video_codec", nullable=False),
    text("format", nullable=False),
    text("audio_codec", nullable=False),
    integer("width", nullable=False),
    integer("height", nullable=False),
    Column("frame_rate", Float, nullable=False),
    integer("bit_rate", nullable=False),
    flag("interactive"),
    integer("interactive_speed"),
)
"""`duration` in seconds, `bit_rate` in bits per second."""

image_files = Table(
    "image_files",
    metadata,
    reference("file_id", "files", primary_key=True),
    text("format", nullable=False),
    integer("width", nullable=False),
    integer("height", nullable=False),
)

files_fingerprints = Table(
    "files_fingerprints",
    metadata,
    reference("file_id", "files", primary_key=True, nullable=False),
    text("type", primary_key=True, nullable=False),
    Column("fingerprint", ANY, primary_key=True, nullable=False),
    Index("index_files_fingerprints_on_fingerprint", "type", "fingerprint"),
)
"""`oshash` and `md5` as lower-case hex text, `phash` as a signed 64-bit integer."""

video_captions = Table(
    "video_captions",
    metadata,
    reference("file_id", "files", primary_key=True, nullable=False),
    text("language_code", primary_key=True, nullable=False),
    text("filename", nullable=False),
    text("caption_type", primary_key=True, nullable=False),
)


def _owned_files(name: str, owner: str, target: str) -> Table:
    table = join_table(name, (owner, target), ("file_id", "files"), flag("primary"))
    # A partial unique index: each owner has at most one primary file.
    Index(f"unique_index_{name}_primary", table.c[owner], unique=True, sqlite_where=sql('"primary" = 1'))
    return table


scenes_files = _owned_files("scenes_files", "scene_id", "scenes")
images_files = _owned_files("images_files", "image_id", "images")
galleries_files = _owned_files("galleries_files", "gallery_id", "galleries")
