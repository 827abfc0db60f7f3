"""Saved filters, settings and pictures."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Integer, LargeBinary, Table, UniqueConstraint

from stash_cli.embedded.tables import columns
from stash_cli.embedded.tables.columns import metadata

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
