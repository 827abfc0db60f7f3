"""The facts of a sidecar, whatever its format: plain data with the API's names."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
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

    def with_defaults(self, folder: Sidecar) -> Sidecar:
        """These facts with those that all videos of the folder share, where the own file does not say them.

        Tags are united. The title of the folder is the name of a group. What is about one video only, such as
        a plot, a rating or an address, is not taken.
        """
        own = {name: getattr(self, name) or getattr(folder, name) for name in _SHARED}
        groups = self.groups or folder.groups or ((GroupPlace(folder.title),) if folder.title else ())
        tags = tuple(dict.fromkeys((*self.tags, *folder.tags)))
        left = [f"{name} of the folder" for name in folder.facts if name not in (*_SHARED, *_UNITED)]
        return replace(self, **own, groups=groups, tags=tags, unused=(*self.unused, *folder.unused, *left))

    @property
    def facts(self) -> dict[str, Any]:
        """The values of the file, by field."""
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "unused"}
        return {name: value for name, value in values.items() if value}


_SHARED = ("studio", "director", "date", "performers")
"""Facts that the videos of a folder share."""
_UNITED = ("title", "groups", "tags")
"""Facts of a folder that become a group and tags of its videos."""
