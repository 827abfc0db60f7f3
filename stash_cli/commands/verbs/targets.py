"""Objects named on the command line: ids, `id:12`, names, and `-` for ids on stdin."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.query_words import WhereOptions
from stash_cli.commands.common.outcomes import Outcomes, listed
from stash_cli.commands.queries.searching import Search, pages_of, read_query, search_for
from stash_cli.core.errors import StashError, StashGraphQLError, StashNotFoundError, StashUsageError
from stash_cli.core.many_keys import IdSet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from stash_cli.commands.argv.input_flags import InputFlag
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session
    from stash_cli.core.query.language.query import Query
    from stash_cli.core.types.entities import Entity
    from stash_cli.output.streams import Streams

_MAX_NUMBERS = 20
"""Maximum number of unknown ids that are looked up as names."""


@dataclass(eq=False)
class Targets:
    """The objects that a command changes: `rows` of existing objects, `outcomes` of all named objects."""

    entity: Entity
    rows: list[dict[str, Any]]
    outcomes: Outcomes

    @property
    def ids(self) -> list[str]:
        return [row["id"] for row in self.rows]

    def summary(self) -> str:
        """Text such as `scenes 12 "A", 13 "B"`, with the number of words without an object."""
        missing = len(self.outcomes.problems)
        more = f" ({missing} of those given were not found)" if missing else ""
        return f"{summary(self.entity, self.rows)}{more}"

    def require_all(self) -> None:
        """Raise the first problem, if any."""
        for error in self.outcomes.problems.values():
            raise error


async def find_targets(
    session: Session, entity: Entity, words: Sequence[str], paths: Sequence[str], verb: str
) -> Targets:
    """Find the objects that `words` name; words without an object become problems of `outcomes`.

    Raises StashNotFoundError or StashAmbiguousError when no object was found.
    """
    ids, problems = await _ids_and_problems(session, entity, words)
    rows, missing = await _rows_and_missing(session, entity, ids, paths) if ids else ([], [])
    if missing:
        by_name, ambiguous = await _ids_by_name(session, entity, missing)
        if by_name:
            ids = list(dict.fromkeys(by_name.get(id_, id_) for id_ in ids))
            rows, missing = await _rows_and_missing(session, entity, ids, paths)
        missing = [id_ for id_ in missing if id_ not in ambiguous]
        problems |= ambiguous
    problems |= {id_: StashNotFoundError(f"no {entity.noun} with id {id_}") for id_ in missing}
    if not rows:
        if len(problems) == len(missing):
            raise StashNotFoundError(missing_message(entity, missing))
        raise next(iter(problems.values()))
    asked = [*ids, *(word for word in problems if word not in missing)]
    return Targets(entity, rows, Outcomes(entity, verb, asked, problems=problems))


async def _ids_and_problems(
    session: Session, entity: Entity, words: Sequence[str]
) -> tuple[list[str], dict[str, StashError]]:
    """Resolve words to ids, those of digits first; return also the errors of missing or ambiguous words."""
    from stash_cli.core.client.resolver import Name, resolve

    # `012` is normalized to 12, as in the server's answer; otherwise its row would not be matched.
    ids = [str(int(word)) for word in words if word.isdecimal()]
    found = await resolve(session, entity, [Name.parse(word) for word in words if not word.isdecimal()])
    problems: dict[str, StashError] = {name.written: error for name, error in found.errors.items()}
    named = [id_ for name, ones in found.ids.items() if name not in found.errors for id_ in ones]
    return list(dict.fromkeys([*ids, *named])), problems


async def _ids_by_name(
    session: Session, entity: Entity, missing: Sequence[str]
) -> tuple[dict[str, str], dict[str, StashError]]:
    """Resolve missing ids as names, as a tag may be named 2024; return also the errors of ambiguous ones."""
    # Users type few numbers. Long lists are ids printed by `find`, and a filter with many names is slow.
    if len(missing) > _MAX_NUMBERS:
        return {}, {}
    from stash_cli.core.client.resolver import Name, Policy, resolve

    names = [Name.literal(number) for number in missing]
    found = await resolve(session, entity, names, Policy(missing="omit"))
    named = {name.written: ids[0] for name, ids in found.ids.items() if ids and name not in found.errors}
    return named, {name.written: error for name, error in found.errors.items()}


@dataclass(frozen=True, kw_only=True, eq=False)
class TargetOptions(WhereOptions):
    """Options that select the objects to change, besides ids and names."""

    everything: Annotated[bool, typer.Option("--all", help="all objects of this kind")] = False


def read_targets(
    runtime: Runtime, entity: Entity, words: Sequence[str], options: TargetOptions
) -> Query | None:
    """Return the query of `--where` or `--saved`; None for words and `--all`.

    Raises StashUsageError unless objects are selected in exactly one way, and for an invalid word.
    """
    from stash_cli.core.client.resolver import Name

    searched = options.where or options.where_json is not None or options.saved
    ways = sum(map(bool, (words, searched, options.everything)))
    if ways == 0:
        hint = "Give ids or names, - to read ids, --where QUERY, --saved NAME or --all."
        raise StashUsageError(f"no {entity.plural} are chosen", hint=hint)
    if ways > 1:
        raise StashUsageError("choose by ids, by --where and --saved, or by --all: not in two ways at once")
    for word in words:
        Name.parse(word)
    return read_query(runtime, entity, options, changing=True)


@dataclass(eq=False)
class Selection:
    """The objects that a command changes, read in pages: those of `words`, or all matches of `search`.

    `problems` are words without an object.
    """

    session: Session
    entity: Entity
    words: Sequence[str] = ()
    search: Search | None = None
    problems: dict[str, StashError] = field(default_factory=dict)

    @classmethod
    async def of(
        cls, session: Session, runtime: Runtime, entity: Entity, words: Sequence[str], query: Query | None
    ) -> Selection:
        """Build the selection of words, or without words of a query (None: all objects)."""
        if words:
            return cls(session, entity, words)
        return cls(session, entity, search=await search_for(session, runtime, entity, query, "id"))

    async def pages(self, paths: Sequence[str]) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield pages of rows with these fields, each object once."""
        seen = IdSet()
        async for rows in self._by_word(paths) if self.search is None else self._by_query(paths):
            # An edit may move an object to a later page, so that it is read twice.
            yield [row for row in rows if seen.is_new(row["id"])]

    async def _by_query(self, paths: Sequence[str]) -> AsyncIterator[list[dict[str, Any]]]:
        if self.search is not None:
            async for rows in pages_of(self.session, self.search, paths):
                yield rows

    async def _by_word(self, paths: Sequence[str]) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield rows of `words`; at the end, numbers without an object are looked up as names."""
        ids, self.problems = await _ids_and_problems(self.session, self.entity, self.words)
        seen: set[str] = set()
        async for rows in self._by_id(ids, paths):
            seen |= {row["id"] for row in rows}
            yield rows
        missing = [id_ for id_ in ids if id_ not in seen]
        by_name, ambiguous = await _ids_by_name(self.session, self.entity, missing) if missing else ({}, {})
        async for rows in self._by_id(list(dict.fromkeys(by_name.values())), paths):
            yield rows
        not_found = [id_ for id_ in missing if id_ not in by_name and id_ not in ambiguous]
        self.problems |= ambiguous
        self.problems |= {
            id_: StashNotFoundError(f"no {self.entity.noun} with id {id_}") for id_ in not_found
        }

    def raise_missing(self) -> None:
        """Raise one error that lists all ids if only ids are missing, else the first error."""
        missing = [
            word
            for word, error in self.problems.items()
            if type(error) is StashNotFoundError and word.isdecimal()
        ]
        if missing and len(missing) == len(self.problems):
            raise StashNotFoundError(missing_message(self.entity, missing))
        for error in self.problems.values():
            raise error

    async def _by_id(self, ids: list[str], paths: Sequence[str]) -> AsyncIterator[list[dict[str, Any]]]:
        from stash_cli.core.client.paging import pages_by_id

        try:
            async for rows in pages_by_id(self.session, self.entity, ids, paths):
                yield rows
        except StashGraphQLError as error:
            if _is_not_found(error):
                message = f"no {self.entity.noun} with id {_missing_id(error, ids)}"
                raise StashNotFoundError(message) from error
            raise


def read_words(streams: Streams, words: Sequence[str]) -> list[str]:
    """Return the words of the command line, with `-` replaced by those on stdin; each once, in order.

    Words on stdin are separated by white space, or by NUL as printed by `find --ids -0`.
    """
    expanded: list[str] = []
    for word in words:
        expanded += words_of(streams.read()) if word == "-" else [word]
    if not expanded:
        streams.note("no ids on standard input: nothing to do")
    return list(dict.fromkeys(expanded))


def words_of(text: str) -> list[str]:
    """Split a text at white space; at NUL if it contains one."""
    return [word for word in text.split("\0") if word.strip()] if "\0" in text else text.split()


async def target_ids(session: Session, entity: Entity, words: Sequence[str]) -> list[str]:
    """Resolve words to ids: digits are ids, other words are names. Raises for the first unknown word."""
    ids, problems = await _ids_and_problems(session, entity, words)
    for error in problems.values():
        raise error
    return ids


async def one_row(session: Session, entity: Entity, word: str, paths: Sequence[str] | None) -> dict[str, Any]:
    """Return the object with this id, or else with this name. Raises StashNotFoundError."""
    ids = await target_ids(session, entity, [word])
    rows, missing = await _rows_and_missing(session, entity, ids, paths)
    if missing:
        by_name, ambiguous = await _ids_by_name(session, entity, missing)
        for error in ambiguous.values():
            raise error
        rows = await rows_of(session, entity, [by_name.get(id_, id_) for id_ in missing], paths)
    return rows[0]


async def rows_of(
    session: Session, entity: Entity, ids: Sequence[str], paths: Sequence[str] | None
) -> list[dict[str, Any]]:
    """Return the objects with these ids, in this order. Raises StashNotFoundError."""
    rows, missing = await _rows_and_missing(session, entity, ids, paths)
    if missing:
        raise StashNotFoundError(missing_message(entity, missing))
    return rows


def missing_message(entity: Entity, ids: Sequence[str]) -> str:
    return f"no {entity.noun} with {listed(ids) if len(ids) > 1 else f'id {ids[0]}'}"


async def _rows_and_missing(
    session: Session, entity: Entity, ids: Sequence[str], paths: Sequence[str] | None
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the objects with these ids, in this order, and the ids without an object."""
    from stash_cli.core.client.paging import FindQuery, iter_rows

    query = FindQuery(entity, ids=tuple(ids))
    try:
        rows = [row async for row in iter_rows(session, query, paths)]
    except StashGraphQLError as error:
        if _is_not_found(error):
            raise StashNotFoundError(f"no {entity.noun} with id {_missing_id(error, ids)}") from error
        raise
    found_ids = {row["id"] for row in rows}
    return rows, [id_ for id_ in ids if id_ not in found_ids]


