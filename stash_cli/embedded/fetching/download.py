"""One download by http or https: bounded redirects, bytes and seconds; no credentials are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

import httpcore

from stash_cli.embedded.fetching.network import CheckedBackend, Deadline, ForbiddenAddressError
from stash_cli.embedded.graphql.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stash_cli.embedded.library.limits import Limits

_REDIRECTS = 5
_MOVED = frozenset({301, 302, 303, 307, 308})
_ERRORS = 400
_HEADERS: dict[bytes | str, bytes | str] = {
    "User-Agent": "stash-cli",
    "Accept": "image/*",
    "Accept-Encoding": "identity",
}
_UNSAFE = "!#$%&'()*+,/:;=?@[]~"  # what a URL may hold unquoted


def download(url: str, limits: Limits) -> bytes:
    """The content at `url`; raises Refused with the reason as the server words it."""
    deadline = Deadline(limits.fetch_seconds)
    backend = CheckedBackend(deadline, private_addresses=limits.private_addresses)
    try:
        with httpcore.ConnectionPool(network_backend=backend) as pool:
            return _followed(pool, url, limits)
    except ForbiddenAddressError as reason:
        raise Refused(
            f'Get "{url}": {reason}; it has to be allowed: stash embedded serve --allow private-addresses'
        ) from None
    except (httpcore.TimeoutException, TimeoutError):
        raise Refused(f'Get "{url}": timeout exceeded') from None
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError, LookupError) as failure:
        raise Refused(f'Get "{url}": {failure}') from None


def _followed(pool: httpcore.ConnectionPool, url: str, limits: Limits) -> bytes:
    target = url
    for _ in range(_REDIRECTS + 1):
        scheme = urlsplit(target).scheme
        if scheme not in {"http", "https"}:
            raise Refused(f'Get "{target}": unsupported protocol scheme "{scheme}"')
        with pool.stream("GET", _bare(target), headers=_HEADERS) as answer:
            if answer.status in _MOVED and (place := _location(answer.headers)):
                target = urljoin(target, place)
                continue
            if answer.status >= _ERRORS:
                raise Refused(f"http error {answer.status}")
            return _content(answer, target, limits)
    raise Refused(f'Get "{target}": stopped after {_REDIRECTS} redirects')


def _bare(url: str) -> str:
    """A URL without user, password and fragment, all of it ASCII."""
    parts = urlsplit(url)
    netloc = parts.netloc.rpartition("@")[2].encode("idna").decode()
    return quote(parts._replace(netloc=netloc, fragment="").geturl(), safe=_UNSAFE)


def _location(headers: Iterable[tuple[bytes, bytes]]) -> str:
    return next((value.decode("latin-1") for name, value in headers if name.lower() == b"location"), "")


def _content(answer: httpcore.Response, url: str, limits: Limits) -> bytes:
    content = bytearray()
    for chunk in answer.iter_stream():
        content += chunk
        if len(content) > limits.fetch_bytes:
            raise Refused(f'Get "{url}": larger than {limits.fetch_bytes} bytes')
    return bytes(content)
