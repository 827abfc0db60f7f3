"""The plan of one object, independent of the server: the input of its own mutation, and its side edits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError
from stash_cli.core.orm.edit import Change, Edit
from stash_cli.core.orm.input import custom_fields_input, input_field
from stash_cli.core.orm.quirks import update_value
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.orm.side_mutations import bulk_field, has_side_mutation
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stash_cli.core.types.api import ApiField

_OLD_BULKS = frozenset({"Scene", "Image", "Gallery", "Performer"})
"""Types with a bulk update on every supported server."""


@dataclass(frozen=True, slots=True)
class ObjectPlan:
    """Plan of one object: the `input` of its own mutation, and `side_edits` for side mutations.

    `changes` are the changes of lists in the input: input field -> attribute, and items added and removed.
    """

    type: str
    id: str
    verb: str
    input: dict[str, Any]
    edits: tuple[Edit, ...] = ()
    side_edits: tuple[Edit, ...] = ()
    changes: dict[str, tuple[str, Change]] = field(default_factory=dict)

    @property
    def has_input(self) -> bool:
        """Whether the object's own mutation has anything to write."""
        return self.verb == "Create" or self.input.keys() != {"id"}


def plan_object(type_name: str, object_id: str, edits: Iterable[Edit], verb: str = "Update") -> ObjectPlan:
    """Plan the edits of one object, independent of the server.

    Raises StashInputError for a field that no mutation writes and for a value that no server accepts.
    """
    own: list[Edit] = []
    side: list[Edit] = []
    values: dict[str, Any] = {} if verb == "Create" else {"id": object_id}
    changes: dict[str, tuple[str, Change]] = {}
    for edit in edits:
        target = input_field(type_name, verb, edit.field)
        if _is_side(edit, verb, target):
            side.append(edit)
            continue
        if target is None:
            raise StashInputError(
                f"{type_name}.{edit.field} is not written by save: the API's input has no place for it."
            )
        own.append(edit)
        values[target.name] = _input_value(edit, verb, target)
        if isinstance(edit.after, Change):
            changes[target.name] = (edit.field, edit.after)
    return ObjectPlan(type_name, object_id, verb, values, tuple(own), tuple(side), changes)


def _is_side(edit: Edit, verb: str, target: ApiField | None) -> bool:
    """Whether an edit is sent as a side mutation."""
    if target is None:
        return has_side_mutation(edit.type, edit.field)
    if verb != "Update" or not isinstance(edit.after, Change):
        return False
    # Adding and removing items takes two bulk updates. A list that was not read can be changed in no other
    # way.
    exchanged = bool(edit.after.added and edit.after.removed) and is_exchangeable(edit.type, edit.field)
    return exchanged or edit.result is UNSET


def is_exchangeable(type_name: str, field: str) -> bool:
    """Whether a bulk update of every supported server adds and removes items of the object's own list."""
    relation = relationships(type_name).get(field)
    return (
        type_name in _OLD_BULKS
        and relation is not None
        and not relation.through
        and bulk_field(type_name, field) is not None
    )


def _input_value(edit: Edit, verb: str, target: ApiField) -> Any:
    if target.type.name == "CustomFieldsInput":
        return custom_fields_input(edit.after)
    value = edit.result
    return update_value(edit.type, target.name, value) if verb == "Update" else value
