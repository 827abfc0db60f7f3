"""Moves of files on the server's disk: changes of their paths, in an order in which no target is taken.

The server answers several moves of one request without `data` when one of them fails, so what was done is
told by where the files are afterwards.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.journal.snapshots import FILES
from stash_cli.core.edits.operation import Operation
from stash_cli.core.edits.pace import Pace
from stash_cli.core.errors import StashInputError
from stash_cli.core.graphql.batch import BatchOperation, execute_batch
from stash_cli.core.orm.edit import Edit
from stash_cli.core.path_maps import is_windows
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.types.entities import FILES as FILE_ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.apply import Applier

    Key = tuple[str, str, str]
    Note = Callable[[Operation, BatchOperation], None]

FILE, PATH, SCENE = "BaseFile", "path", "scene"
"""Type of files; the fields of edits that move one on the disk, and to another scene."""


@dataclass(frozen=True, slots=True)
class Move:
    """The move of the file with this id; `before` and `after` are full paths on the server."""

    id: str
    before: str
    after: str


def in_order(moves: Iterable[Move]) -> list[Move]:
    """The moves in an order in which each target is free, those that change nothing left out.

    A circle begins with a move to a name of its own. So does a move that changes only the case of a path,
    which disks that ignore it refuse. Raises StashInputError where two moves have one target.
    """
    many = [each for each in moves if each.before != each.after]
    _check_targets(many)
    holders = {_folded(each.before): each for each in many}
    found: list[Move] = []
    ended: set[Move] = set()
    for each in many:
        if each not in ended:
            chain, is_circle = _chain(each, holders, ended)
            ended.update(chain)
            found += _through_own_name(chain) if is_circle else reversed(chain)
    return found


def _check_targets(moves: Iterable[Move]) -> None:
    targets: dict[str, Move] = {}
    for each in moves:
        other = targets.setdefault(each.after, each)
        if other is not each:
            raise StashInputError(f"files {other.id} and {each.id} would both become {each.after}.")


def _chain(first: Move, holders: Mapping[str, Move], ended: Collection[Move]) -> tuple[list[Move], bool]:
    """A move and those that have to be made before it, the last of them first; whether it is a circle."""
    chain = [first]
    while (following := holders.get(_folded(chain[-1].after))) is not None:
        if following is first:
            return chain, True
        if following in ended or following in chain:
            break
        chain.append(following)
    return chain, False


def _through_own_name(circle: Sequence[Move]) -> Iterator[Move]:
    first = circle[0]
    path = path_of(first.before)
    own = str(path.with_name(f"moving-{first.id}{path.suffix}"))
    yield Move(first.id, first.before, own)
    yield from reversed(circle[1:])
    yield Move(first.id, own, first.after)


def _folded(path: str) -> str:
    """A path as disks compare it that ignore case and composition."""
    return unicodedata.normalize("NFC", path).casefold()


def path_of(text: str) -> PurePosixPath | PureWindowsPath:
    """A path of the server, whichever system it runs on."""
    return PureWindowsPath(text) if is_windows(text) else PurePosixPath(text)


def plan_moves(moves: Iterable[Move]) -> list[Operation]:
    """The mutations of moves, in the same order, one for each."""
    return [_operation(each) for each in moves]


def _operation(move: Move) -> Operation:
    before, after = path_of(move.before), path_of(move.after)
    given = {"ids": [move.id], "destination_folder": str(after.parent)}
    if before.name != after.name:
        given["destination_basename"] = after.name
    edit = Edit(FILE, move.id, PATH, move.before, move.after)
    return Operation("moveFiles", {"input": given}, (move.id,), (edit,))


async def move_files(applier: Applier, moves: Sequence[Move], note: Note) -> None:
    """Send moves that are `in_order`; `note` is called with the outcome of each.

    What stays under a name of its own because the rest of a circle failed is moved back.
    """
    applier.pace = applier.pace or Pace(1)
    last: dict[str, Move] = {}

    def noted(operation: Operation, done: BatchOperation) -> None:
        [edit] = operation.edits
        if done.error is None:
            last[edit.id] = Move(edit.id, edit.before, edit.after)
        note(operation, done)

    await applier.apply(plan_moves(moves), noted)
    wanted = {each.id: each for each in moves}
    stranded = [each for each in last.values() if each.after != wanted[each.id].after]
    if stranded and applier.stopped is None:
        await applier.apply(plan_moves(Move(e.id, e.after, e.before) for e in stranded), lambda *_: None)


# --- resource: see `resources` ---


async def read(session: Session, wanted: Mapping[Key, Collection[Any]]) -> dict[Key, str]:
    """The paths and scenes of files; an older server is asked for the places in `wanted`."""
    scenes = {key: places for key, places in wanted.items() if key[2] == SCENE}
    found = await _scenes_of(session, scenes) if scenes else {}
    paths = {key: places for key, places in wanted.items() if key[2] == PATH}
    return found | (await _paths_of(session, paths) if paths else {})


async def _scenes_of(session: Session, wanted: Mapping[Key, Collection[Any]]) -> dict[Key, str]:
    """The scenes that files belong to, among those in `wanted` and all that have several files."""
    paths = ["id", "files.id"]
    several = {"file_count": {"value": 1, "modifier": "GREATER_THAN"}}
    args = {"filter": {"per_page": -1}, "scene_filter": several}
    rows = (await session.call("findScenes", args, [f"scenes.{path}" for path in paths]))["scenes"]
    named = {str(one) for places in wanted.values() for one in places if isinstance(one, str)}
    rows += [row async for row in session.rows_by_id("Scene", sorted(named), paths)]
    holders = {str(file["id"]): str(row["id"]) for row in rows for file in row["files"]}
    return {key: holders[key[1]] for key in wanted if key[1] in holders}


async def _paths_of(session: Session, wanted: Mapping[Key, Collection[Any]]) -> dict[Key, str]:
    """The paths of files."""
    ids = [one for _, one, _ in wanted]
    if (await session.learn()).has_query(FILE_ENTITIES[FILE].find):
        rows = session.rows_by_id(FILE, ids, ["id", PATH])
        found = {str(row["id"]): row[PATH] async for row in rows}
    else:
        places = (path for many in wanted.values() for path in many if isinstance(path, str))
        found = await _files_at(session, list(dict.fromkeys(places)))
    return {(FILE, one, PATH): found[one] for one in ids if one in found}


async def _files_at(session: Session, paths: Sequence[str]) -> dict[str, str]:
    """Id -> path of the files at some paths, found through their scenes, images and galleries."""
    server = await session.learn()
    asked = [
        BatchOperation(
            ENTITIES[name].find,
            {ENTITIES[name].filter_arg: {"path": {"value": path, "modifier": "EQUALS"}}},
            [f"{ENTITIES[name].items}.{each}" for each in fields if server.has_path(name, each)],
            quiet=True,
        )
        for name, fields in FILES.items()
        for path in paths
    ]
    rows = [
        row
        for each in (await execute_batch(session, asked) if asked else ())
        for value in (each.result or {}).values()
        if isinstance(value, list)
        for row in value
    ]
    files = [file for row in rows for name in ("files", "visual_files") for file in row.get(name) or ()]
    return {str(file["id"]): file[PATH] for file in files if file[PATH] in paths}


def edits(operation: Operation) -> Iterator[Edit]:
    """The edits that a mutation of files makes."""
    given = operation.input
    if operation.name == "sceneAssignFile":
        yield Edit(FILE, str(given["file_id"]), SCENE, UNSET, str(given["scene_id"]))
        return
    folder, name = given.get("destination_folder"), given.get("destination_basename") or ""
    # A folder that is named by its id is not known.
    for one in given["ids"] if folder else ():
        yield Edit(FILE, str(one), PATH, UNSET, str(path_of(folder) / name) if name else f"{folder}/")


def completed(edit: Edit) -> Edit:
    """The edit with the whole new path, where only its folder is given."""
    if edit.before is UNSET or edit.field == SCENE or not edit.after.endswith("/"):
        return edit
    return replace(edit, after=str(path_of(edit.after) / path_of(edit.before).name))


def answered(edit: Edit, _: Any) -> Any:
    """The path of a file after its move."""
    return edit.after


def mapped(key: Key, value: Any, current: Callable[[str, str], str]) -> Any:
    """The path itself, or the present id of the scene."""
    return current("Scene", value) if key[2] == SCENE and isinstance(value, str) else value


async def plan(_: Session, edits: Sequence[Edit]) -> list[Operation]:
    """The mutations that move files to the paths of edits, in an order in which each is free."""
    moves = in_order(Move(each.id, each.before, each.after) for each in edits if each.field == PATH)
    given = [(each, {"scene_id": each.after, "file_id": each.id}) for each in edits if each.field == SCENE]
    assigned = [Operation("sceneAssignFile", {"input": args}, (each.id,), (each,)) for each, args in given]
    return [*plan_moves(moves), *assigned]
