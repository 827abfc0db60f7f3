"""Ids of an object on a stash-box."""

from __future__ import annotations

from stash_cli.core.types.annotations import Maybe, Time
from stash_cli.core.types.base import Embedded
from stash_cli.core.unset import UNSET


class StashID(Embedded):
    """An object's id on a stash-box."""

    endpoint: Maybe[str] = UNSET
    stash_id: Maybe[str] = UNSET
    updated_at: Maybe[Time] = UNSET
