"""Resolution of names of related objects to ids, as in `--tag NAME`.

A word is a name or an alias in any case, or an id if it is all digits; `id:12` and `name:12` are explicit.
All words of one type are resolved in one request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from stash_cli.core.errors import StashAmbiguousError, StashNotFoundError, did_you_mean
from stash_cli.core.graphql import document, selection
from stash_cli.core.query.fields import fields
from stash_cli.core.query.lookups import compile as compile_lookups
from stash_cli.core.query.parse_lookup import canonical_lookups, parse_lookup
from stash_cli.core.query.value_parsers import materialized
from stash_cli.core.types.api import describe_api
from stash_cli.core.types.entities import ENTITIES, Entity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stash_cli.core.graphql.capability import ServerCapabilities
    from stash_cli.core.graphql.document import Root

_TAKES_IDS = frozenset({"eq", "ne", "in", "includes", "includes_all", "excludes"})
_NEAR = 5000
"""Names that are searched for near matches."""


class Session(Protocol):
    """The part of a session that is needed."""

    async def learn(self) -> ServerCapabilities: ...

    async def execute(self, document: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its possible readings."""

    written: str
    name: str | None
    id: str | None

    @classmethod
    def read(cls, text: str) -> Word:
        kind, colon, rest = text.partition(":")
        kind = kind.strip().lower() if colon else ""
        if kind == "name":
            return cls(text, rest.strip(), None)
        if kind == "id" and rest.strip().isdigit():
            return cls(text, None, str(int(rest)))
        bare = text.strip()
        return cls(text, bare, str(int(bare)) if bare.isascii() and bare.isdigit() else None)


async def relation_ids(session: Session, type_name: str, words: Sequence[str | int]) -> list[str]:
    """Ids of the objects that `words` name, in this order, without duplicates.

    Raises StashNotFoundError for an unknown word, with near matches, and StashAmbiguousError for one that
    matches several objects, with a list of these.
    """
    found = await _meanings(session, ENTITIES[type_name], list(map(str, words)))
    return list(dict.fromkeys(found[str(word)] for word in words))


async def _meanings(session: Session, entity: Entity, words: Iterable[str]) -> dict[str, str]:
    """Word -> id, in one request."""
    read = [Word.read(word) for word in dict.fromkeys(words)]
    rows = await _look_up(session, entity, read) if read else []
    found = {}
    for word in read:
        candidates = _candidates(entity, word, rows)
        if not candidates:
            raise await _not_found(session, entity, word)
        if len(candidates) > 1:
            raise _ambiguous(entity, word, candidates)
        found[word.written] = str(candidates[0]["id"])
    return found


async def resolve_names(session: Session, type_name: str, lookups: Mapping[str, Any]) -> dict[str, Any]:
    """`lookups` with the names of related objects replaced by ids, one request per type.

    Ids and objects are unchanged.
    """
    found = {key: materialized(value) for key, value in lookups.items()}
    named: dict[str, dict[str, list[Any]]] = {}
    for key, value in found.items():
        target = _names_of(type_name, key, value)
        many = list(value) if isinstance(value, list | tuple | set | frozenset) else [value]
        if target and any(map(_is_name, many)):
            named.setdefault(target, {})[key] = many
    for target, given in named.items():
        words = [item for many in given.values() for item in many if _is_name(item)]
        ids = await _meanings(session, ENTITIES[target], words)
        found |= {key: _replaced(many, ids) for key, many in given.items()}
    return found


def _names_of(type_name: str, key: str, value: Any) -> str | None:
    """The type of the objects that a lookup takes, on the object itself or nested; else None."""
    [(name, _)] = canonical_lookups(type_name, {key: value})
    field, lookup, inner = parse_lookup(type_name, name)
    if inner and field.target:
        return _names_of(field.target, inner, value)
    return field.target if field.target in ENTITIES and lookup in _TAKES_IDS else None


def _is_name(item: Any) -> bool:
    return isinstance(item, str) and not item.isdecimal()


def _replaced(many: list[Any], ids: Mapping[str, str]) -> list[Any]:
    """The ids and objects, then the ids of the names."""
    kept = [item for item in many if not _is_name(item)]
    return [*kept, *dict.fromkeys(ids[item] for item in many if _is_name(item))]


