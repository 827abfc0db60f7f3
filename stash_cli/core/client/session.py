"""A session with one server: operations by name, documents, subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from stash_cli.core.capabilities import (
    INTROSPECTION,
    VERSION_FIELD,
    EmbeddedCapabilities,
    ServerCapabilities,
    reduce_introspection,
)
from stash_cli.core.client import schema_cache
from stash_cli.core.client.locks import Lock, RequestOrder
from stash_cli.core.errors import StashError, StashGraphQLError, StashIntegrationError, StashUsageError
from stash_cli.core.graphql import document, responses
from stash_cli.core.graphql.compat import operations as compat
from stash_cli.core.log import logger
from stash_cli.core.transport import GraphQLRequest, GraphQLResponse, Transport, open_transport
from stash_cli.core.transport.outcome import as_unknown_outcome, check_read_only, retrying

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence

    from stash_cli.core.edits.journal.recorder import Recorder
    from stash_cli.core.settings import Connection
    from stash_cli.core.syntax import RootField

    Build = Callable[[ServerCapabilities], GraphQLRequest]

    from stash_cli.core.transport.base import Subscription


_VERSION_FIELD = "_server"


class Session:
    """The connection to one server; every request passes through here.

    With a cached schema, a call takes one request: the server's version is selected along with the first
    query. If the version has changed, or the document is refused in validation, the schema is fetched again
    and the call is repeated.
    """

    def __init__(self, connection: Connection, transport: Transport | None = None) -> None:
        self.connection = connection
        self.transport = transport or open_transport(connection)
        self.order = RequestOrder()
        self._learning = Lock()
        self._server: ServerCapabilities | None = None
        self.recorder: Recorder | None = None
        """Records the edits of this session in the journal."""
        self.on_move: Callable[[str, str], None] | None = None
        """Called with the old and the new path of each file that the server has moved."""
        self.is_current = False
        """Whether the server confirmed the version of the schema in this session."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close connections; may be called twice."""
        await self.transport.close()

    @property
    def url(self) -> str:
        return self.connection.url

    @property
    def capabilities(self) -> ServerCapabilities:
        """The server's schema; raises StashUsageError before the first call or `load_capabilities()`."""
        if self._server is None:
            raise StashUsageError(
                "Nothing is known of the server yet: await session.load_capabilities() first."
            )
        return self._server

    def assumed_capabilities(self) -> ServerCapabilities:
        """The server's capabilities without a request: loaded, cached, or else those of the newest API."""
        if self._server is not None:
            return self._server
        cached = None if self.connection.is_embedded else schema_cache.recall(self.connection)
        return ServerCapabilities(cached) if cached else EmbeddedCapabilities()

    async def load_capabilities(self, *, again: bool = False) -> ServerCapabilities:
        """The server's schema: loaded before, cached, or (with `again` always) by introspection."""
        async with self._learning:
            # The embedded library has exactly the schema of the API description.
            if self._server is None and self.connection.is_embedded:
                self._server, self.is_current = EmbeddedCapabilities(), True
            if self._server is None and not again and (cached := schema_cache.recall(self.connection)):
                self._server = ServerCapabilities(cached)
            if self._server is None or again:
                facts = _parse_schema(await self.execute(INTROSPECTION))
                schema_cache.remember(self.connection, facts)
                self._server, self.is_current = ServerCapabilities(facts), True
            return self._server

    async def execute(self, document: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Send a document unchanged and return `data` of the response.

        Raises StashGraphQLError, with the partial data, when the server reports any error.
        """
        return (await self.send(GraphQLRequest(document, dict(variables or {})))).data or {}

    async def call(
        self,
        operation: str,
        args: Mapping[str, Any] | None = None,
        paths: Sequence[str] | None = None,
        *,
        quiet: bool = False,
    ) -> Any:
        """Call one operation and return its result as JSON, with the fields in `paths` (None: the default).

        `args` are JSON values by argument name; UNSET ones are left out. With `quiet` there is no warning
        about paths that the server lacks.
        """
        kind, _ = document.describe(operation)
        values = await compat.with_stash_box(self, operation, args or {}, await self.load_capabilities())
        if compat.needs_splitting(operation, self.capabilities):
            return await compat.call_split(self, operation, values, paths, quiet=quiet)

        def build(server: ServerCapabilities) -> GraphQLRequest:
            root = document.root_for(operation, values, paths, server, quiet=quiet)
            # Queries only: a mutation must not be repeated because the version has changed.
            version = VERSION_FIELD if kind == "query" and not self.is_current else ""
            # `single`: with one root field, an error at its root proves that nothing was done.
            name = document.title(operation)
            identity_fields = (
                self.recorder.identity_fields(server) if kind == "query" and self.recorder is not None else []
            )
            return GraphQLRequest(*document.join(name, [root, *identity_fields], version), name, single=True)

        return await self._call_fitted(build, operation, paths, by_name=paths is not None and not quiet)

    async def rows_by_id(
        self, type_name: str, ids: Iterable[str], paths: Sequence[str]
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield the objects with these ids that exist, with the fields in `paths`; 500 per request."""
        from stash_cli.core.client.paging import FindQuery, iter_rows
        from stash_cli.core.types.entities import ENTITIES, FILES

        entity = ENTITIES.get(type_name) or FILES[type_name]
        async for row in iter_rows(self, FindQuery(entity, ids=tuple(ids)), paths):
            yield row

    def subscribe(
        self,
        operation: str,
        args: Mapping[str, Any] | None = None,
        paths: Sequence[str] | None = None,
        *,
        reconnect: bool = False,
    ) -> Stream:
        """A stream of the operation's events as JSON; entering it connects."""
        return Stream(self, operation, args or {}, paths, reconnect=reconnect)

    async def _call_fitted(
        self, build: Build, operation: str, paths: Sequence[str] | None, *, by_name: bool
    ) -> Any:
        """Send the request that `build` makes for this server; rebuild it once when the schema has changed.

        A mutation is repeated only when it was refused in validation, before anything was executed.
        """
        try:
            value, version = await self._send_built(
                build(self.capabilities), operation, paths, by_name=by_name
            )
        except StashGraphQLError as error:
            # With a current schema the document itself is wrong and would be refused again.
            if self.is_current or not responses.is_refusal(error):
                raise
            logger.info("The server refused the document; asking what it knows now.")
        else:
            if not self._changed(version):
                return value
            logger.info("The server's version has changed; asking what it knows now.")
        rebuilt = build(await self.load_capabilities(again=True))
        return (await self._send_built(rebuilt, operation, paths, by_name=by_name))[0]

    def _changed(self, version: object) -> bool:
        """Whether the version in the response differs from the schema's."""
        if not isinstance(version, dict):
            return False
        known = self.capabilities
        reported = version.get("version") or "", version.get("hash") or ""
        self.is_current = reported == (known.version, known.hash)
        return not self.is_current

    async def _send_built(
        self, request: GraphQLRequest, operation: str, paths: Sequence[str] | None, *, by_name: bool
    ) -> tuple[Any, object]:
        """The value of the operation, and the version selected along with it."""
        data = (await self.send(request, fields=[])).data
        if self.recorder is not None:
            self.recorder.read_identity(data or {})
        value = responses.value_of(operation, request, data, paths, self.capabilities, by_name=by_name)
        return value, (data or {}).get(_VERSION_FIELD)

    async def send(
        self, request: GraphQLRequest, *, partial: bool = False, fields: Sequence[RootField] | None = None
    ) -> GraphQLResponse:
        """Send a request, with retries where these are safe.

        A response without errors must have every root field of the request, or those in `fields`. With
        `partial` the caller handles errors and missing fields. Raises StashUnknownOutcomeError for a mutation
        that may have been executed.
        """
        check_read_only(self.connection, request)
        try:
            response = await self._recorded(request, partial=partial)
        except StashError as error:
            # A batch attributes GraphQL errors to its operations, and judges the outcome of each.
            is_result = partial and isinstance(error, StashGraphQLError)
            if is_result or (unknown := as_unknown_outcome(request, error)) is error:
                raise
            raise unknown from error
        if not partial:
            responses.check_complete(request, response.data, fields)
        return response

    async def _recorded(self, request: GraphQLRequest, *, partial: bool) -> GraphQLResponse:
        """Send a request; a mutation that edits no objects, such as one that starts a job, is journalled."""
        if self.recorder is None or self.recorder.is_sending or not request.is_mutation:
            return await self._send(request, partial=partial)
        from stash_cli.core.syntax.operations import root_fields

        names = [each.name for each in root_fields(request.document) if each.name != "querySQL"]
        if not names:  # `querySQL` is declared as a mutation but changes nothing
            return await self._send(request, partial=partial)
        with self.recorder.listing(names):
            return await self._send(request, partial=partial)

    async def _send(self, request: GraphQLRequest, *, partial: bool) -> GraphQLResponse:
        async def once() -> GraphQLResponse:
            try:
                response = await self.transport.execute(request)
            except StashError as error:
                _redact_errors([error], request)
                raise
            _redact_errors(response.errors, request)
            if response.errors and not (partial and response.data):
                raise responses.failure(response.errors, response.data)
            return response

        try:
            return await retrying(request, once, self.connection.timeout)
        except StashGraphQLError as error:
            if responses.may_be_unready(error):
                await self._raise_if_unready(error)
            raise

    async def _raise_if_unready(self, error: StashGraphQLError) -> None:
        """Raise StashSystemNotReadyError when `systemStatus` says that set-up or a migration is due."""
        try:
            # Before set-up or a migration, servers fail in many ways; only this query always works.
            response = await self.transport.execute(GraphQLRequest("query { systemStatus { status } }"))
        except StashError as second:
            logger.info("systemStatus: %s", second.message)
            return
        system = (response.data or {}).get("systemStatus")
        status = system.get("status", "OK") if isinstance(system, dict) else "OK"
        if status != "OK":
            raise responses.not_ready(status, error.message) from error


def _parse_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Reduce an introspection result to the parts in use; raises StashIntegrationError if it is malformed."""
    unread = "The server describes its API in a way that cannot be read."
    try:
        facts = reduce_introspection(schema)
    except (KeyError, TypeError, AttributeError) as error:
        raise StashIntegrationError(unread) from error
    if not facts["operations"]["query"]:
        raise StashIntegrationError(unread)
    return facts


def _redact_errors(errors: Sequence[StashError | dict[str, Any]], request: GraphQLRequest) -> None:
    """Remove the secrets of a request from error messages, in which servers quote refused values."""
    if errors:
        from stash_cli.core.log.requests import redact_errors

        redact_errors(errors, request.document, request.variables)


class Stream:
    """The events of a subscription as JSON: an async iterator and context manager.

    Entering it connects and returns once the subscription is active; iterating connects as well. `on_lost`,
    set before connecting, is called with the reason before a lost connection is reopened.
    """

    def __init__(
        self,
        session: Session,
        operation: str,
        args: Mapping[str, Any],
        paths: Sequence[str] | None,
        *,
        reconnect: bool = False,
    ) -> None:
        self._session = session
        self._operation = operation
        self._args = args
        self._paths = paths
        self._reconnect = reconnect
        self.on_lost: Callable[[StashError], None] | None = None
        self._source: Subscription | None = None
        self._request = GraphQLRequest("")

    async def __aenter__(self) -> Self:
        source = await self._open()
        await source.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        source = await self._open()
        response = await source.__anext__()
        if response.errors:
            raise responses.failure(response.errors, response.data)
        return responses.value_of(
            self._operation,
            self._request,
            response.data,
            self._paths,
            self._session.capabilities,
            by_name=self._paths is not None,
        )

    async def aclose(self) -> None:
        """End the subscription."""
        if self._source is not None:
            await self._source.aclose()

    async def _open(self) -> Subscription:
        if self._source is None:
            server = await self._session.load_capabilities()
            root = document.root_for(self._operation, self._args, self._paths, server)
            name = document.title(self._operation)
            text, variables = document.join(name, [root])
            self._request = GraphQLRequest(text, variables, name)
            check_read_only(self._session.connection, self._request)
            self._source = self._session.transport.subscribe(self._request, reconnect=self._reconnect)
            self._source.on_lost = self.on_lost
        return self._source
