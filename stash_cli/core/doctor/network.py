"""Checks of the way to the server: address, name, port, certificate, proxy."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from stash_cli.core.doctor.findings import (
    UNREACHABLE,
    Finding,
    failure,
    from_error,
    not_needed,
    ok,
    warning,
)
from stash_cli.core.errors import StashConfigurationError
from stash_cli.core.server_url import is_ip
from stash_cli.core.settings import DEMO
from stash_cli.core.transport.event_loops import in_daemon_thread
from stash_cli.core.transport.in_process import require_file
from stash_cli.core.transport.proxies import is_local
from stash_cli.core.transport.setup import tls_context

if TYPE_CHECKING:
    from stash_cli.core.doctor.subject import Subject

_ADDRESSES = 4
"""Maximum number of addresses of one host that are tried."""
_SOON = 14
"""Days before expiry from which a certificate is a warning."""
_ADDRESS_FIX = "Check the address (--server, STASH_URL, profile), or write the server's IP address."


async def address(subject: Subject) -> Finding:
    """The settings name a server, and a library file exists."""
    if subject.problem is not None:
        return from_error(subject.problem)
    connection, origin = subject.connection, subject.environment.origin
    if connection.location == DEMO and subject.environment.demo and not subject.environment.demo.exists():
        return not_needed("the demo library is made by the first command that uses it")
    if connection.is_embedded:
        require_file(replace(connection, create=False))
    if not connection.configured and (names := subject.environment.profiles):
        found = f"{connection.server}, the default: of the profiles {', '.join(names)} none is chosen"
        return warning(found, f"Give -P {names[0]}, or run: stash auth switch {names[0]}")
    if not connection.configured:
        return ok(f"{connection.server}, the default: no server is configured")
    return ok(f"{connection.server}, from {origin}" if origin else connection.server)


async def dns(subject: Subject) -> Finding:
    """The name of the server, or of the proxy, resolves."""
    host, port = subject.peer
    if is_ip(host):
        return ok(f"{_peer(subject)} is an address and needs no name")
    try:
        found = await resolve(host, port)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        return failure(f"the name {_peer(subject)} does not resolve: {reason}", _fix(subject), UNREACHABLE)
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    only = "" if any(each[0] is socket.AF_INET for each in found) else " (IPv6 only)"
    return ok(f"{_peer(subject)} is {', '.join(addresses)}{only}")


def _peer(subject: Subject) -> str:
    """Text for the host of the socket; for a proxy with the setting that names it."""
    host, _ = subject.peer
    return f"{host} ({subject.proxy.named})" if subject.proxy else host


def _fix(subject: Subject) -> str:
    return _ADDRESS_FIX if subject.proxy is None else subject.proxy.fix


async def resolve(host: str, port: int) -> list[Any]:
    """Call getaddrinfo in a thread, so that a slow resolver does not delay the exit. Raises OSError."""
    found: list[Any] = []

    def look_up() -> None:
        found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))

    await in_daemon_thread(look_up, "stash-resolver")
    return found


async def tcp(subject: Subject) -> Finding:
    """Something listens on the port of the server, or of the proxy."""
    host, port = subject.peer
    rows = (await resolve(host, port))[:_ADDRESSES]
    attempts = [asyncio.ensure_future(_connect(row)) for row in rows]
    try:
        for attempt in asyncio.as_completed(attempts):
            if await attempt is None:
                return ok(f"port {port} of {_peer(subject)} takes connections")
    finally:
        for each in attempts:
            each.cancel()
    errors = [each.result() for each in attempts]
    if any(isinstance(error, ConnectionRefusedError) for error in errors):
        fix = "Start the server, or correct the port (--server, STASH_URL, profile)."
        if subject.proxy is not None:
            fix = _fix(subject)
        elif not subject.connection.configured:
            fix = "Start Stash, set the server with --server or STASH_URL, or try --demo, which needs none."
        return failure(f"nothing listens on port {port} of {_peer(subject)}", fix, UNREACHABLE)
    reason = next((error.strerror for error in errors if error and error.strerror), "no answer")
    found = f"port {port} of {_peer(subject)} cannot be reached: {reason}"
    return failure(found, _fix(subject), UNREACHABLE)


async def _connect(row: Any) -> OSError | None:
    """Connect to one row of getaddrinfo, and close; return the error, or None."""
    family, kind, protocol, _, place = row
    connection = socket.socket(family, kind, protocol)
    connection.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(connection, place)
    except OSError as error:
        return error
    finally:
        connection.close()
    return None


async def proxy(subject: Subject) -> Finding:
    """The proxy of the environment opens the way."""
    used = subject.proxy
    if used is None:
        why = ": the server is on this machine" if is_local(subject.connection.url) else ""
        return ok(f"none is used{why}")
    place = "{}:{}".format(*subject.peer)
    if used.is_socks:
        return ok(f"{place} ({used.named}), SOCKS")
    if subject.is_https and (status := await _tunnel_status(subject)) != 200:  # noqa: PLR2004 - HTTP's number
        fix = f"Give it a user name and a password, if it wants them. {used.fix}"
        return failure(f"{place} ({used.named}) refuses a tunnel: status {status}", fix, UNREACHABLE)
    return ok(f"{place} ({used.named})")


async def _tunnel_status(subject: Subject) -> int:
    reader, writer = await asyncio.open_connection(*subject.peer)
    try:
        return await _open_tunnel(subject, reader, writer)
    finally:
        writer.transport.abort()


async def _open_tunnel(subject: Subject, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
    """Request a tunnel to the server from the proxy; return the status of its response, 0 for none."""
    target = f"[{subject.host}]" if ":" in subject.host else subject.host
    writer.write(
        f"CONNECT {target}:{subject.port} HTTP/1.1\r\nHost: {target}:{subject.port}\r\n"
        f"{_proxy_authorization(subject)}\r\n".encode()
    )
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        return int(head.split(" ", 2)[1])
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, IndexError):
        return 0


def _proxy_authorization(subject: Subject) -> str:
    from base64 import b64encode

    parts = urlsplit(subject.proxy.url if subject.proxy else "")
    if parts.username is None:
        return ""
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return f"Proxy-Authorization: Basic {b64encode(pair.encode()).decode()}\r\n"


async def tls(subject: Subject) -> Finding:
    """The server's certificate is trusted, is for this name, and has some time left."""
    if not subject.is_https:
        return not_needed("not needed: http is not encrypted")
    if subject.proxy is not None and subject.proxy.is_socks:
        return not_needed("not checked through SOCKS")
    try:
        end = await _handshake(subject)
    except ssl.SSLCertVerificationError as error:
        return _untrusted(error)
    except (OSError, EOFError) as error:  # those of TLS are OSErrors
        return _no_tls(subject, error)
    if subject.connection.verify is False:
        fix = "Give the certificate's CA with --ca-cert instead of --insecure."
        return warning("the certificate is not checked (--insecure)", fix)
    return _until(end)


