"""Identity of the database that a run was made on: a fingerprint of its oldest objects.

Servers have no id for their database. One server may be used under two addresses, and one address may lead
to a restored backup. The objects of a run are also compared by their own `created_at`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashIntegrationError
from stash_cli.core.graphql import document
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.journal.journal import Journal
    from stash_cli.core.graphql.document import Root

TYPES = ("Tag", "Studio", "Scene")
"""Types whose oldest objects form the fingerprint."""
_ALIAS = "oldest"
Fingerprint = dict[str, list[str]]
"""Type -> id and created_at of its oldest object; types without objects are left out."""


def fingerprint_roots(server: ServerCapabilities) -> list[Root]:
    """Query fields that read the fingerprint; they may be part of any query document."""
    paging = {"filter": {"per_page": 1, "sort": "id", "direction": "ASC"}}
    return [
        document.root_for(
            ENTITIES[name].find,
            paging,
            [f"{ENTITIES[name].items}.id", f"{ENTITIES[name].items}.created_at"],
            server,
            alias=f"{_ALIAS}{name}",
            quiet=True,
        )
        for name in TYPES
    ]


def fingerprint_of(answer: Mapping[str, Any]) -> Fingerprint | None:
    """Return the fingerprint in the response to a document with its fields; None in any other.

    Raises StashIntegrationError for rows without an id or a time.
    """
    if not all(answer.get(f"{_ALIAS}{name}") for name in TYPES):
        return None
    try:
        rows = {name: answer[f"{_ALIAS}{name}"][ENTITIES[name].items] for name in TYPES}
        return {name: [row["id"], row["created_at"]] for name, many in rows.items() for row in many or ()}
    except (KeyError, TypeError):
        raise StashIntegrationError("The server's oldest objects have no ids or no times.") from None


async def read_fingerprint(session: Session) -> Fingerprint:
    """The fingerprint of the session's database, in one request."""
    roots = fingerprint_roots(await session.load_capabilities())
    return fingerprint_of(await session.execute(*document.join("Fingerprint", roots))) or {}


def database_of(journal: Journal, server: str, fingerprint: Fingerprint) -> int:
    """Return the number of a database in the journal; a new one if none matches.

    A known database matches if it shares an oldest object and contradicts none. If nothing is shared, as with
    an empty library or after the oldest objects were deleted, the last one used at this address matches.
    """
    with journal.writing() as connection:
        known = connection.execute("SELECT id, server, fingerprint FROM database ORDER BY id DESC").fetchall()
        matching = [row for row in known if fits(json.loads(row["fingerprint"]), fingerprint) is not False]
        shared = [row for row in matching if fits(json.loads(row["fingerprint"]), fingerprint)]
        here = [row for row in matching if row["server"] == server]
        matching_row = next(iter([*(row for row in shared if row in here), *shared, *here]), None)
        text = json.dumps(fingerprint)
        if matching_row is None:
            row = connection.execute(
                "INSERT INTO database (server, fingerprint) VALUES (?, ?) RETURNING id", (server, text)
            ).fetchone()
            return int(row["id"])
        # The oldest objects change when they are deleted, and when the first ones are created.
        connection.execute(
            "UPDATE database SET server = ?, fingerprint = ? WHERE id = ?", (server, text, matching_row["id"])
        )
        return int(matching_row["id"])


def fits(known: Fingerprint, found: Fingerprint) -> bool | None:
    """Whether two fingerprints are of one database; None if they share no object."""
    pairs = [(known[name], found[name]) for name in known.keys() & found.keys()]
    if any(one[0] == other[0] and one[1] != other[1] for one, other in pairs):
        return False
    return True if any(one == other for one, other in pairs) else None


class NewIds:
    """Map of old to new ids of recreated objects, for all runs on a database.

    It outlives the runs that recreated the objects, so that older runs find their objects.
    """

    def __init__(self, journal: Journal, database: int) -> None:
        self.journal = journal
        self.database = database
        rows = journal.rows("SELECT type, old, new FROM new_id WHERE database = ?", database)
        self._known: dict[tuple[str, str], str] = {(row["type"], row["old"]): row["new"] for row in rows}

    def __bool__(self) -> bool:
        return bool(self._known)

    def current(self, type_name: str, old: str) -> str:
        """The present id of an object."""
        return self._known.get((type_name, old), old)

    def all_of(self, type_name: str, current: str) -> list[str]:
        """Every id that an object has had."""
        olds = (old for (name, old), new in self._known.items() if name == type_name and new == current)
        return list(dict.fromkeys([current, *olds]))

    def add(self, made: Iterable[tuple[str, str, str]]) -> None:
        """Store new ids: type, previous id, new id."""
        with self.journal.writing() as connection:
            for type_name, old, new in made:
                if old == new:
                    continue
                for key, value in list(self._known.items()):
                    if key[0] == type_name and value == old:
                        self._known[key] = new
                self._known[type_name, old] = new
                # If the server reuses an id, it refers to the present object again.
                self._known.pop((type_name, new), None)
                connection.execute(
                    "UPDATE new_id SET new = ? WHERE database = ? AND type = ? AND new = ?",
                    (new, self.database, type_name, old),
                )
                connection.execute(
                    "INSERT OR REPLACE INTO new_id VALUES (?, ?, ?, ?)", (self.database, type_name, old, new)
                )
                connection.execute(
                    "DELETE FROM new_id WHERE database = ? AND type = ? AND old = ?",
                    (self.database, type_name, new),
                )
