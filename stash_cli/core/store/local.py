"""Filters over cached objects, with or without loading the fields that they need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from stash_cli.core.errors import StashUsageError
from stash_cli.core.query.lookups import matches, row_of
from stash_cli.core.query.q import Q
from stash_cli.core.store.fields import lacks
from stash_cli.core.store.population import Population

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence

    from stash_cli.core.types.entity import StashObject

T = TypeVar("T", bound="StashObject")


class Local(Population):
    """Filters over the cache."""

    def all_cached(self, entity_type: type[T]) -> list[T]:
        """All objects of a type in the store that are not expired."""
        return [obj for obj in self.identity.objects(entity_type) if self.is_fresh(obj)]

    def filter(self, entity_type: type[T], predicate: Callable[[T], bool] | Q) -> list[T]:
        """The cached objects that `predicate` accepts; fields that were never loaded are UNSET.

        A `Q` is evaluated on loaded fields: objects that lack one of these are left out, and related objects
        are compared by id.
        """
        accepts = self._held_test(entity_type, predicate) if isinstance(predicate, Q) else predicate
        return [obj for obj in self.all_cached(entity_type) if accepts(obj)]

    @staticmethod
    def _held_test(entity_type: type[T], where: Q) -> Callable[[T], bool]:
        test = matches(entity_type.__name__, where)

        def accepts(obj: T) -> bool:
            return not lacks(obj, test.fields) and test(row_of(obj, test.fields))

        return accepts

    def filter_strict(
        self, entity_type: type[T], required_fields: Iterable[str], predicate: Callable[[T], bool]
    ) -> list[T]:
        """Like `filter`; raises StashUsageError where an object lacks one of `required_fields`."""
        required = list(required_fields)
        for obj in self.all_cached(entity_type):
            missing = lacks(obj, required)
            if missing:
                raise StashUsageError(
                    f"{obj!r} lacks {', '.join(sorted(missing))}.",
                    hint="filter_and_populate loads what is missing.",
                )
        return self.filter(entity_type, predicate)

    async def filter_and_populate(
        self,
        entity_type: type[T],
        required_fields: Iterable[str],
        predicate: Callable[[T], bool],
        batch_size: int = 50,
    ) -> list[T]:
        """The cached objects that `predicate` accepts, after loading the `required_fields` they lack."""
        found, _ = await self.filter_and_populate_with_stats(
            entity_type, required_fields, predicate, batch_size
        )
        return found

    async def filter_and_populate_with_stats(
        self,
        entity_type: type[T],
        required_fields: Iterable[str],
        predicate: Callable[[T], bool],
        batch_size: int = 50,
    ) -> tuple[list[T], dict[str, Any]]:
        """Like `filter_and_populate`, with statistics.

        The counts: total_cached, populated, cache_hit_rate (share that lacked nothing), matches.
        """
        required = list(required_fields)
        cached = self.all_cached(entity_type)
        needy = [obj for obj in cached if lacks(obj, required)]
        for batch in batches(needy, batch_size):
            await self.populate(batch, required)
        found = [obj for obj in cached if predicate(obj)]
        stats = {
            "total_cached": len(cached),
            "populated": len(needy),
            "cache_hit_rate": (len(cached) - len(needy)) / len(cached) if cached else 1.0,
            "matches": len(found),
        }
        return found, stats

    async def populated_filter_iter(
        self,
        entity_type: type[T],
        required_fields: Iterable[str],
        predicate: Callable[[T], bool],
        populate_batch: int = 50,
        yield_batch: int = 10,
    ) -> AsyncGenerator[T, None]:
        """Like `filter_and_populate`, one by one: `populate_batch` objects are loaded at a time.

        `yield_batch` is the number of objects between two turns of the event loop.
        """
        from asyncio import sleep

        required = list(required_fields)
        for batch in batches(self.all_cached(entity_type), populate_batch):
            await self.populate(batch, required)
            for part in batches(batch, yield_batch):
                for obj in filter(predicate, part):
                    yield obj
                await sleep(0)


def batches(objects: Sequence[T], size: int) -> Iterator[list[T]]:
    """`objects` in lists of up to `size`."""
    if size < 1:
        raise StashUsageError("A batch holds at least 1 object.")
    return (list(objects[start : start + size]) for start in range(0, len(objects), size))
