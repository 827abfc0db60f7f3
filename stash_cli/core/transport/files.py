"""Files beside GraphQL: uploads as a multipart request, and where downloads are.

An upload follows the multipart request convention: `operations` is the request with null for each file,
`map` says where each belongs, the files come last, in this order.
"""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from stash_cli.core.errors import StashInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

_DOWNLOADS = "/downloads/"
_PORTS = {"http": 80, "https": 443}


@dataclass(slots=True)
class Uploads:
    """Variables without their files, and the files with the places that they belong to."""

    variables: Any = None
    files: list[tuple[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, variables: Any) -> Uploads:
        """Paths and binary file objects among `variables`; without any these are kept as they are."""
        found = cls()
        found.variables = found._take(variables, "variables")
        return found

    def _take(self, value: Any, place: str) -> Any:
        if isinstance(value, dict):
            return {key: self._take(item, f"{place}.{key}") for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._take(item, f"{place}.{number}") for number, item in enumerate(value)]
        if not isinstance(value, Path) and not hasattr(value, "read"):
            return value
        self.files.append((place, value))
        return None

    def fields(self, body: bytes) -> dict[str, str]:
        """The parts that come before the files; `body` is the request as JSON."""
        places = {str(number): [place] for number, (place, _) in enumerate(self.files)}
        return {"operations": body.decode(), "map": json.dumps(places)}

    @contextmanager
    def opened(self) -> Iterator[dict[str, tuple[str, Any, str]]]:
        """The files, open: number -> name, file, type. Those that came as paths are closed again.

        Raises StashInputError for a file that cannot be read.
        """
        with ExitStack() as stack:
            yield {str(number): _part(each, stack) for number, (_, each) in enumerate(self.files)}


def multipart() -> str:
    """The content type of a request with files; what stands between its parts is in none of them."""
    from secrets import token_hex

    return f"multipart/form-data; boundary={token_hex(16)}"


def _part(source: Any, stack: ExitStack) -> tuple[str, Any, str]:
    kind = "application/octet-stream"
    if not isinstance(source, Path):
        return Path(str(getattr(source, "name", "file"))).name, source, kind
    try:
        return source.name, stack.enter_context(source.open("rb")), kind
    except OSError as error:
        raise StashInputError(f"{source} cannot be read: {error.strerror}.") from error


def download_url(endpoint: str, address: str) -> str:
    """Where to fetch `address`: a path is below the server's own address, an absolute one stays.

    Downloads that the server prepares (`/downloads/...`) are below its own address as well, whatever host
    they name: by what it is reached here, a proxy's prefix included, may be unknown to it. Raises
    StashInputError for what is no address.
    """
    try:
        parts = urlsplit(address)
        foreign = parts.hostname is not None
    except ValueError:
        raise StashInputError(f"{address!r} is no address of a file.") from None
    _, found, rest = parts.path.partition(_DOWNLOADS)
    if foreign and not found:
        return urljoin(endpoint, parts._replace(fragment="").geturl())
    path = f"{_DOWNLOADS}{rest}" if found else f"/{parts.path.lstrip('/')}"
    base = endpoint.removesuffix("/").removesuffix("/graphql")
    return f"{base}{path}?{parts.query}" if parts.query else f"{base}{path}"


def same_origin(one: str, other: str) -> bool:
    """Whether two URLs have scheme, host and port in common."""
    return _origin(one) == _origin(other)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def download_name(address: str) -> str:
    """The file name at the end of an address."""
    return urlsplit(address).path.rpartition("/")[2]
