"""Conversion of syntax trees to `Q`s."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, NoReturn

from stash_cli.core.errors import StashUsageError, did_you_mean
from stash_cli.core.query.fields import fields
from stash_cli.core.query.language import fields as names
from stash_cli.core.query.language.problems import Problem
from stash_cli.core.query.language.tree import And, Bound, Node, Not, Or, Term, Word, text_of
from stash_cli.core.query.language.values import TermReader, any_of
from stash_cli.core.query.parse_lookup import parse_lookup
from stash_cli.core.query.q import SAVED, Q, to_nnf
from stash_cli.core.query.server_quirks import FILE_FIELDS, MULTI_VALUED, is_listed
from stash_cli.core.query.simplify import simplified

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stash_cli.core.query.language.fields import Target
    from stash_cli.core.query.model import FilterField

_MOST_CASES = 64
"""The largest number of alternatives in a group on one related object; each becomes a nested filter."""
_MODIFIERS = ("depth", "distance", "endpoint")
"""Lookups that modify another lookup of the same field."""


class Builder:
    """Builds `Q`s from the nodes of one tree; mistakes in values are collected in `problems`."""

    def __init__(self, reader: TermReader) -> None:
        self.reader = reader
        self.problems: list[Problem] = []
        self.within = 0
        """The number of groups on related objects around the current term."""

    def build(self, type_name: str, node: Node, values_of: Target | None = None) -> Q:
        """The `Q` of a node; terms without a path are values of `values_of`."""
        result = self._build_node(type_name, node, values_of)
        result.text = text_of(node) if values_of is None else ""
        return result

    def _build_node(self, type_name: str, node: Node, values_of: Target | None) -> Q:
        if isinstance(node, And | Or):
            parts = [self.build(type_name, part, values_of) for part in node.parts]
            return any_of(parts) if isinstance(node, Or) else Q(*_one_file(type_name, _modified(parts)))
        if isinstance(node, Not):
            return ~self.build(type_name, node.inner, values_of)
        return Q(q__in=[node.text]) if isinstance(node, Word) else self._leaf(type_name, node, values_of)

    def _leaf(self, type_name: str, node: Bound | Term, values_of: Target | None) -> Q:
        try:
            if isinstance(node, Bound):
                return self._bound(type_name, node)
            return self._term(type_name, node, values_of)
        except StashUsageError as error:
            span = node.value.span if isinstance(node, Term) and node.value.span.end else node.span
            message = _sentence(error.message.replace(f"{names.shown_type(type_name)}.", "", 1))
            self.problems.append(Problem(span.start, span.end, message, error.hint or ""))
            return Q()

    def _term(self, type_name: str, node: Term, values_of: Target | None) -> Q:
        if not node.path and values_of is not None:
            return self.reader.read(values_of, node.operator, node.value)
        if node.path in ("is", "no", "has"):
            return getattr(self, f"_{node.path}")(type_name, node.value.text)  # type: ignore[no-any-return]
        if node.path == "saved":
            return self._saved(node.value.text)
        target = names.target(type_name, node.path)
        if target is None:
            raise StashUsageError(f"{node.path}: stands at the top of a query, beside its other terms.")
        return self.reader.read(target, node.operator, node.value)

    # saved:, is:, no:, has:

    def _saved(self, name: str) -> Q:
        if self.within:
            raise StashUsageError("A saved filter stands outside of groups of related objects.")
        return Q(**{SAVED: name})

    def _is(self, type_name: str, name: str) -> Q:
        target = names.target(type_name, name.replace("-", "_"))
        kind = target.field.kind if target and target.field else ""
        if target is None or target.field is None or kind not in YES_NO:
            known = dict.fromkeys(flags(type_name))
            hint = f"It can be {', '.join(known)}." if known else "It has no such fields."
            type_name = names.shown_type(type_name)
            raise StashUsageError(
                f"{type_name} has no yes-or-no field {name}. {did_you_mean(name, known)}".rstrip(), hint=hint
            )
        return self.reader.checked(target, target.field, {"eq": True})

    def _no(self, type_name: str, name: str) -> Q:
        return self._presence(type_name, name, has=False)

    def _has(self, type_name: str, name: str) -> Q:
        return self._presence(type_name, name, has=True)

    def _presence(self, type_name: str, name: str, *, has: bool) -> Q:
        bare = name.replace("-", "_")
        target = names.target(type_name, name if name.lower().startswith("custom.") else bare)
        field = target.field if target else None
        if target is not None and target.custom and field is not None:
            return self.reader.checked(target, field, {"null": {target.custom: not has}})
        if target is not None and field is not None and "null" in field.lookups:
            return self.reader.checked(target, field, {"null": not has})
        found = self._presence_term(type_name, bare, has=has, counted=field is None)
        return found or _refuse_presence(type_name, name, field)

    def _presence_term(self, type_name: str, name: str, *, has: bool, counted: bool) -> Q | None:
        """The term on a field such as `has_markers`, on a count, or on `is_missing`; None without these."""
        known, stem = fields(type_name), name.removesuffix("s")
        if (marks := known.get(f"has_{stem}s")) is not None:
            return self.reader.checked(names.Target("", marks), marks, {"eq": has})
        if counted and (number := known.get(f"{stem}_count")) is not None:
            return self.reader.checked(names.Target("", number), number, {"gt" if has else "eq": 0})
        missing = known.get("is_missing")
        if missing is None or name not in missing.choices:
            return None
        lacking = self.reader.checked(names.Target("", missing), missing, {"eq": name})
        return ~lacking if has else lacking

    # groups

    def _bound(self, type_name: str, node: Bound) -> Q:
        target = names.target(type_name, node.path)
        if target is None:
            raise StashUsageError(f"{type_name} has no field {node.path}.")
        kinds = {isinstance(leaf, Term) and not leaf.path for leaf in _leaves(node.inner)}
        if kinds == {True}:
            return self.build(type_name, node.inner, target)
        if target.related is None or True in kinds:
            raise StashUsageError(
                f"{node.path}:(...) takes either values or conditions, not both.",
                hint="A name is name:TEXT within the group.",
            )
        self.within += 1
        inner = self.build(target.related, node.inner)
        self.within -= 1
        return self._one_object(target, inner)

    def _one_object(self, target: Target, inner: Q) -> Q:
        """The `Q` that one related object meets all of `inner`: one nested filter for each alternative."""
        related = target.related or ""
        parts = []
        for case in _cases(to_nnf(related, inner)):
            merged = simplified(related, Q(*case)) if len(case) > 1 else case[0]
            lookups = _joined(related, merged)
            parts.append(Q(**{f"{target.related_prefix}{key}": value for key, value in lookups.items()}))
        return parts[0] if len(parts) == 1 else any_of(parts)


def _refuse_presence(type_name: str, name: str, field: FilterField | None) -> NoReturn:
    """Raise StashUsageError for a name that `no:` and `has:` do not take."""
    if field is not None and field.kind in YES_NO:
        raise StashUsageError(f"{name} is a yes-or-no field.", hint=f"Write is:{name} or -is:{name}.")
    if field is not None and field.target:
        raise StashUsageError(f"Nothing tells which objects have any {name}.")
    if field is not None:
        raise StashUsageError(f"Every object has a value of {name}.", hint=f"Write {name}:0.")
    missing = fields(type_name).get("is_missing")
    known = [*names.names(type_name), *fields(type_name), *(missing.choices if missing else ())]
    near = did_you_mean(name.replace("-", "_"), dict.fromkeys(known))
    raise StashUsageError(f"{names.shown_type(type_name)} has no field {name}. {near}".rstrip())


YES_NO = frozenset({"Boolean", "String", "DuplicationCriterionInput", "FileDuplicationCriterionInput"})


def flags(type_name: str) -> Iterator[str]:
    """The names that `is:` takes."""
    for field in fields(type_name).values():
        if field.kind in YES_NO and not field.name.startswith("has_"):
            name = {"duplicated": "duplicate", "is_zip": "zip"}.get(field.name, field.name)
            yield name.removeprefix("filter_").removesuffix("s") if name.startswith("filter_") else name


def _leaves(node: Node) -> Iterator[Node]:
    if isinstance(node, And | Or):
        for part in node.parts:
            yield from _leaves(part)
    elif isinstance(node, Not):
        yield from _leaves(node.inner)
    else:
        yield node


def _cases(q: Q) -> list[list[Q]]:
    """Disjunctive normal form; raises StashUsageError where there are too many cases."""
    if not q.parts:
        return [[q]]
    each = [_cases(part) for part in q.parts]
    if q.op == "any":
        found = [case for cases in each for case in cases]
    else:
        found = []
        for chosen in product(*each, *([[[Q(**q.lookups)]]] if q.lookups else [])):
            found.append([leaf for case in chosen for leaf in case])
            if len(found) > _MOST_CASES:
                break
    if len(found) > _MOST_CASES:
        raise StashUsageError(
            f"The group has more than {_MOST_CASES} alternatives.", hint="Write several groups."
        )
    return found


def _joined(type_name: str, q: Q) -> dict[str, Any]:
    """The lookups of a conjunction of leaves merged, so that they apply to the same related object."""
    found: dict[str, Any] = {}
    several: set[str] = set()
    for leaf in q.parts or (q,):
        some = {name for key in leaf.lookups if (name := _some_value(type_name, key))}
        if leaf.negated or not leaf.lookups or leaf.lookups.keys() & found.keys() or some & several:
            raise StashUsageError(
                "This group cannot be asked of one related object.",
                hint="Leave out what is negated or asked twice, or write it as a group of its own.",
            )
        found |= leaf.lookups
        several |= some
    return found


def _some_value(type_name: str, key: str) -> str:
    """The multi-valued field of a lookup that holds for any one of the values, or "".

    Merged, two such lookups apply to the same value; as separate terms possibly to different ones.
    """
    field, lookup, inner = parse_lookup(type_name, key)
    if inner or field.key in FILE_FIELDS or not is_listed(MULTI_VALUED, field.key):
        return ""
    return field.name if lookup not in _OF_ALL_VALUES else ""


_OF_ALL_VALUES = frozenset({"ne", "excludes", "not_regex", "not_between", "null"})
"""Lookups that have to hold for all values of a field."""


def _modified(parts: list[Q]) -> list[Q]:
    """The parts with lookups such as `tags__depth=-1` added to the terms of the same field."""
    terms: list[Q] = []
    extra: dict[str, dict[str, Any]] = {}
    for part in parts:
        key = next(iter(part.lookups), "")
        field, _, lookup = key.rpartition("__")
        if len(part.lookups) == 1 and not part.negated and lookup in _MODIFIERS:
            extra.setdefault(field, {}).update(part.lookups)
        else:
            terms.append(part)
    for part in terms if extra else ():
        for key in list(part.lookups):
            part.lookups = {**part.lookups, **extra.get(key.rpartition("__")[0], {})}
    used = {key.rpartition("__")[0] for part in terms for key in part.lookups}
    return [*terms, *(Q(**found) for field, found in extra.items() if field not in used)]


def _one_file(type_name: str, parts: list[Q]) -> list[Q]:
    """The parts, with lookups on files merged into one leaf, so that they apply to the same file."""
    result: list[Q] = []
    merged: Q | None = None
    for part in parts:
        plain = part.lookups and not part.negated and not part.parts
        on_files = plain and all((type_name, key.partition("__")[0]) in FILE_FIELDS for key in part.lookups)
        if on_files and merged is not None and not part.lookups.keys() & merged.lookups.keys():
            merged.lookups = {**merged.lookups, **part.lookups}
            merged.text = f"{merged.text} {part.text}"
            continue
        result.append(part)
        if on_files and merged is None:
            merged = result[-1] = Q(**part.lookups)
            merged.text = part.text
    return result


def _sentence(message: str) -> str:
    return f"{message[:1].upper()}{message[1:]}" if message[:9] == "expected " else message
