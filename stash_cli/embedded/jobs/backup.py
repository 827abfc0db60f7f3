"""A copy of the library while it is in use."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any

from stash_cli.embedded.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from stash_cli.embedded.library import Library


def back_up(library: Library, options: Mapping[str, Any]) -> Path:
    """Copy the library to a dated file beside it and return its path."""
    if options.get("download"):
        raise Refused("a backup cannot be downloaded from an embedded library: it is made beside its file")
    source: Path = library.database.path
    stamp = datetime.now().astimezone().strftime("%Y%m%d_%H%M%S_%f")
    target = source.with_name(f"{source.name}.{stamp}")
    with closing(sqlite3.connect(source)) as origin, closing(sqlite3.connect(target)) as copy:
        origin.backup(copy)
    library.jobs.journal.info(f"Backed the library up to {target}")
    return target
