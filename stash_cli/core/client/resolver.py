"""Resolution of names to objects: one order for the command line, lookups, the client and the store.

1. `id:12`, or bare digits where they may be an id
2. the name (of a performer also `Alice (singer)`) in the same case
3. the name in another case
4. an alias

The first step with a match decides; its matches are sorted from the oldest. A `Policy` decides about several
matches and about none. All names of one type are resolved in one request.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from stash_cli.core.client.folders import folder_ids
from stash_cli.core.client.named_rows import NamedRows, full_name, label_of
from stash_cli.core.errors import (
    StashAmbiguousError,
    StashInputError,
    StashNotFoundError,
    did_you_mean,
)
from stash_cli.core.graphql.batch import BatchOperation, call_all, call_each
from stash_cli.core.graphql.selection import default_paths
from stash_cli.core.log import logger
from stash_cli.core.query import lookups
from stash_cli.core.query.fields import fields
from stash_cli.core.query.model import Reference
from stash_cli.core.types.entities import ENTITIES, Entity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stash_cli.core.client.session import Session

    Row = Mapping[str, Any]

NAMED = frozenset({*ENTITIES, "Folder"})
"""Types whose objects can be named by words; a folder is named by its path."""
_NAME_FIELDS = ("disambiguation", "aliases", "alias_list")
_LISTED = 10
_NEAR = 5000
"""Maximum number of names searched for near matches."""


def name_fields(entity: Entity) -> list[str]:
    """The fields besides the label that hold names of a type's objects, or parts of them.

    A field that only older servers have, such as `aliases` of performers, is not among them.
    """
    return [name for name in _NAME_FIELDS if name in entity.api.fields]


@dataclass(frozen=True, slots=True)
class Policy:
    """Treatment of names with several matches and of names without a match.

    A missing object raises, is created, or is omitted. With `every`, the matches of all steps count, not only
    those of the first step with a match.
    """

    ambiguous: Literal["raise", "first", "all", "none"] = "raise"
    missing: Literal["raise", "create", "omit"] = "raise"
    every: bool = False


STRICT = Policy()
FIRST = Policy("first", "omit")


@dataclass(frozen=True, slots=True)
class Name:
    """A name as written, and how it may be read: as a name, as an id, or as both.

    `disambiguation` is the performer's: "" matches only performers without one, None any performer.
    """

    written: str
    name: str = ""
    id: str = ""
    disambiguation: str | None = None

    @classmethod
    def literal(cls, name: str, disambiguation: str | None = None) -> Name:
        """A literal name, such as one from a file: `id:12` has no special meaning."""
        return cls(name, name.strip(), disambiguation=disambiguation)

    @classmethod
    def parse(cls, text: str, *, digits: bool = True) -> Name:
        """Parse `id:12`, `name:12` or a bare word; with `digits` bare digits may be an id as well.

        Raises StashInputError for an empty name.
        """
        prefix, colon, rest = text.partition(":")
        prefix, rest = prefix.strip().lower() if colon else "", rest.strip()
        if not text.strip() or (prefix == "name" and not rest):
            raise StashInputError(f"Neither an id nor a name: {text!r}.")
        if prefix == "name":
            return cls(text, rest)
        if prefix == "id" and _is_id(rest):
            return cls(text, id=str(int(rest)))
        bare = text.strip()
        return cls(text, bare, str(int(bare)) if digits and _is_id(bare) else "")


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal()


@dataclass(frozen=True, slots=True)
class Resolution:
    """The ids of each name, the names without a match, and the errors of names that the policy rejects.

    `labels` are the names of the matched objects, by id.
    """

    ids: dict[Name, list[str]]
    missing: list[Name]
    errors: dict[Name, StashAmbiguousError | StashNotFoundError]
    labels: dict[str, str]

    def require_all(self) -> dict[Name, list[str]]:
        """The ids; raises the first error."""
        for error in self.errors.values():
            raise error
        return self.ids


async def resolve(
    session: Session,
    entity: Entity,
    names: Iterable[Name],
    policy: Policy = STRICT,
    *,
    optional: Iterable[Name] = (),
) -> Resolution:
    """Resolve names in one request; creating objects and suggesting near matches take one more.

    The `optional` names may be missing.
    """
    unique = list(dict.fromkeys([*names, *optional]))
    known = NamedRows(entity, await _look_up(session, entity, unique) if unique else [])
    matches = {name: known.candidates(name, every=policy.every) for name in unique}
    ids = {name: _chosen(matches[name], policy) for name in unique}
    may_be_missing = set(optional)
    missing = [name for name in unique if not matches[name] and name not in may_be_missing]
    if policy.missing == "create":
        ids |= await _create(session, entity, [name for name in missing if name.name])
        missing = [name for name in missing if not name.name]
    problems = {} if policy.missing == "omit" else await _not_found(session, entity, missing)
    if policy.ambiguous == "raise":
        problems |= {name: _ambiguous(entity, name, many) for name, many in matches.items() if len(many) > 1}
    # In the order of the names, so that the first wrong one is reported.
    errors = {name: problems[name] for name in unique if name in problems}
    return Resolution(ids, missing, errors, known.labels())


async def first_row(
    session: Session, entity: Entity, name: Name, paths: Sequence[str] | None = ()
) -> dict[str, Any] | None:
    """The row of the oldest object with this name, or None; it holds at least `paths` (None: the default)."""
    selected = default_paths(entity.type) if paths is None else paths
    rows = await _look_up(session, entity, [name], selected)
    matches = NamedRows(entity, rows).candidates(name)
    return dict(matches[0]) if matches else None


async def resolve_words(
    session: Session,
    words: Mapping[str, Iterable[str]],
    labels: dict[tuple[str, str], str] | None = None,
) -> dict[str, dict[str, str]]:
    """Type -> word -> id, for words of several types; one request per type, sent concurrently.

    The names of the objects are added to `labels`, by type and id. Raises StashNotFoundError with near
    matches for an unknown word, and StashAmbiguousError for a word that matches several objects, which are
    listed.
    """

    async def of_type(type_name: str, texts: Iterable[str]) -> dict[str, str]:
        if type_name == "Folder":
            return await folder_ids(session, texts)
        unresolved = list(texts)
        literal = {
            Name.literal(word.written): word
            for word in unresolved
            if isinstance(word, Reference) and word.written
        }
        entity = ENTITIES[type_name]
        result = await resolve(session, entity, map(Name.parse, unresolved), optional=literal)
        ids = result.require_all()
        if labels is not None:
            labels.update({(type_name, one): label for one, label in result.labels.items()})
        for name, word in literal.items():
            if ids[name]:
                raise _levels_or_name(entity, name.name, word)
        return {name.written: ids[name][0] for name in ids if name not in literal}

    resolved = await asyncio.gather(*(of_type(type_name, texts) for type_name, texts in words.items()))
    return dict(zip(words, resolved, strict=True))


async def resolve_ids(session: Session, type_name: str, words: Sequence[str | int]) -> list[str]:
    """Ids of the objects that `words` name, in this order, without duplicates; raises as `resolve_words`."""
    ids = await resolve_words(session, {type_name: map(str, words)})
    return list(dict.fromkeys(ids[type_name][str(word)] for word in words))


async def map_ids(
    session: Session, entity: Entity, items: Sequence[Any], policy: Policy = FIRST
) -> list[str]:
    """The ids of `items`, each an object, an int id, a mapping with id or name, or a word.

    A word of digits is a name, because ids are passed as int. Unknown names are left out with a warning if
    the policy omits them.
    """
    references = [_id_or_name(item) for item in items]
    names = [one for one in references if isinstance(one, Name)]
    result = await resolve(session, entity, names, policy)
    resolved = result.require_all()
    if result.missing:
        named = ", ".join(name.written for name in result.missing[:_LISTED])
        more = f" (and {len(result.missing) - _LISTED} more names)" if len(result.missing) > _LISTED else ""
        logger.warning("No %s is called %s%s.", entity.noun, named, more)
    ids = [i for one in references for i in (resolved[one] if isinstance(one, Name) else [one])]
    return list(dict.fromkeys(ids))


def _id_or_name(item: Any) -> str | Name:
    if isinstance(item, int):
        return str(item)
    if isinstance(item, str):
        known, name = None, Name.parse(item, digits=False)
    elif isinstance(item, dict):
        known, name = item.get("stored_id") or item.get("id"), Name.literal(str(item.get("name") or ""))
    else:
        known, name = None if item.is_new() else item.id, Name.literal(str(item.name or ""))
    if not (known or name.name or name.id):
        raise StashInputError(f"Neither an id nor a name: {item!r}.")
    return str(known) if known else name


async def _look_up(
    session: Session, entity: Entity, names: Sequence[Name], paths: Sequence[str] = ()
) -> list[Row]:
    """Rows of all objects that the names may match, in one request; they hold the name fields and `paths`."""
    selected = list(dict.fromkeys(["id", entity.label, *name_fields(entity), *paths]))
    # Markers have no filter on their title, so all are fetched.
    if entity.label not in fields(entity.type):
        return await _rows(session, entity, [_page(entity, selected)])
    ids = dict.fromkeys(name.id for name in names if name.id)
    # `quiet`, because the user did not select these fields: one that an older server lacks needs no warning.
    queries = [BatchOperation(f"find{entity.type}", {"id": one}, selected, quiet=True) for one in ids]
    texts = [text for name in names if name.name for text in _readings(entity, name.name)]
    if texts:
        by_name = _page(entity, selected, {entity.label + "__in": texts})
        queries += [by_name, *_by_alias(entity, selected, texts)]
    return list({row["id"]: row for row in await _rows(session, entity, queries)}.values())


def _by_alias(entity: Entity, paths: Sequence[str], texts: Sequence[str]) -> list[BatchOperation]:
    if "aliases" in fields(entity.type):
        return [_page(entity, paths, {"aliases__in": texts})]
    if "aliases" not in entity.api.fields:
        return []
    # Groups have no filter on aliases, but the text search reads them; a quote would end its phrase.
    return [_page(entity, paths, q=f'"{text}"') for text in texts if '"' not in text]


def _page(
    entity: Entity,
    paths: Sequence[str],
    where: Mapping[str, Any] | None = None,
    *,
    q: str = "",
    most: int = -1,
) -> BatchOperation:
    paging = {"per_page": most, "sort": entity.label} | ({"q": q} if q else {})
    args = {entity.filter_arg: lookups.compile(entity.type, where or {}).filter, "filter": paging}
    return BatchOperation(entity.find, args, [f"{entity.items}.{path}" for path in paths], quiet=True)


async def _rows(session: Session, entity: Entity, queries: Sequence[BatchOperation]) -> list[Row]:
    results = [result for result in await call_all(session, queries) if result is not None]
    return [row for result in results for row in result.get(entity.items, [result])]


def _readings(entity: Entity, name: str) -> list[str]:
    """Names to search for: `Alice (singer)` may also be the performer `Alice` with a disambiguation."""
    if entity.type == "Performer" and name.endswith(")") and " (" in name:
        return [name, name.rpartition(" (")[0]]
    return [name]


def _chosen(rows: Sequence[Row], policy: Policy) -> list[str]:
    ids = [str(row["id"]) for row in rows]
    if len(ids) > 1 and policy.ambiguous == "none":
        return []
    return ids if policy.ambiguous == "all" else ids[:1]


async def _create(session: Session, entity: Entity, names: Sequence[Name]) -> dict[Name, list[str]]:
    """Create objects; names that the server considers equal are created once."""
    new: dict[bytes, Name] = {}
    for name in names:
        # Two names that differ in case only are one object: the server would refuse the second.
        new.setdefault(_folded(name), name)
    args = [{"input": {"name": name.name}} for name in new.values()]
    rows = await call_each(session, entity.operation("Create"), args, ["id"])
    ids = dict(zip(new, (row["id"] for row in rows), strict=True))
    return {name: [ids[_folded(name)]] for name in names}


def _folded(name: Name) -> bytes:
    # `bytes.lower` folds ASCII letters only, as the server does when it compares names.
    return name.name.encode().lower()


def _ambiguous(entity: Entity, name: Name, rows: Sequence[Row]) -> StashAmbiguousError:
    shown = ", ".join(f"id:{row['id']} {full_name(entity, row)}".strip() for row in rows[:10])
    more = f" and {len(rows) - 10} more" if len(rows) > 10 else ""  # noqa: PLR2004 - what a line holds
    hint = "Use id:N or name:TEXT to choose one."
    return StashAmbiguousError(f"{name.written!r} matches several {entity.plural}: {shown}{more}.", hint=hint)


def _levels_or_name(entity: Entity, literal: str, word: str) -> StashAmbiguousError:
    name = word.removeprefix("name:")
    return StashAmbiguousError(
        f"There is a {entity.noun} called {literal!r}, which may also mean {name!r} with what is below it.",
        hint=f'Write "{literal}" in quotes for the name, "{name}"{literal[len(name) :]} for the levels.',
    )


async def _not_found(
    session: Session, entity: Entity, names: Sequence[Name]
) -> dict[Name, StashAmbiguousError | StashNotFoundError]:
    """Errors for unknown names, with near matches among the first names of the library."""
    known: set[str] = set()
    if any(name.name for name in names):
        page = _page(entity, ["id", entity.label], most=_NEAR)
        known = {label_of(entity, row) for row in await _rows(session, entity, [page])}
    return {name: StashNotFoundError(_unknown(entity, name, known)) for name in names}


def _unknown(entity: Entity, name: Name, known: set[str]) -> str:
    near = did_you_mean(name.name, sorted(known)) if name.name else ""
    return f"There is no {entity.noun} {name.written!r}. {near}".rstrip()
