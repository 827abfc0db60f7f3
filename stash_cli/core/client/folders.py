"""Folder ids by path or id: folders have no names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.errors import StashInputError, StashNotFoundError
from stash_cli.core.query import lookups

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stash_cli.core.client.session import Session


async def folder_ids(session: Session, words: Iterable[str]) -> dict[str, str]:
    """Word -> id: an id, `id:12`, or the path of a folder on the server, with or without a `/` at its end.

    Raises StashNotFoundError for an unknown path.
    """
    keys = {word: _as_id(word) or _as_path(word) for word in words}
    paths = [key for key in keys.values() if not key.isdecimal()]
    known = await _by_path(session, paths) if paths else {}
    for path in paths:
        if path not in known:
            raise StashNotFoundError(
                f"There is no folder {path!r}.",
                hint="Give the path as the server has it; `stash library list`.",
            )
    return {word: known.get(key, key) for word, key in keys.items()}


async def _by_path(session: Session, paths: list[str]) -> dict[str, str]:
    criteria = lookups.compile("Folder", {"path__in": paths}).filter
    # Ids and paths only: on some servers a folder inside a zip file has no time, which fails the whole query.
    page = await session.call(
        "findFolders",
        {"folder_filter": criteria, "filter": {"per_page": -1}},
        ["folders.id", "folders.path"],
    )
    ids = {row["path"]: row["id"] for row in page["folders"]}
    # The filter ignores case, but paths that differ in case are different folders on most systems.
    return {path: ids[path] for path in paths if path in ids}


def _as_id(word: str) -> str:
    text = word.strip()
    number = text[3:].strip() if text.lower().startswith("id:") else text
    return str(int(number)) if number.isascii() and number.isdecimal() else ""


def _as_path(word: str) -> str:
    if not word.strip():
        raise StashInputError(f"Neither an id nor a path: {word!r}.")
    return word.rstrip("/\\") or word[:1]
