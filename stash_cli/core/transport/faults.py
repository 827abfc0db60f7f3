"""Translation of httpx's and websockets' exceptions into errors of this library, in one table."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from stash_cli.core.errors import Delivery, StashConnectionError
from stash_cli.core.settings import DEFAULT_URL
from stash_cli.core.transport.proxies import Proxy, proxy_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stash_cli.core.settings import Connection


class Fault(NamedTuple):
    """A cause of failure: a phrase for the message, and whether a retry may help."""

    says: str
    transient: bool


_REFUSED = Fault("nothing listens there", transient=True)
_UNTRUSTED = Fault("its certificate is not trusted", transient=False)
_NO_TLS = Fault("it does not speak TLS as expected", transient=False)
_BY_CAUSE: tuple[tuple[type[BaseException], Fault], ...] = (
    (socket.gaierror, Fault("the host name is not known", transient=False)),
    (ssl.SSLCertVerificationError, _UNTRUSTED),
    (ssl.SSLError, _NO_TLS),
    (ConnectionRefusedError, _REFUSED),
)
_UNOPENED = Fault("no answer to the connection attempt", transient=False)
# Keyed by class name, because httpx and websockets are imported with the first request only.
_BY_CLASS_NAME = {
    "ConnectError": _REFUSED,
    "ConnectTimeout": _UNOPENED,
    "PoolTimeout": Fault("too many requests at once", transient=False),
    "WriteTimeout": Fault("it stopped reading the request", transient=False),
    "ReadTimeout": Fault("no answer within {timeout:g} s", transient=False),
    "WriteError": Fault("it hung up while the request was sent", transient=True),
    "ReadError": Fault("it hung up before its answer was complete", transient=True),
    "RemoteProtocolError": Fault("it hung up before its answer was complete", transient=True),
    "ProxyError": Fault("the proxy refused", transient=False),
    "DecodingError": Fault("its answer is damaged", transient=True),
    "DamagedError": Fault("its answer is damaged", transient=True),
    "TooSlowError": Fault("hardly anything came within {timeout:g} s", transient=False),
    "TimeoutError": Fault("no complete answer within {timeout:g} s", transient=False),
    "ConnectionClosedError": Fault("it hung up", transient=True),
    "ConnectionClosedOK": Fault("it hung up", transient=True),
}
_OTHER = Fault("the connection failed", transient=False)


def translate(
    error: BaseException, connection: Connection, delivery: Delivery, handled: BaseException | None = None
) -> StashConnectionError:
    """The StashConnectionError for an exception of a transport library.

    `delivery` is the recorded progress of the request, which exceptions do not contain. `handled` is the
    exception that the caller was handling when the request was sent; it is no cause of `error`.
    """
    found = list(causes(error, handled))
    fault = next((f for kind, f in _BY_CAUSE for cause in found if isinstance(cause, kind)), None)
    if isinstance(error, TimeoutError) and delivery is Delivery.NOT_STARTED:
        fault = _UNOPENED
    fault = fault or _by_class(error)
    what = "Cannot reach" if delivery is Delivery.NOT_STARTED else "No answer from"
    proxy = _failing_proxy(connection, fault, delivery)
    through = f" through {proxy.named}" if proxy else ""
    return StashConnectionError(
        f"{what} {connection.server}{through}: {fault.says.format(timeout=connection.timeout)}.",
        hint=proxy.fix if proxy else _hint(connection, fault, delivery),
        delivery=delivery,
        transient=fault.transient,
    )


def causes(error: BaseException, handled: BaseException | None = None) -> Iterator[BaseException]:
    """`error`, its causes, and the members of exception groups among them, except `handled`.

    httpcore raises its errors `from None`, so their `__context__` is followed instead. That may be the
    exception that the caller was already handling, which belongs to another request.
    """
    yield error
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            yield from causes(member, handled)
    below = error.__cause__
    if below is None and type(error).__module__.startswith("httpcore"):
        below = error.__context__
    if below is not None and below is not handled:
        yield from causes(below, handled)


def _by_class(error: BaseException) -> Fault:
    names = (cls.__name__ for cls in type(error).__mro__)
    return next((_BY_CLASS_NAME[name] for name in names if name in _BY_CLASS_NAME), _OTHER)


def _failing_proxy(connection: Connection, fault: Fault, delivery: Delivery) -> Proxy | None:
    """The proxy, where it is the one that was not reached or refused.

    Through a proxy the server is met with TLS or with the request only.
    """
    if delivery is not Delivery.NOT_STARTED or fault in (_UNTRUSTED, _NO_TLS):
        return None
    return proxy_for(connection.url, connection.proxy)


def _hint(connection: Connection, fault: Fault, delivery: Delivery) -> str | None:
    if "certificate" in fault.says:
        return "Give its CA with --ca-cert, or use --insecure if you trust this network."
    if delivery is not Delivery.NOT_STARTED:
        return None
    if not connection.configured:
        return (
            "Start Stash, or run `stash login URL` for a server elsewhere (or set STASH_URL)."
            " `stash --demo ...` needs no server."
        )
    place = urlsplit(connection.url)
    if fault is _REFUSED and place.port is None and place.scheme == "http":
        port = urlsplit(DEFAULT_URL).port
        return f"The address has no port. By default, Stash uses {port}: http://{place.hostname}:{port}"
    return "Check that the server is running and that the address is right."
