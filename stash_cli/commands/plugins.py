"""`stash plugins`: the plugins of a server, and tools for plugin authors."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, Entry, LazyGroup, subcommand
from stash_cli.commands.common.sending import confirmed, uninterrupted
from stash_cli.commands.tasks.task_inputs import TaskOptions
from stash_cli.commands.tasks.waiting import JOB, run_job
from stash_cli.core.errors import StashInputError, StashNotFoundError, did_you_mean
from stash_cli.output.values import View, columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session

    Row = dict[str, Any]

PLUGIN = View("Plugin", columns("id", "name!", "version", "enabled", "tasks=tasks.name", "description?"))
TASK = View("PluginTask", columns("plugin=plugin.id", "name!", "description?"))
SETTING = View(columns=columns("name!", "value", "type", "description?"))
PluginId = Annotated[str, typer.Argument(metavar="PLUGIN", help="id of the plugin")]
Args = Annotated[
    list[str] | None,
    typer.Option("--arg", metavar="KEY=VALUE", help="an argument; true, false, numbers and JSON are typed"),
]


@dataclass(frozen=True, kw_only=True, eq=False)
class PluginsOptions(CommandOptions):
    """The command line of `plugins enable` and `disable`."""

    plugins: Annotated[list[str], typer.Argument(metavar="PLUGIN...", help="ids of plugins")]


@dataclass(frozen=True, kw_only=True, eq=False)
class TasksOptions(CommandOptions):
    """The command line of `plugins tasks`."""

    plugin: Annotated[str | None, typer.Argument(metavar="[PLUGIN]", help="only those of this plugin")] = None


@dataclass(frozen=True, kw_only=True, eq=False)
class RunOptions(TaskOptions):
    """The command line of `plugins run`."""

    plugin: PluginId
    task: Annotated[
        str | None, typer.Argument(metavar="[TASK]", help="one of its tasks, which is run as a job")
    ] = None
    arg: Args = None


@dataclass(frozen=True, kw_only=True, eq=False)
class SettingsOptions(CommandOptions):
    """The command line of `plugins settings`."""

    plugin: PluginId
    values: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="settings to change")
    ] = None


def group() -> LazyGroup:
    mode = "stash_cli.commands.plugin_mode"
    entries = {
        "list": subcommand("List the plugins", run_list, CommandOptions, "stash plugins list"),
        "tasks": subcommand("List the tasks of plugins", run_tasks, TasksOptions, "stash plugins tasks"),
        "run": subcommand(
            "Run a task of a plugin",
            run_task,
            RunOptions,
            "stash plugins run renamer 'Rename all' --wait",
            "stash plugins run renamer 'Rename all' --arg dry_run=true",
            "stash plugins run renamer --arg mode=status",
        ),
        "settings": subcommand(
            "Show or change the settings of a plugin",
            run_settings,
            SettingsOptions,
            "stash plugins settings renamer",
            "stash plugins settings renamer template='{title}' dry_run=true",
        ),
        "enable": subcommand("Enable plugins", run_enable, PluginsOptions, "stash plugins enable renamer"),
        "disable": subcommand(
            "Disable plugins", run_disable, PluginsOptions, "stash plugins disable renamer"
        ),
        "reload": subcommand(
            "Read the plugins' files anew", run_reload, CommandOptions, "stash plugins reload"
        ),
        "new": Entry("Write the folder of a new plugin", f"{mode}:new", "For authors"),
        "simulate": Entry("Run a plugin here, as a server would", f"{mode}:simulate_command", "For authors"),
        "exec": Entry("Run a command of this program inside a plugin", f"{mode}:exec_command", "For authors"),
    }
    return LazyGroup("plugins", entries, "Run and manage plugins, and write your own.")


def run_list(runtime: Runtime, _: CommandOptions) -> None:
    """List the plugins of the server."""
    runtime.check_output(PLUGIN)
    rows = runtime.run(known_plugins)
    runtime.print_rows(PLUGIN, rows)
    if not rows:
        runtime.streams.note("no plugins")


def run_tasks(runtime: Runtime, options: TasksOptions) -> None:
    """List the tasks of all plugins, or of one."""
    runtime.check_output(TASK)

    async def work(session: Session) -> list[Row]:
        if options.plugin is not None:
            await require(session, [options.plugin])
        return [row for row in await _tasks(session) if options.plugin in (None, row["plugin"]["id"])]

    rows = runtime.run(work)
    runtime.print_rows(TASK, rows)
    if not rows:
        runtime.streams.note("no tasks of plugins")


def run_task(runtime: Runtime, options: RunOptions) -> None:
    """Run a task of a plugin as a job. Without TASK the plugin answers at once, and its answer is printed."""
    runtime.check_output(JOB)
    args = arguments(options.arg)

    async def work(session: Session) -> None:
        if options.task is None:
            await require(session, [options.plugin])
            answer = await session.call("runPluginOperation", {"plugin_id": options.plugin, "args": args})
            print_answer(runtime, answer)
            return
        await _require_task(session, options.plugin, options.task)
        task_args = {"plugin_id": options.plugin, "task_name": options.task, "args_map": args}
        await run_job(session, runtime, "runPluginTask", task_args, options if options.follows else None)

    runtime.run(work, writes=True)


def print_answer(runtime: Runtime, answer: Any) -> None:
    """Print the answer of a plugin: text without quotes for people, other values as JSON."""
    if answer is None and runtime.for_people:
        return
    is_text = isinstance(answer, str) and runtime.for_people
    runtime.streams.data(f"{answer if is_text else json.dumps(answer, ensure_ascii=False)}\n")


def arguments(words: Sequence[str] | None) -> dict[str, Any]:
    """Parse `KEY=VALUE` words to a map. Raises StashInputError."""
    args = {}
    for word in words or ():
        key, equals, value = word.partition("=")
        if not key or not equals:
            raise StashInputError(f"--arg: {word!r} is not KEY=VALUE")
        args[key] = typed(value)
    return args


def typed(text: str) -> Any:
    """Parse true, false, null, a number, a list or an object as JSON; anything else is text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


