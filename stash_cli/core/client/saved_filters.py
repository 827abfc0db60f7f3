"""Saved filters of a server: found by name, checked for deleted and renamed objects, saved and removed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.core.client.paging import pages_by_id
from stash_cli.core.client.resolver import Name
from stash_cli.core.edits.apply import apply_one
from stash_cli.core.edits.journal.saved_filters import contents, known_mode
from stash_cli.core.edits.operation import Operation
from stash_cli.core.errors import (
    StashAmbiguousError,
    StashInputError,
    StashNotFoundError,
    StashServerError,
    did_you_mean,
)
from stash_cli.core.query.saved_filters.reading import (
    DECIMAL,
    STARS,
    Related,
    SavedQuery,
    has_bare_rating,
    read_saved,
    replace_related,
    with_parts,
)
from stash_cli.core.query.saved_filters.web_criteria import MODES, mode_of
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stash_cli.core.client.session import Session

Row = dict[str, Any]


@dataclass
class LoadedFilter:
    """A saved filter and its query.

    `deleted` are the objects in its criteria that no longer exist; `renamed` maps objects whose name has
    changed since it was saved to their current names.
    """

    row: Row
    query: SavedQuery
    deleted: list[Related] = field(default_factory=list)
    renamed: dict[Related, str] = field(default_factory=dict)

    def warnings(self) -> list[str]:
        """The differences from the results in the web interface, a sentence each."""
        name = self.row["name"]
        untranslated = [
            f"saved filter {name!r}: {criterion} is left out: {reason}"
            for criterion, reason in self.query.untranslated.items()
        ]
        return [
            *untranslated,
            *(f"saved filter {name!r} names a {_called(one)} that is deleted" for one in self.deleted),
        ]

    def notes(self) -> list[str]:
        """Objects that were renamed since the filter was saved, a sentence each."""
        return [f"{_called(one)} is now called {name!r}" for one, name in self.renamed.items()]

    def require_translated(self) -> None:
        """Raise StashInputError where a criterion has no translation: too many objects would match."""
        for name, reason in self.query.untranslated.items():
            raise StashInputError(
                f"The saved filter {self.row['name']!r} has a criterion that cannot be translated: {name}:"
                f" {reason}. Nothing was changed.",
                hint="Without it more objects would be changed than the web interface shows.",
            )


def _called(one: Related) -> str:
    noun = ENTITIES[one.type].noun if one.type in ENTITIES else "object"
    return f"{noun} {one.id} {one.label!r}" if one.label else f"{noun} {one.id}"


async def saved_filters(session: Session, type_name: str = "") -> list[Row]:
    """The saved filters of all types, or of one, sorted by type and name."""
    # Older servers also return the default filter of each list, without a name (seen on 0.22.1).
    rows = [with_parts(row) for row in await session.call("findSavedFilters") if row["name"]]
    selected = [row for row in rows if not type_name or MODES.get(row["mode"]) == type_name]
    return sorted(
        selected, key=lambda row: (list(MODES).index(row["mode"]), row["name"].casefold(), int(row["id"]))
    )


async def find_saved(session: Session, word: str, type_name: str = "") -> Row:
    """The saved filter that `word` names: a name first, then an id; `id:12` and `name:12` are explicit.

    Raises StashNotFoundError, also for a filter of another type, and StashAmbiguousError.
    """
    if type_name and type_name not in MODES.values():
        raise StashInputError("The web interface saves no filters of files and folders.")
    rows = await saved_filters(session)
    of_type = [row for row in rows if not type_name or MODES.get(row["mode"]) == type_name]
    matches = _named(of_type, Name.parse(word))
    if len(matches) > 1:
        shown = ", ".join(f"id:{row['id']} of {_plural(row)}" for row in matches)
        raise StashAmbiguousError(
            f"{word!r} is the name of several saved filters: {shown}.", hint="Use id:N."
        )
    if matches:
        return matches[0]
    others = _named(rows, Name.parse(word))
    if others:
        plural = ENTITIES[type_name].plural
        raise StashNotFoundError(
            f"The saved filter {word!r} is for {_plural(others[0])}, not for {plural}.",
            hint=f"Use it with: stash {_plural(others[0])} find --saved {word!r}.",
        )
    near = did_you_mean(word, [row["name"] for row in of_type])
    of = f" for {ENTITIES[type_name].plural}" if type_name else ""
    raise StashNotFoundError(
        f"There is no saved filter {word!r}{of}. {near}".rstrip(), hint="See `stash filters list`."
    )


def _named(rows: Sequence[Row], name: Name) -> list[Row]:
    exact = [row for row in rows if name.name and row["name"] == name.name]
    folded = [row for row in rows if name.name and row["name"].casefold() == name.name.casefold()]
    return exact or folded or [row for row in rows if name.id and row["id"] == name.id]


def _plural(row: Mapping[str, Any]) -> str:
    return ENTITIES[MODES[row["mode"]]].plural


async def load_saved(session: Session, word: str, type_name: str = "") -> LoadedFilter:
    """The saved filter that `word` names, as a query; raises as `find_saved`."""
    return await load_row(session, await find_saved(session, word, type_name))


async def load_row(session: Session, row: Row) -> LoadedFilter:
    """A saved filter as a query; the objects that it names are looked up by id, one request per type."""
    scale = await _rating_scale(session) if has_bare_rating(row) else STARS
    loaded = LoadedFilter(row, read_saved(row, rating_scale=scale))
    ids: dict[str, list[str]] = {}
    for one in loaded.query.related:
        ids.setdefault(one.type, []).append(one.id)
    names = await labels_of(session, ids)
    for one in loaded.query.related:
        if one.type not in names:
            continue
        name = names[one.type].get(one.id)
        if name is None:
            loaded.deleted.append(one)
        elif one.label and name and one.label != name:
            loaded.renamed[one] = name
    return loaded


async def _rating_scale(session: Session) -> int:
    """The value of one point of a rating in the web interface."""
    ui = (await session.call("configuration", {}, ["ui"])).get("ui") or {}
    return DECIMAL if (ui.get("ratingSystemOptions") or {}).get("type") == "decimal" else STARS


async def labels_of(session: Session, wanted: Mapping[str, Iterable[str]]) -> dict[str, dict[str, str]]:
    """Type -> id -> name of the objects that exist."""

    async def of_type(type_name: str, ids: Iterable[str]) -> dict[str, str]:
        entity = ENTITIES[type_name]
        pages = pages_by_id(session, entity, list(dict.fromkeys(ids)), ["id", entity.label])
        return {row["id"]: str(row[entity.label] or "") async for page in pages for row in page}

    types = [name for name in wanted if name in ENTITIES]
    labels = await asyncio.gather(*(of_type(name, wanted[name]) for name in types))
    return dict(zip(types, labels, strict=True))


async def save_filter(
    session: Session, type_name: str, name: str, parts: Mapping[str, Any], id_: str = ""
) -> Row:
    """Save a filter, or replace the one with this id, and return it as it was stored.

    Raises StashServerError if the server reports success but stores nothing, as it does for unknown ids.
    """
    values = {"mode": await known_mode(session, type_name), "name": name, **contents(parts)}
    saved = await apply_one(
        session, Operation("saveFilter", {"input": values | ({"id": id_} if id_ else {})}, paths=None)
    )
    stored = next((row for row in await saved_filters(session) if row["id"] == saved["id"]), None)
    if stored is None or stored["name"] != name.strip():
        raise StashServerError("The server did not save the filter.", hint="See `stash filters list`.")
    return stored


async def rename_saved(session: Session, row: Row, name: str) -> Row:
    """Save a filter under another name; the server replaces a filter as a whole."""
    return await save_filter(session, MODES[row["mode"]], name, row, row["id"])


async def delete_saved(session: Session, row: Row) -> None:
    await apply_one(session, Operation("destroySavedFilter", {"input": {"id": row["id"]}}, (row["id"],)))


async def default_filter(session: Session, type_name: str) -> Row | None:
    """The default filter of a type's list in the web interface; None if none is set."""
    mode = await known_mode(session, type_name)
    row = await session.call("findDefaultFilter", {"mode": mode}, quiet=True)
    return None if row is None else with_parts(row)


