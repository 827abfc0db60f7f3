"""Entities with their history and markers, and files; saved filters, settings and pictures."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
)
from sqlalchemy import text as sql

from stash_cli.embedded.tables import columns
from stash_cli.embedded.tables.columns import metadata
from stash_cli.embedded.tables.search_index import sort_indexes

scenes = columns.entity_table(
    "scenes",
    columns.text("title"),
    columns.text("code"),
    columns.text("details"),
    columns.text("director"),
    *columns.fuzzy_date("date"),
    columns.integer("rating"),
    columns.flag("organized"),
    columns.reference("studio_id", "studios", ondelete="SET NULL", index=True),
    Column("resume_time", Float, nullable=False, server_default="0"),
    Column("play_duration", Float, nullable=False, server_default="0"),
    columns.text("cover_blob"),
    columns.text("title_key", index=True),
    columns.text("path_key", index=True),
)
"""All `*_blob` columns are checksums in `blobs`. `title_key` and `path_key` are natural sort keys
(`functions.sort_key`), updated by `search.file_sorts`."""


def _dates(name: str, column: str) -> Table:
    table = Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True),
        columns.reference("scene_id", "scenes", nullable=False),
        Column(column, columns.DATETIME, nullable=False),
    )
    Index(f"index_{name}", table.c.scene_id, table.c[column])
    return table


scenes_view_dates = _dates("scenes_view_dates", "view_date")
scenes_o_dates = _dates("scenes_o_dates", "o_date")

scene_markers = columns.entity_table(
    "scene_markers",
    columns.text("title", nullable=False),
    Column("seconds", Float, nullable=False),
    Column("end_seconds", Float),
    columns.reference("primary_tag_id", "tags", ondelete="RESTRICT", nullable=False, index=True),
    columns.reference("scene_id", "scenes", ondelete="RESTRICT", nullable=False, index=True),
)

images = columns.entity_table(
    "images",
    columns.text("title"),
    columns.text("code"),
    columns.text("details"),
    columns.text("photographer"),
    *columns.fuzzy_date("date"),
    columns.integer("rating"),
    columns.flag("organized"),
    columns.reference("studio_id", "studios", ondelete="SET NULL", index=True),
    columns.integer("o_counter", nullable=False, server_default="0"),
    columns.text("title_key", index=True),
    columns.text("path_key", index=True),
)
"""Sort keys are as those of scenes."""
SORT_INDEXES = (*sort_indexes(scenes), *sort_indexes(images))

galleries = columns.entity_table(
    "galleries",
    columns.reference("folder_id", "folders", ondelete="SET NULL", unique=True),
    columns.text("title"),
    columns.text("code"),
    columns.text("details"),
    columns.text("photographer"),
    *columns.fuzzy_date("date"),
    columns.integer("rating"),
    columns.flag("organized"),
    columns.reference("studio_id", "studios", ondelete="SET NULL", index=True),
)
"""`folder_id` is set for the gallery of a folder; a zip gallery has a row in `galleries_files`."""

galleries_chapters = columns.entity_table(
    "galleries_chapters",
    columns.text("title", nullable=False),
    columns.integer("image_index", nullable=False),
    columns.reference("gallery_id", "galleries", nullable=False, index=True),
)
galleries_chapters.append_constraint(UniqueConstraint("gallery_id", "image_index"))


performers = columns.entity_table(
    "performers",
    columns.text("name", nullable=False),
    columns.text("disambiguation"),
    columns.text("gender"),
    *columns.fuzzy_date("birthdate"),
    *columns.fuzzy_date("death_date"),
    columns.text("ethnicity"),
    columns.text("country"),
    columns.text("eye_color"),
    columns.text("hair_color"),
    columns.integer("height"),
    columns.integer("weight"),
    columns.text("measurements"),
    columns.text("fake_tits"),
    Column("penis_length", Float),
    columns.text("circumcised"),
    columns.text("career_length"),
    *columns.fuzzy_date("career_start"),
    *columns.fuzzy_date("career_end"),
    columns.text("tattoos"),
    columns.text("piercings"),
    columns.text("details"),
    columns.flag("favorite"),
    columns.integer("rating"),
    columns.flag("ignore_auto_tag"),
    columns.text("image_blob"),
)
Index(
    "performers_name_disambiguation_unique",
    performers.c.name,
    performers.c.disambiguation,
    unique=True,
    sqlite_where=performers.c.disambiguation.is_not(None),
)
Index(
    "performers_name_unique",
    performers.c.name,
    unique=True,
    sqlite_where=performers.c.disambiguation.is_(None),
)

studios = columns.entity_table(
    "studios",
    columns.text("name", nullable=False, unique=True),
    columns.reference("parent_id", "studios", ondelete="SET NULL", index=True),
    columns.text("details"),
    columns.integer("rating"),
    columns.flag("favorite"),
    columns.flag("organized"),
    columns.flag("ignore_auto_tag"),
    columns.text("image_blob"),
)
studios.append_constraint(CheckConstraint("id != parent_id"))

tags = columns.entity_table(
    "tags",
    columns.text("name", nullable=False, index=True),
    columns.text("sort_name"),
    columns.text("description"),
    columns.flag("favorite"),
    columns.flag("ignore_auto_tag"),
    columns.text("image_blob"),
)

groups = columns.entity_table(
    "groups",
    columns.text("name", nullable=False, index=True),
    columns.text("aliases"),
    columns.integer("duration"),
    *columns.fuzzy_date("date"),
    columns.integer("rating"),
    columns.reference("studio_id", "studios", ondelete="SET NULL", index=True),
    columns.text("director"),
    columns.text("description"),
    columns.text("front_image_blob"),
    columns.text("back_image_blob"),
)
"""`description` is the API's synopsis; `duration` in seconds."""


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


saved_filters = Table(
    "saved_filters",
    metadata,
    Column("id", Integer, primary_key=True),
    columns.text("name", nullable=False),
    columns.text("mode", nullable=False),
    Column("find_filter", JSON(none_as_null=True)),
    Column("object_filter", JSON(none_as_null=True)),
    Column("ui_options", JSON(none_as_null=True)),
    UniqueConstraint("mode", "name"),
    sqlite_autoincrement=True,
)

settings = Table("settings", metadata, columns.text("key", primary_key=True), Column("value", JSON))
"""The configuration by part: `general`, `interface`, `dlna`, `scraping`, `defaults`, `ui`, `plugins`;
each value is an object of the set values, in the shape of the API's ConfigResult."""

blobs = Table(
    "blobs", metadata, columns.text("checksum", primary_key=True), Column("blob", LargeBinary, nullable=False)
)
"""Pictures by the md5 of their content."""
