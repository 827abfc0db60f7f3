"""A page of a find query: rows, count and totals, each computed when it is selected."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Integer, Select, cast, func, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.object_types import OBJECT_TYPES
from stash_cli.embedded.search.matches import Matches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stash_cli.embedded.library.context import RequestContext, Row

    Total = Callable[[Connection, Select[Any], bool], float]

_MILLION = 1_000_000


def _scene_total(column: ColumnElement[Any]) -> Total:
    """Total over distinct (scene, duration, size): identical copies of a file count once."""

    def make(connection: Connection, matching: Select[Any], primary_only: bool) -> float:
        link = t.scenes_files
        files = (
            select(link.c.scene_id, t.video_files.c.duration, t.files.c.size)
            .join(t.files, t.files.c.id == link.c.file_id)
            .join(t.video_files, t.video_files.c.file_id == link.c.file_id)
            .where(link.c.scene_id.in_(matching))
            .distinct()
        )
        if primary_only:
            files = files.where(link.c.primary.is_(True))
        distinct = files.subquery()
        return _scalar(connection, select(func.sum(distinct.c[column.name])))

    return make


def _pixels() -> ColumnElement[Any]:
    """Whole megapixels, as the server counts them."""
    return cast(func.sum(t.image_files.c.width * t.image_files.c.height) / _MILLION, Integer)


def _image_total(name: str) -> Total:
    """Total over distinct (image, pixels, size): identical copies of a file count once."""

    def make(connection: Connection, matching: Select[Any], _: bool) -> float:
        link, picture = t.images_files, t.image_files
        files = (
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
        total = _scalar(connection, select(func.sum(files.c[name])))
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


def _total_size() -> ColumnElement[Any]:
    return func.sum(t.files.c.size)


def _total_duration() -> ColumnElement[Any]:
    return func.sum(t.video_files.c.duration)


TOTALS: dict[str, dict[str, Total]] = {
    "Scene": {"duration": _scene_total(t.video_files.c.duration), "filesize": _scene_total(t.files.c.size)},
    "Image": {"megapixels": _image_total("pixels"), "filesize": _image_total("size")},
    "BaseFile": {
        "megapixels": _file_total(_pixels),
        "duration": _file_total(_total_duration),
        "size": _file_total(_total_size),
    },
}
"""Totals by type and field, computed from the connection, the matching ids, and whether ids were given."""


PER_PAGE = 25


class FoundPage:
    """The result of a find query by filter and search text, or by ids.

    `get` returns the fields of a Find*ResultType: `count`, the rows as `items`, and totals.
    """

    def __init__(
        self,
        context: RequestContext,
        type_name: str,
        items: str,
        find: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        *,
        ids: Sequence[int] | None = None,
    ) -> None:
        self._context = context
        self._type = type_name
        self._items = items
        self._find = find or {}
        self._filter = given
        self._ids = ids

    def get(self, name: str, _: Mapping[str, Any] | None = None) -> Any:
        """The value of a field of the result type."""
        if name == "count":
            return self.count
        if name == self._items:
            return self.rows
        by_ids = select(OBJECT_TYPES[self._type].table.c.id).where(
            OBJECT_TYPES[self._type].table.c.id.in_(self._ids or [])
        )
        matching = self._matches.selected if self._ids is None else by_ids
        return TOTALS[self._type][name](self._context.connection, matching, self._ids is not None)

    def check(self) -> None:
        """Raise Refused for invalid ids, filters or sort keys, even if no field uses them."""
        if self._ids is not None:
            self.rows  # noqa: B018 - raises Refused for a missing id
        else:
            self._matches  # noqa: B018 - raises Refused for an invalid filter; cached for the selected fields

    @cached_property
    def count(self) -> int:
        """The number of matches on all pages."""
        return self._matches.count if self._ids is None else len(self.rows)

    @cached_property
    def rows(self) -> list[Row]:
        """The rows of this page in order; raises Refused if one of the requested ids is missing."""
        if self._ids is None:
            return self._context.fetch_many(self._type, self.page_ids())
        found = self._context.fetch_many(self._type, self._ids)
        if len(found) < len(self._ids):
            missing = next(id_ for id_ in self._ids if id_ not in {row.id for row in found})
            raise Refused(_missing_text(self._type, missing))
        return found

    def page_ids(self) -> list[int]:
        """The ids of this page in order."""
        per_page = PER_PAGE if self._find.get("per_page") is None else self._find["per_page"]
        if per_page == 0:
            return []
        # The server treats -1, and any other negative value, as "all".
        if per_page < 0:
            return self._matches.page(0, None)
        page = max(self._find.get("page") or 1, 1)
        return self._matches.page((page - 1) * per_page, per_page)

    @cached_property
    def _matches(self) -> Matches:
        return Matches(self._context.connection, self._type, self._find, self._filter)


def _missing_text(type_name: str, id_: int) -> str:
    if type_name == "BaseFile":
        return f"getting file by id {id_}: sql: no rows in result set"
    return f"{OBJECT_TYPES[type_name].noun} with id {id_} not found"
