"""`stash clean`: a dry run first, and a guard against removing objects on an unmounted drive."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands import library
from stash_cli.commands.argv.value_parsers import named
from stash_cli.commands.common.sending import uninterrupted
from stash_cli.commands.tasks.media_paths import (
    count_below,
    folder_problem,
    is_below,
    media_folders,
    server_paths,
)
from stash_cli.commands.tasks.task_inputs import Done, PathOptions, TaskOptions
from stash_cli.commands.tasks.waiting import JOB, Started, snake, start_job
from stash_cli.core.client.jobs import unknown_job
from stash_cli.core.errors import StashInputError, StashNotConfirmedError
from stash_cli.core.texts import counted
from stash_cli.output.failures import confirm
from stash_cli.output.progress import open_progress
from stash_cli.output.values import View, columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.job_log import JobLog
    from stash_cli.core.client.session import Session

MARKED = View("BaseFile", columns("reason", "path:path!"), files=("path",))
SHOWN = 10
"""Maximum number of paths that are shown; the others are counted."""

_DRY = re.compile(r"Running in Dry Mode")
"""Log line at the start of a dry run; without it, the log was not read, or has another format."""
_MARKED = re.compile(
    r"(?P<reason>.*?)\.? ?Marking (?:to clean: |contained (?:file|folder) )(?P<path>.*)", re.DOTALL
)
"""Log lines about each file, folder and gallery that a dry run would remove."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Maximum number of files to remove without a prompt: absolute, relative to all files, or both."""

    count: float = 100
    fraction: float = 0.1

    def is_exceeded(self, count: int, total: int) -> bool:
        return count > self.count or count > self.fraction * max(total, count)

    def __str__(self) -> str:
        texts = [f"{self.fraction:.0%} of the files"] if self.fraction < 1 else []
        texts += [f"{self.count:.0f} files"] if self.count < float("inf") else []
        return " or ".join(texts)


def limit(text: str) -> Limit:
    """Parse `500` as a number of files, `5%` as a fraction of them."""
    number = text.removesuffix("%")
    if not number.isdecimal() or (number != text and int(number) > 100):  # noqa: PLR2004 - per cent
        raise StashInputError(f"{text!r} is neither a number of files nor a percentage such as 5%")
    return Limit(int(number), 1) if number == text else Limit(float("inf"), int(number) / 100)


@dataclass(frozen=True, kw_only=True, eq=False)
class CleanOptions(PathOptions):
    """The command line of `clean`."""

    max_missing: Annotated[
        Limit | None,
        typer.Option(
            "--max-missing",
            metavar="N|N%",
            parser=named("--max-missing", limit),
            help="the most files to remove without --yes (default: 100, and 10% of all)",
        ),
    ] = None
    forget_folder: Annotated[
        list[str] | None,
        typer.Option(
            "--forget-folder",
            metavar="PATH",
            help="a folder that is gone for good: take it off the media folders and remove what was in it; "
            "repeatable",
        ),
    ] = None
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask, whatever would go")] = False


@dataclass(frozen=True, slots=True)
class Findings:
    """Entries that a dry run would remove, as (reason, path); `is_complete` if no log line was lost."""

    marked: list[tuple[str, str]]
    is_complete: bool
    job: dict[str, Any]
    """The job of the dry run."""

    def below(self, folder: str) -> list[str]:
        return [path for _, path in self.marked if is_below(path, folder)]

    @property
    def files(self) -> list[str]:
        return [path for reason, path in self.marked if not reason.startswith(("Folder", "Gallery"))]


async def prepare_clean(
    session: Session, runtime: Runtime, options: TaskOptions, values: dict[str, Any]
) -> dict[str, Any] | Done:
    """Do a dry run, show its findings and apply the guard; return Done if no job has to start.

    Raises StashNotConfirmedError for more files than the limit, or all of a media folder, without consent.
    """
    if not isinstance(options, CleanOptions):
        raise TypeError("clean has its own options")
    forgotten = server_paths(runtime, options.forget_folder or ())
    if not values.get("dryRun"):
        await forget(session, runtime, forgotten)
        values |= {"paths": [*values["paths"], *forgotten]} if values.get("paths") else {}
    reasons = await _folder_reasons(session, values.get("paths"), forgotten)
    if reasons and not options.yes and not values.get("dryRun"):
        _confirm_removal(runtime, reasons, [], yes=False)
    found = await dry_run(session, runtime, values | {"dryRun": True}, options)
    if done := _without_removal(runtime, found, is_dry_run=bool(values.get("dryRun"))):
        return done
    reasons += await guard(session, found, options.max_missing or Limit(), forgotten)
    _confirm_removal(runtime, reasons, found.marked, yes=options.yes)
    # Folders may have been unmounted during the prompt, so they are checked again before the real run.
    if new_reasons := [
        r for r in await _folder_reasons(session, values.get("paths"), forgotten) if r not in reasons
    ]:
        _confirm_removal(runtime, new_reasons, [], yes=options.yes)
    return values | {"dryRun": False}


