"""Queries as lists of the web interface: saved as filters, or opened in a browser."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError, StashUsageError

if TYPE_CHECKING:
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.queries.listing import Listing
    from stash_cli.core.client.session import Session
    from stash_cli.core.query.language.query import Query
    from stash_cli.core.query.q import Q
    from stash_cli.core.types.entities import Entity


@dataclass
class WebList:
    """A list in the form that the web interface saves; `notes` describe differences from the query."""

    find_filter: dict[str, Any] = field(default_factory=dict)
    object_filter: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


async def web_list(session: Session, entity: Entity, query: Query | None, listing: Listing) -> WebList:
    """Convert a query and a listing to a list of the web interface.

    Raises StashInputError for conditions that the web interface cannot show.
    """
    from stash_cli.core.client.query_names import resolve_query

    result = WebList(_paging(listing))
    if query is None or query.where is None:
        return result
    asked = await resolve_query(session, entity.type, query.where)
    await _add_criteria(session, entity, asked, result)
    return result


def _paging(listing: Listing) -> dict[str, Any]:
    if len(listing.keys) > 1:
        raise StashInputError("The web interface sorts by one key.")
    sort, direction = listing.sort
    paging: dict[str, Any] = {"sort": sort, "direction": direction} if sort else {}
    if not listing.is_default and listing.limit:
        paging |= {"per_page": listing.limit, "page": listing.skip // listing.limit + 1}
    return paging


async def _add_criteria(session: Session, entity: Entity, asked: Q, found: WebList) -> None:
    from stash_cli.core.client.saved_filters import labels_of
    from stash_cli.core.query.local_zone import LOCAL
    from stash_cli.core.query.saved_filters.writing import ids_in, write_criteria

    now = datetime.now(LOCAL)
    labels = await labels_of(session, ids_in(entity.type, asked, now))
    criteria = write_criteria(entity.type, asked, labels, now=now)
    # Written again for another day: a difference shows that the query has relative dates.
    later = write_criteria(entity.type, asked, labels, now=now + timedelta(days=400))
    found.object_filter, found.notes = criteria.object_filter, criteria.notes
    if criteria.q:
        found.find_filter["q"] = criteria.q
    if later.object_filter != criteria.object_filter:
        found.notes.append("relative dates and times stand for those of today, and do not move on")


async def open_list(
    session: Session,
    runtime: Runtime,
    entity: Entity,
    query: Query | None,
    listing: Listing,
) -> None:
    """Print the address of a list in the web interface; on a terminal open it in the browser, too."""
    from stash_cli.core.query.saved_filters.address import web_address

    connection = runtime.connection()
    if connection.is_embedded:
        raise StashUsageError("--web: a library in a file has no web interface")
    found = await web_list(session, entity, query, listing)
    for note in found.notes:
        runtime.streams.note(note)
    address = web_address(connection.server, entity.type, found.find_filter, found.object_filter)
    runtime.streams.data(f"{address}\n")
    if runtime.streams.out_is_terminal and runtime.streams.interactive:
        import webbrowser

        if not webbrowser.open(address):
            runtime.streams.note("no browser was found: open the address yourself")
