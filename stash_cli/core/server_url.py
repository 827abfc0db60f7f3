"""Addresses of servers: parsed, validated, and completed to the GraphQL endpoint."""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from stash_cli.core.errors import StashConfigurationError
from stash_cli.core.texts import is_text, legible

EMBEDDED = "embedded:"
DEMO = "demo"
# The address that servers print when they listen on all interfaces; not all systems can connect to it.
_EVERYWHERE = {"0.0.0.0": "localhost", "::": "localhost"}  # noqa: S104 - recognised, never bound
_ADDRESS = "The server address"


def normalise_url(text: str, setting: str = _ADDRESS) -> str:
    """The GraphQL endpoint for a base URL or endpoint; a path prefix is kept.

    Raises StashConfigurationError that names `setting`, the source of `text`.

    >>> normalise_url("localhost:9999/stash/")
    'http://localhost:9999/stash/graphql'
    """
    text = text.strip()
    if text.startswith(EMBEDDED):
        return EMBEDDED + _library(text.removeprefix(EMBEDDED), setting)
    parts = check_url(text if "://" in text else f"http://{text}", setting)
    host = _EVERYWHERE.get(parts.hostname or "", parts.hostname or "")
    host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port is not None else ""
    # Users give the address of the web interface as well as the endpoint.
    path = parts.path.rstrip("/").removesuffix("/graphql")
    return f"{parts.scheme.lower()}://{host}{port}{path}/graphql"


def check_url(url: str, setting: str = _ADDRESS) -> SplitResult:
    """The parts of a server's URL; raises StashConfigurationError.

    Error messages do not repeat the URL, as it may hold a secret.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # its message quotes a part of the text
        raise _no_address(setting, "host or port cannot be read") from None
    # Addresses are logged and shown in errors, so they must not contain secrets.
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise StashConfigurationError(
            f"{setting} cannot be used: it has no user name, password, query (?...) or fragment (#...).",
            hint="Give the API key with STASH_API_KEY or STASH_API_KEY_FILE.",
        )
    if parts.scheme.lower() not in ("http", "https"):
        raise _no_address(setting, f"{parts.scheme!r} is not http, https or embedded:FILE")
    if not parts.hostname or any(c.isspace() for c in url):
        raise _no_address(setting, "it has no host, or white space in it")
    if port == 0 or not is_host(parts.hostname) or not url.isprintable():
        raise _no_address(setting, "host or port cannot exist")
    return parts


def _no_address(setting: str, reason: str) -> StashConfigurationError:
    return StashConfigurationError(
        f"{setting} is not a server address: {reason}.",
        hint="Write it like http://nas:9999; an embedded library is embedded:FILE.",
    )


_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?")
_LONGEST_NAME, _LONGEST_LABEL = 253, 63
_DOTTED = re.compile(r"\d+(\.\d+){3}")


def is_host(host: str) -> bool:
    """Whether `host` can be the address or name of a host: labels of letters, digits and hyphens, or IDNA."""
    if ":" in host or _DOTTED.fullmatch(host):
        return is_ip(host)
    try:
        name = host.encode("idna").decode().removesuffix(".")
    except UnicodeError:
        return False
    labels = name.split(".")
    are_right = all(len(each) <= _LONGEST_LABEL and _LABEL.fullmatch(each) for each in labels)
    return len(name) <= _LONGEST_NAME and are_right


def is_ip(host: str) -> bool:
    """Whether `host` is an IPv4 or IPv6 address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _library(location: str, setting: str) -> str:
    if location in ("", DEMO):
        if not location:
            raise StashConfigurationError(
                f"{setting} names no library: embedded: wants a file, or demo: embedded:library.sqlite."
            )
        return location
    try:
        path = str(Path(location).expanduser().absolute())
    except (OSError, RuntimeError) as error:  # the current folder was deleted; an unknown home folder
        raise StashConfigurationError(
            f"{setting} names a library whose folder is not known.", hint="Give its full path."
        ) from error
    if not is_text(path):
        raise StashConfigurationError(
            f"A library cannot lie in a folder whose name is not UTF-8: {legible(path)}."
        )
    return path
