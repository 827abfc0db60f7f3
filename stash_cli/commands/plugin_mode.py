"""`stash plugins new`, `simulate` and `exec`: write a plugin, test it, and run as one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, command, print_and_exit
from stash_cli.commands.argv.flags import HELP
from stash_cli.commands.plugins import Args, arguments, print_answer
from stash_cli.commands.tasks.waiting import ProgressMode  # noqa: TC001 - Typer reads it at run time
from stash_cli.core.errors import StashInputError, StashJobError, StashUsageError
from stash_cli.output.progress import Progress, open_progress

if TYPE_CHECKING:
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session
    from stash_cli.core.plugins.manifest import Manifest
    from stash_cli.core.plugins.plugin_input import PluginInput
    from stash_cli.core.plugins.protocol import LogLine
    from stash_cli.core.plugins.simulation import PluginOutcome
    from stash_cli.output.streams import Streams


@dataclass(frozen=True, kw_only=True, eq=False)
class NewOptions(CommandOptions):
    """The command line of `plugins new`."""

    name: Annotated[str, typer.Argument(metavar="NAME", help="name of the plugin, and of its folder")]
    folder: Annotated[
        str, typer.Option("--folder", metavar="PATH", help="where to write it (default: here)")
    ] = "."


def new() -> StashCommand:
    return command(
        "new",
        run_new,
        NewOptions,
        examples=("stash plugins new my-plugin", "stash plugins new my-plugin --folder ~/.stash/plugins"),
    )


def run_new(runtime: Runtime, options: NewOptions) -> None:
    """Write the folder of a new plugin: NAME.yml, and a script that uses this program's library.

    It works as it is: try it with `stash plugins simulate`, then put the folder into the server's folder of
    plugins and run `stash plugins reload`.
    """
    from stash_cli.core.plugins.scaffold import TASK, write_plugin

    files = write_plugin(options.name, Path(options.folder).expanduser())
    for file in files:
        runtime.streams.data(f"{file}\n")
    runtime.streams.note(f"try it with: stash --demo plugins simulate {files[0]} '{TASK}'")


@dataclass(frozen=True, kw_only=True, eq=False)
class SimulateOptions(CommandOptions):
    """The command line of `plugins simulate`."""

    file: Annotated[str, typer.Argument(metavar="FILE.yml", help="the file that describes the plugin")]
    task: Annotated[str | None, typer.Argument(metavar="[TASK]", help="the task to run")] = None
    arg: Args = None
    hook: Annotated[
        str | None,
        typer.Option("--hook", metavar="EVENT", help="run its hook for an event: Scene.Update.Post"),
    ] = None
    id: Annotated[int, typer.Option("--id", metavar="ID", help="the object of the hook")] = 0
    progress: ProgressMode = "auto"


def simulate_command() -> StashCommand:
    return command(
        "simulate",
        run_simulate,
        SimulateOptions,
        examples=(
            "stash --demo plugins simulate my-plugin/my-plugin.yml 'Tag scenes'",
            "stash plugins simulate my-plugin.yml 'Tag scenes' --arg tag=New -v",
            "stash --demo plugins simulate my-plugin.yml --hook Scene.Create.Post --id 12",
        ),
    )


def run_simulate(runtime: Runtime, options: SimulateOptions) -> None:
    """Run a task or a hook of a plugin here, as a server would, against any server or library.

    The plugin gets the server's input on stdin and is told an address on this machine, which passes its
    requests on; subscriptions are not. Its log goes to stderr (-v: debug and trace, too), its answer to
    stdout. Exit 9 if it fails. It makes real changes: try it with --demo or with a copy of a library.
    """
    from stash_cli.core.plugins.manifest import read_manifest

    if (options.task is None) == (options.hook is None):
        raise StashUsageError("give the TASK to run, or --hook EVENT with --id")
    manifest = read_manifest(Path(options.file).expanduser())
    words, args = _words_and_args(manifest, options)
    progress = open_progress(runtime.streams, options.progress)

    async def work(session: Session) -> PluginOutcome:
        return await _simulate(session, runtime, manifest, words, args, progress)

    outcome = runtime.run(work, writes=True)
    if outcome.output is not None or not outcome.error:
        print_answer(runtime, outcome.output)
    if outcome.error or outcome.status:
        reason = outcome.error or f"it ended with status {outcome.status}"
        raise StashJobError(f"the plugin {manifest.name} failed: {reason}")


def _words_and_args(manifest: Manifest, options: SimulateOptions) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The words after `exec`, and the arguments, of the task or hook."""
    flag_args = arguments(options.arg)
    if options.task is not None:
        task = manifest.task(options.task)
        return task.words, {**task.args, **flag_args}
    event = options.hook or ""
    hook = manifest.hook(event)
    context = {"id": options.id, "type": event, "input": {"id": str(options.id)}, "inputFields": ["id"]}
    return (), {**hook.args, **flag_args, "hookContext": context}


