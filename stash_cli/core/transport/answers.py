"""HTTP responses: read within bounds on size and rate, then interpreted as a GraphQL result or an error."""

from __future__ import annotations

import zlib
from contextlib import aclosing
from time import monotonic, time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stash_cli.core.errors import (
    StashAuthenticationError,
    StashConnectionError,
    StashError,
    StashIntegrationError,
    StashServerError,
)
from stash_cli.core.transport.base import GraphQLResponse

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator, Mapping

    import httpx

    from stash_cli.core.settings import Connection


_GATEWAY = {502, 503, 504}
_INTERNAL_ERROR = 500
_TOO_MANY = 429
_MAX_SHOWN = 120
"""Characters of a text of the server in a message."""


def read_answer(
    connection: Connection,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    read: Callable[[bytes], Any],
) -> GraphQLResponse:
    """The GraphQL result in a response; raises the matching StashError for any other response.

    `read` parses the JSON body. A document that fails validation has status 400 or 422 and a body with
    `errors` only.
    """
    payload = _parse_result(body, read) if _may_hold_result(status) else None
    if payload is None:
        raise _refusal(connection, status, headers, body)
    response = GraphQLResponse.from_payload(payload)
    if status == _INTERNAL_ERROR and not all(each.get("path") for each in response.errors):
        # Errors without a path name no field, so they do not prove that the operation was refused.
        error = StashServerError(_internal_error_message(connection, response.errors))
        error.status = status
        raise error
    return response


def _may_hold_result(status: int) -> bool:
    """Whether a GraphQL result with this status comes from Stash; gateways may use the same format."""
    return status not in (*_GATEWAY, _TOO_MANY, 401) and not is_redirect(status)


def _internal_error_message(connection: Connection, errors: list[dict[str, Any]]) -> str:
    reasons = "; ".join(str(each.get("message") or "no reason") for each in errors)
    return f"{connection.server} failed (status {_INTERNAL_ERROR}): {_first_line(reasons)}"


def _parse_result(body: bytes, read: Callable[[bytes], Any]) -> dict[str, Any] | None:
    try:
        payload = read(body)
    except ValueError:
        return None
    except RecursionError as error:
        raise StashIntegrationError("The server's answer is nested too deeply to be read.") from error
    known = isinstance(payload, dict) and ("data" in payload or "errors" in payload)
    return payload if known else None


def download_error(
    connection: Connection, status: int, headers: Mapping[str, str], body: bytes
) -> StashError:
    """The error for a response that is not the requested file."""
    if status == 404:  # noqa: PLR2004 - HTTP's number
        return StashServerError(
            f"{connection.server} does not have the file any more.",
            hint="Request the download again: servers keep it only for a short time.",
        )
    return _refusal(connection, status, headers, body)


def _refusal(connection: Connection, status: int, headers: Mapping[str, str], body: bytes) -> StashError:
    error = _status_error(connection, status, headers, body)
    error.status = status
    return error


def _status_error(connection: Connection, status: int, headers: Mapping[str, str], body: bytes) -> StashError:
    text = body.decode("utf-8", "replace").strip()
    # Servers up to 0.22 answer a wrong key with status 500 and the body "unauthorized".
    if status == 401 or text == "unauthorized":  # noqa: PLR2004 - HTTP's number
        return authentication_error(connection)
    # A login page in front of the server also answers with a redirect.
    location = headers.get("location", "")
    if is_redirect(status) and location:
        return redirect_error(connection, location)
    unavailable = unavailable_error(connection, status, headers.get("retry-after", ""))
    return unavailable or _other_status_error(connection, status, text)


def unavailable_error(connection: Connection, status: int, retry_after: str) -> StashConnectionError | None:
    """The error for a server that may answer later; None for other statuses."""
    if status == _TOO_MANY:
        what = f"{connection.server} received too many requests (status {status})."
    elif status in _GATEWAY:
        what = f"{connection.server} has no server behind it: a gateway answered {status}."
    else:
        return None
    wait = _retry_after(retry_after)
    return StashConnectionError(what, hint="Try again later.", transient=True, retry_after=wait)


def _other_status_error(connection: Connection, status: int, text: str) -> StashError:
    if status == 403:  # noqa: PLR2004 - HTTP's number
        return StashAuthenticationError(
            f"The server refuses this address: {_first_line(text)}",
            hint="Set a password on the server: without one it locks itself when reached from the internet.",
        )
    if status == 413:  # noqa: PLR2004 - HTTP's number
        return StashServerError("The request is larger than the server, or a proxy before it, accepts (413).")
    if text[:1] == "<":
        return StashServerError(
            f"{connection.server} answered with a web page, not with GraphQL (status {status}).",
            hint="Use the address of the web interface, with its path prefix.",
        )
    if not text:
        return StashServerError(f"{connection.server} sent an empty answer with status {status}.")
    return StashServerError(
        f"{connection.server} answered with something that is not GraphQL (status {status}):"
        f" {_first_line(text)}"
    )


def authentication_error(connection: Connection) -> StashAuthenticationError:
    """The error for a missing or refused API key."""
    if connection.api_key:
        return StashAuthenticationError(
            f"{connection.server} refused the API key.",
            hint="Copy it again from Settings > Security. A server without a key rejects every key.",
        )
    hint = "Run: stash login. Or set STASH_API_KEY; the key is in the server's Settings > Security."
    if connection.profile:  # a profile ignores STASH_API_KEY
        hint = f"Run: stash login -P {connection.profile}"
    elif connection.known_as:
        hint = f"The profile {connection.known_as} has a key for this server: use -P {connection.known_as}."
    return StashAuthenticationError(f"{connection.server} needs an API key.", hint=hint)


