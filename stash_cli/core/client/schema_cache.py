"""The cache of server schemas on disk: one file per URL."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from stash_cli.core.atomic_files import replacing
from stash_cli.core.log import logger

if TYPE_CHECKING:
    from pathlib import Path

    from stash_cli.core.settings import Connection

# Increment when the reduced form changes; files in another format are ignored.
_FORMAT = 2


def recall(connection: Connection) -> dict[str, Any] | None:
    """The cached schema of this URL; None without a file and for a damaged one."""
    try:
        cached = json.loads(_path(connection).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    # The file may be of an older release, or of another URL that maps to the same file name.
    is_dict = isinstance(cached, dict)
    fits = is_dict and cached.get("format") == _FORMAT and cached.get("url") == connection.url
    return cached["facts"] if fits and _is_schema(cached.get("facts")) else None


def _is_schema(facts: Any) -> bool:
    """Whether a value has the parts of a reduced introspection that are read without further checks."""
    names = ("operations", "types", "enums")
    return isinstance(facts, dict) and all(isinstance(facts.get(name), dict) for name in names)


def remember(connection: Connection, facts: dict[str, Any]) -> None:
    """Write the schema to the cache, atomically. Failure to write is only logged."""
    path = _path(connection)
    text = json.dumps({"format": _FORMAT, "url": connection.url, "facts": facts}, separators=(",", ":"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path, sync=False) as file:
            file.write(text.encode())
    except OSError as error:
        logger.info("What was learnt about the server cannot be kept: %s", error)


def _path(connection: Connection) -> Path:
    # Names may collide, so the file holds the URL as well.
    name = re.sub(r"[^\w.-]+", "_", connection.url)[:150]
    return connection.cache / "servers" / f"{name}.json"
