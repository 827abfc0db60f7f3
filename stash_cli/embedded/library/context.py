"""The context of resolvers: library, connection, and base URL of links."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library import rows, settings
from stash_cli.embedded.object_types import OBJECT_TYPES

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from stash_cli.embedded.library.library import Library
    from stash_cli.embedded.library.rows import Row

MAX_LOADED = 2_000_000
"""Objects and links that one request may load, so that a recursive query ends."""


class RequestContext:
    """The context of the resolvers of one query, or of one mutation field.

    A mutation resolver runs inside the write transaction; the selection on its result is read after the
    commit, through another connection.
    """

    def __init__(self, library: Library, connection: Connection, base_url: str) -> None:
        self.library = library
        self.connection = connection
        self.base_url = base_url
        # The transaction may still be rolled back while resolvers run, so effects outside of it wait for the
        # commit.
        self.after_commit: list[Callable[[], object]] = []
        self._spent = 0

    @cached_property
    def api_key(self) -> str:
        """The API key of the library; empty without one."""
        return str(settings.read_part(self.connection, "general").get("apiKey") or "")

    def fetch(self, type_name: str, id_: int | str) -> Row | None:
        """The object with a type and id, or None."""
        number = int(id_)
        return rows.load(self, OBJECT_TYPES[type_name], [number]).get(number)

    def fetch_many(self, type_name: str, ids: Iterable[int | str]) -> list[Row]:
        """The objects with `ids` in that order; unknown ids are skipped."""
        numbers = [int(id_) for id_ in ids]
        found = rows.load(self, OBJECT_TYPES[type_name], numbers)
        return [found[number] for number in numbers if number in found]

    def on_commit(self, action: Callable[[], object]) -> None:
        """Run `action` after the commit of the write transaction."""
        self.after_commit.append(action)

    def count_loaded(self, count: int) -> None:
        """Count loaded objects. Raises Refused past MAX_LOADED."""
        self._spent += count
        if self._spent > MAX_LOADED:
            raise Refused(f"the query asks for more than {MAX_LOADED} objects: ask for fewer levels or pages")


Resolver = Callable[..., Any]
"""Called with the context and the arguments by name."""
Input = dict[str, Any]
"""An input object: a missing key was not given, None is an explicit null."""
