"""What a browser finds where the server would show its web interface."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

_MOUNTS = frozenset(
    (
        *("performer", "scene", "gallery", "image", "studio", "group", "tag"),
        *("downloads", "plugin", "custom", "css", "javascript", "customlocales"),
    )
)
"""Below these nothing unknown is a page."""
_PAGE = """<!doctype html><title>Stash</title><p>This is an embedded library: it answers GraphQL at
<a href="/graphql">/graphql</a> and has no web interface."""


def page_route() -> Route:
    """The route of every path that nothing else answers; it stands last."""
    return Route("/{path:path}", _show)


def _show(request: Request) -> Response:
    first = request.path_params["path"].partition("/")[0]
    return PlainTextResponse("Not Found", 404) if first in _MOUNTS else HTMLResponse(_PAGE)
