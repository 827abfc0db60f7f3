"""Which rows of the server are the objects whose creates were lost: told by what was sent, and when.

A row is a lost object's where it holds all that was sent, was made since then, and no other fits. Others may
have added to it meanwhile. Where that does not tell, nothing is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from json import dumps
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.writing import written
from stash_cli.core.orm.hydrate import hydrate
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from stash_cli.core.edits.unknown import LostCreate
    from stash_cli.core.types.entity import StashObject

    Row = Mapping[str, Any]
    Lost = tuple[StashObject, LostCreate]

_CLOCKS = timedelta(seconds=5)
"""By how much the clocks of this machine and the server may differ without being noticed."""
_WRONG_CLOCKS = timedelta(days=1)
"""By how much they may differ at most."""


@dataclass(slots=True)
class Matches:
    """Lost objects with their rows, and those that cannot be told, with the ids that may be theirs."""

    found: list[tuple[Lost, Row]] = field(default_factory=list)
    unclear: list[tuple[Lost, list[str]]] = field(default_factory=list)


@dataclass(slots=True)
class _Candidate:
    row: Row
    values: dict[str, Any]
    is_taken: bool = False


def match(cls: type[StashObject], lost: Sequence[Lost], rows: Iterable[Row]) -> Matches:
    """The rows that lost objects of a type were made as; what is in neither list was not made."""
    attrs = frozenset(attr for _, each in lost for attr in each.saving.values)
    candidates = [_Candidate(row, _values(cls, _as_sent(cls, row, attrs), attrs)) for row in rows]
    groups: dict[str, list[Lost]] = {}
    for obj, each in lost:
        sent = _values(cls, each.saving.input, each.saving.values)
        groups.setdefault(dumps(sent, sort_keys=True), []).append((obj, each))
    result = Matches()
    left = [_assign(cls, many, candidates, result, _equals) for many in groups.values()]
    left = [_assign(cls, many, candidates, result, _holds) for many in left if many]
    for many in filter(None, left):
        _set_apart(cls, many, candidates, result)
    return result


def _assign(
    cls: type[StashObject], many: list[Lost], candidates: list[_Candidate], result: Matches, fits: Any
) -> list[Lost]:
    """Give objects that are alike the rows that fit them, any to any; those that are left over."""
    sent = _values(cls, many[0][1].saving.input, many[0][1].saving.values)
    fitting = [each for each in candidates if _is_since(each.row, many) and fits(each.values, sent)]
    fitting = [each for each in fitting if not each.is_taken]
    if len(fitting) > len(many) or any(_is_before(each.row, many) for each in fitting):
        result.unclear += [(each, [str(one.row["id"]) for one in fitting]) for each in many]
        return []
    for each in fitting:
        each.is_taken = True
    result.found += zip(many, (each.row for each in fitting), strict=False)
    return many[len(fitting) :]


def _set_apart(
    cls: type[StashObject], many: list[Lost], candidates: list[_Candidate], result: Matches
) -> None:
    """Leave open what others may have changed since it was made: a row of the same name."""
    label = ENTITIES[cls.__name__].label
    sent = _values(cls, many[0][1].saving.input, many[0][1].saving.values)
    names = [label] if sent.get(label) else list(sent)
    similar = [
        str(each.row["id"])
        for each in candidates
        if not each.is_taken
        and _is_since(each.row, many)
        and any(each.values.get(name) == sent[name] for name in names)
    ]
    if similar:
        result.unclear += [(each, similar) for each in many]


def _is_since(row: Row, many: Sequence[Lost]) -> bool:
    """Whether a row may have been made since the objects were sent, as far as ids and clocks tell."""
    known, sent_at = min(each.after for _, each in many), min(each.sent_at for _, each in many)
    return int(row["id"]) > known and _made_at(row) >= sent_at - _WRONG_CLOCKS


def _is_before(row: Row, many: Sequence[Lost]) -> bool:
    """Whether a row was made before, unless the clocks differ."""
    return _made_at(row) < min(each.sent_at for _, each in many) - _CLOCKS


def _made_at(row: Row) -> datetime:
    return datetime.fromisoformat(row["created_at"])


def _equals(row: Mapping[str, Any], sent: Mapping[str, Any]) -> bool:
    return all(row.get(name) == value for name, value in sent.items())


def _holds(row: Mapping[str, Any], sent: Mapping[str, Any]) -> bool:
    """Whether a row holds all that was sent, and perhaps more."""
    return all(_covers(row.get(name), value) for name, value in sent.items())


def _covers(held: Any, sent: Any) -> bool:
    if isinstance(sent, list):
        return isinstance(held, list) and all(item in held for item in sent)
    if isinstance(sent, dict):
        return isinstance(held, dict) and all(_covers(held.get(name), value) for name, value in sent.items())
    return bool(held == sent)


def _as_sent(cls: type[StashObject], row: Row, attrs: Collection[str]) -> dict[str, Any]:
    """The input that would have made a row with these attributes."""
    found = hydrate(cls, row)
    held = {attr: found.__dict__.get(attr, UNSET) for attr in attrs}
    return written(cls, "Create", held, {}, optional=held)


def _values(cls: type[StashObject], given: Mapping[str, Any], attrs: Collection[str]) -> dict[str, Any]:
    """What an input says of attributes, comparable: servers trim texts and order links as they like."""
    shown = written(cls, "Create", dict.fromkeys(attrs), {}, optional=attrs).keys()
    return {name: _plain(given[name]) for name in shown if given.get(name)}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return sorted((_plain(each) for each in value), key=repr)
    if isinstance(value, dict):
        # The time of a stash-box id is the server's.
        return {n: _plain(each) for n, each in value.items() if each not in (None, "") and n != "updated_at"}
    return value
