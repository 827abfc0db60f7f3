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
from stash_cli.core.errors import StashUsageError
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
    given = unflatten(options.flags) | ({"paths": paths} if paths else {})

    async def work(session: Session) -> None:
        # The server takes a missing setting as false, so the defaults have to be sent along.
        values = await saved_defaults(session, "scan", INPUT) | given
        await _warn_outside(session, runtime, paths)
        runtime.streams.detail(f"scanning with {json.dumps(values, ensure_ascii=False)}")
        await run_job(session, runtime, "metadataScan", {"input": values}, follow)

    runtime.run(work, writes=True)


async def _warn_outside(session: Session, runtime: Runtime, paths: Sequence[str]) -> None:
    """Warn of paths in no media folder: the server skips them and says so only in its log."""
    if not paths:
        return
    answer = await session.call("configuration", {}, ["general.stashes.path"])
    folders = [stash["path"].rstrip("/\\") for stash in answer["general"]["stashes"]]
    # An embedded library runs here, so a relative path is one of this process.
    for path in paths:
        place = _absolute(path) if session.connection.is_embedded else path
        if not any(place == folder or place.startswith((f"{folder}/", f"{folder}\\")) for folder in folders):
            runtime.streams.warn(f"{path} is not in a media folder and is not scanned")


def _absolute(path: str) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - links stay as they are named, as in a scan


async def saved_defaults(session: Session, task: str, input_type: str) -> dict[str, Any]:
    """The defaults of a task that the web interface has saved."""
    answer = await session.call("configuration", {}, [f"defaults.{task}"])
    saved = answer["defaults"].get(task) or {}
    known = describe_api().types[input_type].fields
    return {name: value for name, value in saved.items() if name in known and value is not None}
