"""Login with user name and password, as on the server's web page, and the server's API key."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stash_cli.core.errors import Delivery, StashAuthenticationError, StashServerError
from stash_cli.core.transport import answers
from stash_cli.core.transport.faults import translate
from stash_cli.core.transport.http import HttpTransport, load_httpx

if TYPE_CHECKING:
    from stash_cli.core.client.session import Session
    from stash_cli.core.settings import Connection

COOKIE = "session"
"""The name of the server's session cookie."""
_OK, _UNAUTHORIZED = 200, 401
_MAX_ANSWER = 1 << 20
"""Bytes of the response to a login, which is empty or a web page."""


async def log_in(connection: Connection, username: str, password: str) -> Connection:
    """Log in, and return the connection with a session cookie instead of an API key.

    After a login servers answer 200 with a cookie (older ones redirect). After a wrong password they answer
    401 (older ones with a page, so a cookie that is refused later means the same). Raises
    StashAuthenticationError, StashConnectionError and StashServerError.
    """
    httpx = load_httpx()
    transport = HttpTransport(replace(connection, api_key=None))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        async with (
            transport.make_client() as client,
            client.stream(
                "POST",
                f"{connection.server}/login",
                data={"username": username, "password": password},
                headers=form,
            ) as answer,
        ):
            await answers.read_all(answer, _MAX_ANSWER)
    except (httpx.HTTPError, OSError, answers.DamagedError) as error:
        raise translate(error, connection, Delivery.BODY_WRITTEN) from error
    cookie = answer.cookies.get(COOKIE)
    if not cookie or not (answer.status_code == _OK or answers.is_redirect(answer.status_code)):
        raise _refusal(connection, answer)
    return replace(connection, api_key=None, session=cookie)


def _refusal(connection: Connection, answer: object) -> Exception:
    """The error for a response that starts no session."""
    status, headers = answer.status_code, answer.headers  # type: ignore[attr-defined]
    if unavailable := answers.unavailable_error(connection, status, headers.get("retry-after", "")):
        return unavailable
    if answers.is_redirect(status) and (location := headers.get("location", "")):
        error = answers.redirect_error(connection, location)
        if not isinstance(error, StashAuthenticationError):
            return error
    elif status not in (_OK, _UNAUTHORIZED):
        return StashServerError(
            f"{connection.server} has no login (status {status}).", hint="Check that the address is right."
        )
    return wrong_password(connection)


def wrong_password(connection: Connection) -> StashAuthenticationError:
    """The error for a wrong user name or password."""
    return StashAuthenticationError(
        f"{connection.server} refused the user name or the password.",
        hint="They are those of the server's web interface.",
    )


async def present_key(session: Session) -> str | None:
    """The current API key of the server, or None without one."""
    answer = await session.call("configuration", {}, ["general.apiKey"], quiet=True)
    return answer["general"].get("apiKey") or None


async def generate_key(session: Session) -> str:
    """Generate an API key, which replaces the current one of the server. Raises StashServerError."""
    key = await session.call("generateAPIKey", {"input": {}})
    if not key:
        raise StashServerError("The server made no API key: it has no user name.")
    return str(key)
