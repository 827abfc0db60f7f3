"""Loading fields that objects lack: many objects in one request, inverse relations by a query of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from stash_cli.core.client.paging import FindQuery, iter_pages
from stash_cli.core.errors import StashNotFoundError, StashUsageError
from stash_cli.core.orm.hydrate import class_named
from stash_cli.core.orm.loading import merge_answer
from stash_cli.core.orm.relationship import inverses
from stash_cli.core.query.extractors import extractor
from stash_cli.core.query.lookups import compile as compile_lookups
from stash_cli.core.store.base import paths_of
from stash_cli.core.store.fields import is_inverse, lacks, with_ids
from stash_cli.core.store.reading import ROUNDS, Reading
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stash_cli.core.query.extractors import Extractor
    from stash_cli.core.query.q import Q
    from stash_cli.core.types.entity import StashObject

T = TypeVar("T", bound="StashObject")


class Population(Reading):
    """Which fields objects hold, and loading those they lack."""

    def has_fields(self, obj: StashObject, *fields: str) -> bool:
        """Whether `obj` holds all of `fields`; a null and an empty list are held."""
        return not lacks(obj, fields)

    def missing_fields(self, obj: StashObject, *fields: str) -> set[str]:
        """Those of `fields` that `obj` does not hold yet."""
        return lacks(obj, fields)

    def missing_fields_nested(self, obj: StashObject, *field_specs: str) -> set[str]:
        """Like `missing_fields`; paths such as `studio__parent_studio__name` are the usual case here."""
        return lacks(obj, field_specs)

    async def get_many(
        self, entity_type: type[T], ids: Sequence[str | int], fields: Iterable[str] | None = None
    ) -> list[T]:
        """Like `Reading.get_many`; `fields` may name inverse relations, such as a performer's images."""
        plain, inverse = _parted(entity_type, fields)
        return await self._completed(await super().get_many(entity_type, ids, plain), inverse)

    async def find(
        self, entity_type: type[T], *where: Q, fields: Iterable[str] | None = None, **filters: Any
    ) -> list[T]:
        """Like `Reading.find`; `fields` may name inverse relations, such as a performer's images."""
        plain, inverse = _parted(entity_type, fields)
        return await self._completed(
            await super().find(entity_type, *where, fields=plain, **filters), inverse
        )

    async def _completed(self, objects: list[T], inverse: list[str]) -> list[T]:
        return await self.populate(objects, inverse) if inverse else objects

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

        Several objects of one type take one request per 500. `force_refetch` loads what is held, too;
        fields that were changed here keep their value. Raises StashNotFoundError where the server has
        the object no longer.
        """
        objects = cast("list[T]", list(obj) if isinstance(obj, list | tuple) else [obj])
        for cls in dict.fromkeys(type(each) for each in objects):
            await self._populate(cls, [each for each in objects if type(each) is cls], fields, force_refetch)
        return objects if isinstance(obj, list | tuple) else objects[0]

    async def _populate(
        self, cls: type[T], objects: list[T], fields: Iterable[str] | None, force: bool
    ) -> None:
        paths = await self.expected(cls, paths_of(cls, fields))
        needy = [each for each in objects if force or lacks(each, paths)]
        for each in needy:
            if each.is_new():
                raise StashUsageError(f"{each!r} was never saved: the server has nothing to load.")
            if self.identity.get(cls, each.id) is None:
                self.identity.add(each)
        needed = paths if force else sorted(set().union(*(lacks(each, paths) for each in needy)))
        plain = [path for path in needed if not is_inverse(cls, path)]
        if plain:
            await self._refresh(cls, needy, with_ids(cls.__name__, plain))
        for path in needed:
            if is_inverse(cls, path):
                await self._load_inverse(cls, needy, path)

    async def _refresh(self, cls: type[T], objects: list[T], paths: list[str]) -> None:
        found = {each.id for each in await self._load(cls, [each.id for each in objects], paths)}
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
        for _ in range(ROUNDS):
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
            others = self.identity.load_each(other_type, rows, sent)
            for row, other in zip(rows, others, strict=True):
                if other is not None:
                    for holder in set(where.read(row)) & found.keys():
                        found[holder].append(other)
            return others

        # One number for all pages: each may have been read before what was written since the first was sent.
        with self.session.order.request() as sent:
            async for _ in iter_pages(self.session, query, paths, receive=receive):
                pass
            for each in objects:
                merge_answer(each, {name: found[each.id]}, sent)


def _parted(cls: type[StashObject], fields: Iterable[str] | None) -> tuple[list[str] | None, list[str]]:
    """The fields of an answer, and the inverse relations, which take a query of their own."""
    if fields is None:
        return None, []
    asked = [fields] if isinstance(fields, str) else list(fields)
    inverse = [field for field in asked if is_inverse(cls, field)]
    return [field for field in asked if field not in inverse], inverse