async def set_default_filter(session: Session, type_name: str, row: Row | None) -> None:
    """Make a saved filter the default of its type's list; None removes the default."""
    values = {"mode": await known_mode(session, type_name), **(contents(row) if row else {})}
    await apply_one(session, Operation("setDefaultFilter", {"input": values}, (type_name,)))


@dataclass(frozen=True)
class Renamed:
    """A filter whose criteria name one object in place of others: its row with the new criteria.

    `is_default` means the default filter of a list in the web interface.
    """

    row: Row
    is_default: bool = False

    @property
    def name(self) -> str:
        return str(self.row.get("name") or "")

    @property
    def plural(self) -> str:
        """The kind of objects that it finds."""
        return _plural(self.row)

    async def save(self, session: Session) -> None:
        """Store the filter."""
        type_name = MODES[self.row["mode"]]
        if self.is_default:
            await set_default_filter(session, type_name, self.row)
        else:
            await save_filter(session, type_name, self.row["name"], self.row, self.row["id"])


async def all_filters(session: Session) -> list[tuple[Row, bool]]:
    """The saved filters (False) and the default filters of lists (True)."""
    rows = await saved_filters(session)
    defaults = await asyncio.gather(*(default_filter(session, name) for name in ENTITIES))
    filters = [(row, False) for row in rows]
    filters += [
        ({**row, "mode": mode_of(name)}, True) for name, row in zip(ENTITIES, defaults, strict=True) if row
    ]
    return filters


async def filters_naming(
    session: Session, type_name: str, gone: Sequence[str], item: Mapping[str, str]
) -> list[Renamed]:
    """The saved and default filters that name the objects `gone`, with `item` (`id`, `label`) instead."""
    renamed = []
    for row, is_default in await all_filters(session):
        criteria = replace_related(row, type_name, gone, item)
        if criteria is not None:
            renamed.append(Renamed({**row, "object_filter": criteria}, is_default))
    return renamed
