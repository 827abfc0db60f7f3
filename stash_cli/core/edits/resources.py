"""Recorded things that are no entities of the API: how each is read, changed and called.

Their edits are updates of one field, like those of entities, so that history, undo, redo and resume work on
them as on all others. Each type has a module with two functions: `read`, the present values of fields (with
`wanted`, the values that a field may have; what does not exist is left out), and `plan`, the operations that
make edits whose `before` is the present value.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from stash_cli.core.errors import StashError
from stash_cli.core.graphql.batch import Outcome
from stash_cli.core.log import logger

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.operation import Operation
    from stash_cli.core.graphql.batch import BatchOperation
    from stash_cli.core.orm.edit import Edit

    Key = tuple[str, str, str]


class Resource(NamedTuple):
    """The module of a type, and its words: `moved`, `file`, `files`."""

    module: str
    done: str
    noun: str
    plural: str


RESOURCES = {"BaseFile": Resource("moves", "moved", "file", "files")}
"""By type name."""


def is_resource(type_name: str) -> bool:
    """Whether a type is no entity, but recorded all the same."""
    return type_name in RESOURCES


async def read_resources(session: Session, wanted: Mapping[Key, Collection[Any]]) -> dict[Key, Any]:
    """The present values of fields, each with values that it may have; what does not exist is left out."""
    found: dict[Key, Any] = {}
    for type_name in dict.fromkeys(key[0] for key in wanted):
        own = {key: places for key, places in wanted.items() if key[0] == type_name}
        found |= await _module(type_name).read(session, own)
    return found


async def plan_resources(session: Session, edits: Iterable[Edit]) -> list[Operation]:
    """The operations that make edits, of each type in their order."""
    groups: dict[str, list[Edit]] = {}
    for edit in edits:
        groups.setdefault(edit.type, []).append(edit)
    return [each for name, many in groups.items() for each in await _module(name).plan(session, many)]


def _module(type_name: str) -> Any:
    return import_module(f"stash_cli.core.edits.{RESOURCES[type_name].module}")


async def read_back(
    session: Session, operations: Sequence[Operation], sent: Sequence[BatchOperation]
) -> list[Operation]:
    """Look up the changes of a request that it did not answer: done ones get a result.

    Those that were not done, because another one of the request had failed, are returned. What was lost with
    its connection, and is not done yet, stays unknown: the server may be at work on it.
    """
    unknown = [
        (each, done)
        for each, done in zip(operations, sent, strict=True)
        if done.outcome is Outcome.UNKNOWN and each.edits and all(is_resource(e.type) for e in each.edits)
    ]
    edits = [edit for each, _ in unknown for edit in each.edits if edit.id]
    try:
        found = await read_resources(session, {_key(edit): (edit.before, edit.after) for edit in edits})
    except StashError as error:
        logger.info("What became of it is not known: %s", error.message)
        return []
    left = []
    for each, done in unknown:
        now = [(found.get(_key(edit)), edit) for edit in each.edits]
        if all(value == edit.after for value, edit in now):
            done.result, done.error = True, None
        elif all(value == edit.before for value, edit in now) and _is_without_answer(done, operations):
            left.append(each)
    return left


def _key(edit: Edit) -> Key:
    return edit.type, edit.id, edit.field


def _is_without_answer(done: BatchOperation, operations: Sequence[Operation]) -> bool:
    """Whether the server answered a request of several operations, and nothing to this one."""
    return len(operations) > 1 and done.error is not None and done.error.__cause__ is None
