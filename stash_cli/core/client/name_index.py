"""An index of all names of one type, to match texts from files and sidecars without further requests."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from stash_cli.core.client.named_rows import NamedRows
from stash_cli.core.client.paging import FindQuery, iter_rows
from stash_cli.core.client.resolver import Name, name_fields
from stash_cli.core.graphql.selection import DefaultPaths
from stash_cli.core.near_names import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stash_cli.core.client.session import Session
    from stash_cli.core.types.entities import Entity

    Row = Mapping[str, Any]

_NEAR = 5000
"""Maximum number of names searched for near matches."""
_SUGGESTED = 3


def normalized_name(name: str) -> str:
    """A name without case, spaces and punctuation: `Blue Harbour` and `blue-harbour` are `blueharbour`."""
    return "".join(filter(str.isalnum, name.casefold()))


class NameIndex:
    """The objects of a type by name: matched as in `resolver`, then ignoring spaces and punctuation."""

    def __init__(self, entity: Entity, rows: Sequence[Row]) -> None:
        self.entity = entity
        self._named = NamedRows(entity, rows)
        self._by_normalized_name: dict[str, list[Row]] = {}
        for row in rows:
            if key := normalized_name(self.label(row)):
                self._by_normalized_name.setdefault(key, []).append(row)

    @classmethod
    async def load(cls, session: Session, entity: Entity) -> NameIndex:
        """Read the names of all objects of a type."""
        server = await session.load_capabilities()
        known = [name for name in name_fields(entity) if server.has_path(entity.type, name)]
        paths = DefaultPaths(["id", entity.label, *known])
        async with aclosing(iter_rows(session, FindQuery(entity), paths)) as rows:
            return cls(entity, [row async for row in rows])

    def find(self, name: str) -> list[Row]:
        """The objects that match a name; several mean that it is ambiguous, also between name and alias."""
        if not name.strip():
            return []
        aliased = self._named.by_alias.get(name.strip().casefold(), [])
        matches = [*self._named.candidates(Name.literal(name)), *aliased]
        return list({row["id"]: row for row in matches}.values()) or self._by_normalized_name.get(
            normalized_name(name), []
        )

    def label(self, row: Row) -> str:
        """The name of an object; for a performer, with the disambiguation."""
        more = row.get("disambiguation")
        return f"{row[self.entity.label]} ({more})" if more else str(row[self.entity.label])

    def near(self, name: str) -> list[str]:
        """Names similar to one without a match."""
        known = (self.label(row) for row, _ in zip(self._named.by_id.values(), range(_NEAR), strict=False))
        return nearest(name, known)[:_SUGGESTED]
