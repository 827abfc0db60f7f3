"""Tasks on the library: their options, and the input built from them before the start."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import StashCommand, Yes
from stash_cli.commands.argv.command import command as make_command
from stash_cli.commands.argv.flags import FlagTable
from stash_cli.commands.argv.input_flags import flag_table, input_flags, unflatten
from stash_cli.commands.common.sending import uninterrupted
from stash_cli.commands.tasks.media_paths import (
    check_paths,
    folder_problem,
    media_folders,
    require_ready,
    server_paths,
)
from stash_cli.commands.tasks.waiting import JOB, FollowOptions, follow, run_job, start_job
from stash_cli.output.failures import confirm

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.tasks.waiting import JobReport, Started
    from stash_cli.core.client.session import Session
    from stash_cli.output.values import View

    Values = dict[str, Any]
    Prepare = Callable[[Session, Runtime, "TaskOptions", Values], Awaitable["Values | Done"]]

SETTINGS = "Settings (default: those saved on the server)"


@dataclass(frozen=True, kw_only=True, eq=False)
class TaskOptions(FollowOptions):
    """The command line of a task; `flags` are fields of its input."""

    wait: Annotated[bool, typer.Option("--wait", help="wait until the job ends; exit 9 if it fails")] = False

    @property
    def follows(self) -> bool:
        """Whether the command waits: the other options imply --wait."""
        implied_by = (self.wait_timeout, self.fail_on_log, self.ignore_error)
        return self.wait or any(each is not None for each in implied_by)

    @property
    def targets(self) -> Sequence[str]:
        """The paths that limit the task."""
        return getattr(self, "paths", None) or ()


@dataclass(frozen=True, kw_only=True, eq=False)
class PathOptions(TaskOptions):
    """A task that can be limited to files and folders."""

    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH]...", help="only these files and folders")
    ] = None


@dataclass(frozen=True, kw_only=True, eq=False)
class RiskyOptions(TaskOptions):
    """A task that cannot be undone."""

    yes: Yes = False


@dataclass(frozen=True, slots=True)
class Done:
    """The result of a task that was completed without starting a job."""

    view: View
    rows: list[dict[str, Any]]
    is_for_people: bool
    """Whether the rows are printed as a table for people; otherwise only machine-readable, as one object."""

    def show(self, runtime: Runtime) -> None:
        if self.is_for_people:
            runtime.print_rows(self.view, self.rows)
        elif not runtime.for_people:
            runtime.print_row(self.view, self.rows[0])


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """One task: `operation` starts it with an `input`; `saved` names its options in the server's defaults.

    `strip` is a prefix of field names that flags omit. `prepare` completes or validates the input right
    before the start; `question` is the confirmation prompt.
    """

    verb: str
    operation: str
    job: str
    """The server's description of the job, without its trailing dots."""
    about: str
    text: str = ""
    examples: tuple[str, ...] = ()
    input: str | None = None
    options: type[TaskOptions] = TaskOptions
    saved: str = ""
    strip: str = ""
    prepare: Prepare | None = None
    question: str = ""
    flags: Callable[[FlagTable], FlagTable] = lambda table: table
    needs_ready: bool = True
    paths_exist: bool = True
    """Whether paths have to exist; clean also accepts paths of deleted files."""

    def flag_table(self) -> FlagTable:
        """One flag per field of the input; paths are positional arguments."""
        if self.input is None:
            return FlagTable()
        table = flag_table(self.input, group=SETTINGS if self.saved else "Settings", strip=self.strip)
        table.flags.pop("--path", None)
        return self.flags(table)

    def build(self) -> StashCommand:
        """Build the command of the task."""
        return self.command(partial(run_task, self))

    def parse(self, runtime: Runtime, verb: str, words: Sequence[str]) -> TaskOptions:
        """Parse the words of a step with the task's command, whose errors are raised."""
        parsed: list[TaskOptions] = []
        command = self.command(lambda _, options: parsed.append(options))
        with command.make_context(verb, list(words), obj=runtime) as ctx:
            command.invoke(ctx)
        return parsed[0]

    def command(self, run: Callable[[Runtime, Any], None]) -> StashCommand:
        """Build the command that calls `run` with its options."""
        return make_command(
            self.verb,
            run,
            self.options,
            help=self.text or f"{self.about}.",
            examples=self.examples,
            flags=self.flag_table,
        )


