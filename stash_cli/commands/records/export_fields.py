"""The fields of an export, in the form that an import reads, and the columns that identify an object."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.commands.records.identity import DATABASE, exported_identities, identities
from stash_cli.commands.verbs.assignments import targets
from stash_cli.commands.verbs.changes import label_paths
from stash_cli.core.edits.before_values import is_readable
from stash_cli.core.errors import StashUsageError
from stash_cli.core.orm.input import before_of, field_of, field_paths
from stash_cli.core.orm.merge import COUNTERS
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.types.entities import ENTITIES
from stash_cli.output.values import pick

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from stash_cli.commands.verbs.assignments import Target
    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.client.session import Session
    from stash_cli.core.orm.relationship import RelationshipMetadata
    from stash_cli.core.types.entities import Entity

    Row = Mapping[str, Any]

_NOT_EXPORTED = COUNTERS | {"play_duration", "resume_time", "primary_file_id", "children", "sub_groups"}
"""Fields that playing changes, and the inverse sides of `parents` and `containing_groups`."""
NAMED = frozenset({"Tag", "Studio", "Performer", "Group"})
"""Types whose objects are written by name; others often lack a unique name, and are written by id."""
_KINDS = {"Int": int, "Float": float, "Boolean": bool}


@dataclass(frozen=True, slots=True, eq=False)
class ExportField:
    """One column: the paths to read, the function from row to JSON value, and the type of the values."""

    name: str
    paths: tuple[str, ...]
    value: Callable[[Row], Any]
    kind: type = str


@dataclass(eq=False)
class Words:
    """Related objects as words for an import: a name, or `id:12` for an ambiguous name."""

    ambiguous: set[tuple[str, str]] = field(default_factory=set)

    async def read(self, session: Session, types: Iterable[str]) -> None:
        """Find ambiguous names of these types, by reading all names of each type."""
        from stash_cli.core.client.paging import FindQuery, iter_pages

        for name in types:
            entity = ENTITIES[name]
            paths = ["id", entity.label, *_disambiguation(name)]
            seen: Counter[str] = Counter()
            async for page in iter_pages(session, FindQuery(entity), paths):
                seen.update(word for row in page for word in {str(row[entity.label]), _full_name(row)})
            self.ambiguous |= {(name, word) for word, count in seen.items() if count > 1}

    def of(self, type_name: str, item: Row) -> str:
        """The word for one object of a type that `read` has read."""
        word = _full_name(item) if type_name in NAMED else ""
        if not word or (type_name, word) in self.ambiguous:
            return f"id:{item['id']}"
        is_plain = not word.isdecimal() and not re.match(r"(?i)\s*(?:id|name)\s*:", word)
        return word if is_plain else f"name:{word}"


def _disambiguation(type_name: str) -> tuple[str, ...]:
    return ("disambiguation",) if "disambiguation" in ENTITIES[type_name].api.fields else ()


def _full_name(item: Row) -> str:
    more = item.get("disambiguation")
    return f"{item.get('name') or ''} ({more})" if more else str(item.get("name") or "")


def export_fields(
    entity: Entity, server: ServerCapabilities, names: Sequence[str] | None, words: Words, database: str
) -> list[ExportField]:
    """Return the columns of an export: `names`, or all importable fields; and those that identify objects."""
    known = targets(entity)
    if names is None:
        written = (each.attr for each in known.values() if is_exported(entity, each))
        chosen = [*dict.fromkeys([entity.label, *written])]
        chosen += [each.name for each in exported_identities(entity)]
    else:
        chosen = list(names)
    columns = dict.fromkeys(["id", *(name for name in chosen if name != "id"), "updated_at"])
    fields = [_field(entity, name, words) for name in columns if name != DATABASE]
    known_fields = [each for each in fields if names is not None or _is_readable(entity, each, server)]
    return [*known_fields, ExportField(DATABASE, (), lambda _: database)]


def is_exported(entity: Entity, target: Target) -> bool:
    """Whether a field is exported by default."""
    return field_of(entity.type, target.attr) is not None and target.attr not in _NOT_EXPORTED


def _is_readable(entity: Entity, each: ExportField, server: ServerCapabilities) -> bool:
    """Whether the server has a field; for fields named by the user, the request warns if they are missing."""
    roots = {path.partition(".")[0] for path in each.paths}
    return any(is_readable(entity.type, root, server) for root in roots)


def _field(entity: Entity, name: str, words: Words) -> ExportField:
    target = targets(entity).get(name)
    if target is not None and field_of(entity.type, target.attr):
        return target_field(target, words)
    known = identities(entity).get(name)
    if known is not None and known.paths != (name,):
        return ExportField(name, known.paths, lambda row: next(iter(known.values(row)), None))
    return ExportField(name, (name,), lambda row: pick(row, name))


def target_field(target: Target, words: Words) -> ExportField:
    """Return the column of an importable field. Raises StashUsageError for a write-only field."""
    entity, attr = target.entity, target.attr
    declared = field_of(entity.type, attr)
    if declared is None:
        raise StashUsageError(f"{attr} can be written, and not read")
    own = (path for path in field_paths(declared) if not path.endswith(".updated_at"))
    paths = [*own, *label_paths(entity, attr), *_disambiguation_paths(entity, attr)]
    kind = list if _is_text_list(target) else _KINDS.get(declared.type.name, str)
    relation = relationships(entity.type).get(attr)
    if relation is None or relation.inverse_type not in ENTITIES:
        return ExportField(attr, tuple(paths), lambda row: _plain(before_of(entity.type, attr, row)), kind)
    links = _Links(target, relation, declared.name, words)
    return ExportField(attr, tuple(dict.fromkeys(paths)), links.value, kind)


@dataclass(frozen=True, slots=True, eq=False)
class _Links:
    """The values of a relationship field; `name` is its name in a row."""

    target: Target
    relation: RelationshipMetadata
    name: str
    words: Words

    def value(self, row: Row) -> Any:
        """The word of the related object, a list of words, or a list of link inputs with words for ids."""
        target, relation = self.target, self.relation
        items = [item for item in relation.targets(row.get(self.name)) if item is not None]
        words = [self.words.of(relation.inverse_type, item) for item in items]
        if not target.is_list:
            return next(iter(words), None)
        if not target.flag.inner:
            return words
        links = before_of(target.entity.type, target.attr, row)
        key = target.flag.id_field
        return [_filled(link, key, word) for link, word in zip(links, words, strict=True)]


def _is_text_list(target: Target) -> bool:
    return target.is_list and not target.flag.inner


def _disambiguation_paths(entity: Entity, attr: str) -> Iterator[str]:
    relation = relationships(entity.type).get(attr)
    if relation is not None and relation.inverse_type in ENTITIES and not relation.link:
        declared = field_of(entity.type, attr)
        name = declared.name if declared else attr
        yield from (f"{name}.{each}" for each in _disambiguation(relation.inverse_type))


def types_of(fields: Sequence[str], entity: Entity) -> list[str]:
    """The types of related objects that these fields write by name."""
    found = (relationships(entity.type).get(name) for name in fields)
    return list(dict.fromkeys(each.inverse_type for each in found if each and each.inverse_type in NAMED))


def _filled(link: Row, name: str, word: str) -> dict[str, Any]:
    return {key: value for key, value in {**link, name: word}.items() if value is not None}


def _plain(value: Any) -> Any:
    """Return a value without `updated_at` and None in its items; UNSET becomes None."""
    if isinstance(value, list):
        return [
            {k: v for k, v in item.items() if v is not None and k != "updated_at"}
            if isinstance(item, dict)
            else item
            for item in value
        ]
    return value if value is None or isinstance(value, str | int | float | bool | dict) else None


def cell(value: Any) -> str:
    """Format a value as the cell of a csv file, so that an import reads the same value.

    >>> cell(["Beach", "Sun, sand"]), cell({"a": 1}), cell(None), cell([])
    ('Beach, "Sun, sand"', '{"a": 1}', '', '')
    """
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(map(_item, value))
    return json.dumps(value, ensure_ascii=False)


def _item(text: str) -> str:
    is_plain = text and text == text.strip() and not re.search(r'[",\n\r]|\A[\[{]', text)
    return text if is_plain else json.dumps(text, ensure_ascii=False)
