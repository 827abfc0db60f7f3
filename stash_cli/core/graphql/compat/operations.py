"""Operations that older servers have only in another form.

Older servers identify a stash-box by its index in the configuration, and have some bulk operations only as
operations on one object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashBatchError, StashInputError, did_you_mean
from stash_cli.core.graphql import selection
from stash_cli.core.graphql.document import describe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.client.session import Session

_ENDPOINT = "stash_box_endpoint"
_INDEX_FIELDS = {
    "StashBoxBatchTagInput": "endpoint",
    "StashBoxDraftSubmissionInput": "stash_box_index",
    "StashBoxFingerprintSubmissionInput": "stash_box_index",
}
"""Input type -> its field for the index of a stash-box, the only way to name one before 0.27."""

_SINGULAR = {
    "bulkTagUpdate": "tagUpdate",
    "bulkStudioUpdate": "studioUpdate",
    "bulkSceneMarkerUpdate": "sceneMarkerUpdate",
    "sceneMarkersDestroy": "sceneMarkerDestroy",
}
"""Bulk operation -> the older operation on one object."""
_OBJECT_FIELDS = {
    "aliases": "aliases",
    "urls": "urls",
    "tag_ids": "tags",
    "parent_ids": "parents",
    "child_ids": "children",
}
"""List field of an input -> the object's field with its present items."""


async def with_stash_box(
    session: Session, operation: str, args: Mapping[str, Any], server: ServerCapabilities
) -> Mapping[str, Any]:
    """`args`, with the stash-box named by index for a server that does not take its endpoint.

    Raises StashInputError for an endpoint that is not in the server's configuration, because a server may
    accept it and fail later in a job.
    """
    ref, given = describe(operation)[1].args.get("input"), args.get("input")
    if ref is None or ref.name not in _INDEX_FIELDS or not given or given.get(_ENDPOINT) is None:
        return args
    if not server.has_type(ref.name):
        return args
    index = await _stash_box_index(session, given[_ENDPOINT])
    if server.input_has_field(ref.name, _ENDPOINT):
        return args
    others = {name: value for name, value in given.items() if name != _ENDPOINT}
    return {**args, "input": {**others, _INDEX_FIELDS[ref.name]: index}}


async def _stash_box_index(session: Session, endpoint: str) -> int:
    answer = await session.call("configuration", {}, ["general.stashBoxes.endpoint"])
    known = [str(box["endpoint"]) for box in answer["general"]["stashBoxes"] or ()]
    folded = [each.casefold() for each in known]  # as servers compare them
    if endpoint.casefold() not in folded:
        there = did_you_mean(endpoint, known) or f"It has {', '.join(known) or 'none'}."
        raise StashInputError(f"The server has no stash-box {endpoint!r}. {there}")
    return folded.index(endpoint.casefold())


def needs_splitting(operation: str, server: ServerCapabilities) -> bool:
    """Whether the server lacks a bulk operation but has the one on a single object."""
    one = _SINGULAR.get(operation)
    return one is not None and not server.has_mutation(operation) and server.has_mutation(one)


async def call_split(
    session: Session,
    operation: str,
    args: Mapping[str, Any],
    paths: Sequence[str] | None,
    *,
    quiet: bool = False,
) -> Any:
    """Call a bulk operation as one operation for each object, in one request.

    Raises StashBatchError when it failed for some objects; it is not rolled back for the others.
    """
    from stash_cli.core.graphql.batch import BatchOperation, execute_batch

    single = _SINGULAR[operation]
    result = describe(single)[1].type.name
    wanted = selection.default_paths(result) if paths is None and selection.is_composite(result) else paths
    quiet = quiet or paths is None
    each_args = await _singular_args(session, operation, args)
    done = await execute_batch(
        session, [BatchOperation(single, each, wanted, quiet=quiet) for each in each_args]
    )
    if done.unfinished:
        raise StashBatchError(done.summary(), done)
    values = [each.result for each in done]
    return values if selection.is_composite(result) else all(values)


async def _singular_args(session: Session, operation: str, args: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The arguments for each object; a list changed by ADD or REMOVE becomes the whole resulting list.

    Raises StashCapabilityError for a field that the single operation lacks as well.
    """
    if "input" not in args:
        return [{"id": one} for one in args["ids"]]
    change = {name: value for name, value in args["input"].items() if name != "ids"}
    ids = args["input"].get("ids") or ()
    lists = {name: value for name, value in change.items() if isinstance(value, dict)}
    parts = [name for name, value in lists.items() if value.get("mode") != "SET"]
    # Read right before writing, because other clients may change the lists: these servers have no atomic way.
    present = await _present_lists(session, operation, ids, parts) if parts else [{} for _ in ids]
    return [
        {
            "input": {
                "id": one,
                **change,
                **{name: _resulting_list(value, items.get(name)) for name, value in lists.items()},
            }
        }
        for one, items in zip(ids, present, strict=True)
    ]


async def _present_lists(
    session: Session, operation: str, ids: Sequence[Any], names: Sequence[str]
) -> list[dict[str, list[str]]]:
    """Input field -> its list, of each object."""
    from stash_cli.core.graphql.batch import call_each

    server, single = session.capabilities, _SINGULAR[operation]
    owner = describe(single)[1].type.name
    find = f"find{owner}"
    if not server.has_query(find):
        raise server.missing_error(operation)
    for name in names:
        if server.field_name(f"{owner}UpdateInput", name) is None:
            raise server.missing_error(f"{owner}UpdateInput.{name}")
    paths = [
        f"{_OBJECT_FIELDS[name]}.id" if name.endswith("_ids") else _OBJECT_FIELDS[name] for name in names
    ]
    rows = await call_each(session, find, [{"id": str(one)} for one in ids], paths)
    return [{name: _ids_or_texts((row or {}).get(_OBJECT_FIELDS[name])) for name in names} for row in rows]


def _ids_or_texts(found: Sequence[Any] | None) -> list[str]:
    """The texts of a list, or the ids of its objects."""
    return [str(item["id"] if isinstance(item, dict) else item) for item in found or ()]


def _resulting_list(change: Mapping[str, Any], present: Sequence[Any] | None) -> list[Any] | None:
    """The list after a bulk change of mode SET, ADD or REMOVE."""
    items: list[Any] | None = change.get("ids", change.get("values"))
    if change.get("mode") == "SET":
        return items
    changed, current = [str(item) for item in items or ()], list(present or ())
    if change.get("mode") == "REMOVE":
        return [item for item in current if item not in changed]
    return [*current, *(item for item in dict.fromkeys(changed) if item not in current)]
