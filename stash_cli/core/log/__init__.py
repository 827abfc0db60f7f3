"""Logging of requests and exceptions, with secrets redacted."""

from __future__ import annotations

import logging
import re
from traceback import format_tb
from typing import TYPE_CHECKING, Any, TextIO

from stash_cli.core.errors import StashError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType


logger = logging.getLogger("stash_cli")
"""INFO: one line per request; DEBUG: documents and variables."""

HIDDEN = "***"
SECRET = re.compile("api_?key|passw|cookie|token|secret|credential", re.IGNORECASE)
"""Names whose values are secret wherever they occur."""
_USER = re.compile(r"(\w://)[^\s/?#@\"']+@")
_PARAMETER = re.compile(r"([?&;](?:api_?key|password|token)=)[^\s&;#\"']+", re.IGNORECASE)
_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


class RedactingFilter(logging.Filter):
    """Redacts known secrets and those in URLs from every record."""

    def __init__(self, secrets: Iterable[str | None]) -> None:
        super().__init__()
        self._secrets = [secret for secret in secrets if secret]

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        # The arguments are now part of the text; handlers must not format them again without redaction.
        record.msg, record.args = redact_urls(text), ()
        return True


class _Formatter(logging.Formatter):
    """Formats the traceback of an exception without the values that its message quotes."""

    def formatException(  # noqa: N802 - overrides a method of logging
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:

        return trace_of(ei[1]).rstrip() if ei[1] is not None else ""


def configure_logging(verbosity: int, stream: TextIO, secrets: Iterable[str | None] = ()) -> logging.Handler:
    """Log to `stream`: 0 warnings, 1 (-v) requests with timings, 2 (-vv, --debug) documents.

    Returns the handler, for its removal.
    """
    handler = logging.StreamHandler(stream)
    start = "%(relativeCreated)7.0f ms  " if verbosity else "stash: warning: "
    handler.setFormatter(_Formatter(f"{start}%(message)s"))
    handler.addFilter(RedactingFilter(secrets))
    logger.addHandler(handler)
    logger.setLevel(_LEVELS[max(0, min(verbosity, len(_LEVELS) - 1))])
    # A handler of the root logger would print every line a second time.
    logger.propagate = False
    return handler


def redact_urls(text: str) -> str:
    """`text` without the keys and passwords of addresses in it.

    >>> redact_urls("http://me:pw@host/x?apikey=abc&page=1")
    'http://***@host/x?apikey=***&page=1'
    """
    text = _USER.sub(rf"\1{HIDDEN}@", text)
    return _PARAMETER.sub(rf"\1{HIDDEN}", text)


def redact(value: Any) -> Any:
    """A copy of a JSON value with the values of secret-looking keys hidden.

    >>> redact({"input": {"password": "x", "title": "y"}})
    {'input': {'password': '***', 'title': 'y'}}
    """
    if isinstance(value, dict):
        return {
            key: HIDDEN if SECRET.search(key) and item is not None else redact(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact(item) for item in value]
    return value


_QUOTED_TEXT = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")
_PARAMETERS = re.compile(r"\[(?:parameters|SQL):.*", re.DOTALL)
_MAX_LENGTH = 400


def trace_of(error: BaseException) -> str:
    """Tracebacks and messages of an exception and its causes.

    Messages of this library are included. Those of other libraries quote their input, so everything between
    quotation marks is removed from them.
    """
    return "\n".join(
        f"Traceback (most recent call last):\n{_format_trace(each)}" for each in _causes_first(error, [])
    )


def _causes_first(error: BaseException, seen: list[BaseException]) -> Iterator[BaseException]:
    """The exceptions that led to `error`, the first one first."""
    seen.append(error)
    # `raise ... from None` declares that the context is irrelevant.
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and not any(cause is each for each in seen):
        yield from _causes_first(cause, seen)
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            yield from _causes_first(member, seen)
    yield error


def _format_trace(error: BaseException) -> str:
    frames = "".join(format_tb(error.__traceback__))
    return f"{frames}{type(error).__qualname__}: {_message(error)}\n"


def _message(error: BaseException) -> str:
    if isinstance(error, StashError):
        return error.message
    text = _QUOTED_TEXT.sub("'...'", _PARAMETERS.sub("", str(error)))
    text = redact_urls(text.strip())
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}..."
