"""The one table that turns httpx and websockets failures into errors of this library."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, NamedTuple

from stash_cli.core.errors import Delivery, StashConnectionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stash_cli.core.settings import Connection


class Fault(NamedTuple):
    """What a foreign exception means: a sentence, whether the request went out, whether to try again."""

    says: str
    sent: bool
    transient: bool


_CAUSES: tuple[tuple[type[BaseException], Fault], ...] = (
    (socket.gaierror, Fault("the host name is not known", sent=False, transient=False)),
    (ssl.SSLCertVerificationError, Fault("its certificate is not trusted", sent=False, transient=False)),
    (ssl.SSLError, Fault("it does not speak TLS as expected", sent=False, transient=False)),
    (ConnectionRefusedError, Fault("nothing listens there", sent=False, transient=True)),
)
_KINDS = {
    "ConnectError": Fault("nothing listens there", sent=False, transient=True),
    "ConnectTimeout": Fault("no answer to the connection attempt", sent=False, transient=False),
    "PoolTimeout": Fault("too many requests at once", sent=False, transient=False),
    "WriteTimeout": Fault("it stopped reading the request", sent=True, transient=False),
    "ReadTimeout": Fault("no answer within {timeout:g} s", sent=True, transient=False),
    "WriteError": Fault("it hung up while the request was sent", sent=True, transient=True),
    "ReadError": Fault("it hung up before its answer was complete", sent=True, transient=True),
    "RemoteProtocolError": Fault("it hung up before its answer was complete", sent=True, transient=True),
    "ProxyError": Fault("the proxy refused", sent=False, transient=False),
    "DecodingError": Fault("its answer is damaged", sent=True, transient=True),
    "TimeoutError": Fault("no answer to the connection attempt", sent=False, transient=False),
    "ConnectionClosedError": Fault("it hung up", sent=True, transient=True),
    "ConnectionClosedOK": Fault("it hung up", sent=True, transient=True),
}
_OTHER = Fault("the connection failed", sent=True, transient=False)


def translate(error: BaseException, connection: Connection) -> StashConnectionError:
    """The StashConnectionError that a transport library's exception amounts to."""
    fault = next((f for kind, f in _CAUSES for cause in causes(error) if isinstance(cause, kind)), None)
    fault = fault or _by_class(error)
    return StashConnectionError(
        f"Cannot reach {connection.server}: {fault.says.format(timeout=connection.timeout)}.",
        hint=_hint(connection, fault),
        delivery=Delivery.BODY_WRITTEN if fault.sent else Delivery.NOT_STARTED,
        transient=fault.transient,
    )


def causes(error: BaseException) -> Iterator[BaseException]:
    """`error`, what it was raised from, and the members of groups among them."""
    yield error
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            yield from causes(member)
    below = error.__cause__ or error.__context__
    if below is not None:
        yield from causes(below)


def _by_class(error: BaseException) -> Fault:
    names = (cls.__name__ for cls in type(error).__mro__)
    return next((_KINDS[name] for name in names if name in _KINDS), _OTHER)


def _hint(connection: Connection, fault: Fault) -> str | None:
    if "certificate" in fault.says:
        return "Name its CA with --ca-cert, or pass --insecure if you know why."
    if fault.sent:
        return None
    if not connection.configured:
        return (
            "Start Stash, or name the server with --url or STASH_URL (and STASH_API_KEY);"
            " `stash --demo ...` needs no server."
        )
    return "Is the server running, and is the address right?"
