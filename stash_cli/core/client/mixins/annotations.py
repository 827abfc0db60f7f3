"""Words of the mixins' signatures."""

from __future__ import annotations

from typing import Any, TypeAlias

Id: TypeAlias = str | int
"""The number of an object, also as text."""

Dict: TypeAlias = dict[str, Any]
"""A JSON object."""
