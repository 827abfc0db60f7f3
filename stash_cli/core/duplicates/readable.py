"""Proof that files are as the server knows them, before one of two copies is moved or deleted."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from stash_cli.core.errors import StashError, StashServerError

if TYPE_CHECKING:
    from stash_cli.core.client.session import Session
    from stash_cli.core.duplicates.copies import File

_ENDS = 4096
"""Bytes that are read at the beginning and at the end."""
_ADDRESSES = {"Scene": "/scene/{}/stream", "Image": "/image/{}/image"}


async def check_readable(session: Session, type_name: str, owner: str, file: File) -> None:
    """Read both ends of the primary file of an object, which is to be `file`.

    Raises StashError where the server does not send them, or not as many bytes as the file has.
    """
    address = _ADDRESSES[type_name].format(owner)
    wanted = min(file.size, _ENDS)
    error = StashError(
        f"{file.path} cannot be read to its end, or is not as long as the server knows",
        hint="Is its disk there? A scan tells what has changed.",
    )
    try:
        first = await _length(session, address, f"0-{_ENDS - 1}", _ENDS)
        last = await _length(session, address, f"{max(0, file.size - _ENDS)}-", file.size)
    except StashServerError as refused:
        raise error from refused
    # What sends no parts, such as a member of an archive, sends all.
    if first < wanted or last not in (wanted, file.size):
        raise error


async def _length(session: Session, address: str, span: str, most: int) -> int:
    """The number of bytes that come for a span; more than `most` are not waited for."""
    count = 0
    async with aclosing(session.transport.download(address, span)) as pieces:
        async for piece in pieces:
            count += len(piece)
            if count > most:
                break
    return count
