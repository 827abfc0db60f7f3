"""The pictures that are kept in the library: of performers, studios, tags, groups, and covers of scenes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from stash_cli.embedded import tables as t
from stash_cli.embedded.web.media.finding import object_id, scene_id
from stash_cli.embedded.web.media.placeholders import placeholder
from stash_cli.embedded.web.media.replies import NotServed, media_route, send_content

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Table
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
    return [media_route(path, _serving(library, *facts)) for path, facts in _PORTRAITS.items()]


def _serving(
    library: Library, table: Table, column: str, kind: str, find: Find
) -> Callable[[Request], Response]:
    """The object's own picture, or the one of its kind: when it has none, or with `default=true`."""
    query = (
        select(table.c.id, t.blobs.c.blob)
        .select_from(table)
        .outerjoin(t.blobs, t.blobs.c.checksum == table.c[column])
    )

    def serve(request: Request) -> Response:
        with library.database.read() as connection:
            number = find(connection, request.path_params["id"])
            found = connection.execute(query.where(table.c.id == number)).first()
        if found is None:
            raise NotServed
        own = None if request.query_params.get("default") == "true" else found[1]
        return send_content(request, own or placeholder(kind))

    return serve
