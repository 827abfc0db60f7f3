"""A session with one server: calls by operation name, documents as they are, subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from stash_cli.core.client import compat, failures, schema_cache
from stash_cli.core.client.completeness import check_complete, value_of
from stash_cli.core.client.locks import Lock
from stash_cli.core.client.order import RequestOrder
from stash_cli.core.errors import StashError, StashGraphQLError, StashIntegrationError, StashUsageError
from stash_cli.core.graphql import document, introspection
from stash_cli.core.graphql.capability import OurCapabilities, ServerCapabilities
from stash_cli.core.log import logger
from stash_cli.core.transport import GraphQLRequest, open_transport
from stash_cli.core.transport.outcome import check_read_only, judged
from stash_cli.core.transport.retry import retrying

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stash_cli.core.settings import Connection
    from stash_cli.core.syntax.operations import RootField
    from stash_cli.core.transport import GraphQLResponse, Transport

    Build = Callable[[ServerCapabilities], tuple[str, dict[str, Any], str]]

    from stash_cli.core.transport.base import Subscription


_RIDER = "_server"


class Session:
    """Everything that is sent to one server goes through here.

    A known server gets one request per call: its version rides along in the first query, and where that
    has changed, or the document is refused, what is known is learnt anew and the call repeated.
    """

    def __init__(self, connection: Connection, transport: Transport | None = None) -> None:
        self.connection = connection
        self.transport = transport or open_transport(connection)
        self.order = RequestOrder()
        self._learning = Lock()
        self._server: ServerCapabilities | None = None
        self._sure = False
        """Whether the server was asked in this session if it is still what is known of it."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Give back connections; may be called twice."""
        await self.transport.close()

    @property
    def is_sure(self) -> bool:
        """Whether what is known of the server was confirmed by it in this session."""
        return self._sure

    @property
    def url(self) -> str:
        return self.connection.url

    @property
    def capabilities(self) -> ServerCapabilities:
        """What the server knows; known from the first call or `learn()` on."""
        if self._server is None:
            raise StashUsageError("Nothing is known of the server yet: await session.learn() first.")
        return self._server

    async def learn(self, *, again: bool = False) -> ServerCapabilities:
        """What the server knows: from this session, from disk, or (`again`: always) by asking it."""
        async with self._learning:
            if self._server is None and self.connection.is_embedded:
                self._server, self._sure = OurCapabilities(), True
            if self._server is None and not again and (kept := schema_cache.recall(self.connection)):
                self._server = ServerCapabilities(kept)
            if self._server is None or again:
                facts = _reduced(await self.execute(introspection.DOCUMENT))
                schema_cache.remember(self.connection, facts)
                self._server, self._sure = ServerCapabilities(facts), True
            return self._server

    async def execute(self, document: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Send a document as it is; `data` of the answer.

        Raises StashGraphQLError (with the partial data) when the server reports any error.
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
        """The JSON value of one operation, whose result is asked for by `paths` (None: the default).

        `args` are JSON values by argument name; those that are UNSET are left out. With `quiet` nothing is
        said of paths that the server lacks.
        """
        kind, _ = document.describe(operation)
        given = await compat.with_place(self, operation, args or {})
        if compat.is_for_one(operation, await self.learn()):
            return await compat.one_by_one(self, operation, given, paths, quiet=quiet)

        def build(server: ServerCapabilities) -> tuple[str, dict[str, Any], str]:
            root = document.root_for(operation, given, paths, server, quiet=quiet)
            rider = introspection.VERSION if kind == "query" and not self._sure else ""
            name = document.title(operation)
            return *document.join(name, [root], rider), name

        return document.read_result(operation, await self._fitted(build, operation, paths), self.capabilities)

    def subscribe(
        self,
        operation: str,
        args: Mapping[str, Any] | None = None,
        paths: Sequence[str] | None = None,
        *,
        reconnect: bool = False,
    ) -> Stream:
        """A stream of the operation's JSON values; entering it connects."""
        return Stream(self, operation, args or {}, paths, reconnect=reconnect)

    async def _fitted(self, build: Build, operation: str, paths: Sequence[str] | None) -> Any:
        """Send what `build` makes for this server; learn anew and repeat where it has changed.

        A mutation is repeated only when all of it was refused.
        """
        server = await self.learn()
        try:
            value, rider = await self._send_built(build(server), operation, paths)
        except StashGraphQLError as error:
            if self._sure or not failures.is_refusal(error):
                raise
            logger.info("The server refused the document; asking what it knows now.")
        else:
            if not self._changed(rider):
                return value
            logger.info("The server's version has changed; asking what it knows now.")
        return (await self._send_built(build(await self.learn(again=True)), operation, paths))[0]

    def _changed(self, rider: object) -> bool:
        """Whether the version that rode along is another than the known one."""
        if not isinstance(rider, dict):
            return False
        known = self.capabilities
        self._sure = (rider.get("version") or "", rider.get("hash") or "") == (known.version, known.hash)
        return not self._sure

    async def _send_built(
        self, built: tuple[str, dict[str, Any], str], operation: str, paths: Sequence[str] | None
    ) -> tuple[Any, object]:
        """The value of the operation, and of what rode along."""
        text, variables, name = built
        request = GraphQLRequest(text, variables, name, single=True)
        data = (await self.send(request, fields=[])).data
        value = value_of(operation, request, data, paths, self.capabilities)
        return value, (data or {}).get(_RIDER)

    async def send(
        self, request: GraphQLRequest, *, partial: bool = False, fields: Sequence[RootField] | None = None
    ) -> GraphQLResponse:
        """Send a request, again where that is safe and helps.

        An answer without errors holds every root field of the request, which are `fields` where they are
        known. With `partial` errors and fields that are missing beside others are the caller's. Raises
        StashUnknownOutcomeError for a mutation that may have been done.
        """
        check_read_only(self.connection, request)
        try:
            response = await self._send(request, partial=partial)
        except StashError as error:
            is_told = partial and isinstance(error, StashGraphQLError)
            if is_told or (meaning := judged(request, error)) is error:
                raise
            raise meaning from error
        if not partial:
            check_complete(request, response.data, fields)
        return response

    async def _send(self, request: GraphQLRequest, *, partial: bool) -> GraphQLResponse:
        async def once() -> GraphQLResponse:
            try:
                response = await self.transport.execute(request)
            except StashError as error:
                _conceal([error], request)
                raise
            _conceal(response.errors, request)
            if response.errors and not (partial and response.data):
                raise failures.failure(response.errors, response.data)
            return response

        try:
            return await retrying(request, once, self.connection.timeout)
        except StashGraphQLError as error:
            if failures.may_be_unready(error):
                await self._raise_if_unready(error)
            raise

    async def _raise_if_unready(self, error: StashGraphQLError) -> None:
        """Turn a text that unready servers answer with into what is the matter, if that is so."""
        try:
            answer = await self.transport.execute(GraphQLRequest("query { systemStatus { status } }"))
        except StashError as second:
            logger.info("systemStatus: %s", second.message)
            return
        found = (answer.data or {}).get("systemStatus")
        status = found.get("status", "OK") if isinstance(found, dict) else "OK"
        if status != "OK":
            raise failures.not_ready(status, error.message) from error


def _reduced(schema: dict[str, Any]) -> dict[str, Any]:
    """What an answer to the introspection says of the server."""
    try:
        return introspection.reduce(schema)
    except (KeyError, TypeError, AttributeError) as error:
        raise StashIntegrationError("The server describes its API in a way that cannot be read.") from error


def _conceal(errors: Sequence[StashError | dict[str, Any]], request: GraphQLRequest) -> None:
    """Take the secrets of a request out of what is said about it."""
    if errors:
        from stash_cli.core.log.requests import conceal

        conceal(errors, request.document, request.variables)


class Stream:
    """An async iterator and context manager over a subscription's JSON values.

    Entering it connects and returns once the server listens; iterating connects by itself.
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
        answer = await source.__anext__()
        if answer.errors:
            raise failures.failure(answer.errors, answer.data)
        return value_of(
            self._operation,
            self._request,
            answer.data,
            self._paths,
            self._session.capabilities,
        )

    async def aclose(self) -> None:
        """End the subscription."""
        if self._source is not None:
            await self._source.aclose()

    async def _open(self) -> Subscription:
        if self._source is None:
            server = await self._session.learn()
            root = document.root_for(self._operation, self._args, self._paths, server)
            name = document.title(self._operation)
            text, variables = document.join(name, [root])
            self._request = GraphQLRequest(text, variables, name)
            check_read_only(self._session.connection, self._request)
            self._source = self._session.transport.subscribe(self._request, reconnect=self._reconnect)
        return self._source
