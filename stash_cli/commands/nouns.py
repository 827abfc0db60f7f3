"""The groups of the eight nouns: one table of verbs, one row per noun for what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.commands.argv.command import Entry, LazyGroup
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from stash_cli.core.types.entities import Entity

VERBS = {
    "find": "Find {plural}: free text and one flag per filter field",
    "show": "Show one {noun} by id or name",
    "count": "Count {plural}, with the flags of find",
    "create": "Create a {noun}",
    "update": "Change {plural} by id or name",
    "delete": "Delete {plural} by id or name",
}


def group(type_name: str) -> LazyGroup:
    """The group of one noun: `stash scenes`."""
    entity = ENTITIES[type_name]
    entries = {
        verb: Entry(
            text.format(noun=entity.noun, plural=entity.plural),
            f"stash_cli.commands.{verb}:build",
            argument=entity,
        )
        for verb, text in VERBS.items()
        if verb != "create" or creatable(entity)
    }
    return LazyGroup(entity.plural, entries, f"Work with {entity.plural}.")


def creatable(entity: Entity) -> bool:
    """Images only come from scanning."""
    from stash_cli.core.types.api import describe_api

    return f"{entity.type}CreateInput" in describe_api().types