def _without_removal(runtime: Runtime, found: Findings, *, is_dry_run: bool) -> Done | None:
    """The end of a dry run, or of a clean that finds nothing; None if entries are to be removed."""
    if is_dry_run:
        runtime.streams.note(f"dry run: {_files_and_folders(len(found.marked))} would be removed")
        rows = [{"reason": reason, "path": path} for reason, path in found.marked]
        return Done(MARKED, rows, is_for_people=True)
    if found.marked or not found.is_complete:
        return None
    runtime.streams.note("nothing to clean")
    return Done(JOB, [found.job], is_for_people=False)


async def forget(session: Session, runtime: Runtime, forgotten: Sequence[str]) -> None:
    """Remove folders from the media folders, so that the clean removes their objects."""
    folders = await library.folders(session) if forgotten else []
    remaining = [folder for folder in folders if folder["path"] not in forgotten]
    if len(remaining) < len(folders):
        note = f"{', '.join(forgotten)}: no media folder any more"
        await uninterrupted(library.write(session, runtime, remaining, note))


async def dry_run(
    session: Session, runtime: Runtime, values: dict[str, Any], options: CleanOptions
) -> Findings:
    """Read the entries that a clean would remove from the log of a dry run. Raises StashJobError."""
    from stash_cli.core.client.job_log import matters
    from stash_cli.core.client.job_run import JobRun

    async def start() -> str:
        return await uninterrupted(start_job(session, runtime, "metadataClean", {"input": values}, Started()))

    progress = open_progress(runtime.streams, options.progress)
    run = JobRun(session, start, with_log=True, on_notice=runtime.streams.note, timeout=options.wait_timeout)
    run.log.keep = lambda line: (
        matters(line) or bool(_MARKED.match(line["message"]) or _DRY.match(line["message"]))
    )
    async with run:
        try:
            async for update in run:
                progress.update(f"{update.description} (dry run)", update.progress, update.sub_tasks)
        finally:
            progress.close()
    if run.last is None:
        raise unknown_job(run.id)
    run.last.check()
    return _findings(run.log, snake("Job", run.last.job))


def _findings(log: JobLog, job: dict[str, Any]) -> Findings:
    """Parse the log lines of a dry run."""
    messages = [line["message"] for line in log.lines()]
    matches = [match for message in messages if (match := _MARKED.match(message))]
    is_complete = log.is_complete and any(map(_DRY.match, messages))
    marked = [(match["reason"] or "in a zip", _path(match["path"])) for match in matches]
    return Findings(marked, is_complete, job)


def _path(text: str) -> str:
    """The path in a log line, with or without quotes."""
    return text.removesuffix(" to clean").strip('"')


async def guard(session: Session, found: Findings, most: Limit, forgotten: Sequence[str]) -> list[str]:
    """The reasons for which the removal needs consent."""
    files = [path for path in found.files if not any(is_below(path, folder) for folder in forgotten)]
    total = await count_files(session)
    reasons = [] if found.is_complete else ["the log of the dry run is incomplete: more may go than is shown"]
    if most.is_exceeded(len(files), total):
        reasons.append(f"{len(files):,} of about {counted(total, 'file')} would go, more than {most}")
    for folder in await media_folders(session):
        removed = [path for path in files if is_below(path, folder)]
        if removed and len(removed) >= await count_below(session, folder):
            reasons.append(f"all of {folder} would go: is its drive mounted?")
    return reasons


async def count_files(session: Session) -> int:
    """The approximate number of files: scenes, images and galleries."""
    fields = ["scene_count", "image_count", "gallery_count"]
    stats = await session.call("stats", {}, fields)
    return sum(stats[name] for name in fields)


async def _folder_reasons(
    session: Session, paths: Sequence[str] | None, forgotten: Sequence[str]
) -> list[str]:
    """The cleaned media folders that are missing or empty."""
    reasons = []
    for folder in await media_folders(session):
        is_chosen = not paths or any(is_below(path, folder) or is_below(folder, path) for path in paths)
        if is_chosen and folder not in forgotten and (problem := await folder_problem(session, folder)):
            reasons.append(f"{folder} {problem}")
    return reasons


def _confirm_removal(
    runtime: Runtime, reasons: list[str], marked: list[tuple[str, str]], *, yes: bool
) -> None:
    """Show the entries; ask for confirmation if there are reasons for it. Raises StashNotConfirmedError."""
    texts = [f"  {path} ({reason})" for reason, path in marked[:SHOWN]]
    texts += [f"  and {len(marked) - SHOWN} more"] if len(marked) > SHOWN else []
    if marked:
        for text in (
            f"{_files_and_folders(len(marked))} {'is' if len(marked) == 1 else 'are'} gone:",
            *texts,
        ):
            runtime.streams.note(text)
    if not reasons:
        return
    try:
        confirm(runtime.streams, f"clean: {'; '.join(reasons)}. Remove all the same", yes=yes)
    except StashNotConfirmedError as error:
        raise StashNotConfirmedError(
            f"clean refuses: {'; '.join(reasons)}",
            hint="--yes removes all the same; --max-missing raises the limit; --forget-folder PATH is for a "
            "folder that is gone for good.",
        ) from error


def _files_and_folders(count: int) -> str:
    return counted(count, "file or folder", "files and folders")
