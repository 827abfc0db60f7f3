"""JSON of answers: read as the standard library reads it, and faster where there is much to read."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any, NoReturn

ENOUGH = 400_000
"""Bytes after which the import of a faster reader is worth its time."""


class JsonReader:
    """Reads the answers of one server."""

    def __init__(self) -> None:
        self._received = 0

    def read(self, body: bytes) -> Any:
        """The JSON value in `body`, in any encoding that JSON may have; all numbers are finite.

        Raises ValueError, and RecursionError where it is nested too deeply.
        """
        self._received += len(body)
        if self._received > ENOUGH:
            import msgspec

            try:
                return msgspec.json.decode(body)
            except (msgspec.MsgspecError, ValueError, RecursionError):
                # It reads UTF-8 only and no lone surrogates, which file names may have. What is wrong with
                # any other text is said below.
                pass
        return json.loads(body, parse_float=_finite, parse_constant=_refuse)


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        _refuse(text)
    return number


def _refuse(text: str) -> NoReturn:
    # NaN is no JSON, and 1e999 would be printed as Infinity, which is none either.
    raise ValueError(f"{text[:20]} is not a number of JSON")
