"""A field of an operation's root, as a document or the API's description tells it."""

from __future__ import annotations

from typing import NamedTuple


class RootField(NamedTuple):
    """`key` is its name in the answer, `name` that of the operation.

    `is_composite` says that fields of its value are selected; `is_optional` that a directive may omit it.
    """

    key: str
    name: str
    is_composite: bool
    is_optional: bool = False
