"""The interface of transports: requests and responses as values."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

from stash_cli.core.errors import StashError, StashIntegrationError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable


_MAX_SHOWN = 80
"""Characters of a value in a message."""


@dataclass(frozen=True, slots=True, eq=False)
class GraphQLRequest:
    """A document with its variables.

    `single` marks a document with one root field: when that fails at its root, nothing was done.
    """

    document: str
    variables: dict[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    single: bool = False

    @property
    def is_mutation(self) -> bool:
        """Whether it may change data: anything that is not provably a query or a subscription."""
        from stash_cli.core.syntax.operations import Kind, kind_of

        return kind_of(self.document, self.operation_name) not in (Kind.QUERY, Kind.SUBSCRIPTION)

    def payload(self) -> dict[str, Any]:
        """The JSON body."""
        body: dict[str, Any] = {"query": self.document, "variables": self.variables}
        if self.operation_name:
            body["operationName"] = self.operation_name
        return body


class GraphQLResponse(NamedTuple):
    """`data` (None when there was none) and the error objects of a response."""

    data: dict[str, Any] | None
    errors: list[dict[str, Any]]

    @classmethod
    def from_payload(cls, payload: object) -> GraphQLResponse:
        """The response in a JSON value; raises StashIntegrationError for another shape."""
        if not isinstance(payload, dict):
            raise _malformed("is no object", payload)
        data = payload.get("data")
        if data is not None and not isinstance(data, dict):
            raise _malformed("has data that is no object", data)
        return cls(data, checked_errors(payload.get("errors")))


def short_repr(value: object) -> str:
    """A JSON value for a message, of bounded length and depth."""
    text = reprlib.repr(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."


def checked_errors(errors: object) -> list[dict[str, Any]]:
    """The error objects of a response; raises StashIntegrationError for another shape."""
    if errors is None:
        return []
    if not isinstance(errors, list):
        raise _malformed("has errors that are no list", errors)
    for each in errors:
        if not isinstance(each, dict):
            raise _malformed("has an error that is no object", each)
        for name, kinds in _ERROR_FIELDS.items():
            if not isinstance(each.get(name), kinds):
                raise _malformed(f"has an error with a wrong {name}", each[name])
        if not all(type(step) in (str, int) for step in each.get("path") or ()):
            raise _malformed("has an error with a wrong path", each["path"])
    return errors


_ERROR_FIELDS = {"message": (str, type(None)), "path": (list, type(None)), "extensions": (dict, type(None))}


def _malformed(what: str, found: object) -> StashIntegrationError:
    return StashIntegrationError(
        f"The server's answer {what}: {short_repr(found)}.",
        hint="Check that a Stash server runs at this address.",
    )


class Subscription(Protocol):
    """A stream of responses; it connects on entering, or when the first is awaited.

    `on_lost` is called with the error before a lost connection is reopened.
    """

    on_lost: Callable[[StashError], None] | None

    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *exc: object) -> None: ...
    def __aiter__(self) -> AsyncIterator[GraphQLResponse]: ...
    async def __anext__(self) -> GraphQLResponse: ...
    async def aclose(self) -> None: ...


class Transport(Protocol):
    """Sends requests to one server; raises StashConnectionError, -AuthenticationError and -ServerError."""

    url: str

    async def execute(self, request: GraphQLRequest) -> GraphQLResponse:
        """Send once; the response, with any GraphQL errors in it."""
        ...

    def subscribe(self, request: GraphQLRequest, *, reconnect: bool = False) -> Subscription:
        """A stream of responses; with `reconnect` a lost connection is reopened."""
        ...

    def download(self, address: str, span: str = "") -> AsyncGenerator[bytes, None]:
        """The bytes of a file of the server, as they arrive; `span` is a byte range such as "0-99"."""
        ...

    async def close(self) -> None:
        """Release connections and files; may be called twice."""
        ...
