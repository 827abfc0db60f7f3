"""Names and aliases: required, unique, and compared as the server compares them (LIKE)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.tables import performers
from stash_cli.embedded.writing.lists import Texts

if TYPE_CHECKING:
    from stash_cli.embedded.writing.blueprint import Change


def name_required(change: Change) -> None:
    """Performers, studios, tags: "<noun> name must not be blank"."""
    if "name" in change.columns and not change.columns["name"]:
        raise Refused(f"{change.blueprint.noun} name must not be blank")


def group_name_required(change: Change) -> None:
    if "name" in change.columns and not change.columns["name"]:
        raise Refused("name cannot be empty")


def names_unique(change: Change) -> None:
    """Studios and tags: names and aliases share one namespace; the own name may be an alias."""
    if name := change.columns.get("name"):
        _refuse_taken(change, name)
        _refuse_used_as_alias(change, name)
    field = change.blueprint.lists["aliases"]
    if "aliases" in change.lists and isinstance(field, Texts):
        for alias in field.final(change.connection, change.owner, change.lists["aliases"]):
            if not alias:
                raise Refused(f"{change.blueprint.noun} alias must not be an empty string")
            _refuse_taken(change, alias)
            _refuse_used_as_alias(change, alias)


def _refuse_taken(change: Change, name: str) -> None:
    columns = change.blueprint.table.c
    taken = select(columns.id).where(columns.name.like(name), columns.id != change.owner)
    if change.connection.scalar(taken) is not None:
        raise Refused(f"{change.blueprint.noun} with name '{name}' already exists")


def _refuse_used_as_alias(change: Change, name: str) -> None:
    field = change.blueprint.lists["aliases"]
    if not isinstance(field, Texts):
        return
    columns, aliases = change.blueprint.table.c, field.table.c
    user = (
        select(columns.name)
        .join(field.table, aliases[field.own] == columns.id)
        .where(aliases.alias.like(name), columns.id != change.owner)
    )
    owner = change.connection.scalar(user)
    if owner is not None:
        raise Refused(f"name '{name}' is used as alias for '{owner}'")


def performer_unique(change: Change) -> None:
    """One performer per name and disambiguation."""
    if not {"name", "disambiguation"} & change.columns.keys():
        return
    name, other = (_final(change, column) for column in ("name", "disambiguation"))
    columns = performers.c
    same = columns.disambiguation.like(other) if other else columns.disambiguation.is_(None)
    taken = select(columns.id).where(columns.name.like(name), same, columns.id != change.owner)
    if change.connection.scalar(taken) is not None:
        detail = f" and disambiguation '{other}'" if other else ""
        raise Refused(f"performer with name '{name}'{detail} already exists")


def performer_aliases_distinct(change: Change) -> None:
    """No alias twice, none that is the name, case aside."""
    field = change.blueprint.lists["alias_list"]
    if not isinstance(field, Texts) or not ({"alias_list"} & change.lists.keys() or "name" in change.columns):
        return
    if "alias_list" in change.lists:
        aliases = field.final(change.connection, change.owner, change.lists["alias_list"])
    else:
        aliases = field.current(change.connection, change.owner)
    seen = {str(_final(change, "name")).lower()}
    for alias in aliases:
        if alias.lower() in seen:
            raise Refused(f"performer contains duplicate alias '{alias}'")
        seen.add(alias.lower())


def _final(change: Change, column: str) -> str | None:
    """The value of a column after the change."""
    if column in change.columns or change.creating:
        value: str | None = change.columns.get(column)
        return value
    query = select(change.blueprint.table.c[column]).where(change.blueprint.table.c.id == change.owner)
    found: str | None = change.connection.scalar(query)
    return found
