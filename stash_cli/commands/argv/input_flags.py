"""Flags for create, update and jobs, derived from the fields of an input type.

A field has one flag: text and numbers as a value, yes/no as `--x/--no-x`, a list by repetition, a relation by
name, alias or id (`tag_ids` -> `--tag`), a picture by file or URL, an object as `key=value,key=value`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from stash_cli.commands.argv import value_parsers
from stash_cli.commands.argv.flags import Flag, FlagTable
from stash_cli.core.types.api import ApiField, TypeRef, describe_api
from stash_cli.core.types.entities import NOUNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SKIPPED = frozenset({"id", "ids", "clientMutationId"})
_SINGULARS = {
    "alias": "alias",
    "aliases": "alias",
    "children": "child",
    "galleries": "gallery",
    "stashes": "stash",
}
_NUMBERS: dict[str, Callable[[ApiField], Callable[[str], Any]]] = {
    "Int": lambda field: value_parsers.bounded(int, field.range),
    "Float": lambda field: value_parsers.bounded(float, field.range),
}
_METAVARS = {"Int": "N", "Float": "NUMBER", "ID": "ID", "Timestamp": "TIME", "String": "TEXT"}
_LENGTHS = frozenset({"seconds", "end_seconds", "duration", "resume_time", "play_duration"})
_DATES = frozenset({"date", "birthdate", "death_date"})
# Types of fields whose word is not a noun. None is the type of the input itself.
_TARGETS = {
    "parent": None,
    "child": None,
    "sub_group": "Group",
    "containing_group": "Group",
    "primary_tag": "Tag",
}
_ALIASES = frozenset({"aliases", "alias_list"})
_KEYED = frozenset({"Map", "CustomFieldsInput"})


@dataclass(frozen=True, slots=True, eq=False)
class InputFlag:
    """The flag of one input field.

    `target` is the type whose names are resolved, `inner` the input type of an object or of a list's items.
    """

    field: ApiField
    word: str
    target: str | None = None
    inner: str | None = None

    @property
    def many(self) -> bool:
        return self.field.type.is_list

    @property
    def keyed(self) -> bool:
        """Whether the value is a mapping, written as NAME=VALUE."""
        return self.field.type.name in _KEYED

    @property
    def names_something(self) -> bool:
        """Whether the value is a name, which cannot be empty."""
        named = self.field.attr == "name" or (self.many and self.field.attr in _ALIASES)
        return self.target is not None or named

    @property
    def id_field(self) -> str:
        """The first field of an inner type such as SceneGroupInput: the id of the related object."""
        return next(iter(describe_api().types[self.inner or ""].fields))

    @property
    def name(self) -> str:
        return f"--{self.word.replace('_', '-')}"

    def flags(self, group: str) -> Iterator[Flag]:
        """Yield the flag for this field, two flags for a Boolean."""
        facts: dict[str, Any] = {"dest": self.field.name, "group": group}
        kind = self.field.type.name
        if kind == "Boolean":
            off = f"--no-{self.name[2:]}"
            yield Flag(self.name, help=f"or {off}", clashes=off, **facts)
            # Hidden, because help shows the pair on one line.
            yield Flag(off, const=False, clashes=self.name, hidden=True, **facts)
            return
        parse, metavar = self._parser()
        yield Flag(
            self.name,
            help=self.help(),
            metavar=metavar,
            parse=parse,
            many=self.many or self.keyed,
            choices=tuple(describe_api().types[kind].values),
            target=self.target or "",
            **facts,
        )

    def _parser(self) -> tuple[Callable[[str], Any], str]:
        field, kind = self.field, self.field.type.name
        values = tuple(describe_api().types[kind].values)
        if values:
            return value_parsers.enum_value(values), "WORD"
        if kind in _NUMBERS:
            parse, metavar = _NUMBERS[kind](field), _METAVARS[kind]
            return (value_parsers.length(parse), "SECONDS") if field.attr in _LENGTHS else (parse, metavar)
        if self.keyed:
            return value_parsers.pair, "NAME=VALUE"
        if self.inner:
            fields = describe_api().types[self.inner].fields
            needed = tuple(name for name, each in fields.items() if each.type.required)
            return value_parsers.key_values(
                tuple(fields), needed
            ), "NAME|ID" if self.target else "KEY=VALUE,.."
        return self._text_parser()

    def _text_parser(self) -> tuple[Callable[[str], Any], str]:
        from stash_cli.core.orm import images

        field, kind = self.field, self.field.type.name
        if field.name in images.FIELDS:
            return images.as_input, "FILE|URL"
        if kind == "String" and field.attr in _DATES:
            return value_parsers.calendar_date, "DATE"
        # An empty text clears a field; an empty name is probably an unset variable of the shell, so it fails.
        parse = value_parsers.not_blank if self.names_something else str
        return parse, "NAME|ID" if self.target else _METAVARS.get(kind, "TEXT")

    def help(self) -> str:
        """Help text in one line: accepted values, and whether the flag is repeatable."""
        parts = []
        values = tuple(describe_api().types[self.field.type.name].values)
        if values:
            parts.append(" ".join(values))
        if self.field.range:
            low, high = self.field.range
            parts.append(f"{low:g} to {high:g}" if high is not None and low is not None else f"from {low:g}")
        if self.field.attr in _LENGTHS:
            parts.append("or 1:30, 90s, 2m")
        if self.field.attr in _DATES:
            parts.append("2024-05-31, 2024-05, 2024 or yesterday")
        if self.inner:
            keys = ",".join(f"{key}=.." for key in describe_api().types[self.inner].fields)
            parts.append(f"or {keys}" if self.target else keys)
        if self.many or self.keyed:
            parts.append("repeatable")
        return "; ".join(parts)


def singular(name: str) -> str:
    """`tags` -> `tag`, `aliases` -> `alias`."""
    return _SINGULARS.get(name, name.removesuffix("s"))


@cache
def input_flags(type_name: str) -> dict[str, InputFlag]:
    """The flags of an input type by field, without deprecated fields."""
    fields = describe_api().types[type_name].fields.values()
    found = (
        _input_flag(type_name, field)
        for field in fields
        if field.name not in SKIPPED and not field.deprecated
    )
    return {flag.field.name: flag for flag in found}


def _input_flag(type_name: str, field: ApiField) -> InputFlag:
    kind = describe_api().types[field.type.name]
    word = field.attr
    if field.type.name == "ID":
        word = word.removesuffix("_ids").removesuffix("_id")
        return InputFlag(field, word, _target(type_name, word))
    if field.type.name in _KEYED:
        return InputFlag(field, singular(word))
    if field.type.is_list:
        word = singular(word.removesuffix("_list"))
    inner = field.type.name if kind.kind == "INPUT_OBJECT" else None
    target = _target(type_name, word) if inner and field.type.is_list else None
    return InputFlag(field, word, target, inner)


def _target(type_name: str, word: str) -> str | None:
    """The entity type for a word such as `tag` or `parent`, or None."""
    if word in _TARGETS:
        return _TARGETS[word] or next(
            e.type for e in NOUNS.values() if type_name.startswith((e.type, f"Bulk{e.type}"))
        )
    entity = NOUNS.get(word)
    return entity.type if entity else None


def flag_table(type_name: str, *, group: str = "Fields", strip: str = "") -> FlagTable:
    """The flags of all fields, including those of nested objects; `strip` is a prefix removed from names."""
    return FlagTable(flag for item in _flattened(type_name, strip) for flag in item.flags(group))


def _flattened(type_name: str, strip: str) -> Iterator[InputFlag]:
    for item in input_flags(type_name).values():
        # Fields of a nested object become flags; items of a list are written as one word each.
        if item.inner and not item.many:
            yield from _nested(item)
        else:
            word = item.word.removeprefix(strip)
            yield InputFlag(item.field, word, item.target, item.inner)


def _nested(item: InputFlag) -> Iterator[InputFlag]:
    """Yield flags of a nested object's fields, with the path `outer.inner` as their field name."""
    for inner in input_flags(item.inner or "").values():
        name = f"{item.field.name}.{inner.field.name}"
        field = ApiField(name, TypeRef(inner.field.type.text), inner.field.attr)
        yield InputFlag(field, inner.word, inner.target, inner.inner)


def unflatten(values: dict[str, Any]) -> dict[str, Any]:
    """Nest values by path: `{"filter.minModTime": t}` -> `{"filter": {"minModTime": t}}`."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        outer, dot, inner = name.partition(".")
        if dot:
            found.setdefault(outer, {})[inner] = value
        else:
            found[name] = value
    return found
