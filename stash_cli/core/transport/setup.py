"""Set-up of a connection: TLS certificates, and errors that name a bad setting.

`naming` is the one place where exceptions of libraries for a bad setting become a StashConfigurationError.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from stash_cli.core.errors import StashConfigurationError, StashError
from stash_cli.core.texts import decode_text, has_mark

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from stash_cli.core.settings import Connection

_PEM_HINT = "It has to be a file in PEM form; openssl x509 -inform der -in FILE converts a DER certificate."
_KEY_LOG_HINT = "Name a file in a folder that exists, or unset the variable."
_UNSET_HINT = "Correct the variable, or unset it to use the certificates of the system."


@contextmanager
def naming(
    setting: str, hint: str | None = None, *, quote: bool = True, only: type[Exception] = Exception
) -> Iterator[None]:
    """Turn exceptions (of type `only`) of the block into a StashConfigurationError that names `setting`.

    Without `quote` the message leaves out the library's text, which may repeat a secret.
    """
    try:
        yield
    except StashError:
        raise
    except only as error:
        reason = f": {_reason(error)}" if quote and _reason(error) else ""
        raise StashConfigurationError(f"{setting} cannot be used{reason}.", hint=hint) from (
            error if quote else None
        )


def _reason(error: Exception) -> str:
    """The library's text as part of a sentence, without the codes that OpenSSL begins and ends it with."""
    text = str(getattr(error, "strerror", None) or error).partition("\n")[0]
    return re.sub(r"^\[[^\]]*\] | \(_ssl\.c.*", "", text).strip().rstrip(".")


def tls_context(connection: Connection) -> ssl.SSLContext | None:
    """The TLS context for https; None for http, which needs no certificate store."""
    if not connection.url.startswith("https:"):
        return None
    import ssl

    _check_key_log()
    cafile = connection.verify if isinstance(connection.verify, str) else None
    with naming(f"The CA file {cafile} (--ca-cert)" if cafile else "The system's certificates", _PEM_HINT):
        context = _context_for(cafile)
    if connection.verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif cafile is None:
        _check_certificates(context)
    return context


def _context_for(cafile: str | None) -> ssl.SSLContext:
    import ssl

    content = Path(cafile).read_bytes() if cafile else b""
    # OpenSSL finds no certificate after a byte order mark, nor in UTF-16.
    if has_mark(content):
        return ssl.create_default_context(cadata=decode_text(content))
    return ssl.create_default_context(cafile=cafile)


def _check_key_log() -> None:
    """Refuse a key log that cannot be written: the ssl module opens it for every context."""
    path = os.environ.get("SSLKEYLOGFILE")
    if path:
        with naming(f"SSLKEYLOGFILE ({path})", _KEY_LOG_HINT):
            Path(path).open("ab").close()


def _check_certificates(context: ssl.SSLContext) -> None:
    """Refuse SSL_CERT_FILE and SSL_CERT_DIR that OpenSSL could not read, which it does not report."""
    file = os.environ.get("SSL_CERT_FILE")
    if file and not context.cert_store_stats()["x509"]:
        with naming(f"SSL_CERT_FILE ({file})", f"{_PEM_HINT} {_UNSET_HINT}"):
            context.load_verify_locations(cafile=file)
    folders = os.environ.get("SSL_CERT_DIR")
    if folders and not any(Path(each).is_dir() for each in folders.split(os.pathsep)):
        raise StashConfigurationError(
            f"SSL_CERT_DIR ({folders}) cannot be used: it is no folder.", hint=_UNSET_HINT
        )
