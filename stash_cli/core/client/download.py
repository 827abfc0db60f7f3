"""Files from the server: written under a temporary name, and there only when they are whole."""

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
    """Fetch what the server offers at `address` to `target`, a file or a folder; where it is now.

    A file of that name is replaced once the new one is whole. Raises StashInputError where nothing can be
    written, and what transports raise; nothing is left behind then.
    """
    path = _place(target, address)
    try:
        return await _write(session.transport.download(address), path)
    except OSError as error:
        raise StashInputError(f"{path} cannot be written: {error.strerror or error}.") from error


def _place(target: str | Path, address: str) -> Path:
    path = Path(target).expanduser()
    return path / download_name(address) if path.is_dir() else path


async def _write(chunks: AsyncGenerator[bytes, None], path: Path) -> Path:
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False) as file:
        try:
            async with aclosing(chunks):
                async for chunk in chunks:
                    file.write(chunk)
            file.close()
            os.replace(file.name, path)  # noqa: PTH105 - the name is what the temporary file has
        except BaseException:
            with suppress(OSError):
                os.unlink(file.name)  # noqa: PTH108 - as above
            raise
    return path
