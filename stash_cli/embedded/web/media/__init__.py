"""Media over HTTP: the pictures, streams and captions in the `paths` of objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.embedded.web.media.images import image_routes, portrait_routes
from stash_cli.embedded.web.media.scenes import scene_routes

if TYPE_CHECKING:
    from starlette.routing import Route

    from stash_cli.embedded.library.library import Library


def media_routes(library: Library) -> list[Route]:
    """The media routes; content that is not generated is not found."""
    return [*portrait_routes(library), *image_routes(library), *scene_routes(library)]
