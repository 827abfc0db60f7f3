"""GraphQL over HTTP at `/graphql`: methods, content types and status codes of the server."""

from __future__ import annotations

import json
import threading
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
from graphql import OperationType, get_operation_ast
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response

from stash_cli.embedded.graphql.errors import PARSE_FAILED, VALIDATION_FAILED
from stash_cli.embedded.web.auth import allow_privileged
from stash_cli.embedded.web.peers import base_url
from stash_cli.embedded.web.requests import MalformedRequest, Query, media_type, read_query
from stash_cli.embedded.web.responses import compressed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from threading import Event

    from starlette.requests import Request
    from starlette.types import Receive

    from stash_cli.embedded.library.library import Library

T = TypeVar("T")


async def while_connected(receive: Receive, work: Callable[[threading.Event], T]) -> T:
    """Run `work` in a thread and return its result, so that the event loop stays free.

    The event that `work` receives is set when the client disconnects or this task is cancelled.
    """
    stop = threading.Event()

    async def watch() -> None:
        try:
            while (await receive())["type"] != "http.disconnect":
                continue
        finally:
            stop.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watch)
        try:
            result = await run_in_threadpool(work, stop)
        finally:
            stop.set()
            tasks.cancel_scope.cancel()
    return result


PLAIN, GRAPHQL = "application/json", "application/graphql-response+json"
_OFFERS = {PLAIN: PLAIN, GRAPHQL: GRAPHQL, "*/*": GRAPHQL, "application/*": GRAPHQL}
_BODY_TYPES = frozenset({PLAIN, "multipart/form-data"})
_REQUEST_ERRORS = frozenset({PARSE_FAILED, VALIDATION_FAILED})


def graphql_endpoint(library: Library) -> Callable[[Request], Awaitable[Response]]:
    """The handler of all HTTP methods on `/graphql`."""

    async def handle(request: Request) -> Response:
        refusal = _refuse_method(request)
        if refusal is not None:
            return refusal
        try:
            query = await read_query(request)
            if request.method == "GET":
                _refuse_writing(library, query)
        except MalformedRequest as problem:
            return _answer(request, {"errors": [{"message": problem.message}], "data": None}, problem.status)
        return await while_connected(request.receive, partial(execute, request, query))

    def execute(request: Request, query: Query, stop: Event) -> Response:
        outcome = library.execute(
            query.document,
            query.variables,
            query.operation_name,
            base_url(request),
            allow_privileged=allow_privileged(request.scope),
            stop=stop,
        )
        return _answer(request, *_outcome(request, outcome.data, outcome.errors))

    return handle


def _refuse_method(request: Request) -> Response | None:
    if request.method == "OPTIONS":
        return Response(headers={"Allow": "OPTIONS, GET, POST"})
    if request.method == "HEAD":
        return Response(status_code=405)
    posted = media_type(request.headers.get("content-type", ""))
    if request.method != "GET" and (request.method != "POST" or posted not in _BODY_TYPES):
        return PlainTextResponse("transport not supported", 400)
    return None


def _refuse_writing(library: Library, query: Query) -> None:
    """Refuse operations other than queries in a GET request."""
    # Without a valid document, its execution reports the error.
    document = library.documents.prepare(query.document).ast
    operation = None if document is None else get_operation_ast(document, query.operation_name)
    if operation is not None and operation.operation is not OperationType.QUERY:
        raise MalformedRequest("GET requests only allow query operations", 406)


def _outcome(request: Request, data: Any, errors: list[dict[str, Any]]) -> tuple[dict[str, Any], int]:
    """Body and status: a request error is a client error, a field error is not."""
    refused = data is None and any(
        error.get("extensions", {}).get("code") in _REQUEST_ERRORS for error in errors
    )
    # gqlgen answers 422 for application/json, and 400 for GraphQL's own media type.
    status = (422 if _content_type(request) == PLAIN else 400) if refused else 200
    return ({"errors": errors, "data": data} if errors else {"data": data}), status


def _content_type(request: Request) -> str:
    """The first known media type in `Accept`; GraphQL's own for unknown ones."""
    offered = (media_type(part) for part in (request.headers.get("accept") or PLAIN).split(","))
    return next((_OFFERS[name] for name in offered if name in _OFFERS), GRAPHQL)


def _answer(request: Request, body: dict[str, Any], status: int = 200) -> Response:
    content_type = _content_type(request)
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    content, encoding = compressed(request, content, content_type)
    return Response(content, status, {"Cache-Control": "no-store"} | encoding, media_type=content_type)
