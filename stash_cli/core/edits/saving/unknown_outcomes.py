"""Saves with a lost response: recording what may have been executed, and looking it up later."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from json import dumps
from typing import TYPE_CHECKING, Any, Self

from stash_cli.core.edits.counts import resolve_counts
from stash_cli.core.errors import StashUnknownOutcomeError
from stash_cli.core.orm import state_of
from stash_cli.core.orm.flush import LostCreate, apply_flush
from stash_cli.core.orm.hydrate import hydrate
from stash_cli.core.orm.input import create_input, field_paths
from stash_cli.core.types.api import TypeRef, describe_api
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from stash_cli.core.client import StashClient
    from stash_cli.core.orm.flush import Prepared
    from stash_cli.core.types.entity import StashObject

    Row = Mapping[str, Any]
    Lost = tuple[StashObject, "LostCreate"]

_PAGE = 1000
_PAGES = 5
"""Maximum number of pages of the newest objects to read."""
_TOLERATED_SKEW = timedelta(seconds=5)
"""Clock skew up to which a row counts as created after the request."""
_MAX_SKEW = timedelta(days=1)
"""Clock skew up to which a row may be the lost object; between the two limits it is ambiguous."""


class Sending:
    """Context in which the inputs of flushes are sent; each ends as committed, refused or unknown."""

    def __init__(self, client: StashClient, flushes: Iterable[Prepared]) -> None:
        self._unfinished = {id(flush): (obj, flush) for obj, flush in flushes}
        self._sent_at = datetime.now(UTC)
        names = {type(obj).__name__ for obj, flush in self._unfinished.values() if flush.verb == "Create"}
        self._highest_ids = {name: client.highest_id(name) for name in names}

    def __enter__(self) -> Self:
        for obj, flush in self._unfinished.values():
            if flush.verb == "Update":
                before = flush.before
                sent = {name: (before.get(name, UNSET), value) for name, value in flush.values.items()}
                state_of(obj).begin_sending(sent)
        return self

    def __exit__(self, *exc: object) -> None:
        for obj, flush in self._unfinished.values():
            state_of(obj).end_sending(flush.values)

    def commit(self, each: Prepared, server_id: str, number: int | None = None) -> None:
        """Commit the input of a flush that the server has accepted; see `apply_flush`."""
        obj, flush = each
        del self._unfinished[id(flush)]
        apply_flush(obj, flush, server_id, number)

    def note_unknown(self, each: Prepared) -> None:
        """Record that the server may have accepted the input of a flush."""
        obj, flush = each
        del self._unfinished[id(flush)]
        if flush.verb == "Create":
            state_of(obj).set_lost_create(
                LostCreate(flush, self._sent_at, self._highest_ids[type(obj).__name__])
            )
        else:
            state_of(obj).set_unknown(flush.values)


async def resolve(
    client: StashClient, objects: Iterable[StashObject], *, forget: bool = False
) -> list[tuple[StashObject, StashUnknownOutcomeError]]:
    """Look up the lost creates and counts of `objects`; commit executed ones, and treat the rest as not sent.

    Objects whose outcome stays unknown are returned, with an error each, and stay unchanged. With `forget`
    they count as not sent, and so do all creates, without a lookup.
    """
    groups: dict[type[StashObject], list[Lost]] = {}
    many = list(objects)
    for obj in many:
        lost = pending.lost if (pending := state_of(obj).pending) else None
        if lost is not None and forget:
            state_of(obj).set_lost_create(None)
        elif lost is not None:
            groups.setdefault(type(obj), []).append((obj, lost))
    failed = []
    for cls, group in groups.items():
        if cls.__name__ in ENTITIES:
            failed += await _resolve_type(client, cls, group)
        else:
            failed += [(obj, _unknown(obj, [])) for obj, _ in group]
    return failed + await resolve_counts(client, many, forget=forget)


async def _resolve_type(
    client: StashClient, cls: type[StashObject], group: Sequence[Lost]
) -> list[tuple[StashObject, StashUnknownOutcomeError]]:
    """Resolve the lost creates of one type by the newest rows of the server."""
    created = client.created(cls.__name__)
    with client.session.order.request() as sent:
        # Objects whose creation was answered cannot be the lost ones.
        rows = [row async for row in _newest(client, cls, group) if row["id"] not in created]
        matches = match(cls, group, rows)
        for (obj, lost), row in matches.found:
            apply_flush(obj, lost.flush, row["id"], sent)
            if state_of(obj).is_attached:
                # Others may have changed it since.
                client.hydrated(TypeRef(cls.__name__), row, sent)
    unclear = {id(obj) for (obj, _), _ in matches.unclear}
    for obj, _ in group:
        if id(obj) not in unclear:
            state_of(obj).set_lost_create(None)
    return [(obj, _unknown(obj, ids)) for (obj, _), ids in matches.unclear]


def _unknown(obj: StashObject, ids: Sequence[str]) -> StashUnknownOutcomeError:
    would_fit = f": {', '.join(ids[:5])} would fit" if ids else ""
    return StashUnknownOutcomeError(
        f"{obj!r} may have been made before{would_fit}.",
        hint="Look at the server; save it with retry_unknown=True to make it all the same.",
    )


async def _newest(client: StashClient, cls: type[StashObject], group: Sequence[Lost]) -> Any:
    """Yield the newest rows, with the fields that were sent for any of `group`."""
    entity = ENTITIES[cls.__name__]
    attrs = {attr for _, lost in group for attr in lost.flush.values}
    paths = [f"{entity.items}.{path}" for path in ("id", "created_at", *_paths(cls, attrs))]
    after = min(lost.after for _, lost in group)
    size = min(_PAGE, max(50, 2 * len(group)))
    for number in range(1, _PAGES + 1):
        # By id and not by time: clocks differ, and servers store whole seconds.
        paging = {"page": number, "per_page": size, "sort": "id", "direction": "DESC"}
        answer = await client.session.call(entity.find, {"filter": paging}, paths, quiet=True)
        rows = answer.get(entity.items) or []
        for row in rows:
            if int(row["id"]) > after:
                yield row
        if len(rows) < size or int(rows[-1]["id"]) <= after:
            return


def _paths(cls: type[StashObject], attrs: Collection[str]) -> Iterator[str]:
    """Paths to select for a comparison of these attributes."""
    for declared in describe_api().types[cls.__name__].fields.values():
        if declared.attr in attrs and declared.name != "id":
            yield from field_paths(declared)


@dataclass(slots=True)
class Matches:
    """Lost creates with their rows, and ambiguous ones with the ids of the rows that may be theirs."""

    found: list[tuple[Lost, Row]] = field(default_factory=list)
    unclear: list[tuple[Lost, list[str]]] = field(default_factory=list)


@dataclass(slots=True)
class _Candidate:
    row: Row
    values: dict[str, Any]
    is_taken: bool = False


def match(cls: type[StashObject], lost: Sequence[Lost], rows: Iterable[Row]) -> Matches:
    """Match lost creates of one type to rows; a create in neither list of the result was not executed."""
    attrs = frozenset(attr for _, each in lost for attr in each.flush.values)
    candidates = [_Candidate(row, _values(cls, _as_input(cls, row, attrs), attrs)) for row in rows]
    groups: dict[str, list[Lost]] = {}
    for obj, each in lost:
        sent = _values(cls, each.flush.input, each.flush.values)
        groups.setdefault(dumps(sent, sort_keys=True), []).append((obj, each))
    result = Matches()
    # Equal rows first, so that no object takes a row that is equal to another object.
    unmatched = [_assign(cls, many, candidates, result, _equals) for many in groups.values()]
    unmatched = [_assign(cls, many, candidates, result, _contains) for many in unmatched if many]
    for many in filter(None, unmatched):
        _mark_unclear(cls, many, candidates, result)
    return result


def _assign(
    cls: type[StashObject], many: list[Lost], candidates: list[_Candidate], result: Matches, is_match: Any
) -> list[Lost]:
    """Assign rows to equal objects, in any order; return the objects that are left without a row."""
    sent = _values(cls, many[0][1].flush.input, many[0][1].flush.values)
    matching = [each for each in candidates if _may_be_newer(each.row, many) and is_match(each.values, sent)]
    matching = [each for each in matching if not each.is_taken]
    # Another client created an equal object, so that the rows cannot be assigned.
    if len(matching) > len(many) or any(_is_older(each.row, many) for each in matching):
        result.unclear += [(each, [str(one.row["id"]) for one in matching]) for each in many]
        return []
    for each in matching:
        each.is_taken = True
    result.found += zip(many, (each.row for each in matching), strict=False)
    return many[len(matching) :]


def _mark_unclear(
    cls: type[StashObject], many: list[Lost], candidates: list[_Candidate], result: Matches
) -> None:
    """Mark creates as unclear if a row has the same name: others may have changed it after its creation."""
    label = ENTITIES[cls.__name__].label
    sent = _values(cls, many[0][1].flush.input, many[0][1].flush.values)
    names = [label] if sent.get(label) else list(sent)
    similar = [
        str(each.row["id"])
        for each in candidates
        if not each.is_taken
        and _may_be_newer(each.row, many)
        and any(each.values.get(name) == sent[name] for name in names)
    ]
    if similar:
        result.unclear += [(each, similar) for each in many]


def _may_be_newer(row: Row, many: Sequence[Lost]) -> bool:
    """Whether a row may have been created after the objects were sent, by its id and its time."""
    known, sent_at = min(each.after for _, each in many), min(each.sent_at for _, each in many)
    return int(row["id"]) > known and _created_at(row) >= sent_at - _MAX_SKEW


def _is_older(row: Row, many: Sequence[Lost]) -> bool:
    """Whether a row was created before the objects were sent, by more than the tolerated clock skew."""
    return _created_at(row) < min(each.sent_at for _, each in many) - _TOLERATED_SKEW


def _created_at(row: Row) -> datetime:
    return datetime.fromisoformat(row["created_at"])


def _equals(row: Mapping[str, Any], sent: Mapping[str, Any]) -> bool:
    return all(row.get(name) == value for name, value in sent.items())


def _contains(row: Mapping[str, Any], sent: Mapping[str, Any]) -> bool:
    """Whether a row contains everything that was sent; lists and maps may contain more."""
    return all(_covers(row.get(name), value) for name, value in sent.items())


def _covers(stored: Any, sent: Any) -> bool:
    if isinstance(sent, list):
        return isinstance(stored, list) and all(item in stored for item in sent)
    if isinstance(sent, dict):
        return isinstance(stored, dict) and all(
            _covers(stored.get(name), value) for name, value in sent.items()
        )
    return bool(stored == sent)


def _as_input(cls: type[StashObject], row: Row, attrs: Collection[str]) -> dict[str, Any]:
    """Return the create input that would create the row, limited to these attributes."""
    obj = hydrate(cls, row)
    values = {attr: obj.__dict__.get(attr, UNSET) for attr in attrs}
    return create_input(cls.__name__, values)


def _values(cls: type[StashObject], given: Mapping[str, Any], attrs: Collection[str]) -> dict[str, Any]:
    """Normalized values of an input's attributes: servers trim texts and reorder links."""
    shown = create_input(cls.__name__, dict.fromkeys(attrs)).keys()
    return {name: _plain(given[name]) for name in shown if given.get(name)}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return sorted((_plain(each) for each in value), key=repr)
    if isinstance(value, dict):
        # The server sets the time of a stash-box id.
        return {n: _plain(each) for n, each in value.items() if each not in (None, "") and n != "updated_at"}
    return value
