"""Where the library is reached, as the links in its answers say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection


def base_url(request: HTTPConnection) -> str:
    """Scheme, host and path prefix that a client used, a proxy in between included; no slash at the end."""
    headers = request.headers
    secure = request.url.scheme in {"https", "wss"}
    scheme = headers.get("x-forwarded-proto") or ("https" if secure else "http")
    host = headers.get("host") or request.url.netloc
    return f"{scheme}://{host}{headers.get('x-forwarded-prefix', '').rstrip('/')}"
