"""`stash metadata`: jobs that work on the whole library."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import Entry, LazyGroup, StashCommand, command
from stash_cli.commands.argv.input_flags import flag_table, unflatten
from stash_cli.commands.waiting import JOB, FollowOptions, run_job
from stash_cli.core.errors import StashInputError, StashUsageError
from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.commands.argv.flags import FlagTable
    from stash_cli.commands.runtime import Runtime
    from stash_cli.core.client.session import Session

INPUT = "ScanMetadataInput"


@dataclass(frozen=True, kw_only=True, eq=False)
class ScanOptions(FollowOptions):
    """The command line of `scan`; `flags` are the settings of the scan."""

    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH]...", help="scan only these files and folders")
    ] = None
    wait: Annotated[bool, typer.Option("--wait", help="wait until the job ends; exit 9 if it fails")] = False

    @property
    def follows(self) -> bool:
        """Whether the command waits: the other options imply --wait."""
        return self.wait or self.wait_timeout is not None or self.fail_on_log is not None


def scan_flags() -> FlagTable:
    """One flag per field of the scan input."""
    table = flag_table(INPUT, group="Settings (default: those saved on the server)", strip="scan_")
    table.flags.pop("--path", None)
    return table


def group() -> LazyGroup:
    entries = {"scan": Entry("Scan the media folders for new, changed and moved files", scan)}
    return LazyGroup("metadata", entries, "Start jobs on the whole library.")


def scan() -> StashCommand:
    return command(
        "scan",
        run_scan,
        ScanOptions,
        help="Scan the media folders, or only PATH, for new, changed and moved files.",
        examples=(
            "stash scan --wait",
            "stash metadata scan /media/new --generate-covers --wait --progress plain",
        ),
        flags=scan_flags,
    )


def run_scan(runtime: Runtime, options: ScanOptions) -> None:
    runtime.check_output(JOB)
    paths, follow = options.paths or [], options if options.follows else None
    if not all(map(str.strip, paths)):
        raise StashUsageError("PATH is empty: give a file or folder, or none for all media folders")
    paths = [runtime.server_path(path) for path in paths]
    given = unflatten(options.flags) | ({"paths": paths} if paths else {})

    async def work(session: Session) -> None:
        await require_ready(session)
        await check_paths(session, runtime, paths)
        # The server takes a missing setting as false, so the defaults have to be sent along.
        values = await saved_defaults(session, "scan", INPUT) | given
        runtime.streams.detail(f"scanning with {json.dumps(values, ensure_ascii=False)}")
        await run_job(session, runtime, "metadataScan", {"input": values}, follow)

    runtime.run(work, writes=True)


async def require_ready(session: Session) -> None:
    """Raise StashSystemNotReadyError before set-up or a migration: then jobs end and have done nothing."""
    from stash_cli.core.graphql.responses import not_ready

    status = (await session.call("systemStatus", {}, ["status"]))["status"]
    if status != "OK":
        raise not_ready(status, status)


async def check_paths(session: Session, runtime: Runtime, paths: Sequence[str]) -> None:
    """Refuse paths that the server would skip, saying so only in its log, or not at all.

    Raises StashInputError for a path in no media folder and, where the library is a file here, for one that
    is missing or unreadable.
    """
    answer = await session.call("configuration", {}, ["general.stashes.path"])
    folders = [stash["path"] for stash in answer["general"]["stashes"]]
    if not folders:
        runtime.streams.warn("there are no media folders; add one with: stash library add PATH")
    for path in paths:
        if not any(_is_below(path, folder.rstrip("/\\")) for folder in folders):
            raise StashInputError(f"{path} is not in a media folder", hint="See `stash library list`.")
        if session.connection.is_embedded:
            _require_readable(path)


def _require_readable(path: str) -> None:
    if not os.path.lexists(path):
        raise StashInputError(f"there is no file or folder {path}")
    if not os.access(path, os.R_OK):
        raise StashInputError(f"{path} cannot be read: permission denied")


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith((f"{folder}/", f"{folder}\\"))


async def saved_defaults(session: Session, task: str, input_type: str) -> dict[str, Any]:
    """The defaults of a task that the web interface has saved."""
    answer = await session.call("configuration", {}, [f"defaults.{task}"])
    saved = answer["defaults"].get(task) or {}
    known = describe_api().types[input_type].fields
    return {name: value for name, value in saved.items() if name in known and value is not None}
