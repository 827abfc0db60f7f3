"""Downloads of files that the server offers: complete under their name, or not at all."""

from __future__ import annotations

import os
from contextlib import aclosing, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from stash_cli.core.errors import StashInputError
from stash_cli.core.transport.files import download_name

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from stash_cli.core.client.session import Session


async def download(session: Session, address: str, target: str | Path) -> Path:
    """Download the file at `address` to `target`, a file or a folder; the path of the copy.

    An existing file is replaced once the new one is complete. Raises StashInputError where nothing can be
    written; no partial file remains then.
    """
    path = _target_path(target, address)
    try:
        return await _write(session.transport.download(address), path)
    except OSError as error:
        raise StashInputError(f"{path} cannot be written: {error.strerror or error}.") from error


def _target_path(target: str | Path, address: str) -> Path:
    path = Path(target).expanduser()
    return path / download_name(address) if path.is_dir() else path


async def _write(chunks: AsyncGenerator[bytes, None], path: Path) -> Path:
    # Beside the target and not in the temporary folder, as a file is only renamed atomically on one file
    # system.
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False) as file:
        try:
            async with aclosing(chunks):
                async for chunk in chunks:
                    file.write(chunk)
            file.flush()
            os.fsync(file.fileno())  # or a crash could leave the name with nothing in it
            file.close()
            os.replace(file.name, path)  # noqa: PTH105 - the name is what the temporary file has
        except BaseException:
            with suppress(OSError):
                os.unlink(file.name)  # noqa: PTH108 - as above
            raise
    return path