async def _require_task(session: Session, plugin: str, task: str) -> None:
    """Raise StashNotFoundError for an unknown task, for which the server would start a job that fails."""
    [row] = await require(session, [plugin])
    if row.get("enabled") is False:  # the server does not list its tasks
        raise StashNotFoundError(f"{plugin} is disabled. Run: stash plugins enable {plugin}")
    names = [row["name"] for row in await _tasks(session) if row["plugin"]["id"] == plugin]
    if task not in names:
        hint = did_you_mean(task, names) or f"It has {', '.join(names) or 'none'}."
        raise StashNotFoundError(f"{plugin} has no task {task}. {hint}")


async def _tasks(session: Session) -> list[Row]:
    return await session.call("pluginTasks", {}, ["name", "description", "plugin.id", "plugin.name"]) or []


async def known_plugins(session: Session, more: Sequence[str] = ()) -> list[Row]:
    """The plugins of the server, which returns null for none."""
    return await session.call("plugins", {}, [*PLUGIN.fields, *more], quiet=True) or []


async def require(session: Session, ids: Sequence[str], more: Sequence[str] = ()) -> list[Row]:
    """The plugins with these ids; raises StashNotFoundError."""
    by_id = {row["id"]: row for row in await known_plugins(session, more)}
    for each in ids:
        if each not in by_id:
            hint = did_you_mean(each, by_id) or "See `stash plugins list`."
            raise StashNotFoundError(f"there is no plugin {each}. {hint}")
    return [by_id[each] for each in ids]


def run_enable(runtime: Runtime, options: PluginsOptions) -> None:
    """Enable plugins."""
    _set_enabled(runtime, options, on=True)


def run_disable(runtime: Runtime, options: PluginsOptions) -> None:
    """Disable plugins; their files stay."""
    _set_enabled(runtime, options, on=False)