def _retry_after(text: str) -> float | None:
    """Seconds in a Retry-After header, which is a number or a date; None for neither."""
    from email.utils import parsedate_to_datetime

    text = text.strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        seconds = parsedate_to_datetime(text).timestamp() - time()
    except (ValueError, OverflowError, OSError):
        return None
    return max(0.0, seconds)


def is_redirect(status: int) -> bool:
    return 300 <= status < 400  # noqa: PLR2004 - HTTP's numbers


def redirect_error(connection: Connection, location: str) -> StashError:
    """The error for a redirect, which is never followed because the API key would be sent along.

    It names host and path only; the rest of a URL may hold secrets.
    """
    try:
        target = urlsplit(location)
        host = f"[{target.hostname}]" if ":" in (target.hostname or "") else target.hostname or ""
        port = f":{target.port}" if target.port is not None else ""
    except ValueError:
        return StashServerError(f"{connection.server} redirects to an address that cannot be read.")
    if not host:
        where = target.path
    else:
        where = f"{target.scheme or urlsplit(connection.url).scheme}://{host}{port}{target.path}"
    same_host = not host or host == urlsplit(connection.url).hostname
    if same_host and target.path.rstrip("/").endswith("/login"):
        return authentication_error(connection)
    return StashServerError(
        f"{connection.server} redirects to {_first_line(where)}.", hint="Use that address if you trust it."
    )


def _first_line(text: str) -> str:
    line = text.partition("\n")[0].strip()
    return line if len(line) <= _MAX_SHOWN else f"{line[:_MAX_SHOWN]}..."


# The encodings that Stash compresses with; it does not support brotli.
ENCODINGS = {"gzip": zlib.MAX_WBITS | 32, "x-gzip": zlib.MAX_WBITS | 32, "deflate": zlib.MAX_WBITS}
"""Content encodings and their zlib window bits."""
_PIECE_SIZE = 1 << 20
"""Bytes decompressed at a time."""
_MIN_RATE = 1024
"""Bytes per second below which a download counts as stalled."""


class DamagedError(Exception):
    """Compressed content that is invalid."""


class TooSlowError(Exception):
    """A response below the minimum rate."""


async def read_all(answer: httpx.Response, limit: int) -> bytes:
    """The whole body; raises StashIntegrationError above `limit` bytes, DamagedError."""
    announced = answer.headers.get("content-length", "")
    # Content-Length counts compressed bytes: above the limit it is reason to refuse, below it proves nothing.
    if announced.isdecimal() and int(announced) > limit:
        raise too_large_error(limit)
    parts, size = [], 0
    async with aclosing(decoded(answer)) as pieces:
        async for piece in pieces:
            size += len(piece)
            if size > limit:
                raise too_large_error(limit)
            parts.append(piece)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def too_large_error(limit: int) -> StashIntegrationError:
    """The error for a response above the limit."""
    return StashIntegrationError(
        f"The server's answer is larger than {limit:,} bytes.",
        hint="Request less at once, or increase STASH_MAX_ANSWER_BYTES.",
    )


async def with_minimum_rate(
    pieces: AsyncGenerator[bytes, None], window: float
) -> AsyncGenerator[bytes, None]:
    """`pieces` as they arrive; raises TooSlowError below the minimum rate over `window` seconds."""
    began, size = monotonic(), 0
    async for piece in pieces:
        size += len(piece)
        if monotonic() - began > window:
            if size < _MIN_RATE * window:
                raise TooSlowError
            began, size = monotonic(), 0
        yield piece


async def decoded(answer: httpx.Response) -> AsyncGenerator[bytes, None]:
    """The decompressed body in pieces of bounded size; raises DamagedError."""
    encoding = answer.headers.get("content-encoding", "identity").strip().lower()
    inflater = None if encoding in ("", "identity") else _Inflater(encoding)
    async for raw in answer.aiter_raw():
        if inflater is None:
            yield raw
            continue
        for piece in inflater.pieces(raw):
            yield piece
    if inflater is not None and not inflater.is_complete:
        raise DamagedError("the compressed content ends too early")


class _Inflater:
    """Incremental decompression."""

    def __init__(self, encoding: str) -> None:
        if encoding not in ENCODINGS:
            raise DamagedError(f"unknown encoding {encoding}")
        self._zlib = zlib.decompressobj(ENCODINGS[encoding])
        self._may_be_raw = encoding == "deflate"

    @property
    def is_complete(self) -> bool:
        return self._zlib.eof

    def pieces(self, raw: bytes) -> Iterator[bytes]:
        """The decompressed content of `raw`, in pieces of at most _PIECE_SIZE bytes."""
        piece = b""
        while (raw or len(piece) == _PIECE_SIZE) and not self._zlib.eof:
            piece = self._decompress(raw)
            raw = self._zlib.unconsumed_tail
            if piece:
                yield piece

    def _decompress(self, raw: bytes) -> bytes:
        """The next decompressed piece; some servers send `deflate` without zlib header, so both are tried."""
        try:
            piece = self._zlib.decompress(raw, _PIECE_SIZE)
        except zlib.error as error:
            if not self._may_be_raw:
                raise DamagedError(str(error)) from error
            self._may_be_raw = False
            self._zlib = zlib.decompressobj(-zlib.MAX_WBITS)
            return self._decompress(raw)
        self._may_be_raw = False
        return piece
