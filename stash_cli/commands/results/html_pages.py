"""Pages of `--html`: their titles, their links to the web interface, and pictures as data: URIs."""

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
"""Type -> the path to the address of its picture."""
WIDTH, HEIGHT = 400, 300
"""Pixels to which a picture is reduced: twice those that the page shows it with."""
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
    """A function from a row to the address of its page in the web interface; "" where there is none."""
    folder = FOLDERS.get(type_name)
    # A library in a file has no web interface, and markers have no page of their own.
    if connection.is_embedded or folder is None or "/" in folder:
        return lambda _: ""
    return lambda row: f"{connection.server}/{folder}/{row['id']}" if "id" in row else ""


async def add_pictures(session: Session, type_name: str, rows: Sequence[dict[str, Any]]) -> None:
    """Put the picture of each row into it; rows without one are left as they are.

    Raises StashConnectionError where the server cannot be reached any more.
    """
    turns = asyncio.Semaphore(_AT_ONCE)

    async def add(row: dict[str, Any]) -> None:
        address = _address(type_name, row)
        if address:
            async with turns:
                found = await _picture(session, address)
            if found:
                row[PICTURE] = found

    await asyncio.gather(*map(add, rows))


def _address(type_name: str, row: dict[str, Any]) -> str | None:
    """The address of a picture of the object's own."""
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
    except StashError:  # a cover that was never generated is not found
        return None
    return await asyncio.to_thread(_as_uri, bytes(data))


def _as_uri(data: bytes) -> str | None:
    data = _reduced(data)
    kind = next((kind for mark, kind in _KINDS if data.lstrip()[: len(mark)] == mark), None)
    return f"data:image/{kind};base64,{b64encode(data).decode()}" if kind else None


def _reduced(data: bytes) -> bytes:
    """A smaller JPEG, where Pillow is installed and can read the picture."""
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
            found = BytesIO()
            picture.convert("RGB").save(found, "JPEG", quality=80)
            return found.getvalue()
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return data
