"""Loading of objects by id, of missing fields, and of inverse relations with one query for many objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from stash_cli.core.client.paging import FindQuery, Receive, iter_pages, pages_by_id
from stash_cli.core.errors import StashNotFoundError, StashUsageError
from stash_cli.core.graphql.selection import default_paths
from stash_cli.core.orm.hydrate import class_named
from stash_cli.core.orm.loading import merge_answer
from stash_cli.core.orm.relationship import inverses
from stash_cli.core.query.extractors import Extractor, extractor
from stash_cli.core.query.lookups import compile as compile_lookups
from stash_cli.core.store.fields import entity_of, is_inverse, missing_paths, paths_of, with_ids
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from stash_cli.core.client import Session
    from stash_cli.core.store.cache import ObjectCache
    from stash_cli.core.store.identity import IdentityMap
    from stash_cli.core.types.entity import StashObject

T = TypeVar("T", bound="StashObject")
_ROUNDS = 3
"""Maximum number of loads of an object whose fields are written in the meantime."""


class Loader:
    """Requests for objects that are known by id, merged into the identity map."""

    def __init__(self, session: Session, identity: IdentityMap, cache: ObjectCache) -> None:
        self._session = session
        self._identity = identity
        self._cache = cache

    async def get_many(
        self, entity_type: type[T], ids: Sequence[str | int], fields: Iterable[str] | None = None
    ) -> list[T]:
        """The objects with these ids, in their order, from the cache or in one request per 500."""
        plain, inverse = split_inverse(entity_type, fields)
        paths = paths_of(entity_type, plain)
        expected = await self._expected(entity_type, paths)
        unique = list(dict.fromkeys(str(one) for one in ids))
        cached = {one: self._cache.get(entity_type, one) for one in unique}
        by_id = {
            one: obj for one, obj in cached.items() if obj is not None and not missing_paths(obj, expected)
        }
        missing = [one for one in unique if one not in by_id]
        for obj in await self.load(entity_type, missing, paths):
            by_id[obj.id] = obj
        return await self.load_inverse(entity_type, [by_id[one] for one in unique if one in by_id], inverse)

    async def load(self, entity_type: type[T], ids: Sequence[str], paths: Sequence[str] | None) -> list[T]:
        """The objects with these ids that exist, loaded in one request per 500."""
        by_id: dict[str, T] = {}
        requested: Sequence[str] = ids
        for _ in range(_ROUNDS):
            incomplete: list[T] = []
            receive = self.receiver(entity_type, incomplete)
            pages = pages_by_id(self._session, entity_of(entity_type), requested, paths, receive)
            by_id |= {obj.id: obj async for objects in pages for obj in objects if obj is not None}
            # A write has outdated their rows; the next round reads the written values.
            requested = [obj.id for obj in incomplete]
            if not requested:
                break
        return [by_id[one] for one in ids if one in by_id]

    def receiver(
        self,
        entity_type: type[T],
        incomplete: list[T],
        passes: Callable[[Mapping[str, Any]], bool] | None = None,
    ) -> Receive:
        """A function that converts the rows of a response to objects; see `IdentityMap.load_each`."""

        def receive(rows: list[dict[str, Any]], number: int) -> list[T | None]:
            return self._identity.load_each(entity_type, rows, number, passes, incomplete)

        return receive

    async def populate_in_batches(
        self, cls: type[T], objects: Sequence[T], fields: Sequence[str], size: int
    ) -> int:
        """Load missing fields of objects, `size` objects at a time; return how many objects lacked any."""
        incomplete = [each for each in objects if missing_paths(each, fields)]
        for batch in batches(incomplete, size):
            await self.populate(cls, batch, fields, force=False)
        return len(incomplete)

    async def _expected(self, entity_type: type[StashObject], paths: list[str] | None) -> list[str]:
        """The paths that must be loaded: `paths`, or the default fields that this server has."""
        if paths is not None:
            return paths
        server, name = await self._session.load_capabilities(), entity_type.__name__
        return [path for path in default_paths(name) if server.field_name(name, path.partition(".")[0])]

    async def load_inverse(self, cls: type[T], objects: list[T], names: list[str]) -> list[T]:
        """Load these inverse relations of `objects`, and return `objects`."""
        if names:
            await self.populate(cls, objects, names, force=False)
        return objects

    async def populate(
        self, cls: type[T], objects: list[T], fields: Iterable[str] | None, force: bool
    ) -> None:
        """Load those of `fields` (None: the default ones) that objects of one type lack, or with `force` all.

        Raises StashNotFoundError for an object that was deleted on the server, StashUsageError for a new one.
        """
        paths = await self._expected(cls, paths_of(cls, fields))
        incomplete = [each for each in objects if force or missing_paths(each, paths)]
        for each in incomplete:
            if each.is_new():
                raise StashUsageError(f"{each!r} was never saved: the server has nothing to load.")
            # Rows are merged by identity, so an object from outside the store must be added to the map first.
            if self._identity.get(cls, each.id) is None:
                self._identity.add(each)
        needed = paths if force else sorted(set().union(*(missing_paths(each, paths) for each in incomplete)))
        plain = [path for path in needed if not is_inverse(cls, path)]
        if plain:
            await self._refresh(cls, incomplete, with_ids(cls.__name__, plain))
        for path in needed:
            if is_inverse(cls, path):
                await self._load_inverse(cls, incomplete, path)

    async def _refresh(self, cls: type[T], objects: list[T], paths: list[str]) -> None:
        loaded = {each.id for each in await self.load(cls, [each.id for each in objects], paths)}
        missing = [each for each in objects if each.id not in loaded]
        if missing:
            raise StashNotFoundError(f"The server has no {missing[0]!r} (any more).")

    async def _load_inverse(self, cls: type[T], objects: Sequence[T], path: str) -> None:
        """Load an inverse relation of all `objects` with one query for the objects that refer to them."""
        name, _, rest = path.partition(".")
        other_name, field = inverses(cls.__name__)[name]
        other = ENTITIES[other_name]
        holders = extractor(other_name, field)
        if holders is None:
            raise StashUsageError(f"{cls.__name__}.{name} cannot be read back from {other.plural}.")
        criteria = compile_lookups(other_name, {f"{field}__includes": list(objects)}).filter
        paths = with_ids(other_name, [rest or other.label, *holders.paths])
        for _ in range(_ROUNDS):
            await self._read_inverse(cls, objects, name, FindQuery(other, criteria), paths)
            # A relation stays UNSET if it was written after the request was sent: it is read again.
            objects = [each for each in objects if getattr(each, name) is UNSET]
            if not objects:
                break

    async def _read_inverse(
        self, cls: type[T], objects: Sequence[T], name: str, query: FindQuery, paths: list[str]
    ) -> None:
        """Merge the matches of a query into an inverse relation of `objects`."""
        other_type = cast("type[StashObject]", class_named(query.entity.type))
        holders = cast("Extractor", extractor(query.entity.type, inverses(cls.__name__)[name][1]))
        related: dict[str, list[StashObject]] = {each.id: [] for each in objects}

        def receive(rows: list[dict[str, Any]], number: int) -> list[Any]:
            others = self._identity.load_each(other_type, rows, number)
            for row, other in zip(rows, others, strict=True):
                if other is not None:
                    for holder in set(holders.read(row)) & related.keys():
                        related[holder].append(other)
            return others

        # One number for all pages: any page may be older than a write made since the first was requested.
        with self._session.order.request() as first_number:
            async for _ in iter_pages(self._session, query, paths, receive=receive):
                pass
            for each in objects:
                merge_answer(each, {name: related[each.id]}, first_number)


def split_inverse(cls: type[StashObject], fields: Iterable[str] | None) -> tuple[list[str] | None, list[str]]:
    """Split fields into those of the object's own query and inverse relations, which take a query each."""
    if fields is None:
        return None, []
    names = [fields] if isinstance(fields, str) else list(fields)
    inverse = [name for name in names if is_inverse(cls, name)]
    return [name for name in names if name not in inverse], inverse


def batches(objects: Sequence[T], size: int) -> Iterator[list[T]]:
    """`objects` in lists of up to `size`."""
    if size < 1:
        raise StashUsageError("A batch holds at least 1 object.")
    return (list(objects[start : start + size]) for start in range(0, len(objects), size))
