"""Routes of stored pictures, image files, thumbnails and gallery covers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, Table, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.imaging.pictures import Thumbnails
from stash_cli.embedded.library.context import RequestContext, Row
from stash_cli.embedded.scan.probe import BrokenFileError
from stash_cli.embedded.web import responses
from stash_cli.embedded.web.media import LARGEST, gallery_id, image_id, object_id, primary_file, scene_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from stash_cli.embedded.library.library import Library

    Find = Callable[[Connection, str], int]

_PORTRAITS: dict[str, tuple[Table, str, str, Find]] = {
    "/performer/{id}/image": (t.performers, "image_blob", "performer", object_id),
    "/studio/{id}/image": (t.studios, "image_blob", "studio", object_id),
    "/tag/{id}/image": (t.tags, "image_blob", "tag", object_id),
    "/group/{id}/frontimage": (t.groups, "front_image_blob", "group", object_id),
    "/group/{id}/backimage": (t.groups, "back_image_blob", "group", object_id),
    "/scene/{id}/screenshot": (t.scenes, "cover_blob", "scene", scene_id),
}


def portrait_routes(library: Library) -> list[Route]:
    return [
        responses.media_route(path, _picture_handler(library, *portrait))
        for path, portrait in _PORTRAITS.items()
    ]


def _picture_handler(
    library: Library, table: Table, column: str, kind: str, find: Find
) -> Callable[[Request], Response]:
    """Handler for the picture of an object; a placeholder if it has none, or with `default=true`."""
    query = (
        select(table.c.id, t.blobs.c.blob)
        .select_from(table)
        .outerjoin(t.blobs, t.blobs.c.checksum == table.c[column])
    )

    def serve(request: Request) -> Response:
        with library.database.read() as connection:
            number = find(connection, request.path_params["id"])
            row = connection.execute(query.where(table.c.id == number)).first()
        if row is None:
            raise responses.NotServed
        picture = None if request.query_params.get("default") == "true" else row[1]
        return responses.send_content(request, picture or responses.placeholder(kind))

    return serve


def image_routes(library: Library) -> list[Route]:
    serving = _Images(library)
    return [
        responses.media_route("/image/{id}/image", serving.image),
        responses.media_route("/image/{id}/thumbnail", serving.thumbnail),
        responses.media_route("/gallery/{id}/cover", serving.cover),
        responses.media_route("/gallery/{id}/preview/{index}", serving.at),
    ]


class _Images:
    def __init__(self, library: Library) -> None:
        self._library = library
        self._thumbnails = Thumbnails()

    def image(self, request: Request) -> Response:
        """The primary file."""
        with self._library.database.read() as connection:
            number = image_id(connection, request.path_params["id"])
            media = primary_file(self._library, connection, t.images_files, "image_id", number)
        return responses.send_file(request, media.open())

    def thumbnail(self, request: Request) -> Response:
        with self._library.database.read() as connection:
            number = image_id(connection, request.path_params["id"])
            if connection.scalar(select(t.images.c.id).where(t.images.c.id == number)) is None:
                raise responses.NotServed
        return self._thumbnail_response(request, number)

    def cover(self, request: Request) -> Response:
        """The thumbnail of a gallery's cover."""
        image = self._image_of_gallery(request, lambda gallery: gallery.get("cover"))
        return (
            responses.send_content(request, responses.placeholder("gallery"))
            if image is None
            else self._thumbnail_response(request, image)
        )

    def at(self, request: Request) -> Response:
        """The thumbnail of the image at an index of a gallery, counted from 0."""
        index = request.path_params["index"]
        if not (index.isascii() and index.isdigit()):
            raise responses.NotServed("bad index", 400)
        bounded_index = min(int(index), LARGEST)
        image = self._image_of_gallery(
            request, lambda gallery: gallery.get("image", {"index": bounded_index})
        )
        if image is None:
            raise responses.NotServed
        return self._thumbnail_response(request, image)

    def _image_of_gallery(self, request: Request, choose: Callable[[Row], Row | None]) -> int | None:
        """The id of an image of the requested gallery."""
        with self._library.database.read() as connection:
            number = gallery_id(connection, request.path_params["id"])
            gallery = RequestContext(self._library, connection, "").fetch("Gallery", number)
            if gallery is None:
                raise responses.NotServed
            image = choose(gallery)
        return None if image is None else image.id

    def _thumbnail_response(self, request: Request, number: int) -> Response:
        """A thumbnail; the picture itself if it is small or unscalable, a placeholder if it is missing."""
        try:
            with self._library.database.read() as connection:
                media = primary_file(self._library, connection, t.images_files, "image_id", number)
            file = media.open()
        except (responses.NotServed, OSError, BrokenFileError):
            return responses.send_content(request, responses.placeholder("image"))
        try:
            is_video = responses.media_type_by_name(file.name).startswith("video/")
            content = self._thumbnails.of(media.location, file, moves=is_video)
        except (OSError, BrokenFileError):
            content = None
        if content is None:
            return responses.send_file(request, file)
        file.stream.close()
        return responses.send_content(request, content)
