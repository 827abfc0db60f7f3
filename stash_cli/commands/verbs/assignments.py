"""Assignments of `update`: words such as `rating100=80` and `tags+=A`, and flags, as one list."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from stash_cli.commands.argv import value_parsers
from stash_cli.commands.argv.input_flags import InputFlag, input_flags
from stash_cli.commands.verbs.list_flags import ADD, REMOVE, SET, plural, update_type
from stash_cli.core.errors import StashInputError, StashUsageError, did_you_mean
from stash_cli.core.orm.input import attributes
from stash_cli.core.orm.merge import COUNTERS
from stash_cli.core.orm.quirks import update_value
from stash_cli.core.orm.side_mutations import SIDE_MUTATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from stash_cli.core.types.entities import Entity


class Op(StrEnum):
    """The operator of an assignment."""

    SET = "="
    ADD = "+="
    REMOVE = "-="
    CLEAR = "!"
    SUBSTITUTE = "~"


@dataclass(frozen=True, slots=True)
class Substitution:
    """A regular expression, and the text that replaces each match of it."""

    pattern: re.Pattern[str]
    text: str


@dataclass(frozen=True, eq=False)
class Target:
    """A field that can be assigned: its attribute, and the flag that reads its values."""

    entity: Entity
    attr: str
    flag: InputFlag

    @property
    def is_list(self) -> bool:
        return self.flag.many

    @property
    def is_map(self) -> bool:
        return self.flag.keyed

    @property
    def is_number(self) -> bool:
        return self.flag.field.type.name in ("Int", "Float")

    @property
    def is_text(self) -> bool:
        """Whether the field holds text, for which substitutions are allowed."""
        return self.flag.field.type.name == "String" and not self.flag.inner

    @cached_property
    def parse(self) -> Callable[[str], Any]:
        """The parser of a value; for lists and maps, of the whole text."""
        if self.flag.field.type.name == "Boolean":
            return value_parsers.yes_or_no
        if self.is_map:
            return lambda text: value_parsers.json_value(text, dict)
        parse_item = next(self.flag.flags("")).parse
        return value_parsers.list_of(parse_item) if self.is_list else parse_item


@dataclass(frozen=True, slots=True)
class Assignment:
    """One assignment with its parsed `value`; names in it are not resolved to ids yet.

    `key` is the key of a map; `word` is the typed text, for error messages.
    """

    target: Target
    op: Op
    value: Any = None
    key: str = ""
    word: str = ""


_WORD = re.compile(
    r"""(?P<name>[A-Za-z_][\w-]*?(?:\.(?:"[^"]*"|'[^']*'|[^=~!+"'-][^=~!+]*?))?)"""
    r"(?P<op>\+=|-=|=|~|!\Z)(?P<text>.*)",
    re.DOTALL,
)
_NAMED = re.compile(r"(?:id|name):")


def split_words(words: Iterable[str]) -> tuple[list[str], list[str]]:
    """Split words into those that select objects, and assignments."""
    selecting: list[str] = []
    assigning: list[str] = []
    for word in words:
        (assigning if _is_assignment(word) else selecting).append(word)
    return selecting, assigning


def _is_assignment(word: str) -> bool:
    return not _NAMED.match(word) and _WORD.fullmatch(word) is not None


def parse_assignment(entity: Entity, word: str) -> Assignment:
    """Parse a word as an assignment. Raises StashInputError."""
    match = _WORD.fullmatch(word)
    if match is None:
        raise StashInputError(f"{word}: not an assignment such as title=TEXT, tags+=NAME or title!")
    name, dot, key = match["name"].partition(".")
    target = target_of(entity, name if dot else match["name"], word)
    if dot:
        key = key[1:-1] if key[0] in "\"'" else key
    try:
        return _parse_value(Assignment(target, Op(match["op"]), match["text"], key, word))
    except StashUsageError as error:
        raise StashInputError(f"{match['name']}: {error.message}", hint=error.hint) from None


def target_of(entity: Entity, name: str, word: str = "") -> Target:
    """Return the field with this name, as in the API or in flags. Raises StashInputError."""
    by_name = targets(entity)
    target = by_name.get(name.removeprefix("--").replace("-", "_"))
    if target is not None:
        return target
    suggestion = did_you_mean(name, by_name)
    hint = f"A {entity.noun} of that name is written name:{word}." if word else None
    if "custom_fields" in by_name and not suggestion:
        suggestion = f"A field of your own is written custom.{name}."
    raise StashInputError(f"no such field: {name}. {suggestion}".rstrip(), hint=hint)


@cache
def targets(entity: Entity) -> Mapping[str, Target]:
    """Map of every name of an assignable field -> the field."""
    by_name: dict[str, Target] = {}
    for each in _targets(entity):
        flag = each.flag
        plurals = [plural(flag).replace("-", "_")] if each.is_list else []
        for name in (each.attr, flag.field.name, flag.word, *plurals):
            by_name.setdefault(name, each)
        if each.is_map:
            by_name["custom"] = each
    return by_name


def _targets(entity: Entity) -> Iterator[Target]:
    attrs = attributes(entity.type)
    for name, flag in input_flags(update_type(entity)).items():
        yield Target(entity, attrs.get(name, name), flag)
    for type_name, attr in SIDE_MUTATIONS:
        if type_name == entity.type and attr in COUNTERS:
            yield Target(entity, attr, InputFlag(entity.api.fields[attr], attr))


def _parse_value(assignment: Assignment) -> Assignment:
    """Parse the text of an assignment. Raises StashUsageError if the field lacks the operator."""
    target, text = assignment.target, str(assignment.value)
    _check_key(assignment)
    if assignment.op is Op.CLEAR:
        if not assignment.key:
            check_clearing(target)
        return _with_value(assignment, None)
    if assignment.op is Op.SUBSTITUTE:
        return _with_value(assignment, _substitution(target, assignment.key, text))
    if not text.strip():
        field = assignment.word.rstrip("+-=").rstrip()
        raise StashInputError("it is given nothing", hint=f"Write {field}! to clear it.")
    if assignment.op is not Op.SET and not (target.is_list or target.is_number):
        name = assignment.word.partition(assignment.op)[0]
        raise StashInputError(
            "only lists and numbers take += and -=", hint=f"Write {name}=TEXT or {name}~/OLD/NEW/."
        )
    return _with_value(assignment, _parse_text(assignment, text))


def _check_key(assignment: Assignment) -> None:
    """Require a key for one item of a map, and refuse it for other fields. Raises StashInputError."""
    if assignment.key and not assignment.target.is_map:
        raise StashInputError("it has no parts")
    if assignment.target.is_map and not assignment.key and assignment.op not in (Op.SET, Op.CLEAR):
        raise StashInputError("name the key: custom.NAME=VALUE")


def _parse_text(assignment: Assignment, text: str) -> Any:
    """Parse a text as a template, as a value of a map, or as a value of the field."""
    if is_template(text):
        from stash_cli.core.templates import Template

        return Template(text, assignment.target.entity.type)
    return value_parsers.scalar(text) if assignment.key else assignment.target.parse(text)


def _with_value(assignment: Assignment, value: Any) -> Assignment:
    return Assignment(assignment.target, assignment.op, value, assignment.key, assignment.word)


def is_template(text: str) -> bool:
    """Whether a text has template expressions."""
    return "{{" in text or "{%" in text


def check_clearing(target: Target) -> None:
    """Raise StashInputError for a field that servers cannot clear."""
    is_count = target.attr in COUNTERS
    if not (target.is_list or target.is_map or is_count):
        update_value(target.entity.type, target.flag.field.name, None)


def _substitution(target: Target, key: str, text: str) -> Substitution:
    """Parse `/old/new/` or `|old|new|`; a final `i` ignores case."""
    if not (target.is_text or key):
        raise StashInputError("only text takes ~/old/new/")
    separator = text[:1]
    parts = (
        _split_at(text[1:], separator) if separator and not separator.isalnum() and separator != "\\" else []
    )
    if len(parts) != 3 or parts[2] not in ("", "i") or not parts[0]:  # noqa: PLR2004 - old, new, flags
        raise StashInputError("expected ~/old/new/, where old is a regular expression")
    try:
        pattern = re.compile(parts[0], re.IGNORECASE if parts[2] else 0)
        re.sub(pattern, parts[1], "")
        pattern.sub(parts[1], "")
    except (re.error, IndexError) as error:
        raise StashInputError(f"{parts[0]!r} is not a regular expression: {error}") from None
    return Substitution(pattern, parts[1])


def _split_at(text: str, separator: str) -> list[str]:
    """Split a text at a character, except after a backslash."""
    parts: list[str] = []
    part, position = "", 0
    while position < len(text):
        if text[position] == "\\" and text[position + 1 : position + 2] == separator:
            part, position = part + separator, position + 2
        elif text[position] == separator:
            parts, part, position = [*parts, part], "", position + 1
        else:
            step = 2 if text[position] == "\\" else 1
            part, position = part + text[position : position + step], position + step
    return [*parts, part]


def read_assignments(
    entity: Entity, words: Sequence[str], flags: Mapping[str, Any], cleared: Sequence[str]
) -> list[Assignment]:
    """Return the assignments of a command line: words, then flags, then `--clear`.

    Raises StashUsageError for a field with two values, and for one that is both assigned and cleared.
    """
    assignments = [parse_assignment(entity, word) for word in words]
    assignments += [each for dest, value in flags.items() for each in _flag_assignments(entity, dest, value)]
    assignments += [_clearing(entity, name) for name in cleared]
    _check_conflicts(assignments)
    return assignments


def _flag_assignments(entity: Entity, dest: str, value: Any) -> Iterator[Assignment]:
    """Yield the assignments of a flag; `dest` is a field, with ADD, REMOVE or SET before it for a list."""
    mode, space, name = dest.rpartition(" ")
    target = next(each for each in _targets(entity) if each.flag.field.name == name)
    word = f"--{mode.lower() + '-' if space else ''}{target.flag.word.replace('_', '-')}"
    if target.is_map:
        pairs = [(key, None) for key in value] if mode == REMOVE else value
        op = Op.CLEAR if mode == REMOVE else Op.SET
        yield from (Assignment(target, op, item, key, word) for key, item in pairs)
    elif mode == SET:
        yield Assignment(target, Op.SET, [item for text in value for item in text], word=word)
    else:
        op = {ADD: Op.ADD, REMOVE: Op.REMOVE}.get(mode, Op.SET)
        yield Assignment(target, op, value, word=word)


def _clearing(entity: Entity, name: str) -> Assignment:
    try:
        target = target_of(entity, name)
        check_clearing(target)
    except StashInputError as error:
        raise StashInputError(f"--clear: {error.message}", hint=error.hint) from None
    return Assignment(target, Op.CLEAR, word=f"--clear {name}")


def _check_conflicts(assignments: Sequence[Assignment]) -> None:
    """Raise StashUsageError for a field with two values, and for one that is assigned and cleared."""
    first_by_key: dict[tuple[str, str], Assignment] = {}
    for each in assignments:
        if each.op not in (Op.SET, Op.CLEAR):
            continue
        first = first_by_key.setdefault((each.target.attr, each.key), each)
        if first is not each and (first.op is not each.op):
            raise StashUsageError(f"{each.word}: it is given a value as well")
        if first is not each and first.value != each.value:
            raise StashUsageError(f"{each.word}: it is given two values")
