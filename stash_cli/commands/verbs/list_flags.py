"""The flags of `update` that add single items to a list or remove them: `--add-tag`, `--remove-tag`.

Help and completion need these, so nothing of the write path is imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.commands.argv.flags import Flag
from stash_cli.commands.argv.input_flags import InputFlag, input_flags, singular
from stash_cli.commands.argv.value_parsers import not_blank
from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stash_cli.core.types.api import ApiField
    from stash_cli.core.types.entities import Entity

ADD, REMOVE = "ADD", "REMOVE"


def bulk_type(entity: Entity) -> str:
    return f"Bulk{entity.type}UpdateInput"


def update_type(entity: Entity) -> str:
    return f"{entity.type}UpdateInput"


def list_fields(entity: Entity) -> dict[str, InputFlag]:
    """The lists that the bulk mutation can change by parts, by field."""
    found = {}
    for name, api_field in describe_api().types[bulk_type(entity)].fields.items():
        if _is_list_change(api_field) and not api_field.deprecated:
            found[name] = _part_flag(entity, name)
    return found


def _is_list_change(field: ApiField) -> bool:
    """Whether a field of a bulk update takes items and what to do with them."""
    return "mode" in describe_api().types[field.type.name].fields


def _part_flag(entity: Entity, name: str) -> InputFlag:
    """The flag of a bulk list, named like the flag of the field in the update input."""
    single = input_flags(update_type(entity)).get(name)
    if single:
        return InputFlag(single.field, singular(single.word), single.target, single.inner)
    bulk = input_flags(bulk_type(entity))[name]
    return InputFlag(bulk.field, bulk.word.removesuffix("_ids"), _target_of(bulk.word))


def _target_of(word: str) -> str | None:
    from stash_cli.core.types.entities import NOUNS

    entity = NOUNS.get(word.removesuffix("_ids"))
    return entity.type if entity else None


def part_flags(entity: Entity) -> Iterator[Flag]:
    """`--add-tag`, `--remove-tag` for every such list."""
    for name, item in list_fields(entity).items():
        word = item.word.replace("_", "-")
        metavar = "NAME|ID" if item.target else "TEXT"
        parse = not_blank if item.names_something else str
        facts: dict[str, Any] = {"metavar": metavar, "group": "Lists", "many": True, "parse": parse}
        facts["target"] = item.target or ""
        yield Flag(f"--add-{word}", f"{ADD} {name}", f"or --remove-{word}; repeatable", **facts)
        yield Flag(f"--remove-{word}", f"{REMOVE} {name}", hidden=True, **facts)
    if "custom_fields" in input_flags(update_type(entity)):
        yield Flag(
            "--remove-custom-field",
            f"{REMOVE} custom_fields",
            "delete a custom field; repeatable",
            "NAME",
            "Lists",
            many=True,
        )
