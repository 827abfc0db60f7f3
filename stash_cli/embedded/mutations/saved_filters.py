"""Saved filters, and the default filter of each view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.sqlite import insert

from stash_cli.embedded import tables as t
from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library.settings import read_part, write_part
from stash_cli.embedded.persistence.arguments import to_id

if TYPE_CHECKING:
    from stash_cli.embedded.library.context import Input, RequestContext, Resolver

_CONTENT = ("find_filter", "object_filter", "ui_options")


def save(context: RequestContext, *, input: Input) -> Any:  # noqa: A002 - the API's own name
    """Create a filter, or replace the one with this id; an unknown id stores nothing, as on the server."""
    name = str(input["name"] or "").strip()
    if not name:
        raise Refused("name must be non-empty")
    values = {"name": name, "mode": input["mode"], **{key: input.get(key) for key in _CONTENT}}
    if input.get("id") is None:
        key = context.connection.execute(insert(t.saved_filters).values(values)).inserted_primary_key
        return context.fetch("SavedFilter", key[0] if key else 0)
    number = to_id(input["id"])
    context.connection.execute(update(t.saved_filters).where(t.saved_filters.c.id == number).values(values))
    return context.fetch("SavedFilter", number) or {**values, "id": str(number), "filter": ""}


def destroy(context: RequestContext, *, input: Input) -> bool:  # noqa: A002 - the API's own name
    number = to_id(input["id"])
    if context.connection.scalar(select(t.saved_filters.c.id).where(t.saved_filters.c.id == number)) is None:
        raise Refused(f"id {number} does not exist in saved_filters")
    context.connection.execute(delete(t.saved_filters).where(t.saved_filters.c.id == number))
    return True


def set_default(context: RequestContext, *, input: Input) -> bool:  # noqa: A002 - the API's own name
    """Store the default filter of a view in the interface settings; without content it is removed."""
    ui = read_part(context.connection, "ui")
    defaults = {**ui.get("defaultFilters", {})}
    mode = str(input["mode"]).lower()
    content = {key: input[key] for key in _CONTENT if input.get(key) is not None}
    defaults.pop(mode, None)
    if content:
        defaults[mode] = {"mode": input["mode"], "name": "", **content}
    write_part(context.connection, "ui", {**ui, "defaultFilters": defaults})
    return True


RESOLVERS: dict[str, Resolver] = {
    "saveFilter": save,
    "destroySavedFilter": destroy,
    "setDefaultFilter": set_default,
}
