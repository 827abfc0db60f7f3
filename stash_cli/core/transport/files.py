"""Files: uploads in multipart requests, and URLs of downloads.

Uploads follow the GraphQL multipart request specification: `operations` is the request with null for each
file, `map` has the paths of the files, and the files follow in this order.
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


@dataclass(slots=True, eq=False)
class Uploads:
    """Variables without their files, and the files with their paths in the variables."""

    variables: Any = None
    files: list[tuple[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, variables: Any) -> Uploads:
        """Extract paths and binary file objects from `variables`; each is replaced by null."""
        found = cls()
        found.variables = found._extract(variables, "variables")
        return found

    def _extract(self, value: Any, place: str) -> Any:
        if isinstance(value, dict):
            return {key: self._extract(item, f"{place}.{key}") for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._extract(item, f"{place}.{number}") for number, item in enumerate(value)]
        if not isinstance(value, Path) and not hasattr(value, "read"):
            return value
        self.files.append((place, value))
        return None

    def fields(self, body: bytes) -> dict[str, str]:
        """The form fields before the files; `body` is the request as JSON."""
        places = {str(number): [place] for number, (place, _) in enumerate(self.files)}
        return {"operations": body.decode(), "map": json.dumps(places)}

    @contextmanager
    def opened(self) -> Iterator[dict[str, tuple[str, Any, str]]]:
        """Number -> (name, open file, content type); files given as paths are closed at the end.

        Raises StashInputError for a file that cannot be read.
        """
        with ExitStack() as stack:
            yield {str(number): _part(each, stack) for number, (_, each) in enumerate(self.files)}


def multipart() -> str:
    """The content type of a request with files; the boundary is random, so no file contains it."""
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
    """The URL of `address`: a path is relative to the server's base URL, an absolute URL is unchanged.

    Prepared downloads (`/downloads/...`) are always below the base URL, because a server behind a proxy may
    return a host that is not its public one. Raises StashInputError for a malformed address.
    """
    try:
        parts = urlsplit(address)
        has_host = parts.hostname is not None
    except ValueError:
        raise StashInputError(f"{address!r} is no address of a file.") from None
    _, is_prepared, rest = parts.path.partition(_DOWNLOADS)
    if has_host and not is_prepared:
        return urljoin(endpoint, parts._replace(fragment="").geturl())
    path = f"{_DOWNLOADS}{rest}" if is_prepared else f"/{parts.path.lstrip('/')}"
    base = endpoint.removesuffix("/").removesuffix("/graphql")
    return f"{base}{path}?{parts.query}" if parts.query else f"{base}{path}"


def same_origin(one: str, other: str) -> bool:
    """Whether two URLs have the same scheme, host and port."""
    return _origin(one) == _origin(other)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def download_name(address: str) -> str:
    """The file name at the end of an address."""
    return urlsplit(address).path.rpartition("/")[2]
