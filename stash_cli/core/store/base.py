"""Base of the store: the client, the identity map, and the ages at which objects expire."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from stash_cli.core.errors import StashUsageError
from stash_cli.core.graphql.selection import default_paths
from stash_cli.core.store.fields import with_ids
from stash_cli.core.store.identity import MAX_OBJECTS, IdentityMap
from stash_cli.core.types.entities import ENTITIES, Entity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stash_cli.core.client import Session, StashClient
    from stash_cli.core.types.entity import StashObject

T = TypeVar("T", bound="StashObject")
Age = timedelta | int | float | None
"""The age at which objects expire: seconds, a timedelta, or None for never."""


class StoreBase:
    """The client, the identity map and the maximal ages."""

    def __init__(
        self,
        client: StashClient,
        default_ttl: Age = timedelta(minutes=30),
        *,
        max_objects: int = MAX_OBJECTS,
    ) -> None:
        self.client = client
        self.identity = IdentityMap(max_objects=max_objects, requests=client.session.order)
        self.identity.client = client
        self._default_ttl = seconds(default_ttl)
        self._ttls: dict[type[StashObject], float] = {}
        if client.identity is None:
            # So the client's own methods return the objects of the store as well.
            client.identity = self.identity

    @property
    def session(self) -> Session:
        return self.client.session

    def ttl_of(self, entity_type: type[StashObject]) -> float:
        """Seconds after which objects of a type expire."""
        return self._ttls.get(entity_type, self._default_ttl)

    async def expected(self, entity_type: type[StashObject], paths: list[str] | None) -> list[str]:
        """The fields to load: `paths`, or the default fields that this server has."""
        if paths is not None:
            return paths
        server, name = await self.session.learn(), entity_type.__name__
        return [path for path in default_paths(name) if server.field_name(name, path.partition(".")[0])]

    def is_fresh(self, obj: StashObject) -> bool:
        """Whether an object is not expired; new objects never are."""
        return obj.is_new() or self.identity.age(type(obj), obj.id) < self.ttl_of(type(obj))


def seconds(age: Age) -> float:
    """An age in seconds; infinite for None."""
    if age is None:
        return float("inf")
    length = age.total_seconds() if isinstance(age, timedelta) else float(age)
    if length < 0:
        raise StashUsageError(f"A time to live is 0 seconds or more, not {length:g}.")
    return length


def entity_of(entity_type: type[StashObject]) -> Entity:
    """The description of a type that can be found on its own."""
    entity = ENTITIES.get(entity_type.__name__)
    if entity is None:
        known = ", ".join(ENTITIES)
        raise StashUsageError(f"{entity_type.__name__} is not found on its own; these are: {known}.")
    return entity


def paths_of(entity_type: type[StashObject], fields: Iterable[str] | None) -> list[str] | None:
    """Fields as selection paths: `studio__name` and `studio.name` alike; None: the default.

    The ids of linked objects are added, because objects without an id cannot be identified.
    """
    if fields is None:
        return None
    asked = [fields] if isinstance(fields, str) else fields
    return with_ids(entity_type.__name__, (field.replace("__", ".") for field in asked))
