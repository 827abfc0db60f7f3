"""Writing through the store: saving, alone and in batches, creating what is missing, deleting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from stash_cli.core.client.batch import MAX_BATCH, BatchResult
from stash_cli.core.client.resolver import Name
from stash_cli.core.errors import StashBatchError, StashError, StashGraphQLError, StashNotFoundError
from stash_cli.core.store.local import Local
from stash_cli.core.store.unit import Unit, gather
from stash_cli.core.types.orm.saving import save

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stash_cli.core.types.entity import StashObject
    from stash_cli.core.types.orm.looking import OnConflict
    from stash_cli.core.types.orm.pending import Conflict

T = TypeVar("T", bound="StashObject")


class Writing(Local):
    """Save, create, delete."""

    def add(self, obj: StashObject) -> None:
        """Put an object into the store; a new or changed one is kept until it is saved.

        Raises StashUsageError where another object stands for the same id.
        """
        self.identity.add(obj)

    async def save(
        self, obj: StashObject, *, on_conflict: OnConflict | None = None, retry_unknown: bool = False
    ) -> None:
        """Create it, or send what changed, with the new objects that it refers to before it.

        All of them belong to the store from then on. Lists, maps and counters are merged with what others
        changed in them. Of other fields `on_conflict` says what is done where they were changed on the
        server, too, since they were read: None raises StashConflictError if a later read has told so, "raise"
        asks and raises, "merge" asks and sends what is here, "mine" sends all as it is here, unasked.

        What may have been made by an earlier save, whose answer was lost, is looked up first, and
        StashUnknownOutcomeError raised where that does not tell; `retry_unknown` makes it all the same.
        Raises what was refused.
        """
        obj = obj.canonical
        many = gather([obj])
        async with self.client.object_locks.hold(many or [obj]):
            for each in many or [obj]:
                self._adopt(each)
            if len(many) < 2:  # noqa: PLR2004 - with others it takes a unit of work
                await save(obj, self.client, on_conflict=on_conflict, retry_unknown=retry_unknown)
                return
            unit = Unit(self.client, MAX_BATCH, on_conflict=on_conflict, retry_unknown=retry_unknown)
            result = await unit.save(many)
        # What it refers to first: that is why it was refused itself.
        for operation in reversed(result.unfinished):
            raise operation.error or StashError(f"{obj!r} was not saved.")

    def _adopt(self, obj: StashObject) -> None:
        """Put an object in that is not yet."""
        if self.identity.get(type(obj), obj.id) is not obj:
            self.identity.add(obj)

    async def save_batch(
        self,
        objects: Iterable[StashObject],
        *,
        max_batch_size: int = MAX_BATCH,
        check: bool = False,
        on_conflict: OnConflict | None = None,
        retry_unknown: bool = False,
    ) -> BatchResult:
        """Save several objects, `max_batch_size` per request; each has its own result or error.

        New ones that they refer to are saved with them, and before them; equal changes are one bulk update.
        Clean objects are left out, the others belong to the store from then on. What failed, may have been
        done or was not sent stays changed, and saving again does what is left: what may have been made is
        looked up first (see `save`). Raises StashInputError, before anything is sent, for a change that
        cannot be written, and with `check` StashBatchError where any did not succeed.
        """
        many = gather(objects)
        async with self.client.object_locks.hold(many):
            for each in many:
                self._adopt(each)
            unit = Unit(self.client, max_batch_size, on_conflict=on_conflict, retry_unknown=retry_unknown)
            result = await unit.save(many)
        if check and result.unfinished:
            raise StashBatchError(result.summary(), result)
        return result

    def conflicts(self, obj: StashObject) -> dict[str, Conflict]:
        """The fields of `obj` that were changed here and, since then, on the server.

        To take what the server has, assign `theirs`; to overwrite it, save with `on_conflict="mine"`.
        """
        return obj.get_conflicts()

    async def save_all(
        self,
        *,
        max_batch_size: int = MAX_BATCH,
        check: bool = False,
        on_conflict: OnConflict | None = None,
        retry_unknown: bool = False,
    ) -> BatchResult:
        """Save every changed object of the store; see `save_batch`."""
        return await self.save_batch(
            self.identity.dirty(),
            max_batch_size=max_batch_size,
            check=check,
            on_conflict=on_conflict,
            retry_unknown=retry_unknown,
        )

    async def delete(self, obj: StashObject, **options: Any) -> bool:
        """Remove it from the server, from the store, and from the lists of objects that it was related to.

        `options` are further fields of the destroy input.
        """
        done = await obj.delete(self.client, **options)
        if done:
            self.identity.part(type(obj), [obj.id])
        return done

    async def get_or_create(
        self, entity_type: type[T], create_if_missing: bool = True, **search_params: Any
    ) -> T:
        """The one object with these field values, made if there is none.

        A name finds an object in any case, or by an alias. Raises StashNotFoundError where there is none and
        `create_if_missing` is False.
        """
        found = await self._existing(entity_type, search_params)
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
            self.identity.part(entity_type, [made.id])
            found = await self._existing(entity_type, search_params)
            if found is None:
                raise
            return found
        return made

    async def _existing(self, entity_type: type[T], given: Mapping[str, Any]) -> T | None:
        # A name alone is resolved as everywhere; more fields are lookups, all of which have to hold.
        if not (isinstance(given.get("name"), str) and given.keys() <= {"name", "disambiguation"}):
            return await self.find_one(entity_type, **given)
        return await self._find_named(entity_type, Name.literal(**given))
