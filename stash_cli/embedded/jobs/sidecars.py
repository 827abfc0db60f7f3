"""Sidecars of an embedded library: files beside its videos, opened within its folders only."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from stash_cli.core.sidecars import MOST_BYTES, StashSidecarError, names_beside, parse_sidecar
from stash_cli.embedded.library import file_access

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stash_cli.core.sidecars import Sidecar


def read(source: str, video: str, roots: Sequence[str]) -> Sidecar | None:
    """The facts in the file of a format beside a video; None without one. Raises StashSidecarError."""
    return read_first(source, names_beside(source, video), roots)


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