async def _handshake(subject: Subject) -> str:
    """Perform a TLS handshake, and close; return the expiry of the certificate, "" if it was not checked."""
    context = tls_context(subject.connection)
    if context is None:
        raise StashConfigurationError("There is no TLS context.")
    reader, writer = await asyncio.open_connection(*subject.peer)
    try:
        if subject.proxy is not None:
            await _open_tunnel(subject, reader, writer)
        await writer.start_tls(context, server_hostname=subject.host)
        found = writer.get_extra_info("ssl_object").getpeercert() or {}
        return str(found.get("notAfter", ""))
    finally:
        with suppress(OSError):
            writer.transport.abort()


def _until(end: str) -> Finding:
    if not end:
        return ok("encrypted")
    days = int((ssl.cert_time_to_seconds(end) - time.time()) // 86_400)
    if days < _SOON:
        return warning(f"the certificate ends in {days} days ({end})", "Renew it on the server.")
    return ok(f"the certificate is trusted until {end}")


_EXPIRED, _NOT_YET, _WRONG_NAME = 10, 9, (62, 64)
"""Codes of OpenSSL's verification."""
_CA_FIX = "Give the file of its CA with --ca-cert, or use --insecure if you trust this network."


def _untrusted(error: ssl.SSLCertVerificationError) -> Finding:
    reason = error.verify_message.rstrip(".")
    if error.verify_code == _EXPIRED:
        return failure(f"the certificate is not valid: {reason}", "Renew it on the server.", UNREACHABLE)
    if error.verify_code == _NOT_YET:
        return failure(f"the certificate is not valid: {reason}", "Compare the clocks.", UNREACHABLE)
    if error.verify_code in _WRONG_NAME:
        fix = "Use a name that the certificate has, or make one with this name."
        return failure(f"the certificate is for another name: {reason}", fix, UNREACHABLE)
    return failure(f"the certificate is not trusted: {reason}", _CA_FIX, UNREACHABLE)


def _no_tls(subject: Subject, error: Exception) -> Finding:
    said = (error.reason or "") if isinstance(error, ssl.SSLError) else ""
    reason = said.lower().replace("_", " ") or "it hung up"
    host, port = subject.host, subject.port
    fix = "Write http:// instead of https://, or use the port of its TLS."
    return failure(f"port {port} of {host} does not speak TLS: {reason}", fix, UNREACHABLE)