def _is_not_found(error: StashGraphQLError) -> bool:
    from stash_cli.core.graphql.server_messages import is_not_found

    return is_not_found(error.message)


def _missing_id(error: StashGraphQLError, ids: Sequence[str]) -> str:
    match = re.search(r"with id (\S+)|id (\d+) does", error.message)
    return (match[1] or match[2]) if match else ids[0] if len(ids) == 1 else "one of those given"


def summary(entity: Entity, rows: Sequence[dict[str, Any]], shown: int = 5) -> str:
    """Text such as `scenes 12 "A", 13 "B" and 7 more`."""
    names = [labelled(entity, row) for row in rows[:shown]]
    more = f" and {len(rows) - shown} more" if len(rows) > shown else ""
    noun = entity.noun if len(rows) == 1 else entity.plural
    return f"{noun} {', '.join(names)}{more}"


def labelled(entity: Entity, row: dict[str, Any]) -> str:
    """Text such as `12 "A"`; the id alone without a name."""
    return f'{row["id"]} "{row[entity.label]}"' if row.get(entity.label) else str(row["id"])


async def resolved(
    session: Session, flags: Mapping[str, InputFlag], values: Mapping[str, Any]
) -> dict[str, Any]:
    """Convert flag values (by field) to input JSON: names become ids, NAME=VALUE pairs an object.

    One request per type of related object.
    """
    from stash_cli.core.client.resolver import resolve_words

    words: dict[str, list[str]] = {}
    for name, value in values.items():
        if target := flags[name].target:
            words.setdefault(target, []).extend(_words(flags[name], value))
    ids = await resolve_words(session, words)
    return {name: _value(flags[name], value, ids) for name, value in values.items()}


def _words(flag: InputFlag, value: Any) -> list[str]:
    if flag.inner:
        return [str(item[flag.id_field]) for item in value]
    return list(value) if flag.many else [value]


def _value(flag: InputFlag, value: Any, ids: Mapping[str, Mapping[str, str]]) -> Any:
    if flag.keyed:
        fields = dict(value)
        return {"partial": fields} if flag.field.type.name == "CustomFieldsInput" else fields
    if flag.target is None:
        return value
    resolved_ids = [ids[flag.target][word] for word in _words(flag, value)]
    if flag.inner:
        return [item | {flag.id_field: id_} for item, id_ in zip(value, resolved_ids, strict=True)]
    return list(dict.fromkeys(resolved_ids)) if flag.many else resolved_ids[0]


async def ids_of(session: Session, target: str, words: list[str]) -> list[str]:
    """Resolve names, aliases, `id:12` and `name:12` to ids, each once."""
    from stash_cli.core.client.resolver import resolve_ids

    return await resolve_ids(session, target, words) if words else []
