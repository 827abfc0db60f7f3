"""Scenes, markers and history; images; galleries and chapters."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, Table, UniqueConstraint

from stash_cli.embedded.tables.columns import (
    DATETIME,
    entity_table,
    flag,
    fuzzy_date,
    integer,
    metadata,
    reference,
    text,
)
from stash_cli.embedded.tables.search_index import sort_indexes

scenes = entity_table(
    "scenes",
    text("title"),
    text("code"),
    text("details"),
    text("director"),
    *fuzzy_date("date"),
    integer("rating"),
    flag("organized"),
    reference("studio_id", "studios", ondelete="SET NULL", index=True),
    Column("resume_time", Float, nullable=False, server_default="0"),
    Column("play_duration", Float, nullable=False, server_default="0"),
    text("cover_blob"),
    text("title_key", index=True),
    text("path_key", index=True),
)
"""All `*_blob` columns are checksums in `blobs`. `title_key` and `path_key` are natural sort keys
(`functions.sort_key`), updated by `library.search_index`."""


def _dates(name: str, column: str) -> Table:
    table = Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True),
        reference("scene_id", "scenes", nullable=False),
        Column(column, DATETIME, nullable=False),
    )
    Index(f"index_{name}", table.c.scene_id, table.c[column])
    return table


scenes_view_dates = _dates("scenes_view_dates", "view_date")
scenes_o_dates = _dates("scenes_o_dates", "o_date")

scene_markers = entity_table(
    "scene_markers",
    text("title", nullable=False),
    Column("seconds", Float, nullable=False),
    Column("end_seconds", Float),
    reference("primary_tag_id", "tags", ondelete="RESTRICT", nullable=False, index=True),
    reference("scene_id", "scenes", ondelete="RESTRICT", nullable=False, index=True),
)

images = entity_table(
    "images",
    text("title"),
    text("code"),
    text("details"),
    text("photographer"),
    *fuzzy_date("date"),
    integer("rating"),
    flag("organized"),
    reference("studio_id", "studios", ondelete="SET NULL", index=True),
    integer("o_counter", nullable=False, server_default="0"),
    text("title_key", index=True),
    text("path_key", index=True),
)
"""Sort keys are as those of scenes."""
SORT_INDEXES = (*sort_indexes(scenes), *sort_indexes(images))

galleries = entity_table(
    "galleries",
    reference("folder_id", "folders", ondelete="SET NULL", unique=True),
    text("title"),
    text("code"),
    text("details"),
    text("photographer"),
    *fuzzy_date("date"),
    integer("rating"),
    flag("organized"),
    reference("studio_id", "studios", ondelete="SET NULL", index=True),
)
"""`folder_id` is set for the gallery of a folder; a zip gallery has a row in `galleries_files`."""

galleries_chapters = entity_table(
    "galleries_chapters",
    text("title", nullable=False),
    integer("image_index", nullable=False),
    reference("gallery_id", "galleries", nullable=False, index=True),
)
galleries_chapters.append_constraint(UniqueConstraint("gallery_id", "image_index"))
