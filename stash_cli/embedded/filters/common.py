"""Criteria and subqueries that the filters of several entities share; each call builds new aliases."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Integer, Select, Table, Text, cast, func, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.filters import criteria, relations, special
from stash_cli.embedded.library import sql

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FILES = {
    "scene": (t.scenes_files, "scene_id"),
    "image": (t.images_files, "image_id"),
    "gallery": (t.galleries_files, "gallery_id"),
}
"""The join table between an entity and its files, by noun, with the entity's column."""


def file_rows(noun: str, *columns: Any, source: Any = None) -> Select[Any]:
    """(owner, columns...) for every file of an entity, joined with `source` by file id."""
    link, owner = FILES[noun]
    statement = select(link.c[owner], *columns)
    return statement if source is None else statement.join(source, source.c.file_id == link.c.file_id)


def path_rows(noun: str) -> Select[Any]:
    """(owner, full path) of every file."""
    link, owner = FILES[noun]
    return (
        select(link.c[owner], sql.full_path())
        .join(t.files, t.files.c.id == link.c.file_id)
        .join(t.folders, t.folders.c.id == t.files.c.parent_folder_id)
    )


def path(noun: str) -> criteria.Handler:
    """Criterion on the full path of a file."""
    return criteria.any_row(path_rows(noun), criteria.string, owners=file_rows(noun))


def fingerprint_rows(noun: str, kind: str) -> Select[Any]:
    """(owner, fingerprint of type `kind`) of every file: text, or the integer of a phash."""
    fingerprints = t.files_fingerprints
    value = fingerprints.c.fingerprint if kind == "phash" else cast(fingerprints.c.fingerprint, Text)
    return file_rows(noun, value, source=fingerprints).where(fingerprints.c.type == kind)


def fingerprint(noun: str, kind: str) -> criteria.Handler:
    return criteria.any_row(fingerprint_rows(noun, kind), criteria.string)


def phash_text(noun: str) -> criteria.Handler:
    """The deprecated `phash` criterion: hex text compared as an integer."""

    def match(stored: ColumnElement[Any], criterion: Mapping[str, Any]) -> criteria.Condition:
        is_null_test = criterion["modifier"] in ("IS_NULL", "NOT_NULL")
        value = 0 if is_null_test else special.parse_phash(criterion["value"])
        return criteria.number(stored, {"modifier": criterion["modifier"], "value": value})

    return criteria.any_row(fingerprint_rows(noun, "phash"), match)


def picture_facts(noun: str, source: Table) -> dict[str, criteria.Handler]:
    """Criteria `resolution` and `orientation` on the files of an entity."""
    # One row per file, as the server joins them: an object with two files matches by either of them.
    rows = file_rows(noun, source.c.width, source.c.height, source=source)

    def match_resolution(width: Any, height: Any, criterion: Mapping[str, Any]) -> criteria.Condition:
        return criteria.resolution(criteria.shorter_side(width, height), criterion)

    return {
        "resolution": criteria.any_row(rows, match_resolution),
        "orientation": criteria.any_row(rows, criteria.orientation),
    }


def tag_criteria(table: Table, owner: str) -> dict[str, criteria.Handler]:
    """Criteria `tags` and `tag_count` on a join table."""
    links = partial(criteria.pairs, table, owner, "tag_id")
    return {"tags": relations.Relation(links, "Tag"), "tag_count": criteria.count(links)}


def performer_criteria(link: Table, owner: str) -> dict[str, criteria.Handler]:
    """The performer criteria of a scene, image or gallery."""
    links = partial(criteria.pairs, link, owner, "performer_id")

    def tagged(*, untagged: bool = False) -> Select[Any]:
        performers, tags = link.alias(), t.performers_tags.alias()
        joined = performers.join(tags, tags.c.performer_id == performers.c.performer_id, isouter=untagged)
        return select(performers.c[owner], tags.c.tag_id).select_from(joined)

    return {
        "performers": relations.Relation(links),
        "performer_count": criteria.count(links),
        "performer_tags": relations.Relation(
            tagged,
            "Tag",
            exact=False,
            null_links=(partial(tagged, untagged=True),),
            what="performer tags",
        ),
        "performer_favorite": _favorite(link, owner),
        "performer_age": _age(link, owner),
    }


