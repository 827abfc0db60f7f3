"""Saves and deletions of a store: its objects go through a unit of work, and stay in the identity map."""

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
    """Saves and deletes; objects to be saved are added to the identity map first."""

    def __init__(self, client: StashClient, identity: IdentityMap) -> None:
        self._client = client
        self._identity = identity

    async def save(self, obj: StashObject, *, on_conflict: OnConflict | None, retry_unknown: bool) -> None:
        """Save an object after the new ones that it refers to."""
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
        """Save several objects; with `check` raises StashBatchError where any did not succeed."""
        unit = UnitOfWork(self._client, max_batch_size, on_conflict=on_conflict, retry_unknown=retry_unknown)
        result = await self._save(unit, gather(objects))
        if check and result.unfinished:
            raise StashBatchError(result.summary(), result)
        return result

    async def _save(self, unit: UnitOfWork, objects: list[StashObject]) -> BatchResult:
        """Save objects under their locks; those that are in no store are added to this one."""
        async with self._client.object_locks.hold(objects):
            for each in objects:
                # Before it is saved: from the answer on, others may load the same id, and must get this
                # object.
                if self._identity.get(type(each), each.id) is not each:
                    self._identity.add(each)
            return await unit.save(objects)

    async def delete(self, obj: StashObject, **options: Any) -> bool:
        """Delete an object, and expunge it from the identity map."""
        done = await obj.delete(self._client, **options)
        if done:
            self._identity.expunge(type(obj), [obj.id])
        return done
