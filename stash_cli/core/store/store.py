"""StashEntityStore: the facade of identity map, cache, loader, finder and writer."""

from __future__ import annotations

from contextlib import aclosing
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from stash_cli.core.client.resolver import Name
from stash_cli.core.errors import StashGraphQLError, StashNotFoundError, StashUsageError
from stash_cli.core.graphql.batch import MAX_BATCH, BatchResult
from stash_cli.core.store.cache import Age, CacheStats, ObjectCache
from stash_cli.core.store.fields import missing_paths
from stash_cli.core.store.finder import Finder
from stash_cli.core.store.identity import MAX_OBJECTS, IdentityMap
from stash_cli.core.store.loader import Loader, batches, split_inverse
from stash_cli.core.store.writer import Writer
from stash_cli.core.types.entity import StashObject

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence

    from stash_cli.core.client import StashClient
    from stash_cli.core.orm.history import Conflict, OnConflict
    from stash_cli.core.query.q import Q

T = TypeVar("T", bound=StashObject)


class StashEntityStore:
    """The entities of one server, one object each: found by lookups, read through a cache, saved by changes.

    It belongs to a client: `StashEntityStore(client)`, or `context.store`. `default_ttl` (seconds or
    timedelta, None for no limit) is how long a loaded object is fresh. `max_objects` bounds how many
    unchanged objects the store itself keeps alive. `identity` is the identity map.
    """

    def __init__(
        self,
        client: StashClient,
        default_ttl: Age = timedelta(minutes=30),
        *,
        max_objects: int = MAX_OBJECTS,
    ) -> None:
        self.client = client
        self.identity = IdentityMap(max_objects=max_objects, requests=client.session.order)
        self.identity.client = client
        self._cache = ObjectCache(self.identity, default_ttl)
        self._loader = Loader(client.session, self.identity, self._cache)
        self._finder = Finder(client.session, self._loader)
        self._writer = Writer(client, self.identity)
        if client.identity is None:  # so that the client's own methods return the store's objects, too
            client.identity = self.identity

    def get_cached(self, entity_type: type[T], entity_id: str | int) -> T | None:
        """The object if it is cached and fresh, with the fields loaded so far; sends no request."""
        return self._cache.get(entity_type, str(entity_id))

    async def get(
        self, entity_type: type[T], entity_id: str | int, fields: Iterable[str] | None = None
    ) -> T | None:
        """The object with this id, from the cache if it is fresh and has `fields`; None if there is none.

        `fields` (None: the default ones) are the fields to load, such as "studio.name" or "studio__name".
        """
        objects = await self.get_many(entity_type, [entity_id], fields)
        return objects[0] if objects else None

    async def get_many(
        self, entity_type: type[T], ids: Sequence[str | int], fields: Iterable[str] | None = None
    ) -> list[T]:
        """The objects with these ids, in their order; unknown ids are left out.

        Those that the cache lacks are loaded in one request per 500; `fields` may name inverse relations,
        such as a performer's images, which take a request each.
        """
        return await self._loader.get_many(entity_type, ids, fields)

    async def find(
        self,
        entity_type: type[T],
        *where: Q,
        fields: Iterable[str] | None = None,
        q: str | None = None,
        sort: str | None = None,
        direction: str | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> list[T]:
        """All objects that match every lookup: `find(Scene, rating100__gte=80, tags=["Outdoor"])`.

        `where` are combined lookups: `find(Scene, Q(rating100__gte=80) | Q(organized=True))`.
        Relations take ids, objects or names. `fields` are the fields to load, `q` is the server's text
        search, `sort` a sort key (`-date` for the newest first). A failed request raises.
        """
        plain, inverse = split_inverse(entity_type, fields)
        asked, finder = (where, filters), self._finder
        find = await finder.compile(entity_type, plain, asked, q=q, sort=sort, direction=direction)
        objects = [obj async for obj in finder.objects(entity_type, find, limit=limit)]
        return await self._loader.load_inverse(entity_type, objects, inverse)

    async def find_one(self, entity_type: type[T], *where: Q, **filters: Any) -> T | None:
        """The first match in the sort order, or None."""
        objects = await self.find(entity_type, *where, **{"limit": 1, **filters})
        return objects[0] if objects else None

    async def find_iter(  # noqa: PLR0913 - the options of `find` and three of its own
        self,
        entity_type: type[T],
        *where: Q,
        query_batch: int = 40,
        prefetch: bool = True,
        snapshot: bool = False,
        fields: Iterable[str] | None = None,
        q: str | None = None,
        sort: str | None = None,
        direction: str | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> AsyncGenerator[T, None]:
        """Yield the matches of `find` one by one, `query_batch` per request, in a stable order.

        With `prefetch` the next page is fetched while the caller works. With `snapshot` all ids are
        read first, so that no object is skipped when edits change which objects match.
        """
        if where and isinstance(where[0], int):  # positional, as in scripts written for other libraries
            query_batch, where = where[0], where[1:]
        if query_batch < 1:
            raise StashUsageError("query_batch is at least 1.")
        asked, finder = (where, filters), self._finder
        find = await finder.compile(entity_type, fields, asked, q=q, sort=sort, direction=direction)
        if snapshot:
            objects = finder.snapshot(entity_type, find, limit, query_batch)
        else:
            objects = finder.objects(entity_type, find, limit=limit, page_size=query_batch, prefetch=prefetch)
        async with aclosing(objects):
            async for obj in objects:
                yield obj

    async def count(self, entity_type: type[T], *where: Q, q: str | None = None, **filters: Any) -> int:
        """The number of matches; rows are fetched only if the server cannot count them."""
        find = await self._finder.compile(entity_type, ["id"], (where, filters), q=q)
        return await self._finder.count(find)

    async def explain(self, entity_type: type[T], *where: Q, **filters: Any) -> str:
        """The filter that `find` would send, and the post filter; only names are resolved on the server."""
        find = await self._finder.compile(entity_type, ["id"], (where, filters))
        return find.compiled.explain()

    @overload
    async def populate(
        self, obj: T, fields: Iterable[str] | None = None, force_refetch: bool = False
    ) -> T: ...

    @overload
    async def populate(
        self, obj: Sequence[T], fields: Iterable[str] | None = None, force_refetch: bool = False
    ) -> list[T]: ...

    async def populate(
        self, obj: T | Sequence[T], fields: Iterable[str] | None = None, force_refetch: bool = False
    ) -> T | list[T]:
        """Load those of `fields` (None: the default ones) that an object, or each of several, lacks.

        Several objects of one type take one request per 500. `force_refetch` reloads loaded fields, too;
        changed fields keep their value. Raises StashNotFoundError for an object that was deleted on the
        server.
        """
        objects = cast("list[T]", list(obj) if isinstance(obj, list | tuple) else [obj])
        for cls in dict.fromkeys(type(each) for each in objects):
            same_type = [each for each in objects if type(each) is cls]
            await self._loader.populate(cls, same_type, fields, force_refetch)
        return objects if isinstance(obj, list | tuple) else objects[0]

    def has_fields(self, obj: StashObject, *fields: str) -> bool:
        """Whether all of `fields` are loaded; a null and an empty list are loaded values."""
        return not missing_paths(obj, fields)

    def missing_fields(self, obj: StashObject, *fields: str) -> set[str]:
        """Those of `fields` that are not loaded."""
        return missing_paths(obj, fields)

    def missing_fields_nested(self, obj: StashObject, *field_specs: str) -> set[str]:
        """Like `missing_fields`; for paths such as `studio__parent_studio__name`."""
        return missing_paths(obj, field_specs)

    def all_cached(self, entity_type: type[T]) -> list[T]:
        """Every fresh object of a type."""
        return self._cache.all(entity_type)

    def filter(self, entity_type: type[T], predicate: Callable[[T], bool] | Q) -> list[T]:
        """The cached objects that `predicate` accepts; fields that are not loaded are UNSET.

        With a `Q`, objects that lack one of its fields are left out, and related objects compare by id.
        """
        return self._cache.filter(entity_type, predicate)

    def filter_strict(
        self, entity_type: type[T], required_fields: Iterable[str], predicate: Callable[[T], bool]
    ) -> list[T]:
        """Like `filter`; raises StashUsageError where an object lacks one of `required_fields`."""
        self._cache.require(entity_type, required_fields)
        return self._cache.filter(entity_type, predicate)

    async def filter_and_populate(
        self,
        entity_type: type[T],
        required_fields: Iterable[str],
        predicate: Callable[[T], bool],
        batch_size: int = 50,
    ) -> list[T]:
        """The cached objects that `predicate` accepts, after loading the `required_fields` they lack."""
        required = list(required_fields)
        return (await self.filter_and_populate_with_stats(entity_type, required, predicate, batch_size))[0]

    async def filter_and_populate_with_stats(
        self,
        entity_type: type[T],
        required_fields: Iterable[str],
        predicate: Callable[[T], bool],
        batch_size: int = 50,
    ) -> tuple[list[T], dict[str, Any]]:
        """Like `filter_and_populate`, with statistics.

        The numbers: total_cached, populated, cache_hit_rate (share without missing fields), matches.
        """
        required = list(required_fields)
        cached = self.all_cached(entity_type)
        populated = await self._loader.populate_in_batches(entity_type, cached, required, batch_size)
        matches = [obj for obj in cached if predicate(obj)]
        stats = {
            "total_cached": len(cached),
            "populated": populated,
            "cache_hit_rate": (len(cached) - populated) / len(cached) if cached else 1.0,
            "matches": len(matches),
        }
        return matches, stats

    async def populated_filter_iter(
        self,
        entity_type: type[T],
        required_fields: Iterable[str],
        predicate: Callable[[T], bool],
        populate_batch: int = 50,
        yield_batch: int = 10,
    ) -> AsyncGenerator[T, None]:
        """Like `filter_and_populate`, one by one: `populate_batch` objects are loaded at a time.

        The event loop runs other tasks after every `yield_batch` objects that were tested.
        """
        from asyncio import sleep

        required = list(required_fields)
        for batch in batches(self.all_cached(entity_type), populate_batch):
            await self.populate(batch, required)
            for part in batches(batch, yield_batch):
                for obj in filter(predicate, part):
                    yield obj
                await sleep(0)

    def is_cached(self, entity_type: type[T], entity_id: str | int) -> bool:
        """Whether the object is cached and fresh."""
        return self._cache.contains(entity_type, str(entity_id))

    def invalidate(
        self, entity_type_or_obj: type[StashObject] | StashObject, entity_id: str | int | None = None
    ) -> None:
        """Mark one object as outdated, so that the next read sends a request; unsaved changes stay.

        With a type and no id, like `invalidate_type`.
        """
        if isinstance(entity_type_or_obj, StashObject):
            self.identity.expire(type(entity_type_or_obj), entity_type_or_obj.id)
        else:
            self.identity.expire(entity_type_or_obj, None if entity_id is None else str(entity_id))

    def invalidate_type(self, entity_type: type[StashObject]) -> None:
        """Mark all objects of a type as outdated; see `invalidate`."""
        self.identity.expire(entity_type)

    def invalidate_all(self) -> None:
        """Mark all objects as outdated; see `invalidate`."""
        self.identity.expire()

    def set_ttl(self, entity_type: type[StashObject], ttl: Age) -> None:
        """Set how long loaded objects of one type are fresh (None: no limit)."""
        self._cache.set_ttl(entity_type, ttl)

    def cache_stats(self) -> CacheStats:
        """The numbers of objects in the store."""
        return self._cache.stats()

    @property
    def cache_size(self) -> int:
        """The number of objects in the store."""
        return len(self.identity.everything())

    def add(self, obj: StashObject) -> None:
        """Add an object to the store; a new or changed one is kept alive until it is saved.

        Raises StashUsageError if another object has the same id.
        """
        self.identity.add(obj)

    async def save(
        self, obj: StashObject, *, on_conflict: OnConflict | None = None, retry_unknown: bool = False
    ) -> None:
        """Create an object, or update its changed fields, after saving the new objects that it refers to.

        All of them are added to the store. Lists, maps and counters are merged with the server's changes. For
        other fields that changed on the server as well, `on_conflict` None raises StashConflictError if a
        query has returned the change, "raise" queries and raises, "merge" queries and overwrites, "mine"
        overwrites.

        The outcome of an earlier create without a response is queried first; StashUnknownOutcomeError is
        raised if it stays unknown, and `retry_unknown` creates again without a query. Server errors raise.
        """
        await self._writer.save(obj, on_conflict=on_conflict, retry_unknown=retry_unknown)

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

        New objects that they refer to are saved before them; equal changes become one bulk update. Unchanged
        objects are left out, the others added to the store. Changes that failed, have an unknown outcome or
        were not sent stay pending: saving again completes them (see `save`). Raises StashInputError, before
        anything is sent, for a change that cannot be written, and with `check` StashBatchError unless all
        succeeded.
        """
        return await self._writer.save_batch(
            list(objects), max_batch_size, check=check, on_conflict=on_conflict, retry_unknown=retry_unknown
        )

    def conflicts(self, obj: StashObject) -> dict[str, Conflict]:
        """The fields of `obj` that were changed here and, since then, on the server.

        To accept the server's value, assign `theirs`; to overwrite it, save with `on_conflict="mine"`.
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
        changed = self.identity.dirty()
        return await self._writer.save_batch(
            changed, max_batch_size, check=check, on_conflict=on_conflict, retry_unknown=retry_unknown
        )

    async def delete(self, obj: StashObject, **options: Any) -> bool:
        """Delete an object on the server, and remove it from the store and from all relationships in it.

        `options` are further fields of the destroy input.
        """
        return await self._writer.delete(obj, **options)

    async def get_or_create(
        self, entity_type: type[T], create_if_missing: bool = True, **search_params: Any
    ) -> T:
        """The one object with these field values, created if there is none.

        A name matches an object's name in any case, or an alias. Raises StashNotFoundError if there is none
        and `create_if_missing` is False.
        """
        existing = await self._find_existing(entity_type, search_params)
        if existing is not None:
            return existing
        if not create_if_missing:
            described = ", ".join(f"{name}={value!r}" for name, value in search_params.items())
            raise StashNotFoundError(f"There is no {entity_type.__name__} with {described}.")
        created = entity_type(**search_params)
        try:
            await self.save(created)
        except StashGraphQLError:
            # Another client may have created it since the query; otherwise the error is raised.
            self.identity.expunge(entity_type, [created.id])
            existing = await self._find_existing(entity_type, search_params)
            if existing is None:
                raise
            return existing
        return created

    async def _find_existing(self, entity_type: type[T], values: Mapping[str, Any]) -> T | None:
        # A name alone is resolved like any other name; further fields are lookups that must all match.
        if not (isinstance(values.get("name"), str) and values.keys() <= {"name", "disambiguation"}):
            return await self.find_one(entity_type, **values)
        return await self._finder.named(entity_type, Name.literal(**values))
