"""The facts of a sidecar, whatever its format: plain data with the API's names."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class GroupPlace:
    """A group by its name, and the place in it."""

    name: str
    index: int | None = None


@dataclass(frozen=True, slots=True)
class SiteId:
    """An id at a site: `site` is an address or whatever the file calls it."""

    site: str
    id: str


@dataclass(frozen=True, slots=True)
class Sidecar:
    """Facts about one object; "" and () are what the file does not say.

    `date` is YYYY, YYYY-MM or YYYY-MM-DD, `rating100` from 1 to 100. Studio, performers, tags and groups are
    names. `cover` is an address or the name of a file. `unused` names what the file has besides.
    """

    title: str = ""
    code: str = ""
    details: str = ""
    director: str = ""
    photographer: str = ""
    date: str = ""
    rating100: int | None = None
    studio: str = ""
    performers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    groups: tuple[GroupPlace, ...] = ()
    urls: tuple[str, ...] = ()
    ids: tuple[SiteId, ...] = ()
    cover: str = ""
    unused: tuple[str, ...] = ()

    @property
    def facts(self) -> dict[str, Any]:
        """The values of the file, by field."""
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "unused"}
        return {name: value for name, value in values.items() if value}
