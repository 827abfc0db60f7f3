"""Resources: recorded types that are not entities of the API, with the functions for each.

Their edits are updates of one field, like those of entities, so that history, undo, redo and resume work on
them in the same way. Each type has a module with these functions:

- `edits`: the edits that a mutation makes; `completed`: an edit that has its old value, with a new value that
  depends on it;
- `read`: the present values of existing fields; `wanted` has values that they may have;
- `plan`: the operations for edits whose `before` is the present value;
- `answered`: the value of a field after an edit, as far as the response has it;
- `mapped`: a value with the present ids of recreated objects.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from stash_cli.core.errors import StashError
from stash_cli.core.graphql.batch import Outcome
from stash_cli.core.log import logger
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.operation import Operation
    from stash_cli.core.graphql.batch import BatchOperation
    from stash_cli.core.orm.edit import Edit

    Key = tuple[str, str, str]


class Resource(NamedTuple):
    """Module of a type below `core.edits`, its verb and nouns (`moved`, `file`, `files`), its mutations.

    Resources with `is_last` may refer to other objects, and are undone after these. With `has_secrets` the
    secrets are not recorded.
    """

    module: str
    done: str
    noun: str
    plural: str
    mutations: tuple[str, ...]
    is_last: bool = False
    has_secrets: bool = False


RESOURCES = {
    "BaseFile": Resource("moves", "moved", "file", "files", ("moveFiles", "sceneAssignFile")),
    "SavedFilter": Resource(
        "journal.saved_filters",
        "changed",
        "saved filter",
        "saved filters",
        ("saveFilter", "destroySavedFilter"),
        is_last=True,
    ),
    "Setting": Resource(
        "journal.settings",
        "changed",
        "setting",
        "settings",
        (
            "configureGeneral",
            "configureInterface",
            "configureDLNA",
            "configureScraping",
            "configureDefaults",
            "configureUI",
            "configureUISetting",
            "configurePlugin",
        ),
        has_secrets=True,
    ),
    "DefaultFilter": Resource(
        "journal.saved_filters",
        "changed",
        "default filter",
        "default filters",
        ("setDefaultFilter",),
        is_last=True,
    ),
}
"""By type name."""
_BY_MUTATION = {name: each for each in RESOURCES.values() for name in each.mutations}


def is_resource(type_name: str) -> bool:
    """Whether a type is recorded although it is not an entity."""
    return type_name in RESOURCES


async def read_resources(session: Session, wanted: Mapping[Key, Collection[Any]]) -> dict[Key, Any]:
    """Read the present values of existing fields; `wanted` has values that each may have."""
    present: dict[Key, Any] = {}
    for type_name in dict.fromkeys(key[0] for key in wanted):
        own = {key: values for key, values in wanted.items() if key[0] == type_name}
        present |= await _module(type_name).read(session, own)
    return present


async def plan_resources(session: Session, edits: Iterable[Edit]) -> list[Operation]:
    """Plan edits of resources, type by type, in order within a type."""
    groups: dict[str, list[Edit]] = {}
    for edit in edits:
        groups.setdefault(edit.type, []).append(edit)
    return [each for name, many in groups.items() for each in await _module(name).plan(session, many)]


def edits_of(operation: Operation) -> tuple[Edit, ...]:
    """The edits that a mutation of resources makes; none for any other mutation."""
    resource = _BY_MUTATION.get(operation.name)
    return tuple(_imported(resource.module).edits(operation)) if resource else ()


def is_partly_private(operation: Operation) -> bool:
    """Whether a mutation also changes secrets, which are not recorded."""
    resource = _BY_MUTATION.get(operation.name)
    return (
        resource is not None
        and resource.has_secrets
        and _imported(resource.module).is_partly_private(operation)
    )


def refusal(edit: Edit) -> str:
    """Reason why no server accepts an edit; "" if there is none."""
    own = getattr(_module(edit.type), "refusal", None)
    return own(edit) if own else ""


async def with_present(session: Session, edits: Sequence[Edit]) -> list[Edit]:
    """Return the edits; those of resources with the values that they replace."""
    unread = {_key(edit): (edit.after,) for edit in edits if is_resource(edit.type) and edit.before is UNSET}
    present = await read_resources(session, unread)
    return [
        _module(edit.type).completed(replace(edit, before=present.get(_key(edit), UNSET)))
        if _key(edit) in unread
        else edit
        for edit in edits
    ]


def answered(edit: Edit, result: Any) -> Any:
    """The value of a field after an edit, as far as the response has it."""
    return _module(edit.type).answered(edit, result)


def mapped(key: Key, value: Any, current: Callable[[str, str], str]) -> Any:
    """A value with the present ids of recreated objects."""
    return _module(key[0]).mapped(key, value, current)


def _module(type_name: str) -> Any:
    return _imported(RESOURCES[type_name].module)


def _imported(name: str) -> Any:
    return import_module(f"stash_cli.core.edits.{name}")


async def read_back(
    session: Session, operations: Sequence[Operation], sent: Sequence[BatchOperation]
) -> list[Operation]:
    """Look up the unanswered changes of a request; executed ones get a result.

    Returns operations that were not executed because another one of the request had failed. If the connection
    was lost, a change that is not visible yet stays unknown: the server may still be executing it.
    """
    unknown = [
        (each, done)
        for each, done in zip(operations, sent, strict=True)
        if done.outcome is Outcome.UNKNOWN and each.edits and all(is_resource(e.type) for e in each.edits)
    ]
    edits = [edit for each, _ in unknown for edit in each.edits if edit.id]
    try:
        present = await read_resources(session, {_key(edit): (edit.before, edit.after) for edit in edits})
    except StashError as error:
        logger.info("The outcome cannot be looked up: %s", error.message)
        return []
    unexecuted = []
    for each, done in unknown:
        now = [(present.get(_key(edit)), edit) for edit in each.edits]
        if all(value == edit.after for value, edit in now):
            done.result, done.error = True, None
        elif all(value == edit.before for value, edit in now) and _has_no_result(done, operations):
            unexecuted.append(each)
    return unexecuted


def _key(edit: Edit) -> Key:
    return edit.type, edit.id, edit.field


def _has_no_result(done: BatchOperation, operations: Sequence[Operation]) -> bool:
    """Whether the server answered a request of several operations without a result for this one."""
    return len(operations) > 1 and done.error is not None and done.error.__cause__ is None
