"""The check of path maps: where the server's folders are on this machine."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stash_cli.core.doctor.findings import Finding, ok, warning
from stash_cli.core.doctor.server import data_of
from stash_cli.core.path_maps import PathMaps
from stash_cli.core.transport.event_loops import in_daemon_thread
from stash_cli.core.transport.proxies import is_local

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stash_cli.core.doctor.subject import Subject

FOLDERS = "query { configuration { general { stashes { path } } } }"
FILE = "query { findScenes(filter: { per_page: 1 }) { scenes { files { path } } } }"


async def path_maps(subject: Subject) -> Finding:
    """The media folders of the server are where the maps, or their own paths, say."""
    maps, folders = subject.environment.path_maps, await _media_folders(subject)
    if not maps:
        return await _without_maps(subject, folders)
    problems = [f"{local} is missing" for local in await missing(local for _, local in maps.pairs)]
    problems += [f"the server has no media folder at {server}" for server in _unused(maps, folders)]
    sample = None if problems else await _sample(subject)
    if sample and await missing([maps.to_local(sample)]):
        problems.append(f"{sample} of the server is not at {maps.to_local(sample)}")
    if problems:
        fix = f"Correct path_maps of the profile {subject.environment.profile}, or mount the folder."
        return warning("; ".join(problems), fix)
    return ok(", ".join(f"{server} is {local}" for server, local in maps.pairs))


async def _without_maps(subject: Subject, folders: list[str]) -> Finding:
    if not folders:
        return ok("none; the server has no media folders")
    is_here = not subject.is_remote or is_local(subject.connection.url)
    if not is_here:
        return ok("none: --paths prints the paths of the server")
    gone = await missing(folders)
    if not gone:
        return ok("none are needed: the media folders are here")
    fix = (
        "Mount it, or take it off the library's list."
        if not subject.is_remote
        else "If the server runs in a container, say in path_maps of a profile where its folders are."
    )
    return warning(f"{', '.join(gone)} of the server is not on this machine", fix)


async def _media_folders(subject: Subject) -> list[str]:
    data = data_of(subject, await subject.post(FOLDERS))
    general: Any = (data.get("configuration") or {}).get("general") or {}
    return [str(row["path"]) for row in general.get("stashes") or ()]


async def _sample(subject: Subject) -> str | None:
    """The path of one file of the server, if it has any."""
    data = data_of(subject, await subject.post(FILE))
    files = [file for scene in (data.get("findScenes") or {}).get("scenes") or () for file in scene["files"]]
    return str(files[0]["path"]) if files else None


def _unused(maps: PathMaps, folders: list[str]) -> list[str]:
    """The server folders in path maps that match none of its media folders."""
    found = []
    for pair in maps.pairs:
        below = PathMaps((pair,))
        above = [PathMaps(((folder, pair[1]),)) for folder in folders]
        inside = any(below.to_local(folder) != folder or folder == pair[0] for folder in folders)
        if not inside and not any(each.to_local(pair[0]) != pair[0] for each in above):
            found.append(pair[0])
    return found


async def missing(paths: Iterable[str]) -> list[str]:
    """The paths that do not exist; a share that hangs does not delay the exit of the program."""
    given = list(paths)
    found: list[str] = []

    def look(gone: list[str]) -> None:
        gone += [path for path in given if not Path(path).exists()]

    await in_daemon_thread(partial(look, found), "stash-paths")
    return found
