"""The tree of commands as data, taken from the commands themselves: what completion needs to know of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stash_cli.commands.argv.command import HELP, LazyGroup, StashCommand
from stash_cli.commands.argv.global_options import global_flags

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stash_cli.commands.argv.flags import Flag, FlagTable

Row = list[Any]
"""A flag: its names (only the first is offered), help, the values it takes (null: none), if it is hidden."""


def render_outline(root: LazyGroup) -> str:
    """The text of `completion_tree.json`: tables of flags, and the commands with the numbers of theirs."""
    tables: dict[str, int] = {}
    node = _node(root, tables)
    commands = [f"{_dump(name)}: {_dump(facts)}" for name, facts in node["commands"].items()]
    return (
        f'{{"tables": [\n{_lines(tables)}\n],\n'
        f'"root": {{"flags": {node["flags"]}, "commands": {{\n{_lines(commands)}\n}}}}}}\n'
    )


def _node(node: Any, tables: dict[str, int]) -> dict[str, Any]:
    if isinstance(node, LazyGroup):
        commands = {name: _entry(node, name, tables) for name in node.entries}
        return {"commands": commands, "flags": _numbers(tables, _global_rows(node.options()))}
    derived = [_row(flag) for flag in node.derived().rows()]
    found: dict[str, Any] = {
        "flags": _numbers(tables, list(_own_rows(node)), derived, _global_rows(global_flags()))
    }
    if type(node).words is not StashCommand.words:
        found["words"] = True
    return found


def _entry(group: LazyGroup, name: str, tables: dict[str, int]) -> dict[str, Any]:
    entry = group.entries[name]
    if entry.alias_of:
        return {"alias_of": entry.alias_of}
    return {"help": entry.help, **_node(entry.load(name), tables)}


def _numbers(tables: dict[str, int], *found: list[Row]) -> list[int]:
    """Where each of several tables stands among all; equal ones stand there once."""
    texts = (f"[\n{_lines(map(_dump, rows))}\n]" for rows in found if rows)
    return [tables.setdefault(text, len(tables)) for text in texts]


def _own_rows(command: StashCommand) -> Iterator[Row]:
    """The options declared to Typer."""
    _, valued = command.own_names()
    for param in command.params:
        for name in param.opts if param.param_type_name == "option" else ():
            yield [name, getattr(param, "help", None) or "", [] if name in valued else None, False]


def _global_rows(table: FlagTable) -> list[Row]:
    return [*(_row(flag) for flag in table.rows()), [" ".join(HELP[::-1]), "show help", None, False]]


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _lines(items: Iterable[str]) -> str:
    return ",\n".join(items)


def _row(flag: Flag) -> Row:
    values = list(flag.choices) if flag.metavar else None
    return [f"{flag.name} {flag.short}".strip(), flag.long_help or flag.help, values, flag.hidden]
