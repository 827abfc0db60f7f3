"""A context whose edits are journalled, with a transport that records requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from typing import Any

from store_support import RecordingTransport

from stash_cli.core.client import StashClient
from stash_cli.core.context import StashContext
from stash_cli.core.edits.journal.changes import Recorded, read
from stash_cli.core.edits.journal.journal import Journal
from stash_cli.core.settings import parse_connection
from stash_cli.core.types import Scene


class Workbench:
    """A context, its client and store, the transport below them, and its journal."""

    def __init__(
        self, context: StashContext, client: StashClient, wire: RecordingTransport, journal: Journal
    ) -> None:
        self.context, self.client, self.wire, self.journal = context, client, wire, journal
        self.store = context.store

    def rows(self, run: int) -> list[Recorded]:
        return list(read(self.journal, run))

    async def scene_values(self, scene: Scene) -> tuple[Any, ...]:
        """Title, rating, URLs and tag ids of a scene on the server."""
        current = await self.client.find_scene(scene.id)
        assert current is not None
        return current.title, current.rating100, list(current.urls), [tag.id for tag in current.tags]

    async def update(self, name: str, object_id: str, **values: Any) -> None:
        """Send an update of one object, not journalled."""
        await self.client.call_operation(f"{name.lower()}Update", input={"id": object_id, **values})

    async def set_title(self, scene: Scene, title: str) -> None:
        """Change the title without journalling it."""
        current = await self.client.find_scene(scene.id)
        assert current is not None
        current.title = title
        await current.save(self.client)

    def counts(self, run: int) -> dict[str, int]:
        return self.journal.counts(run)


@asynccontextmanager
async def open_workbench(url: str, **options: Any) -> AsyncIterator[Workbench]:
    context = StashContext(conn=replace(parse_connection(url), **options))
    with closing(Journal(context.connection.journal)) as journal:
        async with context as client:
            wire = client.session.transport = RecordingTransport(client.session.transport)  # type: ignore[assignment]
            yield Workbench(context, client, wire, journal)


_OVERVIEW = """{
  findTags(filter: {per_page: -1}) { tags {
    name aliases description favorite parents { name } children { name } } }
  findStudios(filter: {per_page: -1}) { studios { name details tags { name } parent_studio { name } } }
  findScenes(filter: {per_page: -1}) { scenes {
    title details rating100 urls play_history o_history tags { name } studio { name }
    performers { name }
    scene_markers { title seconds primary_tag { name } tags { name } } } }
  findPerformers(filter: {per_page: -1}) { performers { name details alias_list tags { name } } }
  findSavedFilters { mode name find_filter { q sort } object_filter }
  configuration { general { logLevel } }
}"""


async def library_content(bench: Workbench) -> Any:
    """The content of a library without ids and times, in a fixed order."""
    return _in_order(await bench.client.execute(_OVERVIEW))


def _in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _in_order(each) for name, each in value.items() if name != "id"}
    return sorted(map(_in_order, value), key=repr) if isinstance(value, list) else value


def fill_journal_disk(journal: Journal) -> Iterator[None]:
    """Fill the disk of the journal until the generator is closed."""
    with journal.writing() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    assert journal._connection is not None
    journal._connection.execute(f"PRAGMA max_page_count = {pages}")
    yield
    journal._connection.execute("PRAGMA max_page_count = 1000000")
