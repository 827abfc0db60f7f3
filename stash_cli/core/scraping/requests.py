"""Requests to a scraper or stash-box: batched if the server has such a query, and rate limited."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import (
    StashCapabilityError,
    StashError,
    StashGraphQLError,
    StashSourceError,
    StashUsageError,
)
from stash_cli.core.scraping.scraped_object import result_paths
from stash_cli.core.scraping.sources import FRAGMENT, NAME, Source, explain_error
from stash_cli.core.types.api import describe_api
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

    from stash_cli.core.client.session import Session

    Row = Mapping[str, Any]
    Results = list[dict[str, Any]] | StashError
    """The results for one object, or its error."""

BATCH_SIZE = 20
"""Number of objects in one request."""
MAX_FAILURES = 3
"""Number of consecutive failed requests after which no more are sent."""


@dataclass
class RateLimit:
    """A pause before each request, so that at most `per_minute` are sent; 0 for no limit."""

    per_minute: float = 0
    _next: float = field(default=0.0, init=False)

    async def wait(self) -> None:
        """Wait until the next request may be sent."""
        if not self.per_minute:
            return
        pause = self._next - monotonic()
        if pause > 0:
            await asyncio.sleep(pause)
        self._next = max(self._next, monotonic()) + 60 / self.per_minute


@dataclass
class ScrapeClient:
    """Client of a source, for objects of a type.

    `query` is a search text in place of an object's own fields, `url` the URL to scrape. `stopped` is the
    error that ended the requests.
    """

    session: Session
    type: str
    source: Source
    rate: RateLimit = field(default_factory=RateLimit)
    query: str = ""
    url: str = ""
    is_by_url: bool = False
    """Whether each object is scraped from its own URLs."""
    stopped: StashError | None = None
    _failed: int = field(default=0, init=False)
    _has_batches: bool | None = field(default=None, init=False)

    @property
    def is_by_name(self) -> bool:
        """Whether the source is searched by the name of an object."""
        by_box = bool(self.source.box) and self.type != "Scene"
        return not (self.query or self.url or self.is_by_url) and (by_box or self._searches)

    @property
    def _searches(self) -> bool:
        return self.type == "Performer" and NAME in self.source.abilities

    def check(self) -> None:
        """Raise StashUsageError for a request that the source does not support."""
        if self.url or self.is_by_url or self.source.box:
            return
        plural, needed_ability = ENTITIES[self.type].plural, NAME if self.query else FRAGMENT
        if needed_ability in self.source.abilities or (self.is_by_name and self._searches):
            return
        hint = {
            NAME: "It looks up objects as they are: leave out --query.",
            FRAGMENT: "It searches for words: use --query TEXT, with one object.",
        }[needed_ability]
        if not self.source.abilities & {NAME, FRAGMENT}:
            hint = "It reads addresses: use --url, or --by-url for the addresses that objects have."
        raise StashUsageError(f"{self.source.name} cannot look up {plural} in this way", hint=hint)

    @property
    def batch_size(self) -> int:
        """Objects of one request."""
        return BATCH_SIZE if self._is_batched else 1

    @property
    def _is_batched(self) -> bool:
        is_plain = self.type == "Scene" and not (self.query or self.url or self.is_by_url)
        return is_plain and self._has_batches is not False

    async def results(self, rows: Sequence[Row], *, with_pictures: bool) -> AsyncIterator[dict[str, Results]]:
        """Yield results by id, as they arrive, for rows with `id`, `urls` and names; none after `stopped`."""
        server = await self.session.load_capabilities()
        paths = result_paths(self.type, server, with_pictures=with_pictures)
        if self._is_batched and len(rows) > 1:
            found = await self._scrape_multi(rows, paths)
            if found is not None:
                yield found
                return
        for row in rows:
            if self.stopped is None:
                yield {str(row["id"]): await self._scrape_single(row, paths)}

    async def _scrape_multi(self, rows: Sequence[Row], paths: Sequence[str]) -> dict[str, Results] | None:
        """Request the results for several scenes at once; None if they have to be requested one by one."""
        ids = [str(row["id"]) for row in rows]
        args = {"source": await self._source(), "input": {"scene_ids": ids}}
        try:
            answer = await self._call("scrapeMultiScenes", args, paths)
        except StashCapabilityError:
            self._has_batches = False  # scrapers support one scene per request
            return None
        except StashSourceError as error:
            self._count_failure(error)
            return dict.fromkeys(ids, error)
        except StashGraphQLError:
            return None  # a single scene may be the cause
        self._failed, self._has_batches = 0, True
        return dict(zip(ids, answer or (), strict=False))

    async def _scrape_single(self, row: Row, paths: Sequence[str]) -> Results:
        """Request the results for one object."""
        try:
            found = await self._results_of(row, paths)
        except (StashGraphQLError, StashSourceError, StashCapabilityError) as error:
            self._count_failure(error)
            return error
        self._failed = 0
        return found

    def _count_failure(self, error: StashError) -> None:
        """Count a failure; stop after an error that applies to all objects, or too many in a row."""
        self._failed += 1
        if isinstance(error, StashSourceError | StashCapabilityError) or self._failed >= MAX_FAILURES:
            self.stopped = error

    async def _results_of(self, row: Row, paths: Sequence[str]) -> list[dict[str, Any]]:
        if self.url:
            return await self._scrape_url(self.url, paths)
        if self.is_by_url:
            for url in row.get("urls") or ():
                if found := await self._scrape_url(url, paths):
                    return found
            return []
        for source_input in self._inputs(row):
            args = {"source": await self._source(), "input": source_input}
            found = await self._call(f"scrapeSingle{self.type}", args, paths)
            if results := [each for each in found or () if each]:
                return results
        return []

    def _inputs(self, row: Row) -> Iterator[dict[str, Any]]:
        """Yield inputs to try in order: search text, ids at the stash-box, name, or the object."""
        if self.query:
            yield {"query": self.query}
        elif self.is_by_name:
            boxes = row.get("stash_ids") or ()
            yield from ({"query": each["stash_id"]} for each in boxes if each["endpoint"] == self.source.box)
            yield {"query": str(row.get("name") or "")}
        elif self.type == "Performer":  # servers do not look up performers by id here
            yield {"performer_input": _fragment_of("Performer", row)}
        else:
            yield {f"{self.type.lower()}_id": str(row["id"])}

    async def _scrape_url(self, url: str, paths: Sequence[str]) -> list[dict[str, Any]]:
        if self.type in ("Studio", "Tag"):
            raise StashUsageError(
                f"no scraper knows {ENTITIES[self.type].plural}", hint="Use --stash-box NAME."
            )
        # On 0.30 the queries of a single type fail for an unsupported URL; this one returns null.
        found = await self._call("scrapeURL", {"url": url, "ty": self.type.upper()}, paths)
        return [found] if found else []

    async def detail(self, answer: Row, *, with_pictures: bool) -> dict[str, Any]:
        """Complete a search result with all details of its source, if the source has more."""
        is_search = bool(self.query) or (self.is_by_name and not self.source.box)
        if self.source.box or not is_search or FRAGMENT not in self.source.abilities or self.stopped:
            return dict(answer)
        paths = result_paths(self.type, await self.session.load_capabilities(), with_pictures=with_pictures)
        source_input = {f"{self.type.lower()}_input": _fragment_of(self.type, answer)}
        try:
            found = await self._call(
                f"scrapeSingle{self.type}", {"source": await self._source(), "input": source_input}, paths
            )
        except (StashGraphQLError, StashSourceError, StashCapabilityError):
            return dict(answer)  # the search result is still valid
        details = next(iter(found or ()), None) or {}
        return {**answer, **{name: value for name, value in details.items() if value not in (None, "", [])}}

    async def _source(self) -> dict[str, Any]:
        return self.source.argument(await self.session.load_capabilities())

    async def _call(self, operation: str, args: Mapping[str, Any], paths: Sequence[str]) -> Any:
        """Send a rate-limited request. Raises StashSourceError if the server cannot use the source."""
        await self.rate.wait()
        try:
            return await self.session.call(operation, args, paths, quiet=True)
        except StashGraphQLError as error:
            raise explain_error(error, self.source, ENTITIES[self.type].plural) from error


def _fragment_of(type_name: str, row: Row) -> dict[str, Any]:
    """Build the scraper input from the fields of an object; the API declares them as texts."""
    fields = describe_api().types[f"Scraped{type_name}Input"].fields
    texts = {}
    for name in fields:
        value = row.get({"aliases": "alias_list", "height": "height_cm"}.get(name, name), row.get(name))
        if value in (None, "", []) or (
            name in ("stored_id", "remote_site_id") and not isinstance(value, str)
        ):
            continue
        if isinstance(value, list) and not fields[name].type.is_list:
            value = ", ".join(map(str, value))
        texts[name] = value if isinstance(value, list) else str(value)
    return texts
