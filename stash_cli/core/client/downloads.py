"""Downloads of files that the server offers: complete under their name, or not at all."""

from __future__ import annotations

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
    """Download the file at `address` to `target`, a file or a folder; the path of the copy.

    A folder is one that exists, or a name with a slash at its end, which is made.
    An existing file is replaced once the new one is complete. Raises StashInputError where nothing can be
    written; no partial file remains then.
    """
    try:
        path = _target_path(target, address)
        return await _write(session.transport.download(address), path)
    except OSError as error:
        raise StashInputError(f"{target} cannot be written: {error.strerror or error}.") from error


def _target_path(target: str | Path, address: str) -> Path:
    path = Path(target).expanduser()
    if str(target).endswith(("/", os.sep)):  # a folder: `backup /backups/` is not to make a file of that name
        path.mkdir(parents=True, exist_ok=True)
    return path / download_name(address) if path.is_dir() else path


async def _write(chunks: AsyncGenerator[bytes, None], path: Path) -> Path:
    with replacing(path) as file:
        async with aclosing(chunks):
            async for chunk in chunks:
                file.write(chunk)
    return path