def run_task(task: Task, runtime: Runtime, options: TaskOptions) -> None:
    runtime.check_output(JOB)
    if task.question:
        confirm(runtime.streams, task.question, yes=getattr(options, "yes", False))
    follow = options if options.follows else None

    async def work(session: Session) -> None:
        args = await arguments(session, runtime, task, options)
        if isinstance(args, Done):
            args.show(runtime)
            return
        problems = await media_problems(session, task, options)
        await run_job(session, runtime, task.operation, args, follow, problems)

    runtime.run(work, writes=True)


async def follow_task(
    session: Session, runtime: Runtime, task: Task, options: TaskOptions, started: Started
) -> JobReport | None:
    """Start a task, follow its job and return its report; None if there was nothing to do."""
    args = await arguments(session, runtime, task, options)
    if isinstance(args, Done):
        return None

    started.problems = await media_problems(session, task, options)

    async def start() -> str:
        return await uninterrupted(start_job(session, runtime, task.operation, args, started))

    return await follow(session, runtime, start, options, started)


async def media_problems(session: Session, task: Task, options: TaskOptions) -> list[str]:
    """Messages about media folders that are missing or empty, for example when a drive is not mounted.

    Servers do not report them; an embedded library logs them itself.
    """
    if task.operation != "metadataScan" or options.targets or session.connection.is_embedded:
        return []
    problems = [(folder, await folder_problem(session, folder)) for folder in await media_folders(session)]
    return [f"the media folder {folder} {problem}" for folder, problem in problems if problem]


async def arguments(session: Session, runtime: Runtime, task: Task, options: TaskOptions) -> Values | Done:
    """Build the arguments of the mutation: saved options, overridden by flags, and checked paths.

    Returns Done if there is nothing to start.
    """
    paths = server_paths(runtime, options.targets)
    if task.needs_ready:
        await require_ready(session)
    if isinstance(options, PathOptions):
        await check_paths(session, runtime, paths, exist=task.paths_exist)
    if task.input is None:
        return {}
    flag_values = await _flags_as_input(session, task, options.flags)
    values: Values | Done = merged(await _saved(session, task), flag_values) | (
        {"paths": paths} if paths else {}
    )
    if task.prepare is not None and isinstance(values, dict):
        values = await task.prepare(session, runtime, options, values)
    if isinstance(values, Done):
        return values
    runtime.streams.detail(f"{task.verb} with {json.dumps(values, ensure_ascii=False)}")
    return {"input": values}


async def _flags_as_input(session: Session, task: Task, flags: Mapping[str, Any]) -> Values:
    """Convert the flags to input JSON, with names resolved to ids."""
    from stash_cli.commands.verbs.targets import resolved

    fields = input_flags(task.input or "")
    nested = {name: value for name, value in flags.items() if name not in fields}
    return unflatten(nested) | await resolved(
        session, fields, {n: v for n, v in flags.items() if n in fields}
    )


async def _saved(session: Session, task: Task) -> Values:
    from stash_cli.core.client.task_defaults import saved_defaults

    return await saved_defaults(session, task.saved, task.input or "") if task.saved else {}


def merged(saved: Values, given: Values) -> Values:
    """Merge `given` over `saved`, recursively in nested objects."""
    result = saved | given
    for name in saved.keys() & given.keys():
        if isinstance(saved[name], dict) and isinstance(given[name], dict):
            result[name] = merged(saved[name], given[name])
    return result
