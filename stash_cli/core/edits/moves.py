"""Moves of files on the server's disk: changes of their paths, ordered so that each target is free.

If one of several moves in a request fails, the server answers without `data`; the paths of the files are then
read again to find the moves that were executed.
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
"""Type of files; fields of edits that move a file on the disk, and to another scene."""


@dataclass(frozen=True, slots=True)
class Move:
    """The move of the file with this id; `before` and `after` are full paths on the server."""

    id: str
    before: str
    after: str


def in_order(moves: Iterable[Move]) -> list[Move]:
    """Order moves so that each target is free, and leave out those that change nothing.

    A cycle begins with a move to a temporary name. So does a change of case only, because case-insensitive
    disks refuse it. Raises StashInputError where two moves have one target.
    """
    many = [each for each in moves if each.before != each.after]
    _check_targets(many)
    by_source = {_case_folded(each.before): each for each in many}
    ordered: list[Move] = []
    placed: set[Move] = set()
    for each in many:
        if each not in placed:
            chain, is_cycle = _chain(each, by_source, placed)
            placed.update(chain)
            ordered += _through_temporary_name(chain) if is_cycle else reversed(chain)
    return ordered


def _check_targets(moves: Iterable[Move]) -> None:
    targets: dict[str, Move] = {}
    for each in moves:
        other = targets.setdefault(each.after, each)
        if other is not each:
            raise StashInputError(f"files {other.id} and {each.id} would both become {each.after}.")


def _chain(first: Move, by_source: Mapping[str, Move], placed: Collection[Move]) -> tuple[list[Move], bool]:
    """A move and those that must be made before it, the first of them last; whether they form a cycle."""
    chain = [first]
    while (following := by_source.get(_case_folded(chain[-1].after))) is not None:
        if following is first:
            return chain, True
        if following in placed or following in chain:
            break
        chain.append(following)
    return chain, False


def _through_temporary_name(cycle: Sequence[Move]) -> Iterator[Move]:
    first = cycle[0]
    path = path_of(first.before)
    temporary = str(path.with_name(f"moving-{first.id}{path.suffix}"))
    yield Move(first.id, first.before, temporary)
    yield from reversed(cycle[1:])
    yield Move(first.id, temporary, first.after)


def _case_folded(path: str) -> str:
    """A path as compared by disks that ignore case and Unicode composition."""
    return unicodedata.normalize("NFC", path).casefold()


def path_of(text: str) -> PurePosixPath | PureWindowsPath:
    """A path of the server, in the syntax of its operating system."""
    return PureWindowsPath(text) if is_windows(text) else PurePosixPath(text)


def plan_moves(moves: Iterable[Move]) -> list[Operation]:
    """The mutations of moves, in the same order, one for each."""
    return [_operation(each) for each in moves]


def _operation(move: Move) -> Operation:
    before, after = path_of(move.before), path_of(move.after)
    move_input = {"ids": [move.id], "destination_folder": str(after.parent)}
    if before.name != after.name:
        move_input["destination_basename"] = after.name
    edit = Edit(FILE, move.id, PATH, move.before, move.after)
    return Operation("moveFiles", {"input": move_input}, (move.id,), (edit,))


async def move_files(applier: Applier, moves: Sequence[Move], note: Note) -> None:
    """Send moves that are `in_order`; `note` is called with the outcome of each.

    A file that still has its temporary name, because the rest of a cycle failed, is moved back.
    """
    applier.pace = applier.pace or Pace(1)
    last: dict[str, Move] = {}

    def record_outcome(operation: Operation, done: BatchOperation) -> None:
        [edit] = operation.edits
        if done.error is None:
            last[edit.id] = Move(edit.id, edit.before, edit.after)
        note(operation, done)

    await applier.apply(plan_moves(moves), record_outcome)
    targets = {each.id: each for each in moves}
    stranded = [each for each in last.values() if each.after != targets[each.id].after]
    if stranded and applier.stopped is None:
        await applier.apply(plan_moves(Move(e.id, e.after, e.before) for e in stranded), lambda *_: None)


# --- resource: see `resources` ---


async def read(session: Session, wanted: Mapping[Key, Collection[Any]]) -> dict[Key, str]:
    """Paths and scenes of files; servers without a query for files are searched for the paths in `wanted`."""
    scenes = {key: places for key, places in wanted.items() if key[2] == SCENE}
    values = await _scenes_of(session, scenes) if scenes else {}
    paths = {key: places for key, places in wanted.items() if key[2] == PATH}
    return values | (await _paths_of(session, paths) if paths else {})


async def _scenes_of(session: Session, wanted: Mapping[Key, Collection[Any]]) -> dict[Key, str]:
    """Scenes of files, searched among the scenes in `wanted` and all scenes with several files."""
    paths = ["id", "files.id"]
    several = {"file_count": {"value": 1, "modifier": "GREATER_THAN"}}
    args = {"filter": {"per_page": -1}, "scene_filter": several}
    rows = (await session.call("findScenes", args, [f"scenes.{path}" for path in paths]))["scenes"]
    scene_ids = {str(one) for places in wanted.values() for one in places if isinstance(one, str)}
    rows += [row async for row in session.rows_by_id("Scene", sorted(scene_ids), paths)]
    scene_by_file = {str(file["id"]): str(row["id"]) for row in rows for file in row["files"]}
    return {key: scene_by_file[key[1]] for key in wanted if key[1] in scene_by_file}


async def _paths_of(session: Session, wanted: Mapping[Key, Collection[Any]]) -> dict[Key, str]:
    """The paths of files."""
    ids = [one for _, one, _ in wanted]
    if (await session.load_capabilities()).has_query(FILE_ENTITIES[FILE].find):
        rows = session.rows_by_id(FILE, ids, ["id", PATH])
        path_by_id = {str(row["id"]): row[PATH] async for row in rows}
    else:
        places = (path for many in wanted.values() for path in many if isinstance(path, str))
        path_by_id = await _files_at(session, list(dict.fromkeys(places)))
    return {(FILE, one, PATH): path_by_id[one] for one in ids if one in path_by_id}


async def _files_at(session: Session, paths: Sequence[str]) -> dict[str, str]:
    """Id -> path of the files at these paths, found through their scenes, images and galleries."""
    server = await session.load_capabilities()
    queries = [
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
        for each in (await execute_batch(session, queries) if queries else ())
        for value in (each.result or {}).values()
        if isinstance(value, list)
        for row in value
    ]
    files = [file for row in rows for name in ("files", "visual_files") for file in row.get(name) or ()]
    return {str(file["id"]): file[PATH] for file in files if file[PATH] in paths}


def edits(operation: Operation) -> Iterator[Edit]:
    """The edits that a mutation of files makes."""
    args = operation.input
    if operation.name == "sceneAssignFile":
        yield Edit(FILE, str(args["file_id"]), SCENE, UNSET, str(args["scene_id"]))
        return
    folder, name = args.get("destination_folder"), args.get("destination_basename") or ""
    # Of a folder that is given by its id the path is not known.
    for one in args["ids"] if folder else ():
        yield Edit(FILE, str(one), PATH, UNSET, str(path_of(folder) / name) if name else f"{folder}/")


def completed(edit: Edit) -> Edit:
    """Complete the new path of an edit that has only the folder."""
    if edit.before is UNSET or edit.field == SCENE or not edit.after.endswith("/"):
        return edit
    return replace(edit, after=str(path_of(edit.after) / path_of(edit.before).name))


def answered(edit: Edit, _: Any) -> Any:
    """The path of a file after its move."""
    return edit.after


def mapped(key: Key, value: Any, current: Callable[[str, str], str]) -> Any:
    """Return a path unchanged, and for a scene its present id."""
    return current("Scene", value) if key[2] == SCENE and isinstance(value, str) else value


async def plan(_: Session, edits: Sequence[Edit]) -> list[Operation]:
    """Plan the mutations that move files to the paths of edits, ordered so that each path is free."""
    moves = in_order(Move(each.id, each.before, each.after) for each in edits if each.field == PATH)
    assignments = [
        (each, {"scene_id": each.after, "file_id": each.id}) for each in edits if each.field == SCENE
    ]
    assigned = [
        Operation("sceneAssignFile", {"input": args}, (each.id,), (each,)) for each, args in assignments
    ]
    return [*plan_moves(moves), *assigned]
