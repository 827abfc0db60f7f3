"""StashEntityStore: the public interface of the store."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stash_cli.core.store.base import Age, seconds
from stash_cli.core.store.writing import Writing
from stash_cli.core.types.entity import StashObject

if TYPE_CHECKING:
    from typing import TypeVar

    T = TypeVar("T", bound=StashObject)


@dataclass(frozen=True, slots=True)
class CacheStats:
    """Statistics of a store: objects in total and by type, expired and changed ones."""

    total_entries: int
    by_type: dict[str, int]
    expired_count: int
    changed_count: int
    default_ttl_seconds: float | None


class StashEntityStore(Writing):
    """Objects of one server, each once: found by lookups, read through a cache, saved by what changed.

    It belongs to a client: `StashEntityStore(client)`, or `context.store`. `default_ttl` (seconds or
    timedelta, None for no limit) is the age up to which objects are answered from the cache; `max_objects`
    limits those that are kept alive although nobody holds or has changed them.
    """

    def is_cached(self, entity_type: type[T], entity_id: str | int) -> bool:
        """Whether the object is in the store and not expired."""
        obj = self.identity.get(entity_type, str(entity_id))
        return obj is not None and self.is_fresh(obj)

    def invalidate(
        self, entity_type_or_obj: type[StashObject] | StashObject, entity_id: str | int | None = None
    ) -> None:
        """Mark one object as expired, so that the next read asks the server; unsaved changes stay.

        With a type alone it is `invalidate_type`.
        """
        if isinstance(entity_type_or_obj, StashObject):
            self.identity.expire(type(entity_type_or_obj), entity_type_or_obj.id)
        else:
            self.identity.expire(entity_type_or_obj, None if entity_id is None else str(entity_id))

    def invalidate_type(self, entity_type: type[StashObject]) -> None:
        """Mark all objects of a type as expired."""
        self.identity.expire(entity_type)

    def invalidate_all(self) -> None:
        """Mark all objects as expired."""
        self.identity.expire()

    def set_ttl(self, entity_type: type[StashObject], ttl: Age) -> None:
        """Set the age up to which objects of one type are answered from the cache (None: no limit)."""
        self._ttls[entity_type] = seconds(ttl)

    def cache_stats(self) -> CacheStats:
        """Statistics of the store at this moment."""
        objects = self.identity.everything()
        return CacheStats(
            total_entries=len(objects),
            by_type=dict(Counter(type(obj).__name__ for obj in objects)),
            expired_count=sum(not self.is_fresh(obj) for obj in objects),
            changed_count=len(self.identity.dirty()),
            default_ttl_seconds=None if self._default_ttl == float("inf") else self._default_ttl,
        )

    @property
    def cache_size(self) -> int:
        """Number of objects in the store."""
        return len(self.identity.everything())
