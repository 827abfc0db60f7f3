"""Totals over everything a find query matches: seconds, bytes, megapixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, Select, cast, func, select

from stash_cli.embedded import tables as t

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement, Connection

    Total = Callable[[Connection, Select[Any], bool], float]


_MILLION = 1_000_000


def _scene_total(column: ColumnElement[Any]) -> Total:
    """Sum over different (scene, duration, size): two equal copies of a file count once."""

    def make(connection: Connection, matching: Select[Any], primary_only: bool) -> float:
        link = t.scenes_files
        facts = (
            select(link.c.scene_id, t.video_files.c.duration, t.files.c.size)
            .join(t.files, t.files.c.id == link.c.file_id)
            .join(t.video_files, t.video_files.c.file_id == link.c.file_id)
            .where(link.c.scene_id.in_(matching))
            .distinct()
        )
        if primary_only:
            facts = facts.where(link.c.primary.is_(True))
        found = facts.subquery()
        return _scalar(connection, select(func.sum(found.c[column.name])))

    return make


def _pixels() -> ColumnElement[Any]:
    """Whole millions only, as the server counts."""
    return cast(func.sum(t.image_files.c.width * t.image_files.c.height) / _MILLION, Integer)


def _image_total(name: str) -> Total:
    """Sum over different (image, pixels, size): two equal copies of a file count once."""

    def make(connection: Connection, matching: Select[Any], _: bool) -> float:
        link, picture = t.images_files, t.image_files
        facts = (
            select(
                link.c.image_id,
                (picture.c.width * picture.c.height).label("pixels"),
                t.files.c.size.label("size"),
            )
            .join(t.files, t.files.c.id == link.c.file_id)
            .outerjoin(picture, picture.c.file_id == link.c.file_id)
            .where(link.c.image_id.in_(matching))
            .distinct()
            .subquery()
        )
        total = _scalar(connection, select(func.sum(facts.c[name])))
        return total // _MILLION if name == "pixels" else total

    return make


def _file_total(column: Callable[[], ColumnElement[Any]]) -> Total:
    def make(connection: Connection, matching: Select[Any], _: bool) -> float:
        statement = (
            select(column())
            .select_from(t.files)
            .outerjoin(t.image_files, t.image_files.c.file_id == t.files.c.id)
            .outerjoin(t.video_files, t.video_files.c.file_id == t.files.c.id)
            .where(t.files.c.id.in_(matching))
        )
        return _scalar(connection, statement)

    return make


def _scalar(connection: Connection, statement: Select[Any]) -> float:
    return connection.execute(statement).scalar_one() or 0


def _size() -> ColumnElement[Any]:
    return func.sum(t.files.c.size)


def _duration() -> ColumnElement[Any]:
    return func.sum(t.video_files.c.duration)


TOTALS: dict[str, dict[str, Total]] = {
    "Scene": {"duration": _scene_total(t.video_files.c.duration), "filesize": _scene_total(t.files.c.size)},
    "Image": {"megapixels": _image_total("pixels"), "filesize": _image_total("size")},
    "BaseFile": {
        "megapixels": _file_total(_pixels),
        "duration": _file_total(_duration),
        "size": _file_total(_size),
    },
}
"""By type and field of its result: made from the connection, the matching ids, and whether ids were given."""
