"""Saved filters of the web interface in the journal: each filter is one value, None where it does not exist.

So is the default filter of a list, by the type of its objects. A recreated filter gets a new id. Filters
refer to objects by id; the ids of recreated objects are replaced by the present ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.operation import Operation
from stash_cli.core.orm.edit import Edit
from stash_cli.core.query.saved_filters.reading import read_saved, replace_related, with_parts
from stash_cli.core.query.saved_filters.web_criteria import MODES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from stash_cli.core.client.session import Session

    Key = tuple[str, str, str]

SAVED, DEFAULT, FIELD = "SavedFilter", "DefaultFilter", "filter"
PARTS = ("find_filter", "object_filter", "ui_options")


def contents(row: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a filter as an input, without the null fields of a response."""
    parts = {name: row[name] for name in PARTS if row.get(name) is not None}
    if "find_filter" in parts:
        parts["find_filter"] = {
            name: value
            for name, value in parts["find_filter"].items()
            if value is not None and name != "__typename"
        }
    return parts


def value_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """A saved filter as a value, without its id."""
    return {"mode": row["mode"], "name": row["name"].strip(), **contents(with_parts(row))}


def _default(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The parts of a default filter; None if all are empty.

    Servers return empty parts for those that were not set.
    """
    parts = {name: value for name, value in contents(with_parts(row)).items() if value}
    return {"find_filter": {}, **parts} if parts else None


def edits(operation: Operation) -> Iterator[Edit]:
    """The edit that a mutation of filters makes."""
    args = operation.input
    if operation.name == "saveFilter":
        one = str(args.get("id") or "")
        yield Edit(SAVED, one, FIELD, UNSET if one else None, value_of(args))
    elif operation.name == "destroySavedFilter":
        yield Edit(SAVED, str(args["id"]), FIELD, UNSET, None)
    else:
        yield Edit(DEFAULT, MODES[args["mode"]], FIELD, UNSET, _default(args))


def completed(edit: Edit) -> Edit:
    """Return the edit unchanged: its new value is complete."""
    return edit


def answered(edit: Edit, result: Any) -> Any:
    """The value of a filter after an edit, as the server has stored it."""
    is_row = edit.type == SAVED and isinstance(result, dict) and result.get("name")
    return value_of(result) if is_row else edit.after


async def read(session: Session, wanted: Iterable[Key]) -> dict[Key, Any]:
    """Read the present filters by type, id and field; None for those that do not exist."""
    filters: dict[Key, Any] = {}
    ids = [key for key in wanted if key[0] == SAVED]
    rows = {str(row["id"]): row for row in await session.call("findSavedFilters")} if ids else {}
    for key in ids:
        filters[key] = value_of(rows[key[1]]) if key[1] in rows else None
    for key in (key for key in wanted if key[0] == DEFAULT):
        mode = await known_mode(session, key[1])
        row = await session.call("findDefaultFilter", {"mode": mode}, quiet=True)
        filters[key] = None if row is None else _default(row)
    return filters


async def plan(session: Session, edits_: Sequence[Edit]) -> list[Operation]:
    """Plan the mutations that set filters to the values of edits."""
    return [await _operation(session, edit) for edit in edits_]


async def _operation(session: Session, edit: Edit) -> Operation:
    if edit.type == DEFAULT:
        filter_input = {"mode": await known_mode(session, edit.id), **(edit.after or {})}
        return Operation("setDefaultFilter", {"input": filter_input}, (edit.id,), (edit,))
    if edit.after is None:
        return Operation("destroySavedFilter", {"input": {"id": edit.id}}, (edit.id,), (edit,))
    is_new = edit.before is None
    filter_input = edit.after if is_new else {"id": edit.id, **edit.after}
    return Operation("saveFilter", {"input": filter_input}, () if is_new else (edit.id,), (edit,), None)


async def known_mode(session: Session, type_name: str) -> str:
    """The FilterMode of a type; groups were movies before 0.27."""
    known = (await session.load_capabilities()).enum_values("FilterMode")
    modes = [mode for mode, name in MODES.items() if name == type_name]
    return next((mode for mode in modes if not known or mode in known), modes[0])


def mapped(key: Key, value: Any, current: Callable[[str, str], str]) -> Any:
    """A filter with the present ids of the objects that it refers to."""
    if not isinstance(value, dict) or not value.get("object_filter"):
        return value
    mode = value.get("mode") or next(mode for mode, name in MODES.items() if name == key[1])
    for one in read_saved({**value, "mode": mode}).related:
        new = current(one.type, one.id)
        if new != one.id:
            item = {"id": new, "label": one.label}
            criteria = replace_related({**value, "mode": mode}, one.type, [one.id], item)
            value = {**value, "object_filter": criteria or value["object_filter"]}
    return value
