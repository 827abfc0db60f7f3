"""The background process of completion: requests names from the server and caches them, silently."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from stash_cli.commands.argv.completion_names import BUSY, FRESH, NameCache
from stash_cli.core.errors import StashError
from stash_cli.core.types.entities import ENTITIES, Entity

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session
    from stash_cli.core.settings import Connection

MOST = 100_000
"""Maximum number of cached names of one kind."""
SECONDS = BUSY - 5
"""Timeout of the requests, below BUSY so that the lock is still valid."""


def refresh(runtime: Runtime, kind: str, words: Sequence[str]) -> int:
    """Request the names of one kind and cache them; if the server does not answer, keep the cached ones."""
    from stash_cli.core.private_files import create_private, make_private_folder

    cache = NameCache(kind, words, runtime.environ)
    try:
        make_private_folder(cache.path.parent)
        if cache.lock.exists() and time.time() - cache.lock.stat().st_mtime >= BUSY:
            cache.lock.unlink(missing_ok=True)
        if not create_private(cache.lock):
            return 0
        try:
            cache.write(_requested_names(runtime, kind, words))
        finally:
            cache.lock.unlink(missing_ok=True)
        _remove_old(cache)
    except OSError:
        return 1
    return 0


def _remove_old(cache: NameCache) -> None:
    """Remove cache files that were not refreshed for a month, such as those of a replaced API key."""
    for file in cache.path.parent.iterdir():
        if time.time() - file.stat().st_mtime > 30 * 24 * 60 * FRESH:
            file.unlink(missing_ok=True)


def _requested_names(runtime: Runtime, kind: str, words: Sequence[str]) -> list[str] | None:
    """Request the names; None if the server is unknown or does not answer."""
    from stash_cli.commands.argv.flags import leading_flags
    from stash_cli.commands.argv.scanner import ArgvScanner

    try:
        runtime.merge(ArgvScanner([leading_flags()]).scan(list(words)).values[0])
        runtime.streams.no_input = True
        if needs_a_program(runtime) or not is_known(runtime.connection()):
            return None
        return runtime.run(lambda session: _names(session, kind))
    except (StashError, TimeoutError):
        return None


def needs_a_program(runtime: Runtime) -> bool:
    """Whether secrets of the profile come from the keyring or a command, which may open a prompt."""
    if not runtime.has_settings and not runtime.options.profile:
        return False
    profile = runtime.profile
    if profile.key_source in ("keyring", "api_key_command"):
        return True
    tables = [*profile.values.values(), *profile.values.get("headers", {}).values()]
    tables += [profile.values.get("basic_auth", {}).get("password")]
    return any(isinstance(each, dict) and "command" in each for each in tables)


def is_known(connection: Connection) -> bool:
    """Whether a command has used this server before; a half-typed address must not be contacted."""
    from pathlib import Path

    from stash_cli.core.client import schema_cache
    from stash_cli.core.settings import DEMO

    if connection.location == DEMO:
        return True
    if connection.is_embedded:
        return Path(connection.location).is_file()
    return schema_cache.recall(connection) is not None


async def _names(session: Session, kind: str) -> list[str]:
    import asyncio

    async with asyncio.timeout(SECONDS):
        type_name, _, other = kind.rpartition(".")
        if other in _OTHERS:
            return list(dict.fromkeys(await _OTHERS[other](session, ENTITIES.get(type_name))))
        return await _objects(session, ENTITIES[kind])


async def _objects(session: Session, entity: Entity) -> list[str]:
    from stash_cli.core.client.paging import FindQuery, iter_rows

    found: dict[str, None] = {}
    query = FindQuery(entity, sort="name")
    async for row in iter_rows(session, query, ["name"]):
        found[str(row["name"])] = None
        if len(found) >= MOST:
            break
    return list(found)


async def _filters(session: Session, entity: Entity | None) -> list[str]:
    mode = {"mode": entity.items.upper()} if entity is not None else {}
    rows = await session.call("findSavedFilters", mode, ["name"])
    return [str(row["name"]) for row in rows]


async def _scrapers(session: Session, entity: Entity | None) -> list[str]:
    """The ids of the scrapers for a type; of all scrapers without one."""
    known = (await session.load_capabilities()).enum_values("ScrapeContentType")
    types = [entity.type.upper()] if entity is not None else sorted(known)
    rows = await session.call("listScrapers", {"types": types}, ["id"])
    return [str(row["id"]) for row in rows or ()]


async def _boxes(session: Session, _: Entity | None, path: str = "name") -> list[str]:
    answer = await session.call("configuration", {}, [f"general.stashBoxes.{path}"])
    return [str(row[path]) for row in answer["general"]["stashBoxes"] or ()]


async def _endpoints(session: Session, _: Entity | None) -> list[str]:
    return await _boxes(session, None, "endpoint")


async def _sources(session: Session, _: Entity | None) -> list[str]:
    """The sources of an identification: stash-boxes, and scrapers of scenes."""
    return await _boxes(session, None) + await _scrapers(session, ENTITIES["Scene"])


async def _plugins(session: Session, _: Entity | None) -> list[str]:
    return [str(row["id"]) for row in await session.call("plugins", {}, ["id"]) or ()]


_OTHERS: dict[str, Callable[[Session, Entity | None], Awaitable[list[str]]]] = {
    "filters": _filters,
    "scrapers": _scrapers,
    "boxes": _boxes,
    "endpoints": _endpoints,
    "sources": _sources,
    "plugins": _plugins,
}
"""Kinds of names that are not entities (`OTHER_NAMES`) -> the request for them."""
