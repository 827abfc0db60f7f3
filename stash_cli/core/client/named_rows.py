"""Rows of objects by their names: ids, labels, disambiguations and aliases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stash_cli.core.client.resolver import Name
    from stash_cli.core.types.entities import Entity

    Row = Mapping[str, Any]


class NamedRows:
    """Rows of objects by id, by name in any case, and by alias."""

    def __init__(self, entity: Entity, rows: Sequence[Row]) -> None:
        self.entity = entity
        self.by_id = {row["id"]: row for row in rows}
        self.by_name: dict[str, list[Row]] = {}
        self.by_alias: dict[str, list[Row]] = {}
        for row in rows:
            for name in {label_of(entity, row).casefold(), full_name(entity, row).casefold()}:
                self.by_name.setdefault(name, []).append(row)
            for alias in aliases_of(row):
                self.by_alias.setdefault(alias, []).append(row)

    def labels(self) -> dict[str, str]:
        """Id -> name, of the objects that have a name."""
        return {one: label for one, row in self.by_id.items() if (label := label_of(self.entity, row))}

    def candidates(self, name: Name, *, every: bool = False) -> list[Row]:
        """The objects that match a name, the oldest first; with `every`, the matches of all steps.

        Digits match both the object with this id and objects with this name or alias.
        """
        folded = name.name.casefold()
        by_id = [self.by_id[name.id]] if name.id in self.by_id else []
        named = self._rows(self.by_name, folded, name)
        exact = [
            row for row in named if name.name in (label_of(self.entity, row), full_name(self.entity, row))
        ]
        aliased = self._rows(self.by_alias, folded, name)
        others = [*named, *aliased] if every else exact or named or aliased
        others = list({row["id"]: row for row in others if row not in by_id}.values())
        return by_id + sorted(others, key=lambda row: int(row["id"]))

    @staticmethod
    def _rows(known: Mapping[str, list[Row]], folded: str, name: Name) -> list[Row]:
        return [row for row in known.get(folded, ()) if folded and _has_disambiguation(row, name)]


def _has_disambiguation(row: Row, name: Name) -> bool:
    expected = name.disambiguation
    return expected is None or expected.casefold() == (row.get("disambiguation") or "").casefold()


def label_of(entity: Entity, row: Row) -> str:
    """The name or title of an object; empty without one."""
    return str(row.get(entity.label) or "")


def full_name(entity: Entity, row: Row) -> str:
    """Name with disambiguation: `Alice (singer)`."""
    more = row.get("disambiguation")
    return f"{label_of(entity, row)} ({more})" if more else label_of(entity, row)


def aliases_of(row: Row) -> set[str]:
    """The aliases in a row, in lower case."""
    aliases = row.get("alias_list") or row.get("aliases") or []
    # Groups, and performers of older servers, have one text.
    listed = aliases.split(",") if isinstance(aliases, str) else aliases
    return {alias.strip().casefold() for alias in listed}
