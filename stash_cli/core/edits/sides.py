"""Fields that a mutation of their own writes, after the object's own create or update.

One table: (type, field) -> what mutations a change of it takes. Lists that only the update of other
objects writes (a tag's scenes, a studio's images) follow from the relationships and need no entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.writing import as_input
from stash_cli.core.orm.changes import FORCED, snapshot
from stash_cli.core.orm.pending import History, Noted, compare
from stash_cli.core.orm.relationship import RelationshipMetadata, relationships
from stash_cli.core.types.api import describe_api
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from stash_cli.core.types.entity import StashObject

    Step = Callable[[Any], Any]
    Writer = Callable[[StashObject, str, Any, Any], Iterator["SideCall"]]


def _same(base: Any) -> Any:
    return base


@dataclass(frozen=True, slots=True)
class SideCall:
    """One mutation of an object beside its own update.

    `step` leads from what the server had in `field` to what it has once the mutation is done; of a
    queued mutation `field` is blank. `items` are then taken out of `queue`, where there is one.
    """

    operation: str
    args: dict[str, Any]
    field: str = ""
    step: Step = _same
    items: tuple[Any, ...] = ()
    queue: dict[str | int, Any] | None = None

    @property
    def returns(self) -> list[str] | None:
        """Fields asked for: the times after a change of them, else the ids."""
        result = describe_api().mutations[self.operation].type.name
        if result == "HistoryMutationResult":
            return ["count", "history"]
        return ["id"] if describe_api().types[result].kind == "OBJECT" else None


def writer_of(type_name: str, field: str) -> Writer | None:
    """What writes a field beside the object's own update; None where nothing does."""
    found = SIDES.get((type_name, field))
    if found is not None:
        return found
    relation = relationships(type_name).get(field)
    return members if relation is not None and relation.bulk_field and not relation.target_field else None


def _times(add: str, delete: str) -> Writer:
    """A list of times, of which each is added and removed by itself."""

    def calls(obj: StashObject, name: str, before: Any, after: Any) -> Iterator[SideCall]:
        history = compare(_known(before, []), after or [])
        for operation, times, step in ((delete, history.removed, _less), (add, history.added, _more)):
            if times:
                args = {"id": obj.id, "times": [_moment(one) for one in times]}
                yield SideCall(operation, args, name, partial(step, items=times))

    return calls


def _count(more: str, less: str, reset: str) -> Writer:
    """A number that goes up and down by one, and back to none."""

    def calls(obj: StashObject, name: str, before: Any, after: Any) -> Iterator[SideCall]:
        old, new = _known(before, 0) or 0, after or 0
        if new == 0:
            yield SideCall(reset, {"id": obj.id}, name, lambda _: after)
            return
        by = 1 if new > old else -1
        for _ in range(abs(new - old)):
            yield SideCall(more if by > 0 else less, {"id": obj.id}, name, partial(_plus, by=by))

    return calls


def _resume_time(obj: StashObject, name: str, _before: Any, after: Any) -> Iterator[SideCall]:
    if after is None:
        yield SideCall("sceneResetActivity", {"id": obj.id, "reset_resume": True}, name, lambda _: after)
    else:
        args = {"id": obj.id, "resume_time": after}
        yield SideCall("sceneSaveActivity", args, name, lambda _: after)


def _play_duration(obj: StashObject, name: str, before: Any, after: Any) -> Iterator[SideCall]:
    """The time played by a new scene; the update of one that is there takes it itself."""
    more = (after or 0) - (_known(before, 0) or 0)
    yield SideCall("sceneSaveActivity", {"id": obj.id, "playDuration": more}, name, lambda _: after)


def _cover(obj: StashObject, name: str, _before: Any, after: Any) -> Iterator[SideCall]:
    if after is None:
        yield SideCall("resetGalleryCover", {"input": {"gallery_id": obj.id}}, name, lambda _: after)
    else:
        wanted = {"gallery_id": obj.id, "cover_image_id": after.id}
        yield SideCall("setGalleryCover", {"input": wanted}, name, lambda _: after)


def is_exchangeable(type_name: str, relation: RelationshipMetadata) -> bool:
    """Whether a bulk update that every server has changes the object's own list of links."""
    return (
        type_name in _ALWAYS_BULK
        and bool(relation.target_field)
        and relation.bulk_type == type_name
        and not relation.through
    )


