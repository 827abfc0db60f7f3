"""Help as text: usage and examples first, then options, then one line per derived field."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from stash_cli.commands.argv.global_options import global_flags
from stash_cli.commands.argv.layout import Layout, Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stash_cli.commands.argv.command import LazyGroup, StashCommand
    from stash_cli.commands.argv.flags import Flag, FlagTable


def command_help(command: StashCommand, ctx: Any) -> str:
    """The help of one command."""
    page = Layout.of(ctx.obj.streams)
    pieces = [p.strip("{}") for p in command.collect_usage_pieces(ctx) if p != "[OPTIONS]"]
    parts = [
        f"Usage: {' '.join([ctx.command_path, *pieces, '[OPTIONS]'])}\n",
        _examples(command.examples),
        page.text(command.help),
        *(page.section(title, rows) for title, rows in parameters(command, ctx).items()),
        *(page.section(title, rows) for title, rows in grouped(command.derived().rows()).items()),
        page.section("Output", grouped(global_flags().rows())["Output"]),
        page.text(_also()),
    ]
    return "\n".join(part for part in parts if part)


def group_help(group: LazyGroup, ctx: Any) -> str:
    """The help of a group, from its table alone."""
    page = Layout.of(ctx.obj.streams)
    sections: dict[str, Rows] = defaultdict(list)
    for name, entry in group.entries.items():
        if not entry.alias_of:
            sections[entry.section].append((name, entry.help))
    parts = [
        f"Usage: {ctx.command_path} COMMAND [ARGS...]\n",
        _examples(group.examples),
        page.text(group.help),
        *(page.section(title, rows) for title, rows in sections.items()),
        page.text(f"{ctx.command_path} COMMAND --help shows the options of one."),
    ]
    if ctx.parent is None:
        parts[-1:] = [
            *(page.section(title, rows) for title, rows in grouped(global_flags().rows()).items()),
            parts[-1],
        ]
    return "\n".join(part for part in parts if part)


def parameters(command: StashCommand, ctx: Any) -> dict[str, Rows]:
    """Arguments and options that were declared to Typer."""
    found: dict[str, Rows] = defaultdict(list)
    for param in command.params:
        record = param.get_help_record(ctx)
        if record is not None:
            title = "Arguments" if param.param_type_name == "argument" else "Options"
            found[title].append(record)
    found["Options"] += [(name, text) for name, (_, text) in command.help_flags.items()]
    found["Options"].append(("-h, --help", "this text"))
    return found


def grouped(flags: Iterable[Flag]) -> dict[str, Rows]:
    """One line per flag that is not hidden, by group; endings that a whole group takes stand in its title."""
    groups: dict[str, list[Flag]] = defaultdict(list)
    for flag in flags:
        if not flag.hidden:
            groups[flag.group].append(flag)
    found: dict[str, Rows] = {}
    for group, members in groups.items():
        shared = _shared([flag for flag in members if flag.metavar])
        title = f"{group}, also with {' '.join(shared)}" if shared else group
        found[title] = [(usage(flag), _line(flag, shared)) for flag in members]
    return found


def _shared(flags: list[Flag]) -> list[str]:
    """Endings that all of several flags take."""
    if len(flags) < 2 or not all(flag.suffixes for flag in flags):  # noqa: PLR2004 - one flag shares nothing
        return []
    return [ending for ending in flags[0].suffixes if all(ending in flag.suffixes for flag in flags)]


def _line(flag: Flag, shared: list[str]) -> str:
    own = " ".join(ending for ending in flag.suffixes if ending not in shared)
    return "; ".join(part for part in (flag.help, own) if part)


def _also() -> str:
    """The global options that no help but the root's explains."""
    rows = [flag for flag in global_flags().rows() if flag.group != "Output"]
    names = " ".join(flag.short or flag.name for flag in rows)
    return f"Also: {names} (stash --help explains them)"


def usage(flag: Flag) -> str:
    names = f"{flag.short}, {flag.name}" if flag.short else flag.name
    return f"{names} {flag.metavar}".rstrip()


def all_flags(title: str, tables: Iterable[FlagTable], ctx: Any) -> str:
    """Every flag of every table, one line each."""
    page = Layout.of(ctx.obj.streams)
    parts = [f"{title}:\n"]
    for table in tables:
        sections: dict[str, Rows] = defaultdict(list)
        for flag in table.rows():
            sections[flag.group].append((usage(flag), flag.long_help or flag.help))
        parts += [f"{table.title}:\n"] * bool(table.title)
        parts += [page.section(name, rows) for name, rows in sections.items()]
    return "\n".join(parts)


def _examples(examples: Sequence[str]) -> str:
    return "Examples:\n" + "".join(f"  {example}\n" for example in examples) if examples else ""
