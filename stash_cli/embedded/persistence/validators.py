"""Validators of entities, and hooks that run after the write. Each raises Refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select, update

from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.persistence import blobs
from stash_cli.embedded.persistence.files import FILES
from stash_cli.embedded.persistence.lists import SET, ListChange, ManyToMany, TextList

if TYPE_CHECKING:
    from stash_cli.embedded.persistence.entity_mapper import Change


def name_required(change: Change) -> None:
    """Require the name of a performer, studio or tag."""
    if "name" in change.columns and not change.columns["name"]:
        raise Refused(f"{change.mapper.noun} name must not be blank")


def group_name_required(change: Change) -> None:
    if "name" in change.columns and not change.columns["name"]:
        raise Refused("name cannot be empty")


def names_unique(change: Change) -> None:
    """Studios and tags: names and aliases share one namespace, except an entity's own name."""
    if name := change.columns.get("name"):
        _refuse_taken(change, name)
        _refuse_used_as_alias(change, name)
    field = change.mapper.lists["aliases"]
    if "aliases" in change.lists and isinstance(field, TextList):
        for alias in field.final(change.connection, change.owner, change.lists["aliases"]):
            if not alias:
                raise Refused(f"{change.mapper.noun} alias must not be an empty string")
            _refuse_taken(change, alias)
            _refuse_used_as_alias(change, alias)


def _refuse_taken(change: Change, name: str) -> None:
    columns = change.mapper.table.c
    # LIKE as in the server's check: it ignores ASCII case, and treats % and _ as wildcards.
    statement = select(columns.id).where(columns.name.like(name), columns.id != change.owner)
    if change.connection.scalar(statement) is not None:
        raise Refused(f"{change.mapper.noun} with name '{name}' already exists")


def _refuse_used_as_alias(change: Change, name: str) -> None:
    field = change.mapper.lists["aliases"]
    if not isinstance(field, TextList):
        return
    columns, aliases = change.mapper.table.c, field.table.c
    user = (
        select(columns.name)
        .join(field.table, aliases[field.own] == columns.id)
        .where(aliases.alias.like(name), columns.id != change.owner)
    )
    owner = change.connection.scalar(user)
    if owner is not None:
        raise Refused(f"name '{name}' is used as alias for '{owner}'")


def performer_unique(change: Change) -> None:
    """Performers: name and disambiguation are unique together."""
    if not {"name", "disambiguation"} & change.columns.keys():
        return
    name, disambiguation = (_final(change, column) for column in ("name", "disambiguation"))
    columns = t.performers.c
    same = columns.disambiguation.like(disambiguation) if disambiguation else columns.disambiguation.is_(None)
    statement = select(columns.id).where(columns.name.like(name), same, columns.id != change.owner)
    if change.connection.scalar(statement) is not None:
        detail = f" and disambiguation '{disambiguation}'" if disambiguation else ""
        raise Refused(f"performer with name '{name}'{detail} already exists")


def performer_aliases_distinct(change: Change) -> None:
    """Performers: aliases differ from each other and from the name, ignoring case."""
    field = change.mapper.lists["alias_list"]
    if not isinstance(field, TextList) or not (
        {"alias_list"} & change.lists.keys() or "name" in change.columns
    ):
        return
    if "alias_list" in change.lists:
        aliases = field.final(change.connection, change.owner, change.lists["alias_list"])
    else:
        aliases = field.current(change.connection, change.owner)
    seen = {str(_final(change, "name")).lower()}
    for alias in aliases:
        if alias.lower() in seen:
            raise Refused(f"performer contains duplicate alias '{alias}'")
        seen.add(alias.lower())


def _final(change: Change, column: str) -> str | None:
    """The value of a column after the change."""
    if column in change.columns or change.creating:
        value: str | None = change.columns.get(column)
        return value
    query = select(change.mapper.table.c[column]).where(change.mapper.table.c.id == change.owner)
    stored: str | None = change.connection.scalar(query)
    return stored


def scene_title_required(change: Change) -> None:
    """Scenes without files need a title; the server does not check bulk updates."""
    if "ids" in change.given or change.columns.get("title"):
        return
    if change.creating:
        has_files = bool(change.given.get("file_ids"))
    elif "title" in change.columns:
        has_files = bool(FILES["Scene"].ids(change.connection, change.owner))
    else:
        return
    if not has_files:
        raise Refused("title must be set if scene has no files")


def gallery_title_required(change: Change) -> None:
    """User-created galleries need a title; null keeps the current one."""
    if change.creating:
        if not change.given.get("title"):
            raise Refused("title must not be empty")
    elif "title" in change.given:
        if change.given["title"] is None:
            del change.columns["title"]
        elif not change.given["title"] and source_of(change.connection, change.owner) is None:
            raise Refused("title must not be empty for user-created galleries")


