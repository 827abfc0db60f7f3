"""Reading an HTTP answer: a GraphQL result, or the error that it amounts to."""

from __future__ import annotations

import json
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
    from collections.abc import Mapping

    from stash_cli.core.settings import Connection

_GATEWAY = {502, 503, 504}
_BROKEN = 500
_SHOWN = 120


def read_answer(
    connection: Connection, status: int, headers: Mapping[str, str], body: bytes
) -> GraphQLResponse:
    """The GraphQL result in an answer; raises what anything else amounts to.

    A refused document is answered with status 400 or 422 and a result that holds only errors.
    """
    payload = _result(body) if _may_hold_result(status) else None
    if payload is None:
        raise _refusal(connection, status, headers, body)
    response = GraphQLResponse.from_payload(payload)
    if status == _BROKEN and not all(each.get("path") for each in response.errors):
        # Whoever wrote it does not say that the operation was refused.
        raise _with_status(StashServerError(_broken(connection, response.errors)), status)
    return response


def _may_hold_result(status: int) -> bool:
    """Whether a GraphQL result with this status is the server's; a gateway's looks like one at times."""
    return status not in _GATEWAY and status != 401 and not 300 <= status < 400  # noqa: PLR2004 - HTTP's numbers


def _broken(connection: Connection, errors: list[dict[str, Any]]) -> str:
    said = "; ".join(str(each.get("message") or "no reason") for each in errors)
    return f"{connection.server} failed (status {_BROKEN}): {_first_line(said)}"


def _result(body: bytes) -> dict[str, Any] | None:
    try:
        payload = json.loads(body)
    except ValueError:
        return None
    except RecursionError as error:
        raise StashIntegrationError("The server's answer is nested too deeply to be read.") from error
    known = isinstance(payload, dict) and ("data" in payload or "errors" in payload)
    return payload if known else None


def file_refusal(connection: Connection, status: int, headers: Mapping[str, str], body: bytes) -> StashError:
    """What an answer amounts to that is not the file that was asked for."""
    if status == 404:  # noqa: PLR2004 - HTTP's number
        return StashServerError(
            f"{connection.server} does not have the file any more.",
            hint="Ask for it again: servers keep downloads only for a while.",
        )
    return _refusal(connection, status, headers, body)


def _with_status(error: StashError, status: int) -> StashError:
    error.status = status
    return error


def _refusal(connection: Connection, status: int, headers: Mapping[str, str], body: bytes) -> StashError:
    return _with_status(_meaning(connection, status, headers, body), status)


def _meaning(connection: Connection, status: int, headers: Mapping[str, str], body: bytes) -> StashError:
    text = body.decode("utf-8", "replace").strip()
    location = headers.get("location", "")
    # Up to v0.22 a wrong key is answered with status 500 and this word.
    if status == 401 or text == "unauthorized" or "/login" in location:  # noqa: PLR2004 - HTTP's number
        return unauthorised(connection)
    if 300 <= status < 400 and location:  # noqa: PLR2004 - redirects
        return _moved(connection, location)
    if status in _GATEWAY:
        return StashConnectionError(
            f"{connection.server} has no server behind it: a gateway answered {status}.", transient=True
        )
    return _by_status(connection, status, text)


def _by_status(connection: Connection, status: int, text: str) -> StashError:
    if status == 403:  # noqa: PLR2004 - HTTP's number
        return StashAuthenticationError(
            f"The server refuses this address: {_first_line(text)}",
            hint="Stash locks itself when it is reached from the internet without a password.",
        )
    if status == 413:  # noqa: PLR2004 - HTTP's number
        return StashServerError("The request is larger than the server, or a proxy before it, accepts (413).")
    if text[:1] == "<":
        return StashServerError(
            f"{connection.server} answered with a web page, not with GraphQL (status {status}).",
            hint="Check the address: it is the one of the web interface, path prefix included.",
        )
    if not text:
        return StashServerError(f"{connection.server} answered with status {status} and nothing else.")
    return StashServerError(
        f"{connection.server} answered with something that is not GraphQL (status {status}):"
        f" {_first_line(text)}"
    )


def unauthorised(connection: Connection) -> StashAuthenticationError:
    """The server wants a key, or another one."""
    if connection.api_key:
        return StashAuthenticationError(
            f"{connection.server} refused the API key.",
            hint="Copy it again from Settings > Security. A server that has no key refuses all.",
        )
    return StashAuthenticationError(
        f"{connection.server} wants an API key.",
        hint="Set STASH_API_KEY or STASH_API_KEY_FILE; the key is in the server's Settings > Security.",
    )


def _moved(connection: Connection, location: str) -> StashServerError:
    target = urlsplit(location)
    where = f"{target.scheme}://{target.netloc}{target.path}" if target.netloc else target.path
    return StashServerError(
        f"{connection.server} redirects to {where}.", hint="Use that address if you trust it."
    )


def _first_line(text: str) -> str:
    line = text.partition("\n")[0].strip()
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."
