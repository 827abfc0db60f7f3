"""Pages of `--html`: titles, links to the web interface, and pictures as data: URIs."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashConnectionError, StashError, StashInputError
from stash_cli.core.query.saved_filters.address import FOLDERS
from stash_cli.core.types.entities import ENTITIES
from stash_cli.output.html import PICTURE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stash_cli.core.client.session import Session
    from stash_cli.core.settings import Connection

PICTURES = {
    "Scene": "paths.screenshot",
    "Image": "paths.thumbnail",
    "Gallery": "paths.cover",
    "Performer": "image_path",
    "Studio": "image_path",
    "Tag": "image_path",
    "Group": "front_image_path",
    "SceneMarker": "screenshot",
}
"""Type -> the field with the URL of its picture."""
WIDTH, HEIGHT = 400, 300
"""Maximum size of an embedded picture in pixels; twice its size on the page, for high-density screens."""
_LARGEST = 8_000_000
_AT_ONCE = 4
_KINDS = (
    (b"\xff\xd8", "jpeg"),
    (b"\x89PNG", "png"),
    (b"GIF8", "gif"),
    (b"RIFF", "webp"),
    (b"<svg", "svg+xml"),
)


def title_of(type_name: str) -> str:
    """The title of a page of objects."""
    entity = ENTITIES.get(type_name)
    return entity.plural.capitalize() if entity else type_name or "stash"


def link_of(type_name: str, connection: Connection) -> Callable[[dict[str, Any]], str]:
    """Return a function from a row to the URL of its page in the web interface; "" without one."""
    folder = FOLDERS.get(type_name)
    # An embedded library has no web interface, and markers have no pages.
    if connection.is_embedded or folder is None or "/" in folder:
        return lambda _: ""
    return lambda row: f"{connection.server}/{folder}/{row['id']}" if "id" in row else ""


async def add_pictures(session: Session, type_name: str, rows: Sequence[dict[str, Any]]) -> None:
    """Add the picture of each row to it, at most _AT_ONCE downloads at a time; skip rows without one.

    Raises StashConnectionError when the server becomes unreachable.
    """
    slots = asyncio.Semaphore(_AT_ONCE)

    async def add(row: dict[str, Any]) -> None:
        address = _address(type_name, row)
        if address:
            async with slots:
                picture = await _picture(session, address)
            if picture:
                row[PICTURE] = picture

    await asyncio.gather(*map(add, rows))


def _address(type_name: str, row: dict[str, Any]) -> str | None:
    """The URL of the object's own picture; None if it has only the default picture."""
    value: Any = row
    for step in PICTURES[type_name].split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return None if not value or "default=true" in value else str(value)


async def _picture(session: Session, address: str) -> str | None:
    data = bytearray()
    try:
        async for piece in session.transport.download(address):
            data += piece
            if len(data) > _LARGEST:
                return None
    except (StashConnectionError, StashInputError):
        raise
    except StashError:  # such as 404 for a cover that was never generated
        return None
    return await asyncio.to_thread(_as_uri, bytes(data))


def _as_uri(data: bytes) -> str | None:
    data = _reduced(data)
    kind = next((kind for mark, kind in _KINDS if data.lstrip()[: len(mark)] == mark), None)
    return f"data:image/{kind};base64,{b64encode(data).decode()}" if kind else None


def _reduced(data: bytes) -> bytes:
    """Reduce a picture to a JPEG of at most WIDTH x HEIGHT, if Pillow is installed and can read it."""
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        return data
    from io import BytesIO

    try:
        with Image.open(BytesIO(data)) as picture:
            if picture.width <= WIDTH and picture.height <= HEIGHT:
                return data
            picture.thumbnail((WIDTH, HEIGHT))
            output = BytesIO()
            picture.convert("RGB").save(output, "JPEG", quality=80)
            return output.getvalue()
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return data
