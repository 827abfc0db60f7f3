"""A context whose edits are recorded, with a transport that counts requests; and what the journal holds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

from store_support import Counting

from stash_cli.core.client import StashClient
from stash_cli.core.context import StashContext
from stash_cli.core.edits.changes import Recorded, read
from stash_cli.core.edits.journal import Journal
from stash_cli.core.types import Scene


class Workbench:
    """A context, its client and store, the transport below them, and its journal."""

    def __init__(self, context: StashContext, client: StashClient, wire: Counting) -> None:
        self.context, self.client, self.wire = context, client, wire
        self.store = context.store

    @property
    def journal(self) -> Journal:
        return Journal(self.context.connection.journal)

    def rows(self, run: int) -> list[Recorded]:
        return list(read(self.journal, run))

    async def shown(self, scene: Scene) -> tuple[Any, ...]:
        """Title, rating, addresses and tags of a scene on the server."""
        found = await self.client.find_scene(scene.id)
        assert found is not None
        return found.title, found.rating100, list(found.urls), [tag.id for tag in found.tags]

    async def set_title(self, scene: Scene, title: str) -> None:
        """Change the title unrecorded."""
        found = await self.client.find_scene(scene.id)
        assert found is not None
        found.title = title
        await found.save(self.client)

    def states(self, run: int) -> dict[str, int]:
        return self.journal.counts(run)


@asynccontextmanager
async def journalled(url: str, **options: Any) -> AsyncIterator[Workbench]:
    context = StashContext(conn=url, **options)
    async with context as client:
        wire = client.session.transport = Counting(client.session.transport)  # type: ignore[assignment]
        yield Workbench(context, client, wire)


def fill_journal(journal: Journal) -> Iterator[None]:
    """Let the journal's disk be full until the generator is closed."""
    with journal.writing() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    assert journal._connection is not None
    journal._connection.execute(f"PRAGMA max_page_count = {pages}")
    yield
    journal._connection.execute("PRAGMA max_page_count = 1000000")
