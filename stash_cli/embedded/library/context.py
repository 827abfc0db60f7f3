"""The context of resolvers: the library, a connection, and the base URL of links."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library import rows
from stash_cli.embedded.library.settings import read_part
from stash_cli.embedded.object_types import OBJECT_TYPES

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from stash_cli.embedded.library.library import Library
    from stash_cli.embedded.library.rows import Row

MAX_LOADED = 2_000_000
"""How many objects and links one request may load, so that a recursive query ends."""


class RequestContext:
    """The context of the resolvers of one query document, or of one mutation field.

    A mutation resolver runs inside the write transaction; what is selected of its result is read after
    the commit, through a reading connection of its own.
    """

    def __init__(self, library: Library, connection: Connection, base_url: str) -> None:
        self.library = library
        self.connection = connection
        self.base_url = base_url
        self.after_commit: list[Callable[[], object]] = []
        self._spent = 0

    @cached_property
    def api_key(self) -> str:
        """The key of the library; empty when there is none."""
        return str(read_part(self.connection, "general").get("apiKey") or "")

    def fetch(self, type_name: str, id_: int | str) -> Row | None:
        """The object of that type and id, or None."""
        number = int(id_)
        return rows.load(self, OBJECT_TYPES[type_name], [number]).get(number)

    def fetch_many(self, type_name: str, ids: Iterable[int | str]) -> list[Row]:
        """The objects with these ids in the order of the ids; ids without object are left out."""
        numbers = [int(id_) for id_ in ids]
        found = rows.load(self, OBJECT_TYPES[type_name], numbers)
        return [found[number] for number in numbers if number in found]

    def on_commit(self, action: Callable[[], object]) -> None:
        """Do `action` once the write transaction is committed: queue a job, remove a file."""
        self.after_commit.append(action)

    def count_loaded(self, count: int) -> None:
        """Count what was loaded; refuses a request that loads without end."""
        self._spent += count
        if self._spent > MAX_LOADED:
            raise Refused(f"the query asks for more than {MAX_LOADED} objects: ask for fewer levels or pages")


Resolver = Callable[..., Any]
"""Called with the request context and the mutation's arguments by name, as the client gave them."""
Input = dict[str, Any]
"""An input object: a missing key was not given, None was given as null."""
