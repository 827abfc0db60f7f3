"""Ids of objects that are given as an object, an id, a name or an alias."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.client.batch import call_each
from stash_cli.core.errors import StashInputError
from stash_cli.core.log import logger
from stash_cli.core.types.matching import OnMultipleMatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.core.client.session import Session
    from stash_cli.core.types.entities import Entity

_ALIASES = {"Performer": "alias_list"}


async def map_ids(
    session: Session,
    entity: Entity,
    items: Sequence[Any],
    *,
    create: bool = False,
    on_multiple: OnMultipleMatch = OnMultipleMatch.RETURN_FIRST,
) -> list[str]:
    """The ids of `items`, each an object, an int id, a mapping with id or name, or a name.

    Names match names and aliases, ignoring case. Unknown names are created with `create`, else left out with
    a warning. Two requests at most.
    """
    wanted = [_id_or_name(item) for item in items]
    names = list(dict.fromkeys(name for one, name in wanted if one is None))
    found = await _find(session, entity, names)
    missing = [name for name in names if not found[name]]
    if create and missing:
        found.update(await _create(session, entity, missing))
    elif missing:
        logger.warning("No %s is called %s.", entity.noun, ", ".join(missing))
    ids = [i for one, name in wanted for i in ([one] if one else _chosen(found[name], on_multiple))]
    return list(dict.fromkeys(ids))


async def _find(session: Session, entity: Entity, names: Sequence[str]) -> dict[str, list[str]]:
    """Name -> ids of the objects with this name or alias, names first."""
    if not names:
        return {}
    aliases = _ALIASES.get(entity.type, "aliases")
    args = [
        {
            entity.filter_arg: {"name": _equals(name), "OR": {"aliases": _equals(name)}},
            "filter": {"per_page": -1},
        }
        for name in names
    ]
    fields = [f"{entity.items}.{field}" for field in ("id", "name", aliases)]
    pages = await call_each(session, entity.find, args, fields)
    return {
        name: [row["id"] for row in sorted(page[entity.items], key=lambda row: _match_rank(row, name))]
        for name, page in zip(names, pages, strict=True)
    }


async def _create(session: Session, entity: Entity, names: Sequence[str]) -> dict[str, list[str]]:
    """Name -> id of the created object; names that the server considers equal are created once."""
    # Reversed, so that the first spelling of a name is the one that is created.
    new = {_folded(name): name for name in reversed(names)}
    args = [{"input": {"name": name}} for name in new.values()]
    made = await call_each(session, entity.operation("Create"), args, ["id"])
    ids = dict(zip(new, (row["id"] for row in made), strict=True))
    return {name: [ids[_folded(name)]] for name in names}


def _folded(name: str) -> bytes:
    # Of bytes only ASCII letters are lowered, as the server compares names.
    return name.encode().lower()


def _equals(text: str) -> dict[str, str]:
    return {"value": text, "modifier": "EQUALS"}


def _match_rank(row: dict[str, Any], name: str) -> tuple[int, int]:
    """Sort key: the exact name, then another case of it, then an alias; the older object first."""
    fits = 0 if row["name"] == name else 1 if row["name"].lower() == name.lower() else 2
    return fits, int(row["id"])


def _chosen(ids: list[str], on_multiple: OnMultipleMatch) -> list[str]:
    if len(ids) > 1 and on_multiple is OnMultipleMatch.RETURN_NONE:
        return []
    return ids if on_multiple is OnMultipleMatch.RETURN_LIST else ids[:1]


def _id_or_name(item: Any) -> tuple[str | None, str]:
    """(id, "") or (None, name) of one item."""
    if isinstance(item, int):
        return str(item), ""
    if isinstance(item, dict):
        known = item.get("stored_id") or item.get("id")
        name = item.get("name")
    else:
        known = None if isinstance(item, str) or item.is_new() else item.id
        name = item if isinstance(item, str) else item.name
    if not known and not (isinstance(name, str) and name.strip()):
        raise StashInputError(f"Neither an id nor a name: {item!r}.")
    return (str(known), "") if known else (None, str(name).strip())