def source_of(connection: Connection, gallery: int) -> tuple[str, str] | None:
    """The source of a scanned gallery ("zip" or "folder", its name); None for a user-created one."""
    zip_name = select(t.files.c.basename).join(t.galleries_files, t.galleries_files.c.file_id == t.files.c.id)
    name = connection.scalar(zip_name.where(t.galleries_files.c.gallery_id == gallery))
    if name is not None:
        return "zip", name
    folder = select(t.folders.c.path).join(t.galleries, t.galleries.c.folder_id == t.folders.c.id)
    path = connection.scalar(folder.where(t.galleries.c.id == gallery))
    return None if path is None else ("folder", path)


def refuse_scanned(connection: Connection, gallery: int) -> None:
    """Refuse to change the contents of a scanned gallery."""
    source = source_of(connection, gallery)
    if source is not None:
        kind, name = source
        raise Refused(f'cannot change contents of {kind}-based gallery "{name}"')


def image_galleries_changeable(change: Change) -> None:
    """Images can only join and leave user-created galleries."""
    if "gallery_ids" not in change.lists:
        return
    link: Any = change.mapper.lists["gallery_ids"]
    before = set(link.ids(change.connection, change.owner))
    after = set(link.final(change.connection, change.owner, change.lists["gallery_ids"]))
    for gallery in sorted(before ^ after):
        try:
            refuse_scanned(change.connection, gallery)
        except Refused as refusal:
            name = _image_name(change.connection, change.owner)
            raise Refused(f'changing galleries of image "{name}": {refusal.message}') from None


def _image_name(connection: Connection, image: int) -> str:
    title = connection.scalar(select(t.images.c.title).where(t.images.c.id == image))
    if title:
        return str(title)
    query = select(t.files.c.basename).join(t.images_files, t.images_files.c.file_id == t.files.c.id)
    return str(connection.scalar(query.where(t.images_files.c.image_id == image)) or image)


def marker_times(change: Change) -> None:
    """The end of a marker is not before its start."""
    start, end = (_marker_value(change, name) for name in ("seconds", "end_seconds"))
    if start is not None and end is not None and end < start:
        raise Refused(f"end_seconds ({end:.6f}) must be greater than or equal to seconds ({start:.6f})")


def _marker_value(change: Change, name: str) -> float | None:
    if name in change.columns or change.creating:
        value: float | None = change.columns.get(name)
        return value
    column = change.mapper.table.c
    stored: float | None = change.connection.scalar(select(column[name]).where(column.id == change.owner))
    return stored


def marker_tags_without_primary(change: Change) -> None:
    """Remove the primary tag of a marker from its other tags."""
    tag_change, tags = change.lists.get("tag_ids"), change.mapper.lists["tag_ids"]
    if tag_change is None or not isinstance(tags, ManyToMany):
        return
    column = change.mapper.table.c
    primary = change.columns.get("primary_tag_id")
    if primary is None:
        primary = change.connection.scalar(select(column.primary_tag_id).where(column.id == change.owner))
    final = tags.final(change.connection, change.owner, tag_change)
    change.lists["tag_ids"] = ListChange(SET, [tag for tag in final if str(tag) != str(primary)])


def birth_before_death(change: Change) -> None:
    """The death of a performer is not before the birth; partial dates count from their first day."""
    born, died = (_date(change, name) for name in ("birthdate", "death_date"))
    if born and died and died[0] < born[0]:
        raise Refused(f"death date {died[1]} should be after birthdate {born[1]}")


def _date(change: Change, name: str) -> tuple[str, str] | None:
    """The first day of a date, and the date as shown; None without one."""
    columns = change.mapper.table.c
    if name in change.columns or change.creating:
        day, precision = change.columns.get(name), change.columns.get(f"{name}_precision")
    else:
        statement = select(columns[name], columns[f"{name}_precision"]).where(columns.id == change.owner)
        day, precision = change.connection.execute(statement).one()
    return None if not day else (day, day[: (10, 7, 4)[precision or 0]])


def default_front_image(change: Change) -> None:
    """Set the default front image of a new group that only has a back image."""
    updated = {"id", "ids"} & change.given.keys()
    if updated or not change.columns.get("back_image_blob") or change.columns.get("front_image_blob"):
        return
    front = blobs.store(change.connection, blobs.DEFAULT_FRONT)
    is_group = t.groups.c.id == change.owner
    change.connection.execute(update(t.groups).where(is_group).values(front_image_blob=front))


def chapter_in_range(change: Change) -> None:
    """The image index of a chapter is between 1 and the number of images in the gallery."""
    stored = {} if change.creating else _chapter(change)
    gallery = change.columns.get("gallery_id", stored.get("gallery_id"))
    index = change.columns.get("image_index", stored.get("image_index"))
    columns = t.galleries_images.c
    count = change.connection.scalar(select(func.count()).where(columns.gallery_id == gallery)) or 0
    if not 1 <= (index or 0) <= count:
        raise Refused("Image # must greater than zero and in range of the gallery images")


def _chapter(change: Change) -> dict[str, Any]:
    query = select(t.galleries_chapters).where(t.galleries_chapters.c.id == change.owner)
    return dict(change.connection.execute(query).mappings().one())
