"""Conditions and rows adapted to a server: filters that its release answers wrongly, fields that it lacks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stash_cli.core.errors import StashCapabilityError
from stash_cli.core.graphql.compat.answers import is_unreliable, selected
from stash_cli.core.graphql.releases import number
from stash_cli.core.query import server_quirks as quirks
from stash_cli.core.query.extractors import extractor_of
from stash_cli.core.types.api import TypeRef

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.query.model import Clause, Condition, FilterField


def for_server(condition: Condition, server: ServerCapabilities | None) -> Condition:
    """The condition without the clauses that this release answers wrongly; these are tested on rows.

    Raises StashCapabilityError where rows lack the values.
    """
    # Criteria in the API's own shape are sent unchanged.
    if server is None or condition.given:
        return condition
    if is_unreliable(*condition.field.key, server) and condition.without_rows:
        return condition.without_rows
    wrong = [each for each in quirks.OLDER_ANSWERS if server.release < number(each.until)]
    notes = dict.fromkeys(
        each.note for each in wrong for clause in condition.clauses if _deviates(each, condition, clause)
    )
    if not notes:
        return condition
    note = f"{condition.field.name}: {' '.join(notes)}"
    if extractor_of(condition.field.owner, condition) is None:
        raise StashCapabilityError(f"{condition.field.owner}.{note} This server is {server.version}.")
    clauses = [
        clause
        for clause in condition.clauses
        if not any(_deviates(each, condition, clause) for each in wrong)
    ]
    notes_all = " ".join(filter(None, [condition.note, note]))
    return replace(condition, clauses=clauses, exact=False, note=notes_all, split=None)


def require_nested(field: FilterField, notes: list[str], server: ServerCapabilities | None) -> None:
    """Raise StashCapabilityError for a nested filter with `notes` that the server answers wrongly."""
    note = " ".join(filter(None, notes))
    if not note or (server is not None and server.release >= number(quirks.NESTED_SINCE)):
        return
    server_note = f" This server is {server.version}." if server is not None else ""
    related = field.name.removesuffix("_filter")
    raise StashCapabilityError(
        f"{field.owner}.{related}: {note}{server_note}",
        hint=f"Ask for {related} by themselves.",
    )


def _deviates(deviation: quirks.Deviation, condition: Condition, clause: Clause) -> bool:
    """Whether the clause contains a criterion with this deviation."""
    owner = condition.field.owner
    return any(
        quirks.is_listed(deviation.keys, (owner, name)) and deviation.fits(criterion)
        for name, criterion in clause
    )


def check_rows(type_name: str, paths: Iterable[str], server: ServerCapabilities) -> None:
    """Raise StashCapabilityError if rows lack a field of `paths`, which are needed to test them.

    Selections omit fields that the server lacks, so their values would count as missing.
    """
    for path in paths:
        missing = _missing_field(type_name, path, server)
        if missing:
            raise server.missing_error(missing)


def _missing_field(type_name: str, path: str, server: ServerCapabilities) -> str:
    """The first field of a path that rows of the server lack; "" for none."""
    name, _, rest = path.partition(".")
    owner = server.type_name(type_name)
    # Unions have no fields of their own.
    if not server.fields(owner):
        return ""
    found = server.field_name(type_name, name)
    if found is None:
        return "" if selected(type_name, name, server) else f"{type_name}.{name}"
    inner = TypeRef(server.field_type(owner, found) or "").name
    return _missing_field(inner, rest, server) if rest else ""
