"""The values of a subscription as they arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from stash_cli.core.client import failures
from stash_cli.core.client.completeness import value_of
from stash_cli.core.graphql import document
from stash_cli.core.transport import GraphQLRequest
from stash_cli.core.transport.outcome import check_read_only

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stash_cli.core.client.session import Session
    from stash_cli.core.transport.base import Subscription


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
