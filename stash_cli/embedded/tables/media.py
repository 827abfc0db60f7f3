"""Scenes, markers and history; images; galleries and chapters."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, Table, UniqueConstraint

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
(`functions.sort_key`), updated by `library.search_index`."""


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
