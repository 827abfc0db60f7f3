"""Where the library is reached, as the links in its answers say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.embedded.web.peers import prefix_of

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection


def base_url(request: HTTPConnection) -> str:
    """Scheme, host and path prefix that a client used, a configured proxy included; no slash at the end."""
    scheme = "https" if request.url.scheme in {"https", "wss"} else "http"
    host = request.headers.get("host") or request.url.netloc
    return f"{scheme}://{host}{prefix_of(request.scope)}"
