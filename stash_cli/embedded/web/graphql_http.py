"""GraphQL over HTTP at `/graphql`: requests in JSON, URL parameters or multipart, and their responses."""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
from graphql import OperationType, get_operation_ast
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response

from stash_cli.embedded.graphql.errors import PARSE_FAILED, VALIDATION_FAILED
from stash_cli.embedded.web.login import allow_privileged
from stash_cli.embedded.web.peers import base_url
from stash_cli.embedded.web.responses import compressed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from threading import Event

    from starlette.requests import Request
    from starlette.types import Receive

    from stash_cli.embedded.library.library import Library


class MalformedRequest(Exception):  # noqa: N818 - the name says what the request is
    """A request that is not valid GraphQL over HTTP; `status` is that of the response."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


@dataclass(frozen=True)
class Query:
    """A GraphQL request: document, variables and operation name."""

    document: str
    variables: dict[str, Any] = field(default_factory=dict)
    operation_name: str | None = None

    @classmethod
    def load(cls, raw: Mapping[str, Any]) -> Query:
        """The request in a decoded JSON object (a body or a websocket message); unknown keys are ignored."""
        document, variables = raw.get("query") or "", raw.get("variables") or {}
        name = raw.get("operationName") or None
        if not isinstance(document, str) or not isinstance(variables, dict):
            raise MalformedRequest("query must be a string and variables an object")
        return cls(document, variables, None if name is None else str(name))


@dataclass(frozen=True)
class UploadedFile:
    """An uploaded file of a multipart request."""

    name: str
    content: bytes


async def read_query(request: Request) -> Query:
    """The GraphQL request of a GET or POST request."""
    if request.method == "GET":
        return from_parameters(request.query_params)
    content_type = request.headers.get("content-type", "")
    if media_type(content_type) == "multipart/form-data":
        return await from_multipart(request)
    return from_body((await request.body()).decode("utf-8", "replace"))


def media_type(header: str) -> str:
    """`application/json; charset=utf-8` -> `application/json`."""
    return header.partition(";")[0].strip().lower()


def from_parameters(parameters: Mapping[str, str]) -> Query:
    """The request in URL parameters; `variables` and `extensions` are JSON objects."""
    decoded = {name: _decoded(name, parameters.get(name)) for name in ("variables", "extensions")}
    return Query.load({**parameters, **decoded})


def _decoded(name: str, text: str | None) -> dict[str, Any]:
    try:
        value = json.loads(text) if text else None
    except ValueError:
        value = text
    if value is not None and not isinstance(value, dict):
        raise MalformedRequest(f"{name} could not be decoded")
    return value or {}


def from_body(text: str) -> Query:
    try:
        raw = json.loads(text)
        if not isinstance(raw, dict):
            raise MalformedRequest("the body has to be an object")  # noqa: TRY301 - the handler below adds the body
        return Query.load(raw)
    except (ValueError, MalformedRequest) as reason:
        raise MalformedRequest(f"json request body could not be decoded: {reason} body:{text}") from None


async def from_multipart(request: Request) -> Query:
    """The request in a multipart body: parts `operations` and `map`, then the files."""
    try:
        # No limit for a part, because `operations` may contain pictures as data URIs; BodyLimit limits the
        # whole body. Leaving the block removes the temporary files of large parts.
        async with request.form(max_part_size=sys.maxsize) as form:
            return await _from_form(form)
    except HTTPException as refusal:
        raise _malformed(refusal.detail) from None
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, MalformedRequest) as reason:
        raise _malformed(reason) from None


def _malformed(reason: object) -> MalformedRequest:
    return MalformedRequest(f"failed to parse multipart form: {reason}", 422)


async def _from_form(form: FormData) -> Query:
    raw = json.loads(await _content(form["operations"]))
    paths_by_file = json.loads(await _content(form["map"]))
    for name, paths in paths_by_file.items():
        part = form[name]
        filename = part.filename if isinstance(part, UploadFile) else None
        file = UploadedFile(filename or name, await _content(part))
        for path in paths:
            _put(raw, path.split("."), file)
    return Query.load(raw)


async def _content(part: UploadFile | str) -> bytes:
    return await part.read() if isinstance(part, UploadFile) else part.encode()


def _put(target: Any, path: list[str], value: Any) -> None:
    """Set a value by its path: `["variables", "files", "0"]`."""
    *parents, last = path
    for key in parents:
        target = target[int(key)] if isinstance(target, list) else target[key]
    if isinstance(target, list):
        target[int(last)] = value
    else:
        target[last] = value


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
    body_type = media_type(request.headers.get("content-type", ""))
    if request.method != "GET" and (request.method != "POST" or body_type not in _BODY_TYPES):
        return PlainTextResponse("transport not supported", 400)
    return None


def _refuse_writing(library: Library, query: Query) -> None:
    """Refuse operations other than queries in a GET request."""
    # The error of an invalid document is reported when it is executed.
    document = library.documents.prepare(query.document).ast
    operation = None if document is None else get_operation_ast(document, query.operation_name)
    if operation is not None and operation.operation is not OperationType.QUERY:
        raise MalformedRequest("GET requests only allow query operations", 406)


def _outcome(request: Request, data: Any, errors: list[dict[str, Any]]) -> tuple[dict[str, Any], int]:
    """Body and status: 4xx for a request error, 200 with field errors."""
    refused = data is None and any(
        error.get("extensions", {}).get("code") in _REQUEST_ERRORS for error in errors
    )
    # gqlgen answers 422 for application/json, and 400 for GraphQL's own media type.
    status = (422 if _content_type(request) == PLAIN else 400) if refused else 200
    return ({"errors": errors, "data": data} if errors else {"data": data}), status


def _content_type(request: Request) -> str:
    """The first known media type in `Accept`; GraphQL's own for unknown ones."""
    accepted = (media_type(part) for part in (request.headers.get("accept") or PLAIN).split(","))
    return next((_OFFERS[name] for name in accepted if name in _OFFERS), GRAPHQL)


def _answer(request: Request, body: dict[str, Any], status: int = 200) -> Response:
    content_type = _content_type(request)
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    content, encoding = compressed(request, content, content_type)
    return Response(content, status, {"Cache-Control": "no-store"} | encoding, media_type=content_type)
