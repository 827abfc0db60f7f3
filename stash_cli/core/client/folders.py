"""Folders by path: they have no names, so a path or an id names one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.errors import StashInputError, StashNotFoundError
from stash_cli.core.query import lookups

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stash_cli.core.client.session import Session


async def folder_ids(session: Session, words: Iterable[str]) -> dict[str, str]:
    """Word -> id: an id, `id:12`, or the path of a folder on the server, with or without a `/` at its end.

    Raises StashNotFoundError for a path that the server does not know.
    """
    wanted = {word: _as_id(word) or _as_path(word) for word in words}
    paths = [path for path in wanted.values() if not path.isdecimal()]
    known = await _by_path(session, paths) if paths else {}
    for path in paths:
        if path not in known:
            raise StashNotFoundError(
                f"There is no folder {path!r}.",
                hint="Give the path as the server has it; `stash library list`.",
            )
    return {word: known.get(path, path) for word, path in wanted.items()}


async def _by_path(session: Session, paths: list[str]) -> dict[str, str]:
    wanted = lookups.compile("Folder", {"path__in": paths}).filter
    # Ids and paths only: a folder inside a zip has no time on some servers, which fails the whole answer.
    answer = await session.call(
        "findFolders",
        {"folder_filter": wanted, "filter": {"per_page": -1}},
        ["folders.id", "folders.path"],
    )
    found = {row["path"]: row["id"] for row in answer["folders"]}
    # Another case is another folder on most systems, and the filter ignores case.
    return {path: found[path] for path in paths if path in found}


def _as_id(word: str) -> str:
    text = word.strip()
    number = text[3:].strip() if text.lower().startswith("id:") else text
    return str(int(number)) if number.isascii() and number.isdecimal() else ""


def _as_path(word: str) -> str:
    if not word.strip():
        raise StashInputError(f"Neither an id nor a path: {word!r}.")
    return word.rstrip("/\\") or word[:1]
