"""The scrapers and stash-boxes of a server: lookup by name, and their abilities."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import (
    StashCapabilityError,
    StashError,
    StashGraphQLError,
    StashNotFoundError,
    StashSourceError,
    StashUsageError,
    did_you_mean,
)
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.client.session import Session

    Row = Mapping[str, Any]

FRAGMENT, NAME, URL = "FRAGMENT", "NAME", "URL"
"""Kinds of scraper requests: for an object, for a search text, for a URL."""
BY_SCRAPER = ("Scene", "Performer", "Gallery", "Image", "Group")
"""Types that scrapers support; stash-boxes support those in BY_BOX."""
BY_BOX = ("Scene", "Performer", "Studio", "Tag")
_ENDPOINTS_SINCE = "0.27"
"""First release in which a stash-box is identified by its endpoint."""
_UNREACHABLE = re.compile(
    r"no such host|dial tcp|connection refused|i/o timeout|network is unreachable|deadline exceeded"
    r"|TLS handshake|server misbehaving|EOF$"
)
_STATUS = re.compile(r"\b(?:http|status|code|error)\W{1,3}(4\d\d)\b", re.IGNORECASE)
"""An HTTP status in a message: `http error 403`, `status code: 401`, `"code":429`."""
_REFUSED = re.compile(
    r"unauthori[sz]ed|not authori[sz]ed|forbidden|invalid (api )?(key|token)", re.IGNORECASE
)
_RATE_LIMITED = re.compile(r"too many requests|rate limit", re.IGNORECASE)
_UNSUPPORTED = re.compile(r"^not (implemented|supported)$")


@dataclass(frozen=True, slots=True)
class Source:
    """A scraper or a stash-box; with neither, the server chooses the scraper for a URL."""

    name: str
    scraper: str = ""
    box: str = ""
    abilities: frozenset[str] = frozenset({URL})
    per_minute: int = 0
    """Maximum number of requests per minute; 0 if unknown."""

    index: int = 0
    """The index of a stash-box in the settings."""

    def argument(self, server: ServerCapabilities) -> dict[str, Any]:
        """The source as an argument of the API."""
        if not self.box:
            return {"scraper_id": self.scraper}
        # Older servers declare the endpoint, but require the index.
        return (
            {"stash_box_endpoint": self.box}
            if server.is_since(_ENDPOINTS_SINCE)
            else {"stash_box_index": self.index}
        )

    @property
    def key(self) -> str:
        """Identity of the source on its server."""
        return self.box or self.scraper or "url"


ANY_SCRAPER = Source("the scrapers of the server")


async def scraper_of(session: Session, type_name: str, word: str) -> Source:
    """Find a scraper by id or name. Raises StashNotFoundError, and StashUsageError for unsupported types."""
    entity = ENTITIES[type_name]
    if type_name not in BY_SCRAPER:
        raise StashUsageError(
            f"no scraper knows {entity.plural}: servers look them up at a stash-box",
            hint=f"Use --stash-box NAME: stash {entity.plural} scrape --all --stash-box NAME",
        )
    rows = await session.call("listScrapers", {"types": [type_name.upper()]}) or ()
    by_id = {str(row["id"]): row for row in rows}
    by_name = [
        row for row in rows if word.casefold() in (str(row["id"]).casefold(), str(row["name"]).casefold())
    ]
    scraper = by_id.get(word) or next(iter(by_name), None)
    if scraper is None:
        raise _unknown("scraper", entity.plural, word, by_id, "stash scrapers list")
    spec = scraper.get(type_name.lower()) or scraper.get("movie") or {}
    return Source(
        str(scraper["name"]), str(scraper["id"]), abilities=frozenset(spec.get("supported_scrapes") or ())
    )


async def box_of(session: Session, type_name: str, word: str) -> Source:
    """Find a stash-box by name or URL. Raises like `stash_box`, and StashUsageError for unsupported types."""
    entity = ENTITIES[type_name]
    if type_name not in BY_BOX:
        raise StashUsageError(
            f"stash-boxes know no {entity.plural}",
            hint=f"Use a scraper: --with SCRAPER, of `stash scrapers list --type {entity.noun}`.",
        )
    server = await session.load_capabilities()
    if type_name == "Tag" and not server.has_query("scrapeSingleTag"):
        raise server.missing_error("scrapeSingleTag")
    return await stash_box(session, word)


async def boxes(session: Session, paths: Sequence[str]) -> list[dict[str, Any]]:
    """Read the stash-boxes in the server's settings, with the fields that the server has."""
    server = await session.load_capabilities()
    readable = [f"general.stashBoxes.{path}" for path in paths if server.has_path("StashBox", path)]
    answer = await session.call("configuration", {}, readable)
    return list(answer["general"]["stashBoxes"] or ())


