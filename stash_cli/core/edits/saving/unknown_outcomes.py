"""Mutations whose answer was lost: what may have been done is recorded, and looked up."""

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
"""Pages of the newest objects that are looked at."""
_CLOCKS = timedelta(seconds=5)
"""By how much the clocks of this machine and the server may differ without being noticed."""
_WRONG_CLOCKS = timedelta(days=1)
"""By how much they may differ at most."""


class Sending:
    """Context in which the inputs of flushes are sent: each ends as committed, refused, or perhaps done."""

    def __init__(self, client: StashClient, flushes: Iterable[Prepared]) -> None:
        self._open = {id(flush): (obj, flush) for obj, flush in flushes}
        self._sent_at = datetime.now(UTC)
        names = {type(obj).__name__ for obj, flush in self._open.values() if flush.verb == "Create"}
        self._after = {name: client.highest_id(name) for name in names}

    def __enter__(self) -> Self:
        for obj, flush in self._open.values():
            if flush.verb == "Update":
                before = flush.before
                sent = {name: (before.get(name, UNSET), value) for name, value in flush.values.items()}
                state_of(obj).begin_sending(sent)
        return self

    def __exit__(self, *exc: object) -> None:
        for obj, flush in self._open.values():
            state_of(obj).end_sending(flush.values)

    def commit(self, each: Prepared, server_id: str, number: int | None = None) -> None:
        """Commit the input of a flush, which the server has taken; see `apply_flush`."""
        obj, flush = each
        del self._open[id(flush)]
        apply_flush(obj, flush, server_id, number)

    def note_unknown(self, each: Prepared) -> None:
        """Note that the input of a flush may have been taken."""
        obj, flush = each
        del self._open[id(flush)]
        if flush.verb == "Create":
            state_of(obj).set_lost_create(LostCreate(flush, self._sent_at, self._after[type(obj).__name__]))
        else:
            state_of(obj).set_unknown(flush.values)


async def resolve(
    client: StashClient, objects: Iterable[StashObject], *, forget: bool = False
) -> list[tuple[StashObject, StashUnknownOutcomeError]]:
    """Look up the lost creates and counts of `objects`: what was done counts as saved, the rest as not sent.

    What cannot be told is returned, with an error each, and stays as it is. With `forget` that counts as not
    sent, and so do all creates, unseen.
    """
    groups: dict[type[StashObject], list[Lost]] = {}
    many = list(objects)
    for obj in many:
        lost = held.lost if (held := state_of(obj).pending) else None
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
    created = client.created(cls.__name__)
    with client.session.order.request() as sent:
        # Objects whose creation was answered are known to be others.
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
    """The rows made last, with what was sent of any of `group`."""
    entity = ENTITIES[cls.__name__]
    attrs = {attr for _, lost in group for attr in lost.flush.values}
    paths = [f"{entity.items}.{path}" for path in ("id", "created_at", *_paths(cls, attrs))]
    after = min(lost.after for _, lost in group)
    size = min(_PAGE, max(50, 2 * len(group)))
    for number in range(1, _PAGES + 1):
        # By id and not by time: clocks differ, and servers keep whole seconds.
        paging = {"page": number, "per_page": size, "sort": "id", "direction": "DESC"}
        answer = await client.session.call(entity.find, {"filter": paging}, paths, quiet=True)
        rows = answer.get(entity.items) or []
        for row in rows:
            if int(row["id"]) > after:
                yield row
        if len(rows) < size or int(rows[-1]["id"]) <= after:
            return


def _paths(cls: type[StashObject], attrs: Collection[str]) -> Iterator[str]:
    """Paths to select to compare these attributes."""
    for declared in describe_api().types[cls.__name__].fields.values():
        if declared.attr in attrs and declared.name != "id":
            yield from field_paths(declared)


@dataclass(slots=True)
class Matches:
    """Lost objects with their rows, and those that cannot be told, with the ids that may be theirs."""

    found: list[tuple[Lost, Row]] = field(default_factory=list)
    unclear: list[tuple[Lost, list[str]]] = field(default_factory=list)


@dataclass(slots=True)
class _Candidate:
    row: Row
    values: dict[str, Any]
    is_taken: bool = False


