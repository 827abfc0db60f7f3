"""The flags of `update` that change lists: `--add-tag`, `--remove-tag`, and `--set-tags` to replace one.

Help and completion import this module, so it must not import the modules that write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.commands.argv.flags import Flag, FlagTable
from stash_cli.commands.argv.input_flags import InputFlag, flag_table, input_flags, singular
from stash_cli.commands.argv.value_parsers import list_of
from stash_cli.core.errors import StashInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from stash_cli.core.types.entities import Entity

ADD, REMOVE, SET = "ADD", "REMOVE", "SET"
_PLURALS = {"alias": "aliases", "child": "children", "gallery": "galleries"}


def update_type(entity: Entity) -> str:
    return f"{entity.type}UpdateInput"


def list_fields(entity: Entity) -> dict[str, InputFlag]:
    """The list fields of the update input; items can be added and removed."""
    return {
        name: InputFlag(flag.field, singular(flag.word), flag.target, flag.inner)
        for name, flag in input_flags(update_type(entity)).items()
        if flag.many
    }


def plural(item: InputFlag) -> str:
    """The word of a whole list: `tags`, `stash-ids`."""
    return _PLURALS.get(item.word, f"{item.word}s").replace("_", "-")


class UpdateFlags(FlagTable):
    """The flags of `update`.

    Flags that filter by related objects in `find` are refused, so that a command line copied from `find` does
    not replace a list.
    """

    def __init__(self, entity: Entity) -> None:
        lists = list_fields(entity)
        self.refused = {item.name: item for item in lists.values() if item.target}
        fields = (flag for flag in flag_table(update_type(entity)).rows() if flag.name not in self.refused)
        super().__init__([*fields, *part_flags(entity, lists.items())])

    def get(self, name: str) -> Flag | None:
        item = self.refused.get(name)
        return Flag(name, name, metavar="NAME", parse=_refusing(item)) if item else super().get(name)


def _refusing(item: InputFlag) -> Callable[[str], Any]:
    """Return a parser that always raises StashInputError, with a hint which flag to use."""

    def refuse(text: str) -> Any:
        from shlex import quote

        word = item.word.replace("_", "-")
        raise StashInputError(
            "in update it could mean a filter, or a new list",
            hint=f"Write --add-{word} {quote(text)} to add to the list, --set-{plural(item)} {quote(text)} to"
            f" replace it; objects are chosen by --where.",
        )

    return refuse


def part_flags(entity: Entity, lists: Iterable[tuple[str, InputFlag]]) -> Iterator[Flag]:
    """Yield `--add-tag`, `--remove-tag`, `--set-tags` for every list."""
    for name, item in lists:
        word, whole = item.word.replace("_", "-"), plural(item)
        flag = next(item.flags("Lists"))
        facts: dict[str, Any] = {"metavar": flag.metavar, "group": "Lists", "many": True, "parse": flag.parse}
        facts["target"] = item.target or ""
        text = f"or --remove-{word}; repeatable; --set-{whole} replaces the list"
        yield Flag(f"--add-{word}", f"{ADD} {name}", text, **facts)
        yield Flag(f"--remove-{word}", f"{REMOVE} {name}", hidden=True, **facts)
        facts |= {"metavar": "A,B", "parse": list_of(flag.parse)}
        yield Flag(f"--set-{whole}", f"{SET} {name}", "the whole list, or JSON", hidden=True, **facts)
    if "custom_fields" in input_flags(update_type(entity)):
        yield Flag(
            "--remove-custom-field",
            f"{REMOVE} custom_fields",
            "delete a custom field; repeatable",
            "NAME",
            "Lists",
            many=True,
        )
