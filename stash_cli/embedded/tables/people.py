"""Performers, studios, tags and groups."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Float, Index

from stash_cli.embedded.tables.columns import entity_table, flag, fuzzy_date, integer, reference, text

performers = entity_table(
    "performers",
    text("name", nullable=False),
    text("disambiguation"),
    text("gender"),
    *fuzzy_date("birthdate"),
    *fuzzy_date("death_date"),
    text("ethnicity"),
    text("country"),
    text("eye_color"),
    text("hair_color"),
    integer("height"),
    integer("weight"),
    text("measurements"),
    text("fake_tits"),
    Column("penis_length", Float),
    text("circumcised"),
    text("career_length"),
    *fuzzy_date("career_start"),
    *fuzzy_date("career_end"),
    text("tattoos"),
    text("piercings"),
    text("details"),
    flag("favorite"),
    integer("rating"),
    flag("ignore_auto_tag"),
    text("image_blob"),
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

studios = entity_table(
    "studios",
    text("name", nullable=False, unique=True),
    reference("parent_id", "studios", ondelete="SET NULL", index=True),
    text("details"),
    integer("rating"),
    flag("favorite"),
    flag("organized"),
    flag("ignore_auto_tag"),
    text("image_blob"),
)
studios.append_constraint(CheckConstraint("id != parent_id"))

tags = entity_table(
    "tags",
    text("name", nullable=False, index=True),
    text("sort_name"),
    text("description"),
    flag("favorite"),
    flag("ignore_auto_tag"),
    text("image_blob"),
)

groups = entity_table(
    "groups",
    text("name", nullable=False, index=True),
    text("aliases"),
    integer("duration"),
    *fuzzy_date("date"),
    integer("rating"),
    reference("studio_id", "studios", ondelete="SET NULL", index=True),
    text("director"),
    text("description"),
    text("front_image_blob"),
    text("back_image_blob"),
)
"""`description` is the API's synopsis; `duration` in seconds."""
