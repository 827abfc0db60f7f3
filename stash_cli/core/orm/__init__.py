"""The object layer: instance states, change tracking, relationships with backrefs, hydration."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from stash_cli.core.orm.state import InstanceState
    from stash_cli.core.types.entity import StashObject

state_of = cast("Callable[[StashObject], InstanceState]", attrgetter("_state"))
"""The state of an object (SQLAlchemy's `instance_state`)."""
