"""Matching rows of a file to objects: looked up for many rows at once, then compared exactly."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.commands.records.columns import key_text
from stash_cli.commands.records.identity import DATABASE, Identity, identities, is_same_database
from stash_cli.core.errors import StashInputError, StashUsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.journal.databases import Fingerprint
    from stash_cli.core.records.reading import Record
    from stash_cli.core.types.entities import Entity

    Row = dict[str, Any]

_CASE_INSENSITIVE = ("name", "title", "disambiguation", "oshash", "phash", "checksum", "stash_id")
_CONFIRMING = ("created_at", "path", "oshash", "phash", "checksum", "stash_id")
"""Columns of which one must agree if the id alone is not trusted; also name or title."""

_FALLBACKS = ("name", "oshash", "checksum", "path")
"""Columns for the lookup of a row without an id of this database, in order."""


@dataclass(eq=False)
class Matcher:
    """Finds the objects of rows by the columns `keys`; the first is looked up, the others must agree.

    Without `keys`, a row is matched by its id; a row of another database by its name, hash or path. Ids are
    trusted if the row was exported from this database; otherwise another column must agree.
    """

    entity: Entity
    keys: tuple[str, ...]
    fingerprint: Fingerprint
    known: dict[str, Identity] = field(init=False)

    def __post_init__(self) -> None:
        self.known = identities(self.entity)

    def paths(self, names: Iterable[str]) -> list[str]:
        """The paths to read for matching; `names` are the columns of the file."""
        columns = {*self.keys, "id", self.entity.label, *(name for name in names if name in self.known)}
        columns -= {"phash"} if "phash" not in names else set()
        found = [path for name in columns if name in self.known for path in self.known[name].paths]
        return [*found, "updated_at", "created_at"]

    def key_of(self, values: Mapping[str, Any]) -> tuple[str, str]:
        """The column for the lookup of a row, and its value; the value is "" if the row has none."""
        if self.keys:
            return self.keys[0], key_text(self.keys[0], _value(values, self.keys[0]))
        one = key_text("id", values.get("id"))
        if one and not self.is_elsewhere(values):
            return "id", one
        others = ((name, key_text(name, values.get(name))) for name in _FALLBACKS if name in self.known)
        return next((each for each in others if each[1]), ("id", one))

    def is_elsewhere(self, values: Mapping[str, Any]) -> bool:
        """Whether the row was exported from another database."""
        text = str(values.get(DATABASE) or "")
        return bool(text) and not is_same_database(text, self.fingerprint)

    async def rows(
        self, session: Session, keys: Mapping[str, Iterable[str]], paths: Sequence[str]
    ) -> dict[tuple[str, str], list[Row]]:
        """Return the objects by (column, value); one request per column and 500 ids."""
        found_rows: dict[tuple[str, str], list[Row]] = {}
        for name, values in keys.items():
            async for row in self._look_up(session, name, list(dict.fromkeys(values)), paths):
                for value in self.known[name].values(row):
                    found_rows.setdefault((name, folded(name, value)), []).append(row)
        return found_rows

    async def _look_up(
        self, session: Session, name: str, values: list[str], paths: Sequence[str]
    ) -> AsyncIterator[Row]:
        from stash_cli.core.client.paging import FindQuery, iter_rows
        from stash_cli.core.query import lookups

        if name == "phash":  # the server's filter has one value
            for found in await self._by_phash(session, values, paths):
                yield found
            return
        query = FindQuery(self.entity, ids=tuple(values))
        if name != "id":
            compiled = lookups.compile(self.entity.type, {self.known[name].lookup: values})
            query = FindQuery(self.entity, filter=compiled.filter)
        async for row in iter_rows(session, query, paths):
            yield row

    async def _by_phash(self, session: Session, values: list[str], paths: Sequence[str]) -> list[Row]:
        """Return the objects with one of these hashes; one query per hash, batched into few requests."""
        from stash_cli.core.graphql.batch import call_each
        from stash_cli.core.query import lookups

        entity = self.entity
        filters = (lookups.compile(entity.type, {"phash": value}).filter for value in values)
        args = [{entity.filter_arg: each, "filter": {"per_page": -1}} for each in filters]
        found = await call_each(session, entity.find, args, [f"{entity.items}.{path}" for path in paths])
        return list({row["id"]: row for each in found for row in each[entity.items]}.values())

    def chosen(self, record: Record, key: tuple[str, str], found: Sequence[Row]) -> list[Row]:
        """Select the objects that match the row, of those found by its key.

        Raises StashInputError for an id that no other column confirms.
        """
        name, value = key
        exact = [row for row in found if value in self.known[name].values(row)]
        rows = exact or list(found)
        for other in self._others(record, name):
            text = folded(other, key_text(other, _value(record.values, other)))
            rows = [
                row
                for row in rows
                if text in {folded(other, each) for each in self.known[other].values(row) or [""]}
            ]
        if name == "id" and len(self.keys) < 2 and rows:  # noqa: PLR2004 - a second column that agrees
            self._check_id(record, rows[0])
        return rows

    def _others(self, record: Record, name: str) -> tuple[str, ...]:
        """The columns that must agree besides the one of the lookup."""
        if self.keys or name != "name":
            return self.keys[1:]
        return tuple(each for each in ("disambiguation",) if each in self.known and each in record.values)

    def created_key(self, record: Record, key: tuple[str, str]) -> tuple[str, ...]:
        """The unique key of a new object; no two rows may have the same."""
        others = (
            folded(name, key_text(name, _value(record.values, name))) for name in self._others(record, key[0])
        )
        return (key[0], folded(*key), *others)

    def _check_id(self, record: Record, row: Row) -> None:
        """Raise StashInputError for a row whose id may belong to another object."""
        text = str(record.values.get(DATABASE) or "")
        if text and is_same_database(text, self.fingerprint):
            return
        names = [*_CONFIRMING, self.entity.label]
        present = [name for name in names if record.values.get(name) not in (None, "")]
        if any(self._agrees(name, record.values[name], row) for name in present):
            return
        noun, one = self.entity.noun, row["id"]
        shown = f'{noun} {one} "{row.get(self.entity.label) or ""}"'
        if present:
            raise StashInputError(
                f"{shown} has another {' and another '.join(present)}: is it meant?",
                hint="Give a column that agrees, such as path; an export has one for the database.",
            )
        raise StashInputError(
            f"only the id says that this is {shown}",
            hint=f"Give a second column, such as {self.entity.label}; an export has one for the database.",
        )

    def _agrees(self, name: str, value: Any, row: Row) -> bool:
        values = self.known[name].values(row) if name in self.known else [str(row.get(name))]
        return folded(name, str(value).strip()) in {folded(name, each) for each in values}


def _value(values: Mapping[str, Any], name: str) -> Any:
    """The value of a column; `stash_id` falls back to the first of `stash_ids`, as in an export."""
    if name != "stash_id" or name in values:
        return values.get(name)
    stash_ids = values.get("stash_ids")
    if isinstance(stash_ids, str) and stash_ids.startswith("["):
        try:
            stash_ids = json.loads(stash_ids)
        except ValueError as error:
            raise StashInputError(f"stash_ids: not JSON: {error}") from None
    first = next(iter(stash_ids), None) if isinstance(stash_ids, list) else None
    return first.get("stash_id") if isinstance(first, dict) else None


def folded(name: str, value: str) -> str:
    """Normalize a value for comparison; names and hashes are case-insensitive."""
    return value.strip().casefold() if name in _CASE_INSENSITIVE else value


def read_keys(entity: Entity, text: str | None) -> tuple[str, ...]:
    """Parse the columns of `--match`. Raises StashUsageError for columns without a lookup."""
    if text is None:
        return ()
    names = [name.strip() for name in text.split(",")]
    known = identities(entity)
    first = [name for name, each in known.items() if each.lookup or name in ("id", "phash")]
    for number, name in enumerate(names):
        if name not in known or (number == 0 and name not in first):
            near = did_you_mean(name, first)
            raise StashUsageError(
                f"--match {name}: {entity.plural} cannot be looked up by it. {near}".rstrip(),
                hint=f"Choose from {', '.join(first)}; further columns, after commas, must agree.",
            )
    return tuple(dict.fromkeys(names))