def members(obj: StashObject, name: str, before: Any, after: Any) -> Iterator[SideCall]:
    """What is put into a relationship and taken out, through a bulk update of the objects that hold it."""
    yield from member_calls(obj, name, compare(_known(before, []), after or []), None)


def member_calls(obj: StashObject, name: str, change: History, queued: Noted | None) -> Iterator[SideCall]:
    """Mutations that put items into a relationship and take others out, whatever else is in it."""
    relation = relationships(type(obj).__name__)[name]
    wanted = _own_bulk if relation.target_field else _their_bulk
    queues = (queued.removed, queued.added) if queued else (None, None)
    steps = ((change.removed, "REMOVE", _less), (change.added, "ADD", _joined))
    for queue, (items, mode, step) in zip(queues, steps, strict=True):
        if items:
            args = {"input": wanted(obj, relation, items, mode)}
            moved = partial(step, items=items)
            yield SideCall(f"bulk{relation.bulk_type}Update", args, name, moved, tuple(items), queue)


def _own_bulk(obj: StashObject, relation: RelationshipMetadata, items: list[Any], mode: str) -> Any:
    """A bulk update of the object alone."""
    inputs = describe_api().types[f"Bulk{relation.bulk_type}UpdateInput"].fields
    kind = inputs[relation.bulk_field].type.name
    if kind == "BulkUpdateIds":
        change: dict[str, Any] = {"ids": [relation.target(item).id for item in items]}
    else:
        [inner] = [field for field in describe_api().types[kind].fields.values() if field.type.is_list]
        change = {inner.name: [as_input(inner, item, relation.bulk_field) for item in items]}
    return {"ids": [obj.id], relation.bulk_field: {**change, "mode": mode}}


def _their_bulk(obj: StashObject, relation: RelationshipMetadata, items: list[Any], mode: str) -> Any:
    """A bulk update of what is put in or taken out."""
    ids = [item.id for item in items]
    if relation.bulk_field.endswith("_ids"):
        return {"ids": ids, relation.bulk_field: {"ids": [obj.id], "mode": mode}}
    return {"ids": ids, relation.bulk_field: obj.id if mode == "ADD" else None}


def _plus(base: Any, by: int) -> Any:
    return _known(base, 0) + by


def _more(base: Any, items: list[Any]) -> Any:
    return _known(base, []) + snapshot(items)


def _joined(base: Any, items: list[Any]) -> Any:
    """Like `_more`, each once: another object's save may have put some in meanwhile."""
    known = _known(base, [])
    return known + [item for item in snapshot(items) if item not in known]


def _less(base: Any, items: list[Any]) -> Any:
    return compare(items, _known(base, [])).added


def _known(before: Any, nothing: Any) -> Any:
    return nothing if before is UNSET or before is FORCED or before is None else before


def _moment(value: datetime) -> str:
    """A time with its zone; one without is taken for this machine's."""
    return (value if value.tzinfo else value.astimezone()).isoformat()


SIDES: dict[tuple[str, str], Writer] = {
    ("Scene", "play_history"): _times("sceneAddPlay", "sceneDeletePlay"),
    ("Scene", "o_history"): _times("sceneAddO", "sceneDeleteO"),
    ("Scene", "play_count"): _count("sceneAddPlay", "sceneDeletePlay", "sceneResetPlayCount"),
    ("Scene", "o_counter"): _count("sceneAddO", "sceneDeleteO", "sceneResetO"),
    ("Scene", "resume_time"): _resume_time,
    ("Scene", "play_duration"): _play_duration,
    ("Image", "o_counter"): _count("imageIncrementO", "imageDecrementO", "imageResetO"),
    ("Gallery", "cover"): _cover,
}

_ALWAYS_BULK = frozenset({"Scene", "Image", "Gallery", "Performer"})
"""Types whose bulk update is as old as any server that is met."""

COUNTED = {"play_history": "play_count", "o_history": "o_counter"}
"""A scene's times -> their number: with both changed, the times are what is sent."""

QUEUED: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {
    "Scene": {
        "reset_play_count": ("sceneResetPlayCount", ("play_count", "play_history")),
        "reset_o": ("sceneResetO", ("o_counter", "o_history")),
        "reset_activity": ("sceneResetActivity", ("resume_time", "play_duration")),
        "generate_screenshot": ("sceneGenerateScreenshot", ()),
    },
    "Image": {"reset_o": ("imageResetO", ("o_counter",))},
}
"""Type -> method -> the mutation it queues, and the fields that are another afterwards."""
