"""Conditions and rows for the server at hand: what its release answers wrongly or lacks."""

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
    """The condition without the clauses that this release answers wrongly, which are left to the rows.

    Raises StashCapabilityError where rows do not hold the values.
    """
    # What is given in the API's own shape is sent as it is.
    if server is None or condition.given:
        return condition
    if is_unreliable(*condition.field.key, server) and condition.without_rows:
        return condition.without_rows
    wrong = [each for each in quirks.OLDER_ANSWERS if server.release < number(each.until)]
    notes = dict.fromkeys(
        each.note for each in wrong for clause in condition.clauses if _has(each, condition, clause)
    )
    if not notes:
        return condition
    note = f"{condition.field.name}: {' '.join(notes)}"
    if extractor_of(condition.field.owner, condition) is None:
        raise StashCapabilityError(f"{condition.field.owner}.{note} This server is {server.version}.")
    clauses = [
        clause for clause in condition.clauses if not any(_has(each, condition, clause) for each in wrong)
    ]
    notes_all = " ".join(filter(None, [condition.note, note]))
    return replace(condition, clauses=clauses, exact=False, note=notes_all, split=None)


def require_nested(field: FilterField, notes: list[str], server: ServerCapabilities | None) -> None:
    """Raise StashCapabilityError for a nested filter with `notes` that the server answers wrongly."""
    told = " ".join(filter(None, notes))
    if not told or (server is not None and server.release >= number(quirks.NESTED_SINCE)):
        return
    this = f" This server is {server.version}." if server is not None else ""
    related = field.name.removesuffix("_filter")
    raise StashCapabilityError(
        f"{field.owner}.{related}: {told}{this}",
        hint=f"Ask for {related} by themselves.",
    )


def _has(deviation: quirks.Deviation, condition: Condition, clause: Clause) -> bool:
    """Whether the clause holds a criterion with this deviation."""
    owner = condition.field.owner
    return any(
        quirks.is_listed(deviation.keys, (owner, name)) and deviation.fits(criterion)
        for name, criterion in clause
    )


def check_rows(type_name: str, paths: Iterable[str], server: ServerCapabilities) -> None:
    """Raise StashCapabilityError for rows that lack what they are to be tested by.

    A field that is left out of a selection would be taken for one without a value.
    """
    for path in paths:
        lacking = _lacking(type_name, path, server)
        if lacking:
            raise server.missing_error(lacking)


def _lacking(type_name: str, path: str, server: ServerCapabilities) -> str:
    """The first field of a path that rows of the server do not have; "" for none."""
    name, _, rest = path.partition(".")
    owner = server.type_name(type_name)
    # Unions have no fields of their own.
    if not server.fields(owner):
        return ""
    found = server.field_name(type_name, name)
    if found is None:
        return "" if selected(type_name, name, server) else f"{type_name}.{name}"
    inner = TypeRef(server.field_type(owner, found) or "").name
    return _lacking(inner, rest, server) if rest else ""
