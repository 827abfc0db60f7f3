"""A library of small pictures on disk, renamed by journalled commands."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from hashlib import sha256
from pathlib import Path
from typing import Any

from journal_support import Workbench, open_workbench
from scan_library import ScanLibrary, scan_library, write_picture

sys.path.insert(0, str(Path(__file__).parent / "cli"))

from cli_support import Cli, CommandResult

from stash_cli.core.client.paging import FindQuery, iter_rows
from stash_cli.core.edits.apply import Applier
from stash_cli.core.edits.pace import Pace
from stash_cli.core.errors import StashError
from stash_cli.core.renames.apply import RenameRun
from stash_cli.core.renames.library import library_folders, load_target_folders
from stash_cli.core.renames.plan import Move, RenamePlan, Target
from stash_cli.core.renames.targets import Naming
from stash_cli.core.renames.template import PathTemplate
from stash_cli.core.types.entities import ENTITIES

_TITLE = "mutation($id: ID!, $title: String) { %sUpdate(input: {id: $id, title: $title}) { id } }"
_PATHS = """SELECT {noun}s.id, folders.path || '/' || files.basename FROM {noun}s
    JOIN {noun}s_files ON {noun}_id = {noun}s.id JOIN files ON files.id = file_id
    JOIN folders ON folders.id = files.parent_folder_id"""


class PictureLibrary:
    """Pictures by path, and the titles of their images; more files can be written before `scan`."""

    def __init__(self, folder: Path, titles: Mapping[str, str]) -> None:
        self.folder, self.media = folder, folder / "media"
        self.url = f"embedded:{folder / 'library.sqlite'}"
        self.cli = Cli(self.url, STASH_STATE_DIR=str(folder / "state"))
        for number, path in enumerate(titles):
            write_picture(self.media / path, number + 1)
        self.scan()
        with scan_library(folder) as library:
            for one, path in self.paths().items():
                self._set_title(library, "image", one, titles[path])

    def scan(self) -> None:
        with scan_library(self.folder) as library:
            library.scan()

    def set_titles(self, noun: str, titles: Mapping[int, str]) -> None:
        with scan_library(self.folder) as library:
            for one, title in titles.items():
                self._set_title(library, noun, one, title)

    def _set_title(self, library: ScanLibrary, noun: str, one: int, title: str) -> None:
        outcome = library.library.execute(_TITLE % noun, {"id": str(one), "title": title})
        assert not outcome.errors

    def paths(self, noun: str = "image") -> dict[int, str]:
        """Object id -> path of its file in the library, relative to the media folder."""
        with closing(sqlite3.connect(self.folder / "library.sqlite")) as connection:
            rows = connection.execute(_PATHS.format(noun=noun)).fetchall()
        return {one: str(Path(path).relative_to(self.media)) for one, path in rows}

    def content(self) -> dict[str, str]:
        """Files on disk: path relative to the media folder -> hash of the content."""
        found = (path for path in self.media.rglob("*") if path.is_file())
        return {str(path.relative_to(self.media)): sha256(path.read_bytes()).hexdigest() for path in found}

    def rename(self, template: str = "{{ title }}", *words: str, noun: str = "images") -> CommandResult:
        words = (
            words
            if any(word in ("--all", "--where") or word.isdecimal() for word in words)
            else (*words, "--all")
        )
        return self.cli(noun, "rename", template, *words, *(() if "-n" in words else ("-y",)))

    def undo(self) -> CommandResult:
        """Undo the last run."""
        return self.cli("undo", str(self.runs()[0]["id"]), "-y")

    def runs(self) -> list[dict[str, object]]:
        return list(self.cli.ok("history", "--json").json)


class _Two(Pace):
    def note(self, count: int, seconds: float) -> None:
        self.size = 2


def open_rename_workbench(url: str) -> AbstractAsyncContextManager[Workbench]:
    return open_workbench(url, state_dir=Path(url.removeprefix("embedded:")).parent / "state")


@asynccontextmanager
async def plan_of(bench: Workbench, template: str, policy: str) -> AsyncIterator[tuple[RenamePlan, Naming]]:
    """The resolved plan that names all images by `template`."""
    session = bench.client.session
    naming = Naming(PathTemplate(template, "Image"), await library_folders(session))
    paths = naming.paths(await session.load_capabilities())
    with closing(RenamePlan()) as plan:
        async for row in iter_rows(session, FindQuery(ENTITIES["Image"]), paths):
            plan.add(each for each in naming.of(row) if isinstance(each, Target))
        await load_target_folders(session, plan, naming.roots, str)
        plan.resolve(policy, 255)
        yield plan, naming


async def rename_images(
    url: str, template: str, policy: str, die: Callable[[Any], bool] | None = None
) -> None:
    """Rename all images in a journalled run, two files per request; `die` is called with each request."""
    async with open_rename_workbench(url) as bench, plan_of(bench, template, policy) as (plan, naming):
        if die is not None:
            bench.wire.drops_request = die
        async with bench.context.journal():
            await rename_run(bench, plan, naming, {}).apply()


def rename_run(bench: Workbench, plan: RenamePlan, naming: Naming, outcomes: dict[str, str]) -> RenameRun:
    """The run of a plan; `outcomes` gets "done" or the error message by file id."""
    applier = Applier(bench.client.session)

    def fail(move: Move, error: StashError) -> None:
        outcomes[move.id] = error.message

    def done(move: Move) -> None:
        outcomes[move.id] = "done"

    run = RenameRun(applier, plan, "Image", naming.roots, 0, done, fail)
    run.asked, run.pace = True, _Two(2)
    return run
