"""What every transport offers: a request is a value, an answer is data and errors."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

_NOISE = r'"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|#[^\n]*'
_MARKS = r"[{}]|(?<![$\w])(?:mutation|subscription)\b"


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One document with its variables.

    `single` says that the document holds one root field, so that an error means that nothing was done.
    """

    document: str
    variables: dict[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    single: bool = False

    @property
    def is_mutation(self) -> bool:
        """Whether the document holds an operation that changes things."""
        return "mutation" in root_keywords(self.document)

    def payload(self) -> dict[str, Any]:
        """The JSON body that a server expects."""
        body: dict[str, Any] = {"query": self.document, "variables": self.variables}
        if self.operation_name:
            body["operationName"] = self.operation_name
        return body


@dataclass(frozen=True, slots=True)
class GraphQLResponse:
    """`data` as answered (None when nothing was) and the error objects beside it."""

    data: dict[str, Any] | None
    errors: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> GraphQLResponse:
        return cls(payload.get("data"), payload.get("errors") or [])


class Subscription(Protocol):
    """A stream of answers; connected on entering it, or when the first is awaited."""

    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *exc: object) -> None: ...
    def __aiter__(self) -> AsyncIterator[GraphQLResponse]: ...
    async def __anext__(self) -> GraphQLResponse: ...
    async def aclose(self) -> None: ...


class Transport(Protocol):
    """Carries requests to one server; raises StashConnectionError, -AuthenticationError, -ServerError."""

    url: str

    async def execute(self, request: GraphQLRequest) -> GraphQLResponse:
        """Send once and return what was answered, GraphQL errors included."""
        ...

    def subscribe(self, request: GraphQLRequest, *, reconnect: bool = False) -> Subscription:
        """A stream of answers; with `reconnect` a lost connection is opened again."""
        ...

    def download(self, address: str) -> AsyncGenerator[bytes, None]:
        """The bytes of a file that the server offers, as they arrive."""
        ...

    async def close(self) -> None:
        """Give connections and files back; may be called twice."""
        ...


def root_keywords(document: str) -> set[str]:
    """The operation keywords "mutation" and "subscription" that stand outside all braces.

    >>> root_keywords("query { mutation } mutation X { tagDestroy }")
    {'mutation'}
    """
    depth, found = 0, set()
    for mark in re.findall(_MARKS, re.sub(_NOISE, " ", document)):
        if mark in "{}":
            depth += 1 if mark == "{" else -1
        elif depth == 0:
            found.add(mark)
    return found
