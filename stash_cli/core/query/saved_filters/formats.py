"""Conversion of single criteria between the saved form of the web interface and the API's form.

A saved criterion is `{"modifier": ..., "value": ...}`; the shape of the value depends on the kind of field.
The table FORMATS has both directions for each kind. Older forms are read as well: bare numbers, plain lists
of ids, numbers as text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stash_cli.core.query.model import FilterField, with_modifier
from stash_cli.core.query.saved_filters.saved_values import (
    NULLS,
    Saved,
    UntranslatableError,
    id_of,
    items_of,
    label_of,
    modifier_of,
    number,
    parse_bool,
    range_bounds,
    value_of,
    word_of,
)
from stash_cli.core.query.saved_filters.web_criteria import web_criteria
from stash_cli.core.types.api import BAND_LABELS

Labels = Mapping[str, str]
"""Id -> name, for the labels that are saved beside ids."""

_LANGUAGES = {
    "de": "Deutsche",
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "it": "Italiano",
    "ja": "日本",
    "ko": "한국인",
    "nl": "Holandés",
    "pt": "Português",
    "ru": "Русский",
    "00": "Unknown",
}
"""Code of a language -> its name in saved filters on captions."""
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}))?(?::\d{2})?")


@dataclass(frozen=True, slots=True)
class Format:
    """The conversions of one kind of criterion.

    `read` returns lookups of a query by their suffix ("" for the field itself); `write` converts a criterion
    of the API to the saved form. Both raise UntranslatableError.
    """

    read: Callable[[FilterField, Saved], dict[str, Any]]
    write: Callable[[FilterField, Any, Labels], Any]


def _raw(criterion: Any) -> dict[str, Any]:
    return {"": criterion}


# Texts


def _read_text(field: FilterField, saved: Saved) -> dict[str, Any]:
    value = saved.get("value") or ""
    if isinstance(value, Mapping | list):
        raise UntranslatableError("its value is no text")
    if field.name == "captions" and value:
        value = word_of(value, {name: code for code, name in _LANGUAGES.items()}, "language")
    return _raw(with_modifier(modifier_of(saved), str(value)))


def _write_text(field: FilterField, criterion: Any, _: Labels) -> Any:
    value = criterion["value"]
    if field.name == "captions" and value:
        value = label_of(value, {name: code for code, name in _LANGUAGES.items()})
    return {"modifier": criterion["modifier"], "value": value}


# Numbers, dates and times


def _range(saved: Saved, convert: Callable[[Any], Any], empty: Any) -> dict[str, Any]:
    modifier = modifier_of(saved)
    first, second = range_bounds(saved)
    if modifier in NULLS:
        return _raw(with_modifier(modifier, empty))
    if first is None or first == "":
        raise UntranslatableError("it has no value")
    found = with_modifier(modifier, convert(first))
    if modifier not in ("BETWEEN", "NOT_BETWEEN"):
        return _raw(found)
    if second is None or second == "":
        raise UntranslatableError("the end of its range is missing")
    return _raw(found | {"value2": convert(second)})


def _moment(value: Any) -> str:
    found = _MOMENT.fullmatch(str(value).strip())
    if found is None:
        raise UntranslatableError(f"{value!r} is no time such as 2024-03-15 10:30")
    return f"{found[1]}T{found[2]}" if found[2] else found[1]


def _read_number(_: FilterField, saved: Saved) -> dict[str, Any]:
    return _range(saved, number, 0)


def _read_date(_: FilterField, saved: Saved) -> dict[str, Any]:
    return _range(saved, str, "")


def _read_time(_: FilterField, saved: Saved) -> dict[str, Any]:
    return _range(saved, _moment, "")


def _write_range(_: FilterField, criterion: Any, __: Labels) -> Any:
    modifier = criterion["modifier"]
    if modifier in NULLS:
        return {"modifier": modifier, "value": {}}
    values = {name: criterion[name] for name in ("value", "value2") if criterion.get(name) is not None}
    return {"modifier": modifier, "value": values}


def _write_time(field: FilterField, criterion: Any, labels: Labels) -> Any:
    # The web interface has whole minutes; compared as text, they sort before all times of that minute.
    given = {
        name: _moment(value).replace("T", " ") if name != "modifier" and value else value
        for name, value in criterion.items()
    }
    return _write_range(field, given, labels)


# Related objects


def _read_ids(field: FilterField, saved: Saved) -> dict[str, Any]:
    modifier = modifier_of(saved)
    if modifier in NULLS:
        return _raw({"modifier": modifier})
    items, excluded = ([id_of(item) for item in items] for items in items_of(saved))
    # As in the web interface: for a criterion without the modifier EXCLUDES, the items are exclusions.
    if modifier == "EXCLUDES" and "EXCLUDES" not in web_criteria(field.owner).get(field.name, ("EXCLUDES",)):
        modifier, items, excluded = "INCLUDES", [], [*excluded, *items]
    if not items and not excluded:
        raise UntranslatableError("it names no objects, so it says nothing")
    found: dict[str, Any] = {"modifier": modifier, "value": items}
    if excluded:
        found["excludes"] = excluded
    value = saved.get("value")
    depth = value.get("depth") if isinstance(value, Mapping) else saved.get("depth")
    if depth and modifier != "EQUALS" and field.kind.startswith("Hierarchical"):
        found["depth"] = int(number(depth))
    return _raw(found)


def _write_ids(field: FilterField, criterion: Any, labels: Labels) -> Any:
    modifier = criterion["modifier"]
    items, excluded = list(criterion.get("value") or ()), list(criterion.get("excludes") or ())
    if modifier == "EXCLUDES" and "EXCLUDES" not in web_criteria(field.owner).get(field.name, ()):
        modifier, items, excluded = "INCLUDES", [], [*excluded, *items]
    rows, others = ([{"id": one, "label": labels.get(one, one)} for one in ids] for ids in (items, excluded))
    if field.kind == "MultiCriterionInput" and field.name != "performers":
        if others:
            raise UntranslatableError("the web interface cannot exclude some of these and include others")
        return {"modifier": modifier, "value": rows}
    value: dict[str, Any] = {"items": rows, "excluded": others}
    if field.name != "performers":
        value["depth"] = criterion.get("depth") or 0
    return {"modifier": modifier, "value": value}


# Yes or no, and words


def _read_flag(_: FilterField, saved: Saved) -> dict[str, Any]:
    return {"": parse_bool(value_of(saved))}


def _write_flag(_: FilterField, value: Any, __: Labels) -> Any:
    return {"modifier": "EQUALS", "value": value if isinstance(value, str) else "true" if value else "false"}


def _read_missing(field: FilterField, saved: Saved) -> dict[str, Any]:
    value = str(value_of(saved))
    if value not in field.choices:
        raise UntranslatableError(f"{value!r} is nothing that can be missing")
    return {"": value}


def _read_duplicated(_: FilterField, saved: Saved) -> dict[str, Any]:
    value = value_of(saved)
    return {"": parse_bool(value.get("duplicated") if isinstance(value, Mapping) else value)}


def _write_duplicated(_: FilterField, value: Any, __: Labels) -> Any:
    if value.keys() != {"duplicated"}:
        raise UntranslatableError("the web interface finds duplicates by their phash only")
    return {"modifier": "EQUALS", "value": "true" if value["duplicated"] else "false"}


_RESOLUTIONS = {label: band for band, label in BAND_LABELS.items()}


def _read_resolution(_: FilterField, saved: Saved) -> dict[str, Any]:
    return _raw(with_modifier(modifier_of(saved), word_of(value_of(saved), _RESOLUTIONS, "resolution")))


def _write_resolution(_: FilterField, criterion: Any, __: Labels) -> Any:
    return {"modifier": criterion["modifier"], "value": label_of(criterion["value"], _RESOLUTIONS)}


_LABELS = {"TRANSGENDER_MALE": "Transgender Male", "TRANSGENDER_FEMALE": "Transgender Female"}
_LABELS |= {"NON_BINARY": "Non-Binary"}


def _words(field: FilterField) -> dict[str, str]:
    """Label -> word of the API."""
    return {_LABELS.get(word, word.capitalize()): word for word in field.choices}


def _read_words(field: FilterField, saved: Saved) -> dict[str, Any]:
    modifier, value = modifier_of(saved), value_of(saved)
    if modifier in NULLS:
        return {"null": modifier == "IS_NULL"}
    many = value if isinstance(value, list) else [value]
    found = [word_of(each, _words(field), field.name) for each in many]
    if not found:
        raise UntranslatableError("it has no value")
    # For these modifiers the server leaves out objects without a value.
    if modifier in ("EXCLUDES", "NOT_EQUALS"):
        return {"excludes": found, "null": False}
    return {"in": found}


def _write_words(field: FilterField, criterion: Any, _: Labels) -> Any:
    modifier = criterion.get("modifier", "EQUALS")
    if modifier in NULLS:
        return {"modifier": modifier, "value": []}
    value = criterion.get("value_list") or criterion["value"]
    words = value if isinstance(value, list) else [value]
    return {"modifier": modifier, "value": [label_of(word, _words(field)) for word in words]}


# Hashes, ids of stash-boxes, custom fields


def _read_phash(_: FilterField, saved: Saved) -> dict[str, Any]:
    value = saved.get("value")
    hash_, distance = (
        (value.get("value"), value.get("distance")) if isinstance(value, Mapping) else (value, 0)
    )
    found = with_modifier(modifier_of(saved), str(hash_ or ""))
    return _raw(found | ({"distance": int(number(distance))} if distance else {}))


def _write_phash(_: FilterField, criterion: Any, __: Labels) -> Any:
    distance = {"distance": criterion["distance"]} if criterion.get("distance") else {}
    return {"modifier": criterion["modifier"], "value": {"value": criterion["value"], **distance}}


def _read_stash_id(_: FilterField, saved: Saved) -> dict[str, Any]:
    value = saved.get("value")
    found: dict[str, Any] = {"modifier": modifier_of(saved)}
    if isinstance(value, Mapping):
        stash_id = value.get("stashID") or value.get("stash_id")
        found |= {"endpoint": value["endpoint"]} if value.get("endpoint") else {}
    else:
        stash_id = value
    return _raw(found | ({"stash_id": str(stash_id)} if stash_id else {}))


def _write_stash_id(_: FilterField, criterion: Any, __: Labels) -> Any:
    value = {"endpoint": criterion.get("endpoint") or "", "stashID": criterion.get("stash_id") or ""}
    return {"modifier": criterion["modifier"], "value": value}


def _read_custom(_: FilterField, saved: Any) -> dict[str, Any]:
    rows = saved.get("value") if isinstance(saved, Mapping) else saved
    if not isinstance(rows, list) or not rows or not all(isinstance(row, Mapping) for row in rows):
        raise UntranslatableError("it does not list custom fields")
    return _raw(
        [
            {
                "field": str(row.get("field")),
                "modifier": modifier_of(row),
                "value": list(row.get("value") or ()),
            }
            for row in rows
        ]
    )


def _write_custom(_: FilterField, criterion: Any, __: Labels) -> Any:
    # The only criterion that is saved as a bare value, without a modifier.
    return criterion


_RANGE = Format(_read_number, _write_range)
_FLAG = Format(_read_flag, _write_flag)
_IDS = Format(_read_ids, _write_ids)
_WORDS = Format(_read_words, _write_words)

FORMATS: dict[str, Format] = {
    "StringCriterionInput": Format(_read_text, _write_text),
    "IntCriterionInput": _RANGE,
    "FloatCriterionInput": _RANGE,
    "DateCriterionInput": Format(_read_date, _write_range),
    "TimestampCriterionInput": Format(_read_time, _write_time),
    "MultiCriterionInput": _IDS,
    "HierarchicalMultiCriterionInput": _IDS,
    "Boolean": _FLAG,
    "String": _FLAG,
    "is_missing": Format(_read_missing, _write_flag),
    "ResolutionCriterionInput": Format(_read_resolution, _write_resolution),
    "OrientationCriterionInput": _WORDS,
    "GenderCriterionInput": _WORDS,
    "CircumcisionCriterionInput": _WORDS,
    "DuplicationCriterionInput": Format(_read_duplicated, _write_duplicated),
    "PhashDistanceCriterionInput": Format(_read_phash, _write_phash),
    "phash": Format(_read_phash, _write_phash),
    "StashIDCriterionInput": Format(_read_stash_id, _write_stash_id),
    "CustomFieldCriterionInput": Format(_read_custom, _write_custom),
}
"""Kind of filter field -> its format."""
