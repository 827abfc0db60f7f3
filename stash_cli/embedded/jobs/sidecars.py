"""Sidecars of an embedded library: files beside its videos, opened within its folders only."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select

from stash_cli.core.sidecars import (
    MOST_BYTES,
    Sidecar,
    StashSidecarError,
    defaults_names,
    names_beside,
    only_video_names,
    parse_sidecar,
)
from stash_cli.embedded import tables as t
from stash_cli.embedded.library import file_access

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def read(
    sources: Iterable[str], video: str, roots: Sequence[str], *, is_only_video: bool = False
) -> Sidecar | None:
    """The facts in the first file about a video, with those that all in its folder share; None without any.

    `sources` are formats in their order. Raises StashSidecarError.
    """
    own = shared = None
    for source in sources:
        names = names_beside(source, video)
        names += only_video_names(source, video) if is_only_video else []
        own = own or read_first(source, names, roots)
        shared = shared or read_first(source, defaults_names(source, video), roots)
    return own if shared is None else (own or Sidecar()).with_defaults(shared)


def folders_of_one_video(connection: Connection, folder: str | None = None) -> set[str]:
    """The paths of the folders that have one video: of all, or of one."""
    query = (
        select(t.folders.c.path)
        .join(t.files, t.files.c.parent_folder_id == t.folders.c.id)
        .join(t.video_files, t.video_files.c.file_id == t.files.c.id)
        .group_by(t.folders.c.path)
        .having(func.count() == 1)
    )
    return set(connection.scalars(query if folder is None else query.where(t.folders.c.path == folder)))


def read_first(source: str, paths: Iterable[str], roots: Sequence[str]) -> Sidecar | None:
    """The facts in the first of some files that exists; None without one. Raises StashSidecarError."""
    for path in paths:
        try:
            descriptor = file_access.open_file(path, roots)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise StashSidecarError(f"{path}: {error.strerror or error}") from None
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(MOST_BYTES[source] + 1)
        try:
            return parse_sidecar(source, data)
        except StashSidecarError as error:
            raise StashSidecarError(f"{path}: {error.message}") from None
    return None
