"""Saves and deletions of a store: a unit of work whose objects are added to the identity map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.saving.unit_of_work import UnitOfWork, gather
from stash_cli.core.errors import StashBatchError
from stash_cli.core.orm import state_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.core.client import StashClient
    from stash_cli.core.graphql.batch import BatchResult
    from stash_cli.core.orm.history import OnConflict
    from stash_cli.core.store.identity import IdentityMap
    from stash_cli.core.types.entity import StashObject


class Writer:
    """Saves and deletes objects."""

    def __init__(self, client: StashClient, identity: IdentityMap) -> None:
        self._client = client
        self._identity = identity

    async def save(self, obj: StashObject, *, on_conflict: OnConflict | None, retry_unknown: bool) -> None:
        """Save an object after the new objects that it refers to."""
        obj = state_of(obj).canonical
        unit = UnitOfWork(self._client, on_conflict=on_conflict, retry_unknown=retry_unknown)
        await self._save(unit, gather([obj]) or [obj])
        unit.check()

    async def save_batch(
        self,
        objects: Sequence[StashObject],
        max_batch_size: int,
        *,
        check: bool,
        on_conflict: OnConflict | None,
        retry_unknown: bool,
    ) -> BatchResult:
        """Save several objects; with `check`, raise StashBatchError unless all succeeded."""
        unit = UnitOfWork(self._client, max_batch_size, on_conflict=on_conflict, retry_unknown=retry_unknown)
        result = await self._save(unit, gather(objects))
        if check and result.unfinished:
            raise StashBatchError(result.summary(), result)
        return result

    async def _save(self, unit: UnitOfWork, objects: list[StashObject]) -> BatchResult:
        """Save objects under their locks, and add those to the identity map that are not in it."""
        async with self._client.object_locks.hold(objects):
            for each in objects:
                # Added before the save: once the server has responded, other tasks may load the same id and
                # must get this object.
                if self._identity.get(type(each), each.id) is not each:
                    self._identity.add(each)
            return await unit.save(objects)

    async def delete(self, obj: StashObject, **options: Any) -> bool:
        """Delete an object, and expunge it from the identity map."""
        is_deleted = await obj.delete(self._client, **options)
        if is_deleted:
            self._identity.expunge(type(obj), [obj.id])
        return is_deleted
