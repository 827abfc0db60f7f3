"""What a mutation's resolver is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Resolver = Callable[..., Any]
"""Called with the request context and the mutation's arguments by name, as the client gave them."""
Input = dict[str, Any]
"""An input object: a missing key was not given, None was given as null."""
