"""GraphQL requests over HTTP: JSON body, URL parameters or multipart upload."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import FormData
    from starlette.requests import Request


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
        """The request in the JSON of a body or a websocket message; unknown keys are ignored."""
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
            raise MalformedRequest("the body has to be an object")  # noqa: TRY301 - worded with the body below
        return Query.load(raw)
    except (ValueError, MalformedRequest) as reason:
        raise MalformedRequest(f"json request body could not be decoded: {reason} body:{text}") from None


async def from_multipart(request: Request) -> Query:
    """The request in a multipart body: parts `operations` and `map`, then the files."""
    try:
        # A part may be as large as a body, which is limited before: `operations` has pictures as data URIs.
        # Leaving the block removes the temporary files of large parts.
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
    places = json.loads(await _content(form["map"]))
    for name, paths in places.items():
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
