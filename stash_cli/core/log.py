"""What is logged while talking to a server, and that secrets never are."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

logger = logging.getLogger("stash_cli")
"""One line per request at INFO, documents and variables at DEBUG."""

HIDDEN = "***"
_WORDS = "api_?key|passw|cookie|token|secret|credential"
_SECRET = re.compile(_WORDS, re.IGNORECASE)
_LITERAL = re.compile(rf'(\w*(?:{_WORDS})\w*\s*:\s*)"(?:\\.|[^"\\])*"', re.IGNORECASE)
_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)
_SHOWN = 2000


class RedactingFilter(logging.Filter):
    """Replaces known secrets in every message, whoever wrote it."""

    def __init__(self, secrets: Iterable[str | None]) -> None:
        super().__init__()
        self._secrets = [secret for secret in secrets if secret]

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        record.msg, record.args = text, ()
        return True


def configure_logging(verbosity: int, stream: TextIO, secrets: Iterable[str | None] = ()) -> logging.Handler:
    """Send log lines to `stream`: 0 warnings, 1 (-v) requests with timings, 2 (-vv, --debug) documents.

    Returns the handler, so that the caller can remove it again.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(relativeCreated)7.0f ms  %(message)s"))
    handler.addFilter(RedactingFilter(secrets))
    logger.addHandler(handler)
    logger.setLevel(_LEVELS[max(0, min(verbosity, len(_LEVELS) - 1))])
    logger.propagate = False
    return handler


def redact(value: Any) -> Any:
    """A copy of a JSON value with the values of secret-looking keys hidden.

    >>> redact({"input": {"password": "x", "title": "y"}})
    {'input': {'password': '***', 'title': 'y'}}
    """
    if isinstance(value, dict):
        return {
            key: HIDDEN if _SECRET.search(key) and item is not None else redact(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact(item) for item in value]
    return value


def brief(value: Any) -> str:
    """A JSON value or a document as text of bounded length, redacted.

    >>> brief('mutation { configureGeneral(input: {password: "x"}) { username } }')
    'mutation { configureGeneral(input: {password: "***"}) { username } }'
    """
    if isinstance(value, str):
        text = _LITERAL.sub(rf'\1"{HIDDEN}"', value)
    else:
        text = json.dumps(redact(value), ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)} characters)"