def _set_enabled(runtime: Runtime, options: PluginsOptions, *, on: bool) -> None:
    async def work(session: Session) -> None:
        await require(session, options.plugins)
        await _send_confirmed(
            session, "setPluginsEnabled", {"enabledMap": dict.fromkeys(options.plugins, on)}
        )
        runtime.streams.note(f"{'enabled' if on else 'disabled'} {', '.join(options.plugins)}")

    runtime.run(work, writes=True)


def run_reload(runtime: Runtime, _: CommandOptions) -> None:
    """Have the server read the files of its plugins anew."""

    async def work(session: Session) -> None:
        await _send_confirmed(session, "reloadPlugins", {})
        runtime.streams.note("reloaded the plugins")

    runtime.run(work, writes=True)


async def _send_confirmed(session: Session, operation: str, args: Row) -> None:
    """Send a mutation that returns true on success."""
    await uninterrupted(
        confirmed(
            session.call(operation, args),
            is_answer=lambda answer: answer is True,
            hint="The server may have done it: check with `stash plugins list`.",
        )
    )


def run_settings(runtime: Runtime, options: SettingsOptions) -> None:
    """Show the settings of a plugin, or change those that are given."""
    runtime.check_output(SETTING)

    async def work(session: Session) -> list[Row]:
        setting_paths = [f"settings.{name}" for name in ("name", "display_name", "description", "type")]
        [plugin] = await require(session, [options.plugin], setting_paths)
        server = await session.load_capabilities()
        if options.values and not server.has_mutation("configurePlugin"):
            raise server.missing_error("configurePlugin")
        declared = {row["name"]: row for row in plugin.get("settings") or ()}
        configured = await session.call("configuration", {}, ["plugins"])
        values = dict((configured.get("plugins") or {}).get(options.plugin) or {})
        if options.values:
            values |= _parse_settings(options.values, declared)
            await _configure(session, options.plugin, values)
            runtime.streams.note(f"changed {', '.join(word.partition('=')[0] for word in options.values)}")
        return [
            {"name": name, "value": values.get(name), "type": row["type"], "description": row["description"]}
            for name, row in declared.items()
        ]

    rows = runtime.run(work, writes=bool(options.values))
    if not options.values or not runtime.for_people:
        runtime.print_rows(SETTING, rows)
    if not rows:
        runtime.streams.note(f"{options.plugin} has no settings")


async def _configure(session: Session, plugin: str, values: Row) -> None:
    """Replace all settings of a plugin: the API sets the map as a whole."""
    from stash_cli.core.edits.apply import apply_one
    from stash_cli.core.edits.operation import Operation

    await uninterrupted(
        confirmed(
            apply_one(session, Operation("configurePlugin", {"plugin_id": plugin, "input": values})),
            is_answer=lambda answer: isinstance(answer, dict),
            hint=f"The server may have changed them: check with `stash plugins settings {plugin}`.",
        )
    )


def _parse_settings(words: Sequence[str], declared: dict[str, Row]) -> Row:
    """Parse `KEY=VALUE` words to values of the declared types. Raises StashInputError."""
    values = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals:
            raise StashInputError(f"{word!r} is not KEY=VALUE")
        if key not in declared:
            hint = did_you_mean(key, declared) or f"It has {', '.join(declared) or 'none'}."
            raise StashInputError(f"there is no setting {key}. {hint}")
        values[key] = _parse_setting(key, text, declared[key]["type"])
    return values


def _parse_setting(key: str, text: str, kind: str) -> Any:
    """Parse the value of a setting of type STRING, NUMBER or BOOLEAN. Raises StashInputError."""
    value = typed(text)
    if kind == "BOOLEAN" and not isinstance(value, bool):
        raise StashInputError(f"{key}: {text!r} is not true or false")
    if kind == "NUMBER" and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise StashInputError(f"{key}: {text!r} is not a number")
    return value if kind in ("BOOLEAN", "NUMBER") else text
