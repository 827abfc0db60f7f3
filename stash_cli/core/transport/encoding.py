"""JSON bodies that the server reads as meant."""

from __future__ import annotations

import json
import re
from typing import Any

from stash_cli.core.errors import StashInputError

_MARK = "\0float:"
_MARKED = re.compile(r'"\\u0000float:(-?[0-9.]+)"')


def encode(payload: dict[str, Any]) -> bytes:
    """`payload` as JSON in which no number has an exponent.

    Stash parses numbers in free maps without a point as integers and stores 0 where that fails, so
    that 1e+20 would silently become 0.
    """
    marked = _has_exponent(payload.get("variables"))
    if marked:
        payload = {**payload, "variables": _mark(payload["variables"])}
    try:
        text = json.dumps(payload, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise StashInputError(f"A variable cannot be sent as JSON: {error}.") from error
    return (_MARKED.sub(r"\1", text) if marked else text).encode()


def _has_exponent(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_exponent, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_has_exponent, value))
    return isinstance(value, float) and "e" in repr(value)


def _mark(value: Any) -> Any:
    """A copy in which floats with an exponent are marked text that `encode` turns into plain digits."""
    if isinstance(value, dict):
        return {key: _mark(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mark(item) for item in value]
    if not _has_exponent(value):
        return value
    from decimal import Decimal

    digits = format(Decimal(repr(value)), "f")
    return f"{_MARK}{digits if '.' in digits else digits + '.0'}"
