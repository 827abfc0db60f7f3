"""Target folders on the server, in their existing case, and the files in them."""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError
from stash_cli.core.graphql.batch import BatchOperation, call_all
from stash_cli.core.renames.paths import is_within, join, split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from stash_cli.core.client.session import Session
    from stash_cli.core.renames.plan import RenamePlan

_BATCH = 50
"""Number of folders in one request."""
_FOLDERS = "SELECT path FROM folders WHERE lower(path) IN ({})"
_FILES = (
    "SELECT files.id, folders.path, files.basename FROM folders JOIN files"
    " ON files.parent_folder_id = folders.id WHERE lower(folders.path) IN ({})"
)


async def library_folders(session: Session) -> list[str]:
    """The paths of the library's folders."""
    answer = await session.call("configuration", {}, ["general.stashes.path"])
    return [stash["path"] for stash in answer["general"]["stashes"] or ()]


def require_within(folder: str, roots: Sequence[str], option: str) -> None:
    """Raise StashInputError, with the name of the option, for a folder outside of the library."""
    if folder not in roots and not any(is_within(folder, root) for root in roots):
        raise StashInputError(
            f"{option}: {folder} is in no folder of the library", hint="See `stash library list`."
        )


async def load_target_folders(
    session: Session, plan: RenamePlan, roots: Sequence[str], to_local: Callable[[str], str | None]
) -> None:
    """Add the existing case and the files of the target folders to a plan.

    `to_local` maps a folder of the server to this machine; None if unknown.
    """
    has_files = (await session.load_capabilities()).has_query("findFiles")
    existing: list[str] = []
    for batch in _batches(_with_ancestors(plan.folders(), roots)):
        existing += await (_known_folders if has_files else _folders_by_sql)(session, batch)
    plan.use_existing_case(existing)
    for batch in _batches(plan.folders()):
        plan.reserve(await (_known_files if has_files else _files_by_sql)(session, batch))
        for folder in batch:
            if (local := to_local(folder)) is not None:
                plan.reserve(_on_disk(folder, local))


def _with_ancestors(folders: Iterable[str], roots: Sequence[str]) -> dict[str, None]:
    """Folders with their ancestors, up to the folders of the library."""
    paths = dict.fromkeys(roots)
    for path in folders:
        current = path
        while current not in paths and split(current)[0] != current:
            paths[current] = None
            current = split(current)[0]
    return paths


def _batches(folders: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(folders)
    while batch := list(islice(remaining, _BATCH)):
        yield batch


async def _known_folders(session: Session, folders: Sequence[str]) -> list[str]:
    queries = [
        _find_query("findFolders", "folder_filter", "path", each, ["folders.path"]) for each in folders
    ]
    answers = await call_all(session, queries)
    return [row["path"] for answer in answers for row in answer["folders"]]


async def _known_files(session: Session, folders: Sequence[str]) -> list[tuple[str, str]]:
    queries = [
        _find_query("findFiles", "file_filter", "dir", each, ["files.id", "files.path"]) for each in folders
    ]
    answers = await call_all(session, queries)
    return [(row["id"], row["path"]) for answer in answers for row in answer["files"]]


def _find_query(query: str, argument: str, field: str, value: str, paths: list[str]) -> BatchOperation:
    # EQUALS ignores the case of ASCII letters, as needed here.
    args = {argument: {field: {"value": value, "modifier": "EQUALS"}}, "filter": {"per_page": -1}}
    return BatchOperation(query, args, paths, quiet=True)


async def _folders_by_sql(session: Session, folders: Sequence[str]) -> list[str]:
    """Like `_known_folders`, for a server without a query for folders."""
    return [row[0] for row in await _rows(session, _FOLDERS, folders)]


async def _files_by_sql(session: Session, folders: Sequence[str]) -> list[tuple[str, str]]:
    rows = await _rows(session, _FILES, folders)
    return [(str(id_), join(folder, name)) for id_, folder, name in rows]


async def _rows(session: Session, statement: str, folders: Sequence[str]) -> list[Any]:
    sql = statement.format(", ".join(["lower(?)"] * len(folders)))
    answer = await session.call("querySQL", {"sql": sql, "args": list(folders)}, ["rows"])
    return answer["rows"] or []


def _on_disk(folder: str, local: str) -> Iterator[tuple[str, str]]:
    """Yield the files in a folder of this machine, including files unknown to the server."""
    try:
        names = os.listdir(local)  # noqa: PTH208 - names only
    except OSError:
        return  # the folder does not exist yet
    for name in names:
        yield "", join(folder, name)
