"""Verification that a file matches the server's records, before its copy is moved or deleted."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from stash_cli.core.errors import StashError, StashServerError

if TYPE_CHECKING:
    from stash_cli.core.client.session import Session
    from stash_cli.core.duplicates.copies import File

_ENDS = 4096
"""Bytes that are read at the beginning and at the end."""
_URL_PATHS = {"Scene": "/scene/{}/stream", "Image": "/image/{}/image"}


async def check_readable(session: Session, type_name: str, owner: str, file: File) -> None:
    """Read both ends of the primary file of an object, which has to be `file`.

    Raises StashError if the server does not send them, or the length differs from the size of the file.
    """
    address = _URL_PATHS[type_name].format(owner)
    expected = min(file.size, _ENDS)
    error = StashError(
        f"{file.path} cannot be read to its end, or is not as long as the server knows",
        hint="Is its disk there? A scan tells what has changed.",
    )
    try:
        first = await _length(session, address, f"0-{_ENDS - 1}", _ENDS)
        last = await _length(session, address, f"{max(0, file.size - _ENDS)}-", file.size)
    except StashServerError as cause:
        raise error from cause
    # Without support for ranges, such as for a member of an archive, the whole file is sent.
    if first < expected or last not in (expected, file.size):
        raise error


async def _length(session: Session, address: str, span: str, most: int) -> int:
    """Count the bytes sent for a range; stop after `most` bytes."""
    count = 0
    async with aclosing(session.transport.download(address, span)) as pieces:
        async for piece in pieces:
            count += len(piece)
            if count > most:
                break
    return count
