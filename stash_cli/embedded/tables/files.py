"""Files, folders, media properties, and the join tables with their owners."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Table, UniqueConstraint
from sqlalchemy import text as sql

from stash_cli.embedded.tables import columns
from stash_cli.embedded.tables.columns import metadata

folders = columns.entity_table(
    "folders",
    columns.text("path", nullable=False, unique=True),
    columns.text("basename", nullable=False),
    columns.reference("parent_folder_id", "folders", ondelete="SET NULL", index=True),
    columns.reference("zip_file_id", "files", ondelete="RESTRICT", index=True),
    columns.moment("mod_time"),
)
"""A zip file is also a folder, with `zip_file_id` set; its members are below it."""

files = columns.entity_table(
    "files",
    columns.text("basename", nullable=False, index=True),
    columns.reference("zip_file_id", "files", ondelete="RESTRICT", index=True),
    columns.reference("parent_folder_id", "folders", ondelete="RESTRICT", nullable=False),
    columns.integer("size", nullable=False),
    columns.moment("mod_time"),
    columns.flag("recognised"),
)
"""`recognised`: a scan has read the file as media; imported rows are not recognised yet."""
files.append_constraint(UniqueConstraint("parent_folder_id", "basename"))

video_files = Table(
    "video_files",
    metadata,
    columns.reference("file_id", "files", primary_key=True),
    Column("duration", Float, nullable=False),
    columns.text("video_codec", nullable=False),
    columns.text("format", nullable=False),
    columns.text("audio_codec", nullable=False),
    columns.integer("width", nullable=False),
    columns.integer("height", nullable=False),
    Column("frame_rate", Float, nullable=False),
    columns.integer("bit_rate", nullable=False),
    columns.flag("interactive"),
    columns.integer("interactive_speed"),
)
"""`duration` in seconds, `bit_rate` in bits per second."""

image_files = Table(
    "image_files",
    metadata,
    columns.reference("file_id", "files", primary_key=True),
    columns.text("format", nullable=False),
    columns.integer("width", nullable=False),
    columns.integer("height", nullable=False),
)

files_fingerprints = Table(
    "files_fingerprints",
    metadata,
    columns.reference("file_id", "files", primary_key=True, nullable=False),
    columns.text("type", primary_key=True, nullable=False),
    Column("fingerprint", columns.ANY, primary_key=True, nullable=False),
    Index("index_files_fingerprints_on_fingerprint", "type", "fingerprint"),
)
"""`oshash` and `md5` as lower-case hex text, `phash` as a signed 64-bit integer."""

video_captions = Table(
    "video_captions",
    metadata,
    columns.reference("file_id", "files", primary_key=True, nullable=False),
    columns.text("language_code", primary_key=True, nullable=False),
    columns.text("filename", nullable=False),
    columns.text("caption_type", primary_key=True, nullable=False),
)


def _owned_files(name: str, owner: str, target: str) -> Table:
    table = columns.join_table(name, (owner, target), ("file_id", "files"), columns.flag("primary"))
    # A partial unique index: each owner has at most one primary file.
    Index(f"unique_index_{name}_primary", table.c[owner], unique=True, sqlite_where=sql('"primary" = 1'))
    return table


scenes_files = _owned_files("scenes_files", "scene_id", "scenes")
images_files = _owned_files("images_files", "image_id", "images")
galleries_files = _owned_files("galleries_files", "gallery_id", "galleries")
