"""Downloads of files from the server; the target file is written atomically."""

from __future__ import annotations

import os
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from stash_cli.core.atomic_files import replacing
from stash_cli.core.errors import StashInputError
from stash_cli.core.transport.files import download_name

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from stash_cli.core.client.session import Session


async def download(session: Session, address: str, target: str | Path) -> Path:
    """Download the file at `address` to `target`, a file or a folder; return the path of the copy.

    A path that ends with a slash is a folder, which must exist: it may be a drive that is not mounted. An
    existing file is replaced once the new one is complete. Raises StashInputError if the target cannot be
    written; no partial file remains.
    """
    path = _target_path(target, address)
    try:
        return await _write(session.transport.download(address), path)
    except OSError as error:
        raise StashInputError(f"{path} cannot be written: {error.strerror or error}.") from error


def _target_path(target: str | Path, address: str) -> Path:
    path = Path(target).expanduser()
    if path.is_dir():
        return path / download_name(address)
    if str(target).endswith(("/", os.sep)):
        raise StashInputError(f"There is no folder {path}.")
    return path


async def _write(chunks: AsyncGenerator[bytes, None], path: Path) -> Path:
    with replacing(path) as file:
        async with aclosing(chunks):
            async for chunk in chunks:
                file.write(chunk)
    return path
