"""Mutations whose answer was lost: what may have been done is noted, and creates are looked up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from stash_cli.core.edits.lost import match
from stash_cli.core.errors import Delivery, StashError, StashUnknownOutcomeError
from stash_cli.core.types.api import ApiField, TypeRef, describe_api
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from stash_cli.core.client import StashClient
    from stash_cli.core.edits.saving import Saving
    from stash_cli.core.types.entity import StashObject

    Row = dict[str, Any]
    Lost = tuple[StashObject, "LostCreate"]

_PAGE = 1000
_PAGES = 5
"""Pages of the newest objects that are looked at."""


@dataclass(frozen=True, slots=True)
class LostCreate:
    """A create without a usable answer: what was sent, when, and the highest id that was known then."""

    saving: Saving
    sent_at: datetime
    after: int


class Sending:
    """Savings whose inputs are being sent: notes that they are, and which of them may have been done."""

    def __init__(self, client: StashClient, savings: Iterable[tuple[StashObject, Saving]]) -> None:
        self._savings = list(savings)
        self._sent_at = datetime.now(UTC)
        names = {type(obj).__name__ for obj, saving in self._savings if saving.verb == "Create"}
        self._after = {name: client.highest_id(name) for name in names}

    def __enter__(self) -> Self:
        self.begin()
        return self

    def begin(self) -> None:
        """Note that the inputs are being sent; each ends with `end_save` or `fail`."""
        for obj, saving in self._savings:
            if saving.verb == "Update":
                obj.begin_sending({name: saving.before.get(name, UNSET) for name in saving.values})

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None:
            for obj, saving in self._savings:
                self.fail(obj, saving, is_unknown=is_unknown(error))

    def fail(self, obj: StashObject, saving: Saving, *, is_unknown: bool) -> None:
        """Note that the input of `saving` was not taken, or may have been."""
        if is_unknown:
            self.note(obj, saving)
        else:
            obj.end_sending(saving.values)

    def note(self, obj: StashObject, saving: Saving) -> None:
        """Note that the input of `saving` may have been taken."""
        if saving.verb == "Create":
            obj.note_lost_create(LostCreate(saving, self._sent_at, self._after[type(obj).__name__]))
        else:
            obj.note_unknown(saving.values)


def is_unknown(error: BaseException) -> bool:
    """Whether what was being sent may have been done: its answer is lost, or was not waited for."""
    if isinstance(error, StashError):
        return isinstance(error, StashUnknownOutcomeError)
    return vars(error).get("delivery") is not Delivery.NOT_STARTED


async def resolve(
    client: StashClient, objects: Iterable[StashObject], *, forget: bool = False
) -> list[tuple[StashObject, StashUnknownOutcomeError]]:
    """Look up the lost creates of `objects`: those that were done count as saved, the others as not sent.

    What cannot be told is returned, with an error each, and stays as it is. With `forget` all count as not
    sent, unseen.
    """
    groups: dict[type[StashObject], list[Lost]] = {}
    for obj in objects:
        lost = obj.pending.lost if obj.pending else None
        if lost is not None and forget:
            obj.note_lost_create(None)
        elif lost is not None:
            groups.setdefault(type(obj), []).append((obj, lost))
    failed = []
    for cls, group in groups.items():
        if cls.__name__ in ENTITIES:
            failed += await _resolve_type(client, cls, group)
        else:
            failed += [(obj, _unknown(obj, [])) for obj, _ in group]
    return failed


async def _resolve_type(
    client: StashClient, cls: type[StashObject], group: Sequence[Lost]
) -> list[tuple[StashObject, StashUnknownOutcomeError]]:
    created = client.created(cls.__name__)
    with client.session.order.request() as sent:
        rows = [row async for row in _newest(client, cls, group) if row["id"] not in created]
        matches = match(cls, group, rows)
        for (obj, lost), row in matches.found:
            obj.end_save(lost.saving, row["id"], sent)
            if obj.is_kept:
                # Others may have changed it since.
                client.hydrated(TypeRef(cls.__name__), row, sent)
    unclear = {id(obj) for (obj, _), _ in matches.unclear}
    for obj, _ in group:
        if id(obj) not in unclear:
            obj.note_lost_create(None)
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
    attrs = {attr for _, lost in group for attr in lost.saving.values}
    paths = [f"{entity.items}.{path}" for path in ("id", "created_at", *_paths(cls, attrs))]
    after = min(lost.after for _, lost in group)
    size = min(_PAGE, max(50, 2 * len(group)))
    for number in range(1, _PAGES + 1):
        paging = {"page": number, "per_page": size, "sort": "id", "direction": "DESC"}
        answer = await client.session.call(entity.find, {"filter": paging}, paths, quiet=True)
        rows = answer.get(entity.items) or []
        for row in rows:
            if int(row["id"]) > after:
                yield row
        if len(rows) < size or int(rows[-1]["id"]) <= after:
            return


def _paths(cls: type[StashObject], attrs: Collection[str]) -> Iterator[str]:
    """What to ask for to compare these attributes."""
    for field in describe_api().types[cls.__name__].fields.values():
        if field.attr in attrs and field.name != "id":
            yield from field_paths(field)


def field_paths(field: ApiField) -> Iterator[str]:
    """What to ask for to compare a field: ids of links, and all plain values of others."""
    declared = describe_api().types[field.type.name]
    if declared.is_entity:
        yield f"{field.name}.id"
    elif declared.kind in ("SCALAR", "ENUM"):
        yield field.name
    else:
        for inner in declared.fields.values():
            kind = describe_api().types[inner.type.name]
            if kind.is_entity:
                yield f"{field.name}.{inner.name}.id"
            elif kind.kind in ("SCALAR", "ENUM"):
                yield f"{field.name}.{inner.name}"