async def stash_box(session: Session, word: str | None) -> Source:
    """Find a stash-box by name, URL or host; without a word, return the only one.

    Raises StashNotFoundError, and StashUsageError if there are several and no word.
    """
    rows = await boxes(session, ["name", "endpoint", "max_requests_per_minute"])
    names = [str(row["name"] or row["endpoint"]) for row in rows]
    if word is None and len(rows) > 1:
        raise StashUsageError(f"name a stash-box with --stash-box: there are {', '.join(names)}")
    folded = None if word is None else word.casefold().rstrip("/")
    for index, row in enumerate(rows):
        host = str(row["endpoint"]).partition("://")[2].partition("/")[0]
        identifiers = (row["name"], row["endpoint"].rstrip("/"), host)
        if folded is None or folded in (each.casefold() for each in identifiers):
            limit = int(row.get("max_requests_per_minute") or 0)
            return Source(names[index], box=str(row["endpoint"]), per_minute=limit, index=index)
    raise _unknown("stash-box", "", word or "", names, "stash stashbox list")


async def source_of(session: Session, type_name: str, word: str) -> Source:
    """Find a stash-box by a word, or else a scraper. Raises StashNotFoundError."""
    try:
        return await stash_box(session, word)
    except StashNotFoundError:
        if "://" in word:
            raise
    return await scraper_of(session, type_name, word)


def _unknown(kind: str, plural: str, word: str, known: Iterable[str], command: str) -> StashNotFoundError:
    names = sorted(known)
    what = f"{kind} for {plural}" if plural else kind
    if not names:
        hint = (
            "Install one under Settings, Metadata Providers, or put its files into the folder of scrapers."
            if kind == "scraper"
            else "Add one under Settings, Metadata Providers."
        )
        return StashNotFoundError(f"this server has no {what}", hint=hint)
    suggestion = did_you_mean(word, names)
    listed = f"there {'is' if len(names) == 1 else 'are'} {', '.join(names[:10])}"
    return StashNotFoundError(
        f"no {what} is called {word!r}: {listed}. {suggestion}".rstrip(), hint=f"See `{command}`."
    )


def explain_error(error: StashGraphQLError, source: Source, plural: str) -> StashError:
    """Convert the error of a server that could not use a source to one with advice."""
    # The cause is at the end of the text, which `error.message` may truncate.
    text = str(error.errors[0].get("message") or "") if error.errors else error.message
    if _UNSUPPORTED.search(text.strip().rstrip(".")):
        return StashCapabilityError(
            f"this server cannot ask {source.name} for {plural} in this way",
            hint="Give an address with --url, or words with --query.",
        )
    status = match[1] if (match := _STATUS.search(text)) else ""
    # Only the end: what comes before may quote the path of a file, with any words in it.
    ending = ": ".join(text.split(": ")[-2:])
    if status == "429" or _RATE_LIMITED.search(ending):
        return StashSourceError(
            f"{source.name} was asked too often", hint="Try again later with a lower --rate."
        )
    if status in ("401", "403") or _REFUSED.search(ending):
        hint = "See `stash stashbox validate`." if source.box else "Its site may ask for a login."
        return StashSourceError(f"{source.name} refused the server: {_cause_of(text)}", hint=hint)
    if _UNREACHABLE.search(text):
        return StashSourceError(
            f"the server cannot reach {source.name}: {_cause_of(text)}",
            hint="Check that the machine of the server is connected to the internet, and the address.",
        )
    return error


def _cause_of(text: str) -> str:
    """The cause: the last part of the server's chain of messages."""
    return text.rstrip(".").rpartition(": ")[2][:200]