async def _look_up(session: Session, entity: Entity, words: Iterable[Word]) -> list[dict[str, Any]]:
    """All objects that the words may name, in one request; markers have no such query, so all are fetched."""
    server = await session.learn()
    # Markers have no filter on their title.
    if entity.label not in fields(entity.type):
        return await _rows(session, entity, [_by_name(entity, {}, -1, server)])
    names = [name for word in words if word.name for name in _readings(entity, word.name)]
    # Digits may be a name as well, so both readings are looked up.
    ids = list(dict.fromkeys(word.id for word in words if word.id))
    roots = [_by_id(entity, number, one, server) for number, one in enumerate(ids)]
    if names:
        roots.append(_by_name(entity, {entity.label + "__in": names}, -1, server))
        if "aliases" in fields(entity.type):
            roots.append(_by_name(entity, {"aliases__in": names}, -1, server, alias="aliases"))
    rows = await _rows(session, entity, roots)
    return list({row["id"]: row for row in rows}.values())


async def _rows(session: Session, entity: Entity, roots: list[Root]) -> list[dict[str, Any]]:
    answer = await session.execute(*document.join("Resolve", roots))
    pages = [value for value in answer.values() if isinstance(value, dict)]
    return [row for page in pages for row in (page.get(entity.items, [page]))]


def _by_id(entity: Entity, number: int, id: str, server: ServerCapabilities) -> Root:  # noqa: A002 - it is one
    return document.root(
        f"find{entity.type}", {"id": id}, _selection(entity, server), server=server, alias=f"id{number}"
    )


def _by_name(
    entity: Entity, lookups: dict[str, Any], most: int, server: ServerCapabilities, alias: str = "names"
) -> Root:
    wanted = compile_lookups(entity.type, lookups).filter
    args = {entity.filter_arg: wanted, "filter": {"per_page": most, "sort": entity.label}}
    return document.root(
        entity.find, args, f"{entity.items} {{ {_selection(entity, server)} }}", server=server, alias=alias
    )


def _selection(entity: Entity, server: ServerCapabilities) -> str:
    known = describe_api().types[entity.type].fields
    names = [entity.label, "disambiguation", "aliases", "alias_list"]
    return selection.build(entity.type, ["id", *(n for n in names if n in known)], server)


def _readings(entity: Entity, name: str) -> list[str]:
    """Possible names: performers also as `Alice (singer)`, with their disambiguation."""
    if entity.type == "Performer" and name.endswith(")") and " (" in name:
        return [name, name.rpartition(" (")[0]]
    return [name]


def _candidates(entity: Entity, word: Word, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Objects named by `word`: by id or name, else by alias; exact case takes precedence."""
    wanted = (word.name or "").casefold()
    by_id = [row for row in rows if word.id is not None and row["id"] == word.id]
    named = [row for row in rows if wanted and wanted in _names(entity, row)]
    exact = [row for row in named if word.name in (row.get(entity.label), label(entity, row))]
    found = by_id + [row for row in exact or named if row not in by_id]
    return found or [row for row in rows if wanted and wanted in _aliases(row)]


def _names(entity: Entity, row: dict[str, Any]) -> set[str]:
    return {str(row.get(entity.label) or "").casefold(), label(entity, row).casefold()}


def _aliases(row: dict[str, Any]) -> set[str]:
    aliases = row.get("alias_list") or row.get("aliases") or []
    listed = aliases.split(",") if isinstance(aliases, str) else aliases
    return {alias.strip().casefold() for alias in listed}


def label(entity: Entity, row: Mapping[str, Any]) -> str:
    """Display name of an object: `Alice (singer)`."""
    name = str(row.get(entity.label) or "")
    more = row.get("disambiguation")
    return f"{name} ({more})" if more else name


def _ambiguous(entity: Entity, word: Word, rows: list[dict[str, Any]]) -> StashAmbiguousError:
    shown = ", ".join(f"id:{row['id']} {label(entity, row)}".strip() for row in rows[:10])
    more = f" and {len(rows) - 10} more" if len(rows) > 10 else ""  # noqa: PLR2004 - what a line holds
    hint = "Say id:N or name:TEXT to choose one."
    return StashAmbiguousError(f"{word.written!r} fits several {entity.plural}: {shown}{more}.", hint=hint)


async def _not_found(session: Session, entity: Entity, word: Word) -> StashNotFoundError:
    """The error for an unknown word, with near matches among the first names."""
    message = f"There is no {entity.noun} {word.written!r}."
    if not word.name:
        return StashNotFoundError(message)
    roots = [_by_name(entity, {}, _NEAR, await session.learn())]
    known = {str(row.get(entity.label) or "") for row in await _rows(session, entity, roots)}
    return StashNotFoundError(f"{message} {did_you_mean(word.name, known)}".rstrip())
