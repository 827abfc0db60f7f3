"""What older servers do only by way of other requests.

They know a stash-box by its place in the configuration, and some changes to many objects for one object only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.client.batch import BatchOperation, execute_batch
from stash_cli.core.errors import StashBatchError, StashInputError, did_you_mean
from stash_cli.core.graphql import selection
from stash_cli.core.graphql.document import describe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stash_cli.core.client.session import Session
    from stash_cli.core.graphql.capability import ServerCapabilities

_ENDPOINT = "stash_box_endpoint"
_PLACES = {
    "StashBoxBatchTagInput": "endpoint",
    "StashBoxDraftSubmissionInput": "stash_box_index",
    "StashBoxFingerprintSubmissionInput": "stash_box_index",
}
"""Input -> its field for the place of a stash-box, which was the only one before 0.27."""

_SINGLE = {
    "bulkTagUpdate": "tagUpdate",
    "bulkStudioUpdate": "studioUpdate",
    "bulkSceneMarkerUpdate": "sceneMarkerUpdate",
    "sceneMarkersDestroy": "sceneMarkerDestroy",
}
"""Operation on many -> the like for one, which is older."""


async def with_place(session: Session, operation: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """`args`, with a stash-box named by its place where the server does not take its endpoint.

    Raises StashInputError for an endpoint that the server's configuration does not have.
    """
    ref, given = describe(operation)[1].args.get("input"), args.get("input")
    if ref is None or ref.name not in _PLACES or not given or given.get(_ENDPOINT) is None:
        return args
    server = await session.learn()
    if not server.has_type(ref.name) or server.input_has_field(ref.name, _ENDPOINT):
        return args
    others = {name: value for name, value in given.items() if name != _ENDPOINT}
    return {**args, "input": {**others, _PLACES[ref.name]: await _place(session, given[_ENDPOINT])}}


async def _place(session: Session, endpoint: str) -> int:
    answer = await session.call("configuration", {}, ["general.stashBoxes.endpoint"])
    known = [box["endpoint"] for box in answer["general"]["stashBoxes"]]
    if endpoint not in known:
        raise StashInputError(
            f"The server has no stash-box {endpoint!r}. {did_you_mean(endpoint, known)}".rstrip()
        )
    return known.index(endpoint)


def is_for_one(operation: str, server: ServerCapabilities) -> bool:
    """Whether the server has an operation on many objects for one object only."""
    one = _SINGLE.get(operation)
    return one is not None and not server.has_mutation(operation) and server.has_mutation(one)


async def one_by_one(
    session: Session,
    operation: str,
    args: Mapping[str, Any],
    paths: Sequence[str] | None,
    *,
    quiet: bool = False,
) -> Any:
    """The value of an operation on many objects, done for one after the other in one request.

    Raises StashBatchError when it failed for some of them: for the others it is done.
    """
    single = _SINGLE[operation]
    result = describe(single)[1].type.name
    wanted = selection.default_paths(result) if paths is None and selection.is_composite(result) else paths
    quiet = quiet or paths is None
    each_args = _single_args(operation, args, await session.learn())
    done = await execute_batch(
        session, [BatchOperation(single, each, wanted, quiet=quiet) for each in each_args]
    )
    if done.unfinished:
        raise StashBatchError(done.summary(), done)
    values = [each.result for each in done]
    return values if selection.is_composite(result) else all(values)


def _single_args(
    operation: str, args: Mapping[str, Any], server: ServerCapabilities
) -> Iterator[dict[str, Any]]:
    """The arguments for each object; lists to be set stand alone there.

    Raises StashCapabilityError for lists to be added to, because that needs what they hold.
    """
    if "input" not in args:
        yield from ({"id": one} for one in args["ids"])
        return
    change = {name: value for name, value in args["input"].items() if name != "ids"}
    for name, value in change.items():
        if isinstance(value, dict):
            if value.get("mode") != "SET":
                raise server.lacks(operation)
            change[name] = value.get("ids", value.get("values"))
    yield from ({"input": {"id": one, **change}} for one in args["input"].get("ids") or ())
