"""Lists of plain values that belong to one object: urls, aliases, stash ids, custom fields."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table

from stash_cli.embedded.tables.columns import ANY, DATETIME, integer, metadata, reference, text


def _urls(noun: str, target: str) -> Table:
    name = f"{noun}_urls"
    return Table(
        name,
        metadata,
        reference(f"{noun}_id", target, primary_key=True, nullable=False),
        integer("position", primary_key=True, nullable=False),
        text("url", primary_key=True, nullable=False),
        Index(f"index_{name}_on_url", "url"),
    )


def _aliases(noun: str, target: str, *, unique: bool) -> Table:
    name = f"{noun}_aliases"
    return Table(
        name,
        metadata,
        reference(f"{noun}_id", target, primary_key=True, nullable=False),
        text("alias", primary_key=True, nullable=False),
        Index(f"index_{name}_on_alias", "alias", unique=unique),
    )


def _stash_ids(noun: str, target: str) -> Table:
    name = f"{noun}_stash_ids"
    return Table(
        name,
        metadata,
        # Only a scene has at most one id for an endpoint: the key it has on the server.
        reference(f"{noun}_id", target, primary_key=noun == "scene", nullable=False),
        text("endpoint", primary_key=noun == "scene", nullable=False),
        text("stash_id", nullable=False),
        Column("updated_at", DATETIME, nullable=False),
        Index(f"index_{name}_on_{noun}_id", f"{noun}_id"),
    )


def _custom_fields(noun: str, target: str) -> Table:
    name = f"{noun}_custom_fields"
    return Table(
        name,
        metadata,
        reference(f"{noun}_id", target, primary_key=True, nullable=False),
        text("field", primary_key=True, nullable=False),
        Column("value", ANY, nullable=False),
        Index(f"index_{name}_on_field_value", "field", "value"),
    )


scene_urls = _urls("scene", "scenes")
image_urls = _urls("image", "images")
gallery_urls = _urls("gallery", "galleries")
performer_urls = _urls("performer", "performers")
studio_urls = _urls("studio", "studios")
group_urls = _urls("group", "groups")

performer_aliases = _aliases("performer", "performers", unique=False)
studio_aliases = _aliases("studio", "studios", unique=True)
tag_aliases = _aliases("tag", "tags", unique=True)

scene_stash_ids = _stash_ids("scene", "scenes")
performer_stash_ids = _stash_ids("performer", "performers")
studio_stash_ids = _stash_ids("studio", "studios")
tag_stash_ids = _stash_ids("tag", "tags")

scene_custom_fields = _custom_fields("scene", "scenes")
image_custom_fields = _custom_fields("image", "images")
gallery_custom_fields = _custom_fields("gallery", "galleries")
performer_custom_fields = _custom_fields("performer", "performers")
studio_custom_fields = _custom_fields("studio", "studios")
tag_custom_fields = _custom_fields("tag", "tags")
group_custom_fields = _custom_fields("group", "groups")

URLS = {
    "Scene": scene_urls,
    "Image": image_urls,
    "Gallery": gallery_urls,
    "Performer": performer_urls,
    "Studio": studio_urls,
    "Group": group_urls,
}
STASH_IDS = {
    "Scene": scene_stash_ids,
    "Performer": performer_stash_ids,
    "Studio": studio_stash_ids,
    "Tag": tag_stash_ids,
}
CUSTOM_FIELDS = {
    "Scene": scene_custom_fields,
    "Image": image_custom_fields,
    "Gallery": gallery_custom_fields,
    "Performer": performer_custom_fields,
    "Studio": studio_custom_fields,
    "Tag": tag_custom_fields,
    "Group": group_custom_fields,
}
