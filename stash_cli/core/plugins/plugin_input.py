"""The input of a plugin: one JSON object on stdin with the server's address, a session and the arguments."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stash_cli.core.errors import StashConfigurationError, StashIntegrationError
from stash_cli.core.server_url import normalise_url
from stash_cli.core.settings import Connection
from stash_cli.core.transport.http import HttpTransport
from stash_cli.core.transport.proxies import is_local

if TYPE_CHECKING:
    from collections.abc import Mapping

_WRONG = "The plugin's input"
_HINT = "It is written by a Stash server that runs this program as a plugin with `interface: raw`."


@dataclass(frozen=True, slots=True)
class Hook:
    """The event that a hook runs after: its name (`Scene.Update.Post`), the object's id, and the input."""

    event: str
    id: str
    input: Any = None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PluginInput:
    """The input that a server gives a plugin.

    `args` are the task's arguments, `folder` is the plugin's folder and `config_folder` the server's.
    """

    connection: Connection = field(repr=False)
    args: Mapping[str, Any]
    hook: Hook | None = None
    folder: str = ""
    config_folder: str = ""

    @classmethod
    def parse(cls, text: str) -> PluginInput:
        """Parse the JSON input. Raises StashConfigurationError, which does not quote the input's secrets."""
        try:
            given = json.loads(text)
        except ValueError:
            raise StashConfigurationError(f"{_WRONG} is not JSON.", hint=_HINT) from None
        block = given.get("server_connection") if isinstance(given, dict) else None
        if not isinstance(block, dict):
            raise StashConfigurationError(f"{_WRONG} has no server_connection.", hint=_HINT)
        args = given.get("args")
        args = args if isinstance(args, dict) else {}
        return cls(
            _connection(block),
            args,
            _hook(args.get("hookContext")),
            str(block.get("PluginDir") or ""),
            str(block.get("Dir") or ""),
        )


def _connection(block: Mapping[str, Any]) -> Connection:
    host = str(block.get("Host") or "localhost")
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    port = f":{block['Port']}" if block.get("Port") else ""
    url = normalise_url(f"{block.get('Scheme') or 'http'}://{host}{port}", "server_connection")
    cookie = block.get("SessionCookie")
    session = str(cookie.get("Value") or "") if isinstance(cookie, dict) else ""
    if not (session.isascii() and session.isprintable()) or ";" in session:
        raise StashConfigurationError(f"{_WRONG} has a session cookie that cannot be sent.", hint=_HINT)
    # The server passes the address that it listens on, which its certificate does not cover; a local
    # connection does not leave the machine.
    verify = not is_local(url)
    return Connection(url, session=session or None, verify=verify, source="the plugin's input")


def _hook(context: Any) -> Hook | None:
    if not isinstance(context, dict):
        return None
    fields = context.get("inputFields")
    return Hook(
        str(context.get("type") or ""),
        str(context.get("id") or ""),
        context.get("input"),
        tuple(map(str, fields)) if isinstance(fields, list) else (),
    )


KEY_QUERY = "query PluginSession { configuration { general { apiKey maxSessionAge } } }"


async def exchange_session(connection: Connection) -> tuple[Connection, float]:
    """Exchange the session for the server's API key, if it has one; return also the session's maximum age.

    A session expires that many seconds after its last request; a key does not expire. Raises StashError.
    """
    from stash_cli.core.client.session import Session

    transport = HttpTransport(connection)
    async with Session(connection, transport) as session:
        data = await session.execute(KEY_QUERY)
    try:
        general = data["configuration"]["general"]
        key, age = general.get("apiKey") or "", float(general.get("maxSessionAge") or 0)
    except (KeyError, TypeError, AttributeError, ValueError):
        raise StashIntegrationError("The server did not describe its settings.") from None
    if key:
        return replace(connection, api_key=key, session=None), age
    return replace(connection, session=transport.session), age


def connection_block(url: str, session: str, folder: str, plugin_folder: str) -> dict[str, Any]:
    """Build the `server_connection` for a server at `url`, in the form of servers."""
    parts = urlsplit(url)
    cookie = {
        "Name": "session",
        "Value": session,
        "Quoted": False,
        "Path": "",
        "Domain": "",
        "Expires": "0001-01-01T00:00:00Z",
        "RawExpires": "",
        "MaxAge": 0,
        "Secure": False,
        "HttpOnly": False,
        "SameSite": 0,
        "Partitioned": False,
        "Raw": "",
        "Unparsed": None,
    }
    return {
        "Scheme": parts.scheme,
        "Host": parts.hostname,
        "Port": parts.port,
        "SessionCookie": cookie,
        "Dir": folder,
        "PluginDir": plugin_folder,
    }
