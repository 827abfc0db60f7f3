"""Writing through the store: saving, alone and in batches, creating what is missing, deleting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from stash_cli.core.client.batch import MAX_BATCH, BatchOperation, BatchResult
from stash_cli.core.errors import StashGraphQLError, StashNotFoundError
from stash_cli.core.store.local import Local
from stash_cli.core.types.writing import operation_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stash_cli.core.types.entity import StashObject

T = TypeVar("T", bound="StashObject")


class Writing(Local):
    """Save, create, delete."""

    def add(self, obj: StashObject) -> None:
        """Put an object into the store; a new or changed one is kept until it is saved.

        Raises StashUsageError where another object stands for the same id.
        """
        self.identity.add(obj)

    async def save(self, obj: StashObject) -> None:
        """Create it, or send what changed; it belongs to the store from then on."""
        if self.identity.get(type(obj), obj.id) is not obj:
            self.identity.add(obj)
        await obj.save(self.client)

    async def save_batch(
        self, objects: Iterable[StashObject], *, max_batch_size: int = MAX_BATCH
    ) -> BatchResult:
        """Save several objects, `max_batch_size` per request; each has its own result or error.

        Clean objects are left out. What failed stays changed. Raises StashInputError, before anything
        is sent, for a change that cannot be written.
        """
        dirty = [obj for obj in dict.fromkeys(objects) if obj.is_dirty()]
        prepared = [(obj, obj.begin_save()) for obj in dirty]
        operations = [
            BatchOperation(operation_name(type(obj), saving.verb), {"input": saving.input}, ["id"])
            for obj, saving in prepared
        ]
        result = await self.client.execute_batch(operations, max_batch_size=max_batch_size)
        for (obj, saving), operation in zip(prepared, result, strict=True):
            if operation.error is None and operation.result:
                if self.identity.get(type(obj), obj.id) is not obj:
                    self.identity.add(obj)
                obj.end_save(saving, operation.result["id"])
        return result

    async def save_all(self, *, max_batch_size: int = MAX_BATCH) -> BatchResult:
        """Save every changed object of the store."""
        return await self.save_batch(self.identity.dirty(), max_batch_size=max_batch_size)

    async def delete(self, obj: StashObject, **options: Any) -> bool:
        """Remove it from the server and from the store; `options` are further fields of the destroy input."""
        done = await obj.delete(self.client, **options)
        if done:
            self.identity.discard(obj)
        return done

    async def get_or_create(
        self, entity_type: type[T], create_if_missing: bool = True, **search_params: Any
    ) -> T:
        """The one object with these field values, made if there is none.

        Raises StashNotFoundError where there is none and `create_if_missing` is False.
        """
        found = await self.find_one(entity_type, **search_params)
        if found is not None:
            return found
        if not create_if_missing:
            asked = ", ".join(f"{name}={value!r}" for name, value in search_params.items())
            raise StashNotFoundError(f"There is no {entity_type.__name__} with {asked}.")
        made = entity_type(**search_params)
        try:
            await self.save(made)
        except StashGraphQLError:
            # Somebody else may have made it in between; else the refusal stands.
            self.identity.discard(made)
            found = await self.find_one(entity_type, **search_params)
            if found is None:
                raise
            return found
        return made
