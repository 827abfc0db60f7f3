"""GraphQL documents as text: their tokens and operations; imports no other package."""

from __future__ import annotations

from typing import NamedTuple


class RootField(NamedTuple):
    """A root field: `key` is its name in the response, `name` that of the operation.

    `is_composite`: it has a selection set; `is_optional`: a directive may omit it.
    """

    key: str
    name: str
    is_composite: bool
    is_optional: bool = False
