"""Traces of exceptions, without the values that they quote."""

from __future__ import annotations

import re
from traceback import format_tb
from typing import TYPE_CHECKING

from stash_cli.core.errors import StashError
from stash_cli.core.log import without_address_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")
_PARAMETERS = re.compile(r"\[(?:parameters|SQL):.*", re.DOTALL)
_LONGEST = 400


def trace_of(error: BaseException) -> str:
    """Where an exception and those before it arose, and their messages.

    Messages of this library are told; those of others quote whatever they were given, and are told without
    what stands between quotation marks.
    """
    return "\n".join(f"Traceback (most recent call last):\n{_told(each)}" for each in _before(error, []))


def _before(error: BaseException, seen: list[BaseException]) -> Iterator[BaseException]:
    """The exceptions that led to `error`, the first one first."""
    seen.append(error)
    below = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if below is not None and not any(below is each for each in seen):
        yield from _before(below, seen)
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            yield from _before(member, seen)
    yield error


def _told(error: BaseException) -> str:
    frames = "".join(format_tb(error.__traceback__))
    return f"{frames}{type(error).__qualname__}: {_message(error)}\n"


def _message(error: BaseException) -> str:
    if isinstance(error, StashError):
        return error.message
    text = _QUOTED.sub("'...'", _PARAMETERS.sub("", str(error)))
    text = without_address_secrets(text.strip())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