def match(cls: type[StashObject], lost: Sequence[Lost], rows: Iterable[Row]) -> Matches:
    """The rows that lost objects of a type were made as; what is in neither list was not made."""
    attrs = frozenset(attr for _, each in lost for attr in each.flush.values)
    candidates = [_Candidate(row, _values(cls, _as_sent(cls, row, attrs), attrs)) for row in rows]
    groups: dict[str, list[Lost]] = {}
    for obj, each in lost:
        sent = _values(cls, each.flush.input, each.flush.values)
        groups.setdefault(dumps(sent, sort_keys=True), []).append((obj, each))
    result = Matches()
    # Equal rows first, so that no object is given a row that another one equals.
    left = [_assign(cls, many, candidates, result, _equals) for many in groups.values()]
    left = [_assign(cls, many, candidates, result, _holds) for many in left if many]
    for many in filter(None, left):
        _set_apart(cls, many, candidates, result)
    return result


def _assign(
    cls: type[StashObject], many: list[Lost], candidates: list[_Candidate], result: Matches, fits: Any
) -> list[Lost]:
    """Give objects that are alike the rows that fit them, any to any; those that are left over."""
    sent = _values(cls, many[0][1].flush.input, many[0][1].flush.values)
    fitting = [each for each in candidates if _is_since(each.row, many) and fits(each.values, sent)]
    fitting = [each for each in fitting if not each.is_taken]
    # Somebody else has made the same: which of the rows is whose cannot be told.
    if len(fitting) > len(many) or any(_is_before(each.row, many) for each in fitting):
        result.unclear += [(each, [str(one.row["id"]) for one in fitting]) for each in many]
        return []
    for each in fitting:
        each.is_taken = True
    result.found += zip(many, (each.row for each in fitting), strict=False)
    return many[len(fitting) :]


def _set_apart(
    cls: type[StashObject], many: list[Lost], candidates: list[_Candidate], result: Matches
) -> None:
    """Leave open what others may have changed since it was made: a row of the same name."""
    label = ENTITIES[cls.__name__].label
    sent = _values(cls, many[0][1].flush.input, many[0][1].flush.values)
    names = [label] if sent.get(label) else list(sent)
    similar = [
        str(each.row["id"])
        for each in candidates
        if not each.is_taken
        and _is_since(each.row, many)
        and any(each.values.get(name) == sent[name] for name in names)
    ]
    if similar:
        result.unclear += [(each, similar) for each in many]


def _is_since(row: Row, many: Sequence[Lost]) -> bool:
    """Whether a row may have been made since the objects were sent, as far as ids and clocks tell."""
    known, sent_at = min(each.after for _, each in many), min(each.sent_at for _, each in many)
    return int(row["id"]) > known and _created_at(row) >= sent_at - _WRONG_CLOCKS


def _is_before(row: Row, many: Sequence[Lost]) -> bool:
    """Whether a row was made before, unless the clocks differ."""
    return _created_at(row) < min(each.sent_at for _, each in many) - _CLOCKS


def _created_at(row: Row) -> datetime:
    return datetime.fromisoformat(row["created_at"])


def _equals(row: Mapping[str, Any], sent: Mapping[str, Any]) -> bool:
    return all(row.get(name) == value for name, value in sent.items())


def _holds(row: Mapping[str, Any], sent: Mapping[str, Any]) -> bool:
    """Whether a row holds all that was sent, and perhaps more."""
    return all(_covers(row.get(name), value) for name, value in sent.items())


def _covers(held: Any, sent: Any) -> bool:
    if isinstance(sent, list):
        return isinstance(held, list) and all(item in held for item in sent)
    if isinstance(sent, dict):
        return isinstance(held, dict) and all(_covers(held.get(name), value) for name, value in sent.items())
    return bool(held == sent)


def _as_sent(cls: type[StashObject], row: Row, attrs: Collection[str]) -> dict[str, Any]:
    """The input that would have made a row with these attributes."""
    found = hydrate(cls, row)
    held = {attr: found.__dict__.get(attr, UNSET) for attr in attrs}
    return create_input(cls.__name__, held)


def _values(cls: type[StashObject], given: Mapping[str, Any], attrs: Collection[str]) -> dict[str, Any]:
    """Comparable values of an input's attributes: servers trim texts and reorder links."""
    shown = create_input(cls.__name__, dict.fromkeys(attrs)).keys()
    return {name: _plain(given[name]) for name in shown if given.get(name)}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return sorted((_plain(each) for each in value), key=repr)
    if isinstance(value, dict):
        # The time of a stash-box id is the server's.
        return {n: _plain(each) for n, each in value.items() if each not in (None, "") and n != "updated_at"}
    return value