def _favorite(link: Table, owner: str) -> criteria.Handler:
    """Criterion `performer_favorite`: true matches objects with a favourite, false those without."""

    def handle(entity: criteria.Entity, is_favorite: bool) -> criteria.Condition:
        links, performers = link.alias(), t.performers.alias()
        owners = select(links.c[owner]).join(performers, performers.c.id == links.c.performer_id)
        with_favorites = owners.where(performers.c.favorite.is_(True))
        return entity.c.id.in_(with_favorites) if is_favorite else entity.c.id.not_in(with_favorites)

    return handle


def _age(link: Table, owner: str) -> criteria.Handler:
    """Criterion `performer_age`: the age of any performer on the entity's date."""

    def handle(entity: criteria.Entity, criterion: Mapping[str, Any]) -> criteria.Condition:
        links, performers = link.alias(), t.performers.alias()
        # An object without a date has no age to compare, and never matches, as on the server.
        age = criteria.age_at(performers.c.birthdate, entity.c.date)
        with_age = (
            select(1)
            .select_from(links.join(performers, performers.c.id == links.c.performer_id))
            .where(links.c[owner] == entity.c.id, performers.c.birthdate.is_not(None))
            .where(age.is_not(None), criteria.number(age, criterion))
        )
        return with_age.correlate(entity).exists()

    return handle


def studio_criterion(table: Table) -> relations.Relation:
    """Criterion `studios`: the studio of an entity, or one of its ancestors with `depth`."""
    return relations.Relation(criteria.OwnColumn(table, "studio_id"), "Studio", single=True)


def column_links(table: Table, owner: str, other: str) -> Callable[[], Select[Any]]:
    """(owner, other) of two columns of an entity's own table."""

    def links() -> Select[Any]:
        own = table.alias()
        return select(own.c[owner], own.c[other]).where(own.c[owner].is_not(None), own.c[other].is_not(None))

    return links


def value_list(table: Table, name: str, owner: str | None = None) -> criteria.Handler:
    """String criterion on the rows of a value table: urls, aliases."""
    key = next(iter(table.c)) if owner is None else table.c[owner]
    return criteria.string_list(select(key, table.c[name]))


def stash_id_criteria(table: Table) -> dict[str, criteria.Handler]:
    owner = next(iter(table.c))

    def rows() -> Select[Any]:
        return select(owner, table.c.stash_id, table.c.endpoint)

    return {"stash_id_endpoint": special.stash_id(rows), "stash_ids_endpoint": special.stash_ids(rows)}


def integer_part(name: str) -> criteria.Handler:
    """Numeric criterion on the integer part of a column."""
    return criteria.expression(lambda entity: _truncated(entity.c[name]), criteria.number)


def _truncated(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(value, Integer)


def truncated(value: ColumnElement[Any], criterion: Mapping[str, Any]) -> criteria.Condition:
    return criteria.number(_truncated(value), criterion)


def rounded(value: ColumnElement[Any], criterion: Mapping[str, Any]) -> criteria.Condition:
    return criteria.number(_truncated(func.round(value)), criterion)


def year(name: str) -> criteria.Handler:
    """Numeric criterion on the year of a date column."""
    return criteria.expression(
        lambda entity: _truncated(func.strftime("%Y", entity.c[name])), criteria.number
    )


def captions(noun: str) -> criteria.Handler:
    """Criterion on the language code of a caption; EXCLUDES compares it exactly, as the server does."""
    # The code "00" of an unknown language is compared like any other value.
    match_any = criteria.any_row(
        file_rows(noun, t.video_captions.c.language_code, source=t.video_captions), criteria.string
    )

    def handle(entity: criteria.Entity, criterion: Mapping[str, Any]) -> criteria.Condition | None:
        if criterion["modifier"] != "EXCLUDES":
            return match_any(entity, criterion)
        caption_rows = file_rows(noun, source=t.video_captions)
        in_language = caption_rows.where(t.video_captions.c.language_code == criterion["value"])
        return entity.c.id.not_in(in_language)

    return handle
