"""Generic operations of the client: arguments are converted to input types, responses to objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeAlias, TypeVar, cast

from stash_cli.core.client.effects import deleted_by, effects
from stash_cli.core.client.locks import ObjectLocks
from stash_cli.core.client.resolver import Name, first_row
from stash_cli.core.edits.apply import apply_one
from stash_cli.core.edits.operation import Operation
from stash_cli.core.edits.plan import plan_destroy
from stash_cli.core.edits.saving.unit_of_work import save, write
from stash_cli.core.edits.saving.unknown_outcomes import resolve
from stash_cli.core.errors import (
    StashError,
    StashInputError,
    StashNotSentError,
    StashUnknownOutcomeError,
)
from stash_cli.core.graphql import document, selection
from stash_cli.core.graphql.batch import MAX_BATCH, BatchOperation, BatchResult, Outcome, execute_batch
from stash_cli.core.graphql.responses import check_shape
from stash_cli.core.log import logger
from stash_cli.core.orm import state_of
from stash_cli.core.orm.hydrate import Identities, class_named, converter
from stash_cli.core.types.annotations import with_zone
from stash_cli.core.types.api import TypeRef, describe_api
from stash_cli.core.types.base import ApiObject, StashInput, plain
from stash_cli.core.types.entities import ENTITIES, Entity
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.client.client import StashClient
    from stash_cli.core.client.paging import Receive
    from stash_cli.core.client.session import Session
    from stash_cli.core.orm.flush import FlushPlan
    from stash_cli.core.orm.history import OnConflict
    from stash_cli.core.types.entity import StashObject

Id: TypeAlias = str | int
"""The id of an object: a number, or its digits."""
Dict: TypeAlias = dict[str, Any]
"""A JSON object."""
T = TypeVar("T")
Obj = TypeVar("Obj", bound="StashObject")


class StashClientBase:
    """Operations of one server, called by name; the mixins add a typed method for each.

    `identity` is the identity map that responses are merged into; None without a store. `object_locks`
    serialise saves of the same object.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.identity: Identities | None = None
        self.object_locks = ObjectLocks()

    async def __aenter__(self) -> Self:
        await self.initialize()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def initialize(self) -> None:
        """Load the server's schema, from the cache on disk where there is one."""
        await self.session.load_capabilities()

    async def close(self) -> None:
        """Close connections; may be called twice."""
        await self.session.close()

    @property
    def capabilities(self) -> ServerCapabilities:
        return self.session.capabilities

    async def execute(
        self, query: str, variables: dict[str, Any] | None = None, result_type: type[T] | None = None
    ) -> Any:
        """Send a document unchanged; return `data`, or with `result_type` its first field as that type."""
        with self.session.order.request() as sent:
            data = await self.session.execute(query, plain(variables or {}))
            if result_type is None:
                return data
            name, value = result_type.__name__, next(iter(data.values()), None)
            check_shape(name, value, await self.session.load_capabilities())
            return self.hydrated(TypeRef(name), value, sent)

    async def execute_batch(
        self, operations: list[BatchOperation], *, max_batch_size: int = MAX_BATCH
    ) -> BatchResult:
        """Execute many operations in few requests; each has its own result or error."""
        for each in operations:
            each.args = plain(each.args)
            each.error = each.error or StashNotSentError("It was not sent.")
        try:
            return await execute_batch(self.session, operations, max_batch_size=max_batch_size)
        finally:
            # Also after cancellation: an operation with an unknown outcome may have changed objects.
            for each in operations:
                if each.outcome in (Outcome.SUCCEEDED, Outcome.UNKNOWN):
                    self.record_effects(each.operation, each.args, succeeded=each.succeeded)

    async def _call(self, operation: str, args: Mapping[str, Any], paths: Sequence[str] | None) -> Any:
        """Call an operation and return its result as JSON."""
        if document.describe(operation)[0] == "query":
            return await self.session.call(operation, args, paths)
        selected = None if paths is None else tuple(paths)
        return await apply_one(self.session, Operation(operation, args, paths=selected))

    async def call_operation(self, operation: str, paths: Sequence[str] | None = None, /, **args: Any) -> T:
        """Call an operation and return its result as Python objects. Arguments that are None are left out.

        Inputs are typed objects or mappings and are validated. A null list is returned as [].
        """
        _, declared = document.describe(operation)
        values = arguments(operation, args)
        with self.session.order.request() as number:
            try:
                result = await self._call(operation, values, paths)
            except StashUnknownOutcomeError:
                self.record_effects(operation, values, succeeded=False)
                raise
            # Recorded with this request's number first, so that its own response is merged. Recorded again
            # with a new number, so that responses to requests sent in the meantime do not undo the change.
            self.record_effects(operation, values, number)
            # Servers return null for an empty list.
            if result is None and declared.type.is_list:
                return cast("T", [])
            converted = self.hydrated(declared.type, result, number)
            self.record_effects(operation, values)
        return cast("T", converted)

    def record_effects(
        self, operation: str, args: Mapping[str, Any], number: int | None = None, *, succeeded: bool = True
    ) -> None:
        """Record in the identity map what a mutation changed; if it `succeeded`, expunge what it deleted.

        The change is newer than the response to any request sent before now, or before request `number`.
        """
        if self.identity is None:
            return
        deleted = deleted_by(operation, args) if succeeded else None
        if deleted is not None:
            self.identity.expunge(class_named(deleted[0]), deleted[1])
        for effect in effects(operation, args):
            self.identity.wrote(effect.type_name, effect.ids, effect.fields, number)

    async def call_operation_json(
        self, operation: str, paths: Sequence[str] | None = None, /, **args: Any
    ) -> T:
        """Call an operation and return its result as JSON. An argument that is None is sent as null."""
        values = arguments(operation, args, nulls=True)
        result = await self._call(operation, values, paths)
        self.record_effects(operation, values)
        return cast("T", result)

    def record_outcome_effects(self, operation: Operation, done: BatchOperation) -> None:
        """Record the effects of an operation that succeeded or has an unknown outcome."""
        if done.outcome in (Outcome.SUCCEEDED, Outcome.UNKNOWN):
            self.record_effects(operation.name, operation.args, succeeded=done.succeeded)

    async def write(self, operation: str, obj: Obj) -> Obj:
        """Create or update an object with its changed fields; return the object in the response."""
        _check_entity(operation, obj)
        async with self.object_locks.hold([obj]):
            created = await self._resolve_lost_create(obj)
            return (await self._write(operation, [obj]))[0] if created is None else created

    async def write_all(self, operation: str, objects: Sequence[Obj]) -> list[Obj]:
        """Update several objects in one request, each with its own changed fields."""
        for each in objects:
            _check_entity(operation, each)
        async with self.object_locks.hold(objects):
            return await self._write(operation, objects)

    async def _write(self, operation: str, objects: Sequence[Obj]) -> list[Obj]:
        for obj in objects:
            if not operation.endswith("Create" if obj.is_new() else "Update"):
                kind = "new" if obj.is_new() else "not new"
                raise StashInputError(f"{obj!r} is {kind}: {operation} is not for it.")
        return await write(cast("StashClient", self), operation, objects)

    async def _resolve_lost_create(self, obj: Obj) -> Obj | None:
        """The object if an earlier create with an unknown outcome turns out to have succeeded, else None."""
        was_new = obj.is_new()
        for _, error in await resolve(cast("StashClient", self), [obj]):
            raise error
        return await self.find_entity(type(obj), obj.id) if was_new and not obj.is_new() else None

    async def bulk(self, operation: str, input_data: Any, return_fields: str | None) -> T:
        """Apply one change to many objects; with `return_fields`, return these fields as JSON."""
        if return_fields is None:
            return await self.call_operation(operation, input=input_data)
        args = arguments(operation, {"input": input_data})
        result = await self._call(operation, args, selection.parse(return_fields))
        self.record_effects(operation, args)
        return cast("T", result)

    async def find_page(
        self,
        type_name: str,
        filter_: Any = None,
        object_filter: Any = None,
        q: str | None = None,
        ids: Sequence[str | int] | None = None,
    ) -> T:
        """A page of matching objects; all matches without `filter_`."""
        entity = ENTITIES[type_name]
        args = {"filter": paging(filter_, q), entity.filter_arg: object_filter, "ids": ids}
        return await self.call_operation(entity.find, **args)

    async def save_entity(
        self, obj: StashObject, *, on_conflict: OnConflict | None = None, retry_unknown: bool = False
    ) -> None:
        """Save one object with its side mutations; see `StashObject.save`."""
        async with self.object_locks.hold([obj]):
            await save(obj, cast("StashClient", self), on_conflict=on_conflict, retry_unknown=retry_unknown)

    async def destroy_entity(self, cls: type[StashObject], ids: Sequence[str | int], **options: Any) -> bool:
        """Delete objects of one type in one request; `options` are further fields of the destroy input.

        If the outcome is unknown, the ids are queried. Raises StashUnknownOutcomeError if some objects still
        exist or the query fails.
        """
        try:
            return await self._destroy(cls, ids, **options)
        except StashUnknownOutcomeError:
            if not await self._are_deleted(cls, ids):
                raise
        if self.identity is not None:
            self.identity.expunge(cls, [str(one) for one in ids])
        return True

    async def _are_deleted(self, cls: type[StashObject], ids: Sequence[str | int]) -> bool:
        """Whether none of these objects exists on the server; False if the query fails."""
        # Only entities can be queried by id; a deletion of other types cannot be confirmed.
        if cls.__name__ not in ENTITIES:
            return False
        try:
            pages = self.pages_by_id(cls, [str(one) for one in ids], ["id"])
            return not [row async for rows in pages for row in rows]
        except StashError as error:
            logger.info("Whether they are gone could not be asked: %s", error.message)
            return False

    async def _destroy(self, cls: type[StashObject], ids: Sequence[str | int], **options: Any) -> bool:
        texts = [str(one) for one in ids]
        operations = plan_destroy(cls.__name__, texts, options, size=max(1, len(texts)))
        # A list and not a generator: `all` would stop at the first one that is not deleted.
        return all([bool(await self.call_operation(each.name, **each.args)) for each in operations])

    async def find_entity(
        self,
        cls: type[Obj],
        id: str | int,
        paths: Sequence[str] | None = None,
    ) -> Obj | None:
        """The object with this id, or None; `paths` are the fields to select."""
        operation = f"find{cls.__name__}"
        if operation in describe_api().queries:
            return await self.call_operation(operation, paths, id=id)
        return cast("Obj | None", await self._find_listed(ENTITIES[cls.__name__], id, paths))

    async def find_named(self, cls: type[Obj], name: str) -> Obj | None:
        """The oldest object with this name (in the same case, else in any case), else with this alias."""
        with self.session.order.request() as number:
            row = await first_row(self.session, ENTITIES[cls.__name__], Name.literal(name), None)
            return cast("Obj | None", self.hydrated(TypeRef(cls.__name__), row, number))

    async def find_entities(
        self, cls: type[Obj], ids: Sequence[str], paths: Sequence[str] | None = None
    ) -> list[Obj]:
        """The objects with these ids that exist; 500 ids per request."""

        def receive(rows: list[dict[str, Any]], number: int) -> list[Any]:
            return [self.hydrated(TypeRef(cls.__name__), row, number) for row in rows]

        pages = self.pages_by_id(cls, ids, paths, receive)
        return [obj async for page in pages for obj in page if obj is not None]

    def pages_by_id(
        self,
        cls: type[StashObject],
        ids: Sequence[str],
        paths: Sequence[str] | None,
        receive: Receive | None = None,
    ) -> AsyncIterator[list[Any]]:
        """Yield pages of the rows with these ids, converted by `receive` if given; 500 ids per request."""
        from stash_cli.core.client.paging import pages_by_id

        return pages_by_id(self.session, ENTITIES[cls.__name__], list(ids), paths, receive)

    async def _find_listed(self, entity: Entity, one: str | int, paths: Sequence[str] | None) -> Any:
        """Find one object of a type that only has a list query (scene markers)."""
        from stash_cli.core.client.paging import FindQuery, iter_rows

        def receive(rows: list[dict[str, Any]], number: int) -> list[Any]:
            return [self.hydrated(TypeRef(entity.type), row, number) for row in rows]

        query = FindQuery(entity, ids=(str(one),))
        objects = [obj async for obj in iter_rows(self.session, query, paths, receive=receive)]
        return objects[0] if objects else None

    def hydrated(self, ref: TypeRef, value: Any, number: int | None = None) -> Any:
        """Convert a JSON value of type `ref` to Python objects.

        `number` is the number of the request that returned it; None for an event of a subscription.
        """
        convert = converter(ref)
        if convert is None or value is None:
            return value
        if self.identity is None:
            return convert(value, None)
        with self.identity.merging_response(number) as answer:
            return convert(value, answer)

    def highest_id(self, type_name: str) -> int:
        """The highest id of a type in the identity map; 0 where there is none."""
        return 0 if self.identity is None else self.identity.highest_id(type_name)

    def created(self, type_name: str) -> Collection[str]:
        """Ids of the objects of a type that this client created most recently."""
        return () if self.identity is None else self.identity.created(type_name)

    def record_saved(self, obj: StashObject, flush: FlushPlan) -> None:
        """Mark the saved fields as newer than the response to any request sent before now."""
        fields = list(flush.values)
        state_of(obj).record_writes(fields)
        if self.identity is not None:
            self.identity.wrote(type(obj).__name__, [obj.id], fields)


