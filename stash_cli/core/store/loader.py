"""Loading objects by id, the fields they lack, and inverse relations by one query for many objects."""

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
"""Number of times that objects are loaded whose fields are written meanwhile."""


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
        wanted = list(dict.fromkeys(str(one) for one in ids))
        known = {one: self._cache.get(entity_type, one) for one in wanted}
        found = {
            one: obj for one, obj in known.items() if obj is not None and not missing_paths(obj, expected)
        }
        missing = [one for one in wanted if one not in found]
        for obj in await self.load(entity_type, missing, paths):
            found[obj.id] = obj
        return await self.load_inverse(entity_type, [found[one] for one in wanted if one in found], inverse)

    async def load(self, entity_type: type[T], ids: Sequence[str], paths: Sequence[str] | None) -> list[T]:
        """The objects with these ids that exist, loaded in one request per 500."""
        found: dict[str, T] = {}
        asked: Sequence[str] = ids
        for _ in range(_ROUNDS):
            incomplete: list[T] = []
            receive = self.receiver(entity_type, incomplete)
            pages = pages_by_id(self._session, entity_of(entity_type), asked, paths, receive)
            found |= {obj.id: obj async for objects in pages for obj in objects if obj is not None}
            # Their answer was overtaken by a write: the next round reads what was written.
            asked = [obj.id for obj in incomplete]
            if not asked:
                break
        return [found[one] for one in ids if one in found]

    def receiver(
        self,
        entity_type: type[T],
        incomplete: list[T],
        passes: Callable[[Mapping[str, Any]], bool] | None = None,
    ) -> Receive:
        """A function from the rows of an answer to objects; see `IdentityMap.load_each`."""

        def receive(rows: list[dict[str, Any]], sent: int) -> list[T | None]:
            return self._identity.load_each(entity_type, rows, sent, passes, incomplete)

        return receive

    async def populate_in_batches(
        self, cls: type[T], objects: Sequence[T], fields: Sequence[str], size: int
    ) -> int:
        """Load the fields that objects lack, `size` objects at a time; the number of these objects."""
        needy = [each for each in objects if missing_paths(each, fields)]
        for batch in batches(needy, size):
            await self.populate(cls, batch, fields, force=False)
        return len(needy)

    async def _expected(self, entity_type: type[StashObject], paths: list[str] | None) -> list[str]:
        """The paths to be loaded: `paths`, or the default fields that this server has."""
        if paths is not None:
            return paths
        server, name = await self._session.learn(), entity_type.__name__
        return [path for path in default_paths(name) if server.field_name(name, path.partition(".")[0])]

    async def load_inverse(self, cls: type[T], objects: list[T], names: list[str]) -> list[T]:
        """`objects` with these inverse relations loaded."""
        if names:
            await self.populate(cls, objects, names, force=False)
        return objects

    async def populate(
        self, cls: type[T], objects: list[T], fields: Iterable[str] | None, force: bool
    ) -> None:
        """Load those of `fields` (None: the default ones) that objects of one type lack, or with `force` all.

        Raises StashNotFoundError where the server has an object no longer, StashUsageError for a new one.
        """
        paths = await self._expected(cls, paths_of(cls, fields))
        needy = [each for each in objects if force or missing_paths(each, paths)]
        for each in needy:
            if each.is_new():
                raise StashUsageError(f"{each!r} was never saved: the server has nothing to load.")
            # What is loaded is merged by identity, so an object from elsewhere has to be in the map to
            # receive it.
            if self._identity.get(cls, each.id) is None:
                self._identity.add(each)
        needed = paths if force else sorted(set().union(*(missing_paths(each, paths) for each in needy)))
        plain = [path for path in needed if not is_inverse(cls, path)]
        if plain:
            await self._refresh(cls, needy, with_ids(cls.__name__, plain))
        for path in needed:
            if is_inverse(cls, path):
                await self._load_inverse(cls, needy, path)

    async def _refresh(self, cls: type[T], objects: list[T], paths: list[str]) -> None:
        found = {each.id for each in await self.load(cls, [each.id for each in objects], paths)}
        gone = [each for each in objects if each.id not in found]
        if gone:
            raise StashNotFoundError(f"The server has no {gone[0]!r} (any more).")

    async def _load_inverse(self, cls: type[T], objects: Sequence[T], path: str) -> None:
        """Fill an inverse relation of all `objects` by one query for what points at any of them."""
        name, _, rest = path.partition(".")
        other_name, field = inverses(cls.__name__)[name]
        other = ENTITIES[other_name]
        where = extractor(other_name, field)
        if where is None:
            raise StashUsageError(f"{cls.__name__}.{name} cannot be read back from {other.plural}.")
        wanted = compile_lookups(other_name, {f"{field}__includes": list(objects)}).filter
        paths = with_ids(other_name, [rest or other.label, *where.paths])
        for _ in range(_ROUNDS):
            await self._read_inverse(cls, objects, name, FindQuery(other, wanted), paths)
            # What was written meanwhile is not told by an answer that was asked for before.
            objects = [each for each in objects if getattr(each, name) is UNSET]
            if not objects:
                break

    async def _read_inverse(
        self, cls: type[T], objects: Sequence[T], name: str, query: FindQuery, paths: list[str]
    ) -> None:
        """Merge what a query finds into an inverse relation of `objects`."""
        other_type = cast("type[StashObject]", class_named(query.entity.type))
        where = cast("Extractor", extractor(query.entity.type, inverses(cls.__name__)[name][1]))
        found: dict[str, list[StashObject]] = {each.id: [] for each in objects}

        def receive(rows: list[dict[str, Any]], sent: int) -> list[Any]:
            others = self._identity.load_each(other_type, rows, sent)
            for row, other in zip(rows, others, strict=True):
                if other is not None:
                    for holder in set(where.read(row)) & found.keys():
                        found[holder].append(other)
            return others

        # One number for all pages: each may have been read before what was written since the first was sent.
        with self._session.order.request() as sent:
            async for _ in iter_pages(self._session, query, paths, receive=receive):
                pass
            for each in objects:
                merge_answer(each, {name: found[each.id]}, sent)


def split_inverse(cls: type[StashObject], fields: Iterable[str] | None) -> tuple[list[str] | None, list[str]]:
    """Fields of the object's own query, and inverse relations, which have one each."""
    if fields is None:
        return None, []
    asked = [fields] if isinstance(fields, str) else list(fields)
    inverse = [field for field in asked if is_inverse(cls, field)]
    return [field for field in asked if field not in inverse], inverse


def batches(objects: Sequence[T], size: int) -> Iterator[list[T]]:
    """`objects` in lists of up to `size`."""
    if size < 1:
        raise StashUsageError("A batch holds at least 1 object.")
    return (list(objects[start : start + size]) for start in range(0, len(objects), size))
