"""Secrets in a command line and its environment, and their removal from text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

HIDDEN = "***"
_NAME = re.compile(r"[-.\w]*(?:api[-_]?key|passw|cookie|token|secret|credential)\w*", re.IGNORECASE)
_SHORT = 4
"""Shorter values are not replaced: they occur in ordinary text."""


def secrets_of(args: Sequence[str], environ: Mapping[str, str]) -> Iterator[str]:
    """Values of flags, fields and STASH_ variables whose name is that of a secret."""
    for number, word in enumerate(args):
        name, assigned, value = word.partition("=")
        if _NAME.fullmatch(name):
            yield value if assigned else next(iter(args[number + 1 : number + 2]), "")
    for name, value in environ.items():
        if name.startswith("STASH_") and _NAME.fullmatch(name):
            yield value


def hide(text: str, secrets: Iterable[str]) -> str:
    """`text` with every secret replaced, the longest first."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) >= _SHORT:
            text = text.replace(secret, HIDDEN)
    return text