async def _simulate(
    session: Session,
    runtime: Runtime,
    manifest: Manifest,
    words: tuple[str, ...],
    args: dict[str, Any],
    progress: Progress,
) -> PluginOutcome:
    from stash_cli.core.plugins.plugin_input import connection_block
    from stash_cli.core.plugins.relay import Relay
    from stash_cli.core.plugins.simulation import simulate
    from stash_cli.core.transport.http import HttpTransport

    if not isinstance(session.transport, HttpTransport):
        raise StashUsageError("this connection cannot be passed on to a plugin")
    # A server passes its address to a plugin only on stdin, so variables for other servers are removed.
    environ = {name: text for name, text in runtime.environ.items() if not name.startswith("STASH_")}

    def on_line(line: LogLine) -> None:
        if line.progress is not None:
            progress.update(manifest.name, line.progress)
        else:
            _print_line(runtime.streams, line, manifest.log_level)

    async with Relay(session, session.transport) as relay:
        folder = manifest.folder
        block = connection_block(relay.url, relay.session, str(folder.parent), str(folder))
        try:
            plugin_input = {"server_connection": block, "args": args}
            return await simulate(manifest.command(words), plugin_input, environ, on_line)
        finally:
            progress.close()


def _print_line(streams: Streams, line: LogLine, default: str) -> None:
    """Print a log line of a plugin according to its level."""
    level = line.level or default
    if level == "none":
        return
    if level in ("trace", "debug"):
        streams.detail(f"{level}: {line.text}")
    elif level == "warning":
        streams.warn(line.text)
    elif level == "error":
        streams.say(line.text, label="error:", style="red")
    else:
        streams.note(line.text)


_PLACEHOLDER = re.compile(r"(?<!\{)\{(args|hook)\.(\w+)\}(?!\})")
_CONNECTION = ("--server", "--url", "--demo", "--mirror", "--profile", "-P", "--api-key-file")


class ExecCommand(StashCommand):
    """`plugins exec`, whose arguments are a whole command line of this program."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args[:1] and args[0] in HELP:
            print_and_exit(ctx, self.get_help(ctx))
        words = args[1:] if args[:1] == ["--"] else args
        if not words:
            raise StashUsageError("plugins exec needs a command: plugins exec scenes count")
        connection_flag = next((word for word in words if word.partition("=")[0] in _CONNECTION), None)
        if connection_flag:
            raise StashUsageError(f"plugins exec has the server of the plugin: leave out {connection_flag}")
        ctx.params = {"words": words, "flags": {}}
        return []

    def invoke(self, ctx: Any) -> int:
        runtime: Runtime = ctx.obj
        plugin_input = read_input(runtime)
        words = [_substitute(word, plugin_input) for word in ctx.params["words"]]
        root = ctx.find_root().command
        with root.make_context("stash", words, obj=runtime) as inner:
            return int(root.invoke(inner) or 0)


@dataclass(frozen=True, kw_only=True, eq=False)
class ExecOptions(CommandOptions):
    """The command line of `plugins exec`."""

    words: Annotated[list[str], typer.Argument(metavar="COMMAND...", help="a command with its options")]


def exec_command() -> StashCommand:
    return command(
        "exec",
        _never_run,
        ExecOptions,
        cls=ExecCommand,
        help=EXEC_HELP,
        examples=(
            "stash plugins exec scenes update '{hook.id}' --add-tag New",
            "stash plugins exec scan --wait",
        ),
    )


def _never_run(_: Runtime, __: ExecOptions) -> None:
    """Never called, because the command runs another one in its place."""


EXEC_HELP = """\
Run a command of this program inside a plugin of a Stash server.

Server and session are those of the plugin's input on stdin. Messages and progress go to the server's log and
job, what is printed is the plugin's output. {args.NAME} and {hook.id} in a word stand for an argument of the
task and for the object of the hook. In the plugin's file:

exec: [stash, plugins, exec, scenes, update, "{hook.id}", --add-tag, New]"""


def read_input(runtime: Runtime) -> PluginInput:
    """Read the plugin's input; afterwards messages go to the server's log, and requests to that server."""
    from stash_cli.core.plugins.plugin_input import PluginInput, exchange_session
    from stash_cli.core.plugins.protocol import PluginLog

    runtime.streams.log = PluginLog(runtime.streams.err)
    plugin_input = PluginInput.parse(runtime.streams.read())
    connection = plugin_input.connection
    # A hook keeps its session, which has the list of hooks that have run; this stops their recursion.
    if plugin_input.hook is None and connection.session:
        connection, _ = runtime.complete(lambda: exchange_session(plugin_input.connection))
    runtime.use_only(connection)
    return plugin_input


def _substitute(word: str, plugin_input: PluginInput) -> str:
    """Replace names of task arguments and hook facts in a word by their values."""

    def value(found: re.Match[str]) -> str:
        if found[1] == "hook":
            values = (
                {"id": plugin_input.hook.id, "event": plugin_input.hook.event} if plugin_input.hook else {}
            )
        else:
            values = dict(plugin_input.args)
        if found[2] not in values:
            raise StashInputError(f"{found[0]}: the plugin's input has no such value")
        return str(values[found[2]])

    return _PLACEHOLDER.sub(value, word)
