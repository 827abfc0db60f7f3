"""The writing side of a store: units of work for objects that belong to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.unit_of_work import UnitOfWork, gather, save
from stash_cli.core.errors import StashBatchError, StashError
from stash_cli.core.graphql.batch import MAX_BATCH, BatchResult
from stash_cli.core.orm import state_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.core.client import StashClient
    from stash_cli.core.orm.history import OnConflict
    from stash_cli.core.store.identity import IdentityMap
    from stash_cli.core.types.entity import StashObject


class Writer:
    """Saves and deletes; objects to be saved are added to the identity map first."""

    def __init__(self, client: StashClient, identity: IdentityMap) -> None:
        self._client = client
        self._identity = identity

    async def save(self, obj: StashObject, *, on_conflict: OnConflict | None, retry_unknown: bool) -> None:
        """Save an object after the new ones that it refers to."""
        obj = state_of(obj).canonical
        many = gather([obj])
        async with self._client.object_locks.hold(many or [obj]):
            for each in many or [obj]:
                self._adopt(each)
            if len(many) < 2:  # noqa: PLR2004 - with others it takes a unit of work
                await save(obj, self._client, on_conflict=on_conflict, retry_unknown=retry_unknown)
                return
            unit = UnitOfWork(self._client, MAX_BATCH, on_conflict=on_conflict, retry_unknown=retry_unknown)
            result = await unit.save(many)
        # What it refers to first: that is why it was refused itself.
        for operation in reversed(result.unfinished):
            raise operation.error or StashError(f"{obj!r} was not saved.")

    def _adopt(self, obj: StashObject) -> None:
        """Add an object to the store unless it is in it."""
        if self._identity.get(type(obj), obj.id) is not obj:
            self._identity.add(obj)

    async def save_batch(
        self,
        objects: Sequence[StashObject],
        max_batch_size: int,
        *,
        check: bool,
        on_conflict: OnConflict | None,
        retry_unknown: bool,
    ) -> BatchResult:
        """Save several objects; with `check` raises StashBatchError where any did not succeed."""
        many = gather(objects)
        async with self._client.object_locks.hold(many):
            for each in many:
                self._adopt(each)
            unit = UnitOfWork(
                self._client, max_batch_size, on_conflict=on_conflict, retry_unknown=retry_unknown
            )
            result = await unit.save(many)
        if check and result.unfinished:
            raise StashBatchError(result.summary(), result)
        return result

    async def delete(self, obj: StashObject, **options: Any) -> bool:
        """Delete an object, and expunge it from the identity map."""
        done = await obj.delete(self._client, **options)
        if done:
            self._identity.expunge(type(obj), [obj.id])
        return done
