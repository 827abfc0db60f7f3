"""Operations that older servers have only in another form.

They identify a stash-box by its index in the configuration, and have some bulk operations for one object
only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashBatchError, StashInputError, did_you_mean
from stash_cli.core.graphql import selection
from stash_cli.core.graphql.batch import BatchOperation, execute_batch
from stash_cli.core.graphql.document import describe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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


async def with_stash_box_index(
    session: Session, operation: str, args: Mapping[str, Any], server: ServerCapabilities
) -> Mapping[str, Any]:
    """`args`, with the stash-box named by index for a server that does not take its endpoint.

    Raises StashInputError for an endpoint that is not in the server's configuration.
    """
    ref, given = describe(operation)[1].args.get("input"), args.get("input")
    if ref is None or ref.name not in _INDEX_FIELDS or not given or given.get(_ENDPOINT) is None:
        return args
    if not server.has_type(ref.name) or server.input_has_field(ref.name, _ENDPOINT):
        return args
    others = {name: value for name, value in given.items() if name != _ENDPOINT}
    return {
        **args,
        "input": {**others, _INDEX_FIELDS[ref.name]: await _stash_box_index(session, given[_ENDPOINT])},
    }


async def _stash_box_index(session: Session, endpoint: str) -> int:
    answer = await session.call("configuration", {}, ["general.stashBoxes.endpoint"])
    known = [box["endpoint"] for box in answer["general"]["stashBoxes"]]
    if endpoint not in known:
        raise StashInputError(
            f"The server has no stash-box {endpoint!r}. {did_you_mean(endpoint, known)}".rstrip()
        )
    return known.index(endpoint)


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

    Raises StashBatchError when it failed for some; for the others it is done.
    """
    single = _SINGULAR[operation]
    result = describe(single)[1].type.name
    wanted = selection.default_paths(result) if paths is None and selection.is_composite(result) else paths
    quiet = quiet or paths is None
    each_args = _singular_args(operation, args, session.capabilities)
    done = await execute_batch(
        session, [BatchOperation(single, each, wanted, quiet=quiet) for each in each_args]
    )
    if done.unfinished:
        raise StashBatchError(done.summary(), done)
    values = [each.result for each in done]
    return values if selection.is_composite(result) else all(values)


def _singular_args(
    operation: str, args: Mapping[str, Any], server: ServerCapabilities
) -> Iterator[dict[str, Any]]:
    """The arguments for each object; a list with mode SET becomes a plain list.

    Raises StashCapabilityError for the modes ADD and REMOVE, which need the present value of the list.
    """
    if "input" not in args:
        yield from ({"id": one} for one in args["ids"])
        return
    change = {name: value for name, value in args["input"].items() if name != "ids"}
    for name, value in change.items():
        if isinstance(value, dict):
            # ADD and REMOVE need the present list, which may change between reading and writing it.
            if value.get("mode") != "SET":
                raise server.missing_error(operation)
            change[name] = value.get("ids", value.get("values"))
    yield from ({"input": {"id": one, **change}} for one in args["input"].get("ids") or ())
