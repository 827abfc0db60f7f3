"""The scraper of an embedded library, which reads the sidecar of a video, an image or a gallery."""

from __future__ import annotations

import base64
import os
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, select

from stash_cli.core.errors import StashSidecarError
from stash_cli.core.sidecars import FORMATS, Sidecar, folder_names, names_beside
from stash_cli.core.sidecars.names import PICTURES, beside, cover_names, extension_of, folder_cover_names
from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.jobs import sidecars
from stash_cli.embedded.library import file_access, settings
from stash_cli.embedded.queries.find import parse_id
from stash_cli.embedded.scan.rules import read_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from stash_cli.embedded.library.context import RequestContext

    Answer = dict[str, Any]

SIDECAR = "sidecar"
"""The id of the scraper."""
_TYPES = ("SCENE", "GALLERY", "IMAGE")
_SPEC = {"urls": None, "supported_scrapes": ["FRAGMENT"]}
_MAX_PICTURE_BYTES = 10_000_000
"""Maximum bytes of a picture."""
_FILES: dict[str, tuple[Table, str]] = {
    "Scene": (t.scenes_files, "scene_id"),
    "Image": (t.images_files, "image_id"),
    "Gallery": (t.galleries_files, "gallery_id"),
}
"""Type -> the table of its files, and the column of its ids."""


def list_scrapers(_: RequestContext, *, types: Sequence[str]) -> list[Answer]:
    """The only scraper, if it supports one of the types."""
    specs = {name.lower(): _SPEC for name in _TYPES if name in types}
    return [{"id": SIDECAR, "name": "Files beside the media", **specs}] if specs else []


def _scrape_single(type_name: str) -> Callable[..., list[Answer]]:
    """The resolver that scrapes one object of a type."""

    def scrape(context: RequestContext, *, source: Answer, input: Answer) -> list[Answer]:  # noqa: A002 - the API's own name
        _check(source)
        number = input.get(f"{type_name.lower()}_id")
        if number is None:
            raise Refused("not supported")
        return _Reader(context).answers(type_name, [number])[0]

    return scrape


def scrape_scenes(context: RequestContext, *, source: Answer, input: Answer) -> list[list[Answer]]:  # noqa: A002 - the API's own name
    """The facts in the files beside several scenes."""
    _check(source)
    return _Reader(context).answers("Scene", input.get("scene_ids") or ())


def _check(source: Answer) -> None:
    """Raise Refused for another source."""
    if source.get("stash_box_endpoint") is not None or source.get("stash_box_index") is not None:
        raise Refused("an embedded library asks no stash-boxes")
    if source.get("scraper_id") != SIDECAR:
        raise Refused(f"scraper not found: id {source.get('scraper_id')}, an embedded library has {SIDECAR}")


class _Reader:
    """Reads the files beside objects, within the folders of the library only."""

    def __init__(self, context: RequestContext) -> None:
        self.context = context
        general = settings.read_part(context.connection, "general")
        limits = context.library.limits
        warn = context.library.jobs.library_log.warning
        rules = read_rules(general, {}, warn, any_folder=limits.any_folder)
        self.roots = [root.path for root in rules.roots]

    def answers(self, type_name: str, ids: Iterable[Any]) -> list[list[Answer]]:
        """A list of results for each object: one, or none."""
        results = []
        for each in ids:
            number = parse_id(str(each))
            if self.context.fetch(type_name, number) is None:
                raise Refused(f"{type_name.lower()} with id {number} not found")
            path, is_folder = self._path(type_name, number)
            # No files may be read beside a file outside the library folders.
            is_inside = path is not None and any(file_access.is_within(path, root) for root in self.roots)
            scrape = (
                self._scene_results if type_name == "Scene" else partial(self._results, is_folder=is_folder)
            )
            try:
                results.append(scrape(path) if path and is_inside else [])
            except StashSidecarError as error:
                raise Refused(error.message) from None
        return results

    def _path(self, type_name: str, number: int) -> tuple[str | None, bool]:
        """The path of the primary file, or of a gallery's folder; and whether it is a folder."""
        link, owner = _FILES[type_name]
        query = (
            select(t.folders.c.path + "/" + t.files.c.basename)
            .join(t.files, t.files.c.parent_folder_id == t.folders.c.id)
            .join(link, link.c.file_id == t.files.c.id)
            .where(link.c[owner] == number, t.files.c.zip_file_id.is_(None))
            .order_by(link.c.primary.desc())
        )
        path = self.context.connection.scalar(query.limit(1))
        if path is not None or type_name != "Gallery":
            return path, False
        folder = select(t.folders.c.path).join(t.galleries, t.galleries.c.folder_id == t.folders.c.id)
        return self.context.connection.scalar(folder.where(t.galleries.c.id == number)), True

    def _results(self, path: str, *, is_folder: bool) -> list[Answer]:
        """The facts in the first file beside a path, of any format."""
        names = folder_names if is_folder else names_beside
        read = (sidecars.read_first(kind, names(kind, path), self.roots) for kind in FORMATS)
        sidecar = next((each for each in read if each is not None), None)
        return [_answer(sidecar)] if sidecar else []

    def _scene_results(self, path: str) -> list[Answer]:
        """The facts in the first file beside a video, of any format, and its cover."""
        folder = file_access.parent(path)
        is_only = bool(sidecars.folders_of_one_video(self.context.connection, folder))
        sidecar = sidecars.read(FORMATS, path, self.roots, is_only_video=is_only)
        return [_answer(sidecar, self._cover(path, sidecar, is_only_video=is_only))] if sidecar else []

    def _cover(self, path: str, sidecar: Sidecar, *, is_only_video: bool) -> str | None:
        """The picture that a sidecar names, or one with a name used by media centres, as a data URI."""
        named_picture = [name] if (name := beside(path, sidecar.cover)) else []
        folder_pictures = folder_cover_names(path) if is_only_video else []
        for picture_path in [*named_picture, *cover_names(path), *folder_pictures]:
            kind = PICTURES.get(extension_of(picture_path))
            data = self._bytes(picture_path) if kind and os.path.lexists(picture_path) else None
            if data:
                return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
        return None

    def _bytes(self, path: str) -> bytes | None:
        """The content of a file of limited size; None if it cannot be read."""
        try:
            descriptor = file_access.open_file(path, self.roots)
        except OSError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(_MAX_PICTURE_BYTES + 1)
        return data if len(data) <= _MAX_PICTURE_BYTES else None


def _answer(sidecar: Sidecar, picture: str | None = None) -> Answer:
    """The facts of a sidecar in the shape of a scraped object."""
    groups = [{"name": place.name} for place in sidecar.groups]
    texts = ("title", "code", "details", "director", "photographer", "date")
    return {
        **{name: getattr(sidecar, name) or None for name in texts},
        "url": next(iter(sidecar.urls), None),
        "urls": list(sidecar.urls) or None,
        "studio": {"name": sidecar.studio} if sidecar.studio else None,
        "tags": [{"name": name} for name in sidecar.tags],
        "performers": [{"name": name} for name in sidecar.performers],
        "groups": groups,
        "movies": groups,
        "image": picture,
    }


RESOLVERS: dict[str, Callable[..., Any]] = {
    "listScrapers": list_scrapers,
    "scrapeSingleScene": _scrape_single("Scene"),
    "scrapeSingleGallery": _scrape_single("Gallery"),
    "scrapeSingleImage": _scrape_single("Image"),
    "scrapeMultiScenes": scrape_scenes,
}