def _check_entity(operation: str, obj: Any) -> None:
    """Raise StashInputError for mappings and inputs: only an entity tracks its changes."""
    cls = class_named(document.describe(operation)[1].type.name)
    if not isinstance(obj, cls):
        raise StashInputError(
            f"{operation} takes a {cls.__name__}, not {type(obj).__name__}.",
            hint=f"Create one with {cls.__name__}(...).",
        )


def arguments(operation: str, args: Mapping[str, Any], *, nulls: bool = False) -> dict[str, Any]:
    """Arguments as JSON: inputs validated, ids as text, None left out unless `nulls`."""
    _, declared = document.describe(operation)
    return {
        name: _json(declared.args[name].name, value) if name in declared.args else value
        for name, value in args.items()
        if value is not UNSET and (nulls or value is not None)
    }


def paging(filter_: Any, q: str | None) -> dict[str, Any]:
    """The FindFilterType of a find method: all rows by default, with the text search `q`."""
    values = {"per_page": -1} if filter_ is None else dict(plain(filter_))
    return {**values, "q": q} if q is not None else values


def _json(type_name: str, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, list | tuple | set):
        return [_json(type_name, item) for item in value]
    if type_name == "ID":
        return str(getattr(value, "id", value))
    if describe_api().types[type_name].kind != "INPUT_OBJECT":
        return with_zone(value) if type_name == "Timestamp" else plain(value)
    if isinstance(value, ApiObject):
        return value.to_graphql()
    return cast("type[StashInput]", class_named(type_name)).parse(value).to_graphql()
