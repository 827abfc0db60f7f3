"""The facts of a sidecar of any format: plain data with the API's names."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class GroupPlace:
    """The name of a group, and the position in it."""

    name: str
    index: int | None = None


@dataclass(frozen=True, slots=True)
class SiteId:
    """An id at a site: `site` is a URL or a name as in the file."""

    site: str
    id: str


@dataclass(frozen=True, slots=True)
class Sidecar:
    """Facts about one object; missing ones are "" or ().

    `date` is YYYY, YYYY-MM or YYYY-MM-DD, `rating100` from 1 to 100. Studio, performers, tags and groups are
    names. `cover` is a URL or the name of a file. `unused` has the names of unused parts of the file.
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
        """Return these facts, completed with the facts that all videos of the folder share.

        Tags are united. The title of the folder becomes a group. Facts about a single video, such as a plot,
        a rating or a URL, are not used.
        """
        shared = {name: getattr(self, name) or getattr(folder, name) for name in _SHARED}
        groups = self.groups or folder.groups or ((GroupPlace(folder.title),) if folder.title else ())
        tags = tuple(dict.fromkeys((*self.tags, *folder.tags)))
        unused = [f"{name} of the folder" for name in folder.facts if name not in (*_SHARED, *_UNITED)]
        return replace(
            self, **shared, groups=groups, tags=tags, unused=(*self.unused, *folder.unused, *unused)
        )

    @property
    def facts(self) -> dict[str, Any]:
        """The values of the file, by field."""
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "unused"}
        return {name: value for name, value in values.items() if value}


_SHARED = ("studio", "director", "date", "performers")
"""Facts that the videos of a folder share."""
_UNITED = ("title", "groups", "tags")
"""Facts of a folder that become a group and tags of its videos."""
