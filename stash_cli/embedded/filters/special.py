"""Criteria with rules of their own: hashes, duplicates, stash ids, custom fields, missing values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, Table, and_, false, func, not_, or_, select, true

from stash_cli.embedded import tables as t
from stash_cli.embedded.filters import criteria
from stash_cli.embedded.filters.criteria import Condition, Entity, Handler, any_row, exists_row
from stash_cli.embedded.graphql.errors import Refused, UnsupportedModifier

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_SIGNED = 1 << 63


def parse_phash(text: str) -> int:
    """The signed integer of a perceptual hash in hex; 0 for text that is not hex."""
    try:
        value = int(text, 16)
    except ValueError:
        return 0
    if not 0 <= value < 2 * _SIGNED:
        return 0
    # SQLite integers are signed: hashes with the highest bit set are stored as negative numbers.
    return value - 2 * _SIGNED if value >= _SIGNED else value


def phash(rows: Select[Any]) -> Handler:
    """Condition of a PhashDistanceCriterionInput (or a plain hash) on `rows` of (owner, phash)."""

    def match(stored: ColumnElement[Any], criterion: Mapping[str, Any]) -> Condition:
        modifier, distance = criterion["modifier"], criterion.get("distance") or 0
        if modifier in ("IS_NULL", "NOT_NULL"):
            return criteria.number(stored, {"modifier": modifier, "value": 0})
        value = parse_phash(criterion["value"])
        if distance > 0 and modifier in ("EQUALS", "NOT_EQUALS"):
            # The server compares strictly: a distance of 4 finds hashes that differ in up to 3 bits.
            difference = func.phash_distance(stored, value)
            return difference < distance if modifier == "EQUALS" else difference > distance
        return criteria.number(stored, {"modifier": modifier, "value": value})

    return any_row(rows, match)


def stash_id(rows: Callable[[], Select[Any]]) -> Handler:
    """Condition of a StashIDCriterionInput on (owner, stash id, endpoint); `endpoint` narrows the rows."""

    def handle(entity: Entity, criterion: Mapping[str, Any]) -> Condition | None:
        string_criterion = {"modifier": criterion["modifier"], "value": criterion.get("stash_id") or ""}
        id_rows = _at_endpoint(rows(), criterion.get("endpoint"))
        return any_row(id_rows, lambda id_, _, wanted: criteria.string(id_, wanted))(entity, string_criterion)

    return handle


def stash_ids(rows: Callable[[], Select[Any]]) -> Handler:
    """Condition of a StashIDsCriterionInput: any of several ids, or none of them."""

    def handle(entity: Entity, criterion: Mapping[str, Any]) -> Condition | None:
        modifier = criterion["modifier"]
        id_rows = _at_endpoint(rows(), criterion.get("endpoint")).subquery()
        ids = [id_ for id_ in criterion.get("stash_ids") or () if id_ is not None]
        owners = select(id_rows.c[0])
        with_id = owners.where(or_(false(), *(id_rows.c[1].like(id_) for id_ in ids)))
        conditions: dict[str, Condition] = {
            "EQUALS": entity.c.id.in_(with_id),
            "INCLUDES": entity.c.id.in_(with_id),
            "NOT_EQUALS": entity.c.id.not_in(with_id),
            "EXCLUDES": entity.c.id.not_in(with_id),
            "IS_NULL": entity.c.id.not_in(owners),
            "NOT_NULL": entity.c.id.in_(owners),
        }
        if modifier not in conditions:
            raise UnsupportedModifier("stash ids modifier", modifier)
        return conditions[modifier] if ids or modifier.endswith("_NULL") else None

    return handle


def _at_endpoint(rows: Select[Any], endpoint: str | None) -> Select[Any]:
    return rows if endpoint is None else rows.where(rows.selected_columns[2] == endpoint)


def is_missing(specials: Mapping[str, Callable[[Entity], Condition]], columns: Table) -> Handler:
    """Criterion `is_missing`: a value special to the type, or the name of a column that is NULL or blank."""

    def handle(entity: Entity, word: str) -> Condition | None:
        if not word:
            return None
        if word in specials:
            return specials[word](entity)
        if word not in columns.c:
            raise Refused(f"no such column: {columns.name}.{word}")
        stored = entity.c[word]
        return or_(stored.is_(None), func.trim(stored) == "")

    return handle


def has_none(links: Callable[[], Select[Any]]) -> Callable[[Entity], Condition]:
    """Condition that `links` (owner, ...) has no row of the entity."""
    return lambda entity: ~exists_row(entity, links().subquery())


def duplicate_values(rows: Callable[[], Select[Any]]) -> Callable[[Entity, bool], Condition]:
    """Condition that a value in `rows` (owner, value) belongs to several owners, or to this one only."""

    def make(entity: Entity, is_duplicate: bool) -> Condition:
        own_rows, all_rows = rows().subquery(), rows().subquery()
        several = func.count(func.distinct(all_rows.c[0])) > 1
        values = select(all_rows.c[1]).where(all_rows.c[1] != "").group_by(all_rows.c[1])
        selected_values = values.having(several if is_duplicate else not_(several))
        return entity.c.id.in_(select(own_rows.c[0]).where(own_rows.c[1].in_(selected_values)))

    return make


def shared_prints(rows: Callable[[], Select[Any]]) -> Callable[[Entity, bool], Condition]:
    """Condition that a phash in `rows` (owner, phash) belongs to several files of any kind, or to one."""

    def make(entity: Entity, is_shared: bool) -> Condition:
        own_rows, fingerprints = rows().subquery(), t.files_fingerprints.alias()
        number = func.count()
        hashes = (
            select(fingerprints.c.fingerprint)
            .where(fingerprints.c.type == "phash")
            .group_by(fingerprints.c.fingerprint)
        )
        values = hashes.having(number > 1 if is_shared else number == 1)
        return entity.c.id.in_(select(own_rows.c[0]).where(own_rows.c[1].in_(values)))

    return make


def duplicated(ways: Mapping[str, Callable[[Entity, bool], Condition]]) -> Handler:
    """Condition of a DuplicationCriterionInput: for each given kind of duplicate, whether there are any."""

    def handle(entity: Entity, criterion: Mapping[str, Any]) -> Condition:
        conditions = [ways[key](entity, criterion[key]) for key in ways if criterion.get(key) is not None]
        if not conditions:
            raise Refused("Internal system error. Error <no kind of duplicate given>")
        return and_(*conditions)

    return handle


def custom_fields(table: Table, owner: str) -> Handler:
    """Condition of a list of CustomFieldCriterionInput: every entry must match."""

    def handle(entity: Entity, entries: Sequence[Mapping[str, Any]]) -> Condition | None:
        conditions = []
        for entry in entries:
            stored = table.alias()
            rows = select(stored.c[owner]).where(stored.c.field == entry["field"])
            if entry["modifier"] == "IS_NULL":
                conditions.append(entity.c.id.not_in(rows.where(_is_filled(stored.c.value))))
            else:
                conditions.append(entity.c.id.in_(rows.where(_custom_value(stored.c.value, entry))))
        return and_(*conditions) if conditions else None

    return handle


def _is_filled(stored: ColumnElement[Any]) -> Condition:
    """Whether a text is not blank; the server treats blank texts as null."""
    return func.trim(stored) != ""


def _custom_value(stored: ColumnElement[Any], entry: Mapping[str, Any]) -> Condition:
    modifier = entry["modifier"]
    values = [_comparable(value) for value in entry.get("value") or ()]
    if modifier in _LISTS:
        return _LISTS[modifier](stored, values)
    if modifier in _COUNTED:
        return _counted_values(stored, modifier, values)
    raise Refused(f"unsupported custom field criterion modifier: {modifier}")


def _comparable(value: Any) -> Any:
    """A value as SQLite stores it; integers beyond 64 bits become floats."""
    if isinstance(value, list | dict):
        raise Refused(f"unsupported custom field criterion value type: {_go_type(value)}")
    if isinstance(value, bool):
        # SQLite has no booleans; they are stored as 0 and 1.
        return int(value)
    return float(value) if isinstance(value, int) and not -_SIGNED <= value < _SIGNED else value


def _regexes(stored: ColumnElement[Any], values: list[Any]) -> list[Condition]:
    for value in values:
        if not isinstance(value, str):
            raise Refused(f"unsupported custom field criterion value type: {_go_type(value)}")
    texts = [{"modifier": "MATCHES_REGEX", "value": value} for value in values]
    return [criteria.string(stored, text) for text in texts]


def _go_type(value: Any) -> str:
    kinds = {int: "int64", float: "float64", dict: "map[string]interface {}"}
    return kinds.get(type(value), "[]interface {}")


_LISTS: dict[str, Callable[[Any, list[Any]], Condition]] = {
    "EQUALS": lambda stored, values: stored.in_(values),
    "NOT_EQUALS": lambda stored, values: stored.not_in(values),
    "INCLUDES": lambda stored, values: and_(true(), *(stored.like(f"%{value}%") for value in values)),
    "EXCLUDES": lambda stored, values: and_(true(), *(stored.not_like(f"%{value}%") for value in values)),
    "MATCHES_REGEX": lambda stored, values: and_(true(), *_regexes(stored, values)),
    "NOT_MATCHES_REGEX": lambda stored, values: and_(true(), *map(not_, _regexes(stored, values))),
    "NOT_NULL": lambda stored, _: _is_filled(stored),
}
_COUNTED = {"GREATER_THAN": 1, "LESS_THAN": 1, "BETWEEN": 2, "NOT_BETWEEN": 2}


def _counted_values(stored: ColumnElement[Any], modifier: str, values: list[Any]) -> Condition:
    expected = _COUNTED[modifier]
    if len(values) != expected:
        noun = "value" if expected == 1 else "values"
        raise Refused(
            f"expected {expected} {noun} for custom field criterion modifier {modifier}, got {len(values)}"
        )
    criterion = {"modifier": modifier, "value": values[0], "value2": values[-1]}
    return criteria.number(stored, criterion)
