"""Fields that have to be loaded before they are saved.

These are fields that are sent as a difference and were assigned without being loaded, and lists whose bulk
update cannot carry the data of their items.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.counts import history_of, is_reset
from stash_cli.core.orm import state_of
from stash_cli.core.orm.input import field_paths
from stash_cli.core.orm.loading import merge_answer
from stash_cli.core.orm.merge import COUNTERS
from stash_cli.core.orm.relationship import RelationshipMetadata, relationships
from stash_cli.core.orm.side_mutations import COUNTED
from stash_cli.core.types.api import describe_api
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.client import StashClient
    from stash_cli.core.types.entity import StashObject

_COUNTS = frozenset({*COUNTED, *COUNTED.values(), "play_duration"})


async def load_before_save(client: StashClient, objects: Iterable[StashObject]) -> None:
    """Load such fields of `objects`, in one request for each type and field."""
    groups: dict[tuple[type[StashObject], str], list[StashObject]] = {}
    server = await client.session.load_capabilities()
    for obj in objects:
        for name in {*_needed(obj), *_counted(obj, server)}:
            groups.setdefault((type(obj), name), []).append(obj)
    for (cls, name), group in groups.items():
        relation = relationships(cls.__name__).get(name)
        is_filtered = relation is not None and relation.query_strategy == "filter_query"
        if is_filtered:
            await _read_members(client, group, name)
        else:
            history = history_of(cls.__name__, name, client.session.capabilities)
            fields = [name, history] if history else [name]
            await read_fields(client, cls, [(obj, fields) for obj in group])


def _counted(obj: StashObject, server: ServerCapabilities) -> Iterator[str]:
    """Counters to be incremented by a unique time, for which their history has to be known."""
    for name in _changed_counts(obj):
        has_times = history_of(type(obj).__name__, name, server) is not None
        state_of(obj).ensure_pending().read_at[name] = datetime.now(UTC) if has_times else None
        if has_times and not obj.is_new() and not is_reset(obj, name):
            yield name


def _changed_counts(obj: StashObject) -> list[str]:
    """Return the changed counters of an object, and forget when they were last read."""
    state = state_of(obj)
    with state.locked():
        if state.pending is not None:
            state.pending.read_at.clear()
        return [name for name in COUNTERS & state.committed_state.keys() if state.differs(name)]


def _needed(obj: StashObject) -> Iterator[str]:
    """Yield the fields of an object that have to be loaded."""
    if obj.is_new():
        return
    unknown = pending.unknown if (pending := state_of(obj).pending) else {}
    for name, before in list(state_of(obj).committed_state.items()):
        # Items whose addition has an unknown outcome are read before they are added again.
        if (before is UNSET or name in unknown) and _is_difference(type(obj).__name__, name):
            yield name
    for name, delta in list(pending.members.items()) if (pending := state_of(obj).pending) else ():
        relation = relationships(type(obj).__name__)[name]
        if _drops_data(relation) and any(_carries_data(relation, item) for item in delta.added.values()):
            yield name


def _drops_data(relation: RelationshipMetadata) -> bool:
    """Whether the bulk update that adds to a list cannot carry the data of its items."""
    if not relation.through or not relation.bulk_field:
        return False
    inputs = describe_api().types[f"Bulk{relation.bulk_type}UpdateInput"].fields
    return inputs[relation.bulk_field].type.name == "BulkUpdateIds"


def _carries_data(relation: RelationshipMetadata, item: Any) -> bool:
    values = (value for name, value in item.__dict__.items() if name != relation.link)
    return any(value is not UNSET and value is not None for value in values)


def _is_difference(type_name: str, name: str) -> bool:
    relation = relationships(type_name).get(name)
    if relation is None:
        return name in _COUNTS
    return relation.query_strategy == "filter_query" and relation.is_written


async def read_fields(
    client: StashClient, cls: type[StashObject], wanted: Sequence[tuple[StashObject, Collection[str]]]
) -> None:
    """Read fields of objects of one type, and merge the server's values into them."""
    names = {name for _, fields in wanted for name in fields}
    api = [field for field in describe_api().types[cls.__name__].fields.values() if field.attr in names]
    paths = ["id", *(path for field in api for path in field_paths(field))]
    with client.session.order.request() as sent:
        read = await client.find_entities(cls, [obj.id for obj, _ in wanted], paths)
        rows = {each.id: each for each in read}
        for obj, fields in wanted:
            row = rows.get(obj.id, obj)
            if row is not obj:
                values = {name: _server_value(row, name) for name in fields}
                merge_answer(obj, {name: value for name, value in values.items() if value is not UNSET}, sent)


async def _read_members(client: StashClient, objects: list[StashObject], name: str) -> None:
    """Read a list that related objects store, for several objects in one request."""
    relation = relationships(type(objects[0]).__name__)[name]
    entity, back = ENTITIES[relation.inverse_type], relation.inverse_field or ""
    paths = [f"{entity.items}.id", f"{entity.items}.{_inverse_path(relation, back)}"]
    criterion = {relation.filter_field: {"value": [obj.id for obj in objects], "modifier": "INCLUDES"}}
    args = {"filter": {"per_page": -1}, entity.filter_arg: criterion}
    other = relationships(relation.inverse_type)[back]
    with client.session.order.request() as sent:
        answer: Any = await client.call_operation(entity.find, paths, **args)
        related = [(each, other.targets(_server_value(each, back))) for each in getattr(answer, entity.items)]
        for obj in objects:
            merge_answer(obj, {name: [each for each, targets in related if obj in targets]}, sent)


def _inverse_path(relation: RelationshipMetadata, back: str) -> str:
    """Path from a related object to the objects of the inverse relation."""
    link = relationships(relation.inverse_type)[back].link
    return f"{back}.{link}.id" if link else f"{back}.id"


def _server_value(obj: StashObject, name: str) -> Any:
    """The server's value of a field that was just read."""
    return state_of(obj).committed_state.get(name, getattr(obj, name))
