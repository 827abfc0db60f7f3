"""Archives on disk and in memory: a folder, or a zip file, with one folder per type."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from stash_cli.core.private_files import make_private_folder, open_private, write_private
from stash_cli.embedded.exchange.layout import FOLDERS, OLDER_FOLDERS
from stash_cli.embedded.graphql.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Entries = dict[str, dict[str, Any]]
"""The objects of each folder of an archive, by their file names."""
_LARGEST = 256 * 1024 * 1024  # bytes that an uploaded archive may unpack to


def write_zip(target: Path, files: Iterable[tuple[str, str]]) -> None:
    """Write `files` (path, text) into a new zip file."""
    with open_private(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files:
            archive.writestr(path, text)


def write_folder(target: Path, files: Iterable[tuple[str, str]]) -> None:
    """Replace what an archive holds at `target`; other files there stay."""
    for folder in FOLDERS:
        make_private_folder(target / folder)
        for old in (target / folder).glob("*.json"):
            old.unlink()
    for path, text in files:
        write_private(target / path, text)


def read_zip(content: bytes) -> Entries:
    """The objects of an uploaded archive; nothing is unpacked to disk."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(info.file_size for info in archive.infolist()) > _LARGEST:
                raise Refused(f"the archive holds more than {_LARGEST} bytes")
            return _sorted((info.filename, archive.read(info)) for info in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as failure:
        raise Refused(f"error unzipping provided file for import: {failure}") from failure


def read_folder(source: Path) -> Entries:
    """The objects of an archive that is a folder."""
    found = _sorted(
        (f"{folder}/{file.name}", file.read_bytes())
        for folder in (*FOLDERS, *OLDER_FOLDERS)
        for file in (source / folder).glob("*.json")
    )
    if not any(found.values()):
        raise Refused(f"there is nothing to import in {source}")
    return found


def _sorted(files: Iterable[tuple[str, bytes]]) -> Entries:
    found: Entries = {folder: {} for folder in FOLDERS}
    for path, folder, text in _known(files):
        try:
            value = json.loads(text)
        except ValueError as failure:
            raise Refused(f"failed to read json: {path}: {failure}") from failure
        if not isinstance(value, dict):
            raise Refused(f"failed to read json: {path}: no object")
        found[folder][path] = value
    return {folder: dict(sorted(entries.items())) for folder, entries in found.items()}


def _known(files: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, str, bytes]]:
    """(path, folder, text) of the files of the layout; others are not looked at."""
    for path, text in files:
        parts = PurePosixPath(path).parts
        folder = OLDER_FOLDERS.get(parts[0], parts[0]) if parts else ""
        if len(parts) == 2 and folder in FOLDERS and path.endswith(".json"):  # noqa: PLR2004 - folder and name
            yield path, folder, text
