"""`stash system`: the state of the server, and setting it up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from stash_cli.commands.argv.command import CommandOptions, Entry, StashCommand, Yes, command
from stash_cli.commands.argv.flags import FlagTable
from stash_cli.commands.argv.input_flags import flag_table
from stash_cli.commands.common.calls import Call, call_group
from stash_cli.commands.common.sending import confirmed, uninterrupted
from stash_cli.commands.metadata import TASKS
from stash_cli.commands.tasks.task_inputs import Task
from stash_cli.core.errors import StashServerError
from stash_cli.output.failures import confirm
from stash_cli.output.values import View, columns

if TYPE_CHECKING:
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session

STATUS = View(
    "SystemStatus",
    columns(
        "status",
        "database_schema>",
        "app_schema>",
        "database_path",
        "config_path",
        "os",
        "working_dir",
        "home_dir",
        "ffmpeg_path",
        "ffprobe_path",
    ),
)
LATEST = View("LatestVersion", columns("version", "shorthash", "release_date", "url"))

CALLS = (
    Call(
        "status",
        "systemStatus",
        "Show whether the server is set up, and where its files are",
        ("stash system status", "stash system status --json"),
        view=STATUS,
    ),
    Call(
        "latest",
        "latestversion",
        "Show the latest release of the server, which it looks up in the internet",
        ("stash system latest",),
        view=LATEST,
        source="GitHub",
    ),
)

DOWNLOAD = Task(
    verb="download-ffmpeg",
    operation="downloadFFMpeg",
    about="Download FFmpeg to the server, as a job",
    job="Downloading ffmpeg",
    examples=("stash system download-ffmpeg --wait",),
    needs_ready=False,
)
MIGRATE = replace(
    TASKS["migrate"],
    examples=("stash system migrate --wait", "stash system migrate --backup-path /backup/a.sqlite"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class SetupOptions(CommandOptions):
    """The command line of `system setup`; `flags` are the paths of its files."""

    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH]...", help="media folders, as paths on the server")
    ] = None
    yes: Yes = False


def setup_flags() -> FlagTable:
    """The flags of the input; a missing path is the server's default."""
    return FlagTable(
        flag for flag in flag_table("SetupInput", group="Places").rows() if flag.dest != "stashes"
    )


def build_setup() -> StashCommand:
    examples = (
        "stash system setup /media/videos /media/pictures",
        "stash system setup --database-file /data/stash.sqlite",
    )
    return command("setup", run_setup, SetupOptions, examples=examples, flags=setup_flags)


def run_setup(runtime: Runtime, options: SetupOptions) -> None:
    """Set up a new server: its folders and its database.

    Without flags the server chooses the places of its files, and keeps pictures in the database.
    """
    default_places = dict.fromkeys(
        ("configLocation", "databaseFile", "generatedLocation", "cacheLocation", "blobsLocation"), ""
    )
    stashes = [{"path": path, "excludeVideo": False, "excludeImage": False} for path in options.paths or ()]
    setup_input = {**default_places, "storeBlobsInDatabase": True, **options.flags, "stashes": stashes}

    async def work(session: Session) -> None:
        status = (await session.call("systemStatus", {}, ["status"]))["status"]
        # A configured server would switch to new paths, and no longer use its library.
        if status != "SETUP":
            raise StashServerError(
                "the server is set up already: nothing was sent",
                hint="See `stash system status`; `stash config set` changes settings.",
            )
        confirm(runtime.streams, f"set up the server at {session.url}", yes=options.yes)
        answer = confirmed(
            session.call("setup", {"input": setup_input}),
            is_answer=lambda value: value is True,
            hint="See `stash system status`.",
        )
        await uninterrupted(answer)
        runtime.streams.note(f"the server is set up; scan with: {runtime.command('scan --wait')}")

    runtime.run(work)


ENTRIES: tuple[Call | tuple[str, Entry], ...] = (
    *CALLS,
    (DOWNLOAD.verb, Entry(DOWNLOAD.about, DOWNLOAD.build)),
    ("setup", Entry("Set up a new server: its folders and its database", build_setup)),
    (MIGRATE.verb, Entry(MIGRATE.about, MIGRATE.build)),
)

group = partial(call_group, "system", "The state of the server.", ENTRIES)
