"""Performers, studios, tags and groups."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Float, Index

from stash_cli.embedded.tables import columns

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
