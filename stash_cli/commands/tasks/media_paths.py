"""Checks before a job starts: the server is ready, and folders and paths exist."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from stash_cli.core.errors import StashGraphQLError, StashInputError, StashUsageError
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session


async def require_ready(session: Session) -> None:
    """Raise StashSystemNotReadyError before set-up or a migration, when jobs end without doing anything."""
    from stash_cli.core.graphql.responses import not_ready

    status = (await session.call("systemStatus", {}, ["status"]))["status"]
    if status != "OK":
        raise not_ready(status, status)


def server_paths(runtime: Runtime, words: Sequence[str]) -> list[str]:
    """Map typed paths to the server's paths. Raises StashUsageError for an empty one."""
    if not all(map(str.strip, words)):
        raise StashUsageError("PATH is empty: give a file or folder, or none for all media folders")
    return [runtime.server_path(word) for word in words]


async def media_folders(session: Session) -> list[str]:
    """The paths of the media folders."""
    answer = await session.call("configuration", {}, ["general.stashes.path"])
    return [stash["path"] for stash in answer["general"]["stashes"]]


async def check_paths(
    session: Session, runtime: Runtime, paths: Sequence[str], *, exist: bool = True
) -> None:
    """Check paths that the server would skip with at most a line in its log.

    Raises StashInputError for a path outside of the media folders, and with `exist` for a missing or
    unreadable one as far as this can be checked.
    """
    folders = await media_folders(session)
    if not folders:
        runtime.streams.warn("there are no media folders; add one with: stash library add PATH")
    for path in paths:
        if not any(is_below(path, folder) for folder in folders):
            raise StashInputError(f"{path} is not in a media folder", hint="See `stash library list`.")
        if not exist:
            continue
        if (local := runtime.local_path(path)) is not None:
            require_readable(local)
        elif path not in folders:
            await require_folder_of(session, path)


def require_readable(path: str) -> None:
    """Raise StashInputError for a path of this machine that is missing or cannot be read."""
    if not os.path.lexists(path):
        raise StashInputError(f"there is no file or folder {path}")
    if not os.access(path, os.R_OK):
        raise StashInputError(f"{path} cannot be read: permission denied")


def is_below(path: str, folder: str) -> bool:
    """Whether a path is `folder` or below it; compared as text, for paths of any operating system."""
    folder = folder.rstrip("/\\")
    return path == folder or path.startswith((f"{folder}/", f"{folder}\\"))


async def require_folder_of(session: Session, path: str) -> None:
    """Raise StashInputError for a path whose folder is missing on the server.

    The API lists folders only, without links, so a missing file is reported only in the job's log.
    """
    folder = parent_of(path)
    missing = f"there is no folder {folder} on the server, or it cannot read it"
    try:
        folders = (await session.call("directory", {"path": folder}, ["directories"]))["directories"]
    except StashGraphQLError as error:
        raise StashInputError(f"{missing}: {error.message}") from error
    # For an unreadable folder, the server lists its siblings whose names have the same prefix.
    if folders and all(parent_of(each) != folder for each in folders):
        raise StashInputError(missing)


def parent_of(path: str) -> str:
    """The parent folder of a path of any operating system."""
    cut = max(path.rstrip("/\\").rfind("/"), path.rstrip("/\\").rfind("\\"))
    return path[: max(cut, 1)] if cut >= 0 else ""


async def folder_problem(session: Session, folder: str) -> str | None:
    """The problem of a media folder, if it can be detected: missing, or empty although it has objects."""
    if session.connection.is_embedded:
        return await _local_problem(session, folder)

    try:
        folders = (await session.call("directory", {"path": folder}, ["directories"]))["directories"]
    except StashGraphQLError:
        return "is missing on the server, or cannot be read by it"
    if folders:
        exists = any(parent_of(each) == folder.rstrip("/\\") for each in folders)
        return None if exists else "is missing on the server, or cannot be read by it"
    # Files are not listed, so an empty list is a problem only if objects in subfolders are known.
    count = await count_below(session, folder, in_folders=True)
    return f"has no folders any more, though {count} objects in its folders are known" if count else None


async def _local_problem(session: Session, folder: str) -> str | None:
    try:
        is_empty = not os.listdir(folder)  # noqa: PTH208 - only whether there is any
    except OSError as error:
        return "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
    count = await count_below(session, folder) if is_empty else 0
    return f"is empty, though {count} objects in it are known" if count else None


async def count_below(session: Session, folder: str, *, in_folders: bool = False) -> int:
    """The number of scenes, images and galleries with files below a folder (`in_folders`: in subfolders)."""
    separator = "\\" if "\\" in folder and "/" not in folder else "/"
    pattern = "^" + re.escape(folder.rstrip("/\\") + separator)
    pattern += f"[^{re.escape(separator)}]+{re.escape(separator)}" if in_folders else ""
    criterion = {"path": {"value": pattern, "modifier": "MATCHES_REGEX"}}
    total = 0
    for entity in (ENTITIES[name] for name in ("Scene", "Image", "Gallery")):
        args = {entity.filter_arg: criterion, "filter": {"per_page": 0}}
        total += (await session.call(entity.find, args, ["count"]))["count"]
    return total
