"""The read-through cache: time to live of loaded objects, and predicates over cached ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from stash_cli.core.errors import StashUsageError
from stash_cli.core.query.lookups import matches, row_of
from stash_cli.core.query.q import Q
from stash_cli.core.store.fields import missing_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stash_cli.core.store.identity import IdentityMap
    from stash_cli.core.types.entity import StashObject

T = TypeVar("T", bound="StashObject")
Age = timedelta | int | float | None
"""Time to live of loaded objects: seconds, a timedelta, or None for no limit."""


@dataclass(frozen=True, slots=True)
class CacheStats:
    """Number of objects in a store: in all, by type, older than their time to live, and changed."""

    total_entries: int
    by_type: dict[str, int]
    expired_count: int
    changed_count: int
    default_ttl_seconds: float | None


class ObjectCache:
    """View of an identity map that shows only objects fresh enough to be read without a request."""

    def __init__(self, identity: IdentityMap, default_ttl: Age) -> None:
        self._identity = identity
        self._default_ttl = seconds(default_ttl)
        self._ttls: dict[type[StashObject], float] = {}

    def set_ttl(self, entity_type: type[StashObject], ttl: Age) -> None:
        self._ttls[entity_type] = seconds(ttl)

    def is_fresh(self, obj: StashObject) -> bool:
        """Whether an object was loaded within its time to live, or is new."""
        ttl = self._ttls.get(type(obj), self._default_ttl)
        # A new object does not exist on the server, so it cannot be outdated.
        return obj.is_new() or self._identity.age(type(obj), obj.id) < ttl

    def get(self, entity_type: type[T], entity_id: str) -> T | None:
        """The object if it is cached and fresh; marks it as recently used."""
        obj = self._identity.get(entity_type, entity_id)
        if obj is None or not self.is_fresh(obj):
            return None
        self._identity.touch(obj)
        return obj

    def contains(self, entity_type: type[StashObject], entity_id: str) -> bool:
        """Whether the object is cached and fresh."""
        obj = self._identity.get(entity_type, entity_id)
        return obj is not None and self.is_fresh(obj)

    def all(self, entity_type: type[T]) -> list[T]:
        """The fresh objects of a type."""
        return [obj for obj in self._identity.objects(entity_type) if self.is_fresh(obj)]

    def filter(self, entity_type: type[T], predicate: Callable[[T], bool] | Q) -> list[T]:
        """The fresh objects that `predicate` accepts."""
        accepts = _loaded_test(entity_type, predicate) if isinstance(predicate, Q) else predicate
        return [obj for obj in self.all(entity_type) if accepts(obj)]

    def require(self, entity_type: type[StashObject], fields: Iterable[str]) -> None:
        """Raise StashUsageError where a fresh object of the type lacks one of `fields`."""
        required = list(fields)
        for obj in self.all(entity_type):
            missing = missing_paths(obj, required)
            if missing:
                raise StashUsageError(
                    f"{obj!r} lacks {', '.join(sorted(missing))}.",
                    hint="Use filter_and_populate to load the missing fields.",
                )

    def stats(self) -> CacheStats:
        objects = self._identity.everything()
        return CacheStats(
            total_entries=len(objects),
            by_type=dict(Counter(type(obj).__name__ for obj in objects)),
            expired_count=sum(not self.is_fresh(obj) for obj in objects),
            changed_count=len(self._identity.dirty()),
            default_ttl_seconds=None if self._default_ttl == float("inf") else self._default_ttl,
        )


def _loaded_test(entity_type: type[T], where: Q) -> Callable[[T], bool]:
    """A test of loaded fields; objects that lack a field of `where` fail it."""
    test = matches(entity_type.__name__, where)

    def accepts(obj: T) -> bool:
        return not missing_paths(obj, test.fields) and test(row_of(obj, test.fields))

    return accepts


def seconds(age: Age) -> float:
    """A time to live in seconds; infinite for None. Raises StashUsageError for negative ones."""
    if age is None:
        return float("inf")
    length = age.total_seconds() if isinstance(age, timedelta) else float(age)
    if length < 0:
        raise StashUsageError(f"A time to live is 0 seconds or more, not {length:g}.")
    return length
