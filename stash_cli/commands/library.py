"""`stash library`: the media folders that the server scans."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, LazyGroup, subcommand
from stash_cli.commands.common.sending import confirmed, uninterrupted
from stash_cli.commands.tasks.waiting import camel, snake
from stash_cli.commands.verbs.tree import INDENT
from stash_cli.core.errors import StashInputError, StashNotFoundError, StashServerError, StashUsageError
from stash_cli.core.texts import basename
from stash_cli.output.values import View, columns, one_line

if TYPE_CHECKING:
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session

Folder = dict[str, Any]

FOLDER = View(
    "StashConfig",
    columns("path:path!", "videos=exclude_video:included", "images=exclude_image:included"),
    files=("path",),
)
TREE = View(columns=columns("path:path!", "depth>"), files=("path",))
NONE_YET = "no media folders; add one with: stash library add PATH"


@dataclass(frozen=True, kw_only=True, eq=False)
class AddOptions(CommandOptions):
    """The command line of `library add`."""

    path: Annotated[str, typer.Argument(metavar="PATH", help="folder, as a path on the server")]
    exclude_video: Annotated[bool, typer.Option("--exclude-video", help="skip videos in it")] = False
    exclude_image: Annotated[
        bool, typer.Option("--exclude-image", help="skip images and galleries in it")
    ] = False

    def folder(self, path: str) -> Folder:
        """The folder as the server lists it, at its path on the server."""
        return {"path": path, "exclude_video": self.exclude_video, "exclude_image": self.exclude_image}


@dataclass(frozen=True, kw_only=True, eq=False)
class RemoveOptions(CommandOptions):
    """The command line of `library remove`."""

    path: Annotated[str, typer.Argument(metavar="PATH", help="media folder")]


@dataclass(frozen=True, kw_only=True, eq=False)
class TreeOptions(CommandOptions):
    """The command line of `library tree`."""

    path: Annotated[
        str | None, typer.Argument(metavar="[PATH]", help="a folder of the server (default: media folders)")
    ] = None
    depth: Annotated[int, typer.Option("--depth", metavar="N", min=0, help="levels below the top")] = 1


def group() -> LazyGroup:
    entries = {
        "list": subcommand(
            "List the media folders",
            run_list,
            CommandOptions,
            "stash library list",
            "stash library list --paths",
        ),
        "add": subcommand(
            "Add a media folder",
            run_add,
            AddOptions,
            "stash library add ~/Videos",
            "stash library add /data/pictures --exclude-video",
        ),
        "remove": subcommand(
            "Remove a media folder; no file is deleted",
            run_remove,
            RemoveOptions,
            "stash library remove /data/pictures",
        ),
        "tree": subcommand(
            "Print the folders on the server's disk",
            run_tree,
            TreeOptions,
            "stash library tree",
            "stash library tree /data --depth 2",
        ),
    }
    return LazyGroup("library", entries, "List, add and remove media folders, and look at the server's disk.")


def run_list(runtime: Runtime, _: CommandOptions) -> None:
    """List the media folders."""
    runtime.check_output(FOLDER)
    print_folders(runtime, runtime.run(folders))


def run_add(runtime: Runtime, options: AddOptions) -> None:
    """Add a media folder. A relative PATH is relative to the current folder. Run `stash scan` afterwards."""
    runtime.check_output(FOLDER)
    require(options.path)
    new_folder = options.folder(runtime.server_path(options.path))
    # The paths of a remote server cannot be checked here.
    if runtime.connection().is_embedded and not Path(new_folder["path"]).is_dir():
        raise StashInputError(f"there is no folder {new_folder['path']}")

    async def work(session: Session) -> list[Folder]:
        current = await folders(session)
        if new_folder in current:
            runtime.streams.note(f"{new_folder['path']} is already a media folder")
            return current
        # The same path with other settings replaces the folder.
        others = [folder for folder in current if folder["path"] != new_folder["path"]]
        note = f"added {new_folder['path']}; scan it with: {runtime.command('scan --wait')}"
        return await uninterrupted(write(session, runtime, [*others, new_folder], note))

    print_changed(runtime, runtime.run(work, writes=True))


def run_remove(runtime: Runtime, options: RemoveOptions) -> None:
    """Remove a media folder from the list. No file is deleted; its objects stay until a clean job runs."""
    path = options.path
    runtime.check_output(FOLDER)
    require(path)

    async def work(session: Session) -> list[Folder]:
        current = await folders(session)
        remaining = [folder for folder in current if folder["path"] not in (path, runtime.server_path(path))]
        if len(remaining) == len(current):
            raise StashNotFoundError(f"{path} is not a media folder", hint="See `stash library list`.")
        return await uninterrupted(write(session, runtime, remaining, f"removed {path} from the list"))

    print_changed(runtime, runtime.run(work, writes=True, creates=False))


def run_tree(runtime: Runtime, options: TreeOptions) -> None:
    """Print the folders on the server's disk, below the media folders or below PATH.

    What a scan has found in them is in `stash folders tree`. Other formats than a table have a row each.
    """
    runtime.check_output(TREE)
    tops = [] if options.path is None else [runtime.server_path(options.path)]

    async def work(session: Session) -> list[Folder]:
        found = tops or [folder["path"] for folder in await folders(session)]
        return [row for top in found for row in await folders_below(session, top, options.depth)]

    if options.path is not None:
        require(options.path)
    rows = runtime.run(work)
    if runtime.for_people and not runtime.options.fields:
        for row in rows:
            name = basename(row["path"]) if row["depth"] else row["path"]
            runtime.streams.data(f"{INDENT * row['depth']}{one_line(name)}\n")
    else:
        runtime.print_rows(TREE, rows)
    if not rows:
        runtime.streams.note(NONE_YET)


async def folders_below(session: Session, path: str, depth: int, level: int = 0) -> list[Folder]:
    """A folder of the server's disk and those below it, a request for each. Raises StashNotFoundError."""
    children, parent = await listing(session, path)
    if not children and not level and parent is not None:
        siblings, _ = await listing(session, parent)
        # For a missing folder, servers return nothing, or the folders of an ancestor.
        if path.rstrip("/\\") not in siblings:
            raise StashNotFoundError(f"the server has no folder {path}")
    rows: list[Folder] = [{"path": path, "depth": level}]
    for child in children if level < depth else ():
        rows += await folders_below(session, child, depth, level + 1)
    return rows


async def listing(session: Session, path: str) -> tuple[list[str], str | None]:
    """The folders in a folder of the server's disk, and its parent folder."""
    answer = await session.call("directory", {"path": path}, ["directories", "parent"])
    start = path.rstrip("/\\")
    children = [
        child for child in answer["directories"] or () if child.startswith((f"{start}/", f"{start}\\"))
    ]
    return children, answer["parent"]


async def folders(session: Session) -> list[Folder]:
    answer = await session.call("configuration", {}, ["general.stashes"])
    return [snake("StashConfig", folder) for folder in answer["general"]["stashes"]]


async def write(session: Session, runtime: Runtime, new_folders: list[Folder], note: str) -> list[Folder]:
    """Replace the list of folders, print `note`, and return the server's list.

    The API sets the list as a whole. Raises StashUnknownOutcomeError when the server does not answer with
    its list, and StashServerError when the list differs from the one sent.
    """
    from stash_cli.core.edits.apply import apply_one
    from stash_cli.core.edits.operation import Operation

    values = {"stashes": [camel("StashConfigInput", folder) for folder in new_folders]}
    answer = await confirmed(
        apply_one(session, Operation("configureGeneral", {"input": values}, paths=("stashes",))),
        is_answer=lambda answer: isinstance(answer, dict) and isinstance(answer.get("stashes"), list),
        hint="The server may have changed the list: check with `stash library list`.",
    )
    saved: list[Folder] = answer["stashes"]
    if {folder["path"] for folder in saved} != {folder["path"] for folder in new_folders}:
        raise StashServerError(
            "The server did not save the list as it was sent.", hint="See `stash library list`."
        )
    runtime.streams.note(note)
    return [snake("StashConfig", folder) for folder in saved]


def require(path: str) -> None:
    """Raise StashUsageError for an empty path, which would mean the current folder."""
    if not path.strip():
        raise StashUsageError("PATH is empty: give a folder")


def print_folders(runtime: Runtime, rows: list[Folder]) -> None:
    runtime.print_rows(FOLDER, rows)
    if not rows:
        runtime.streams.note(NONE_YET)


def print_changed(runtime: Runtime, rows: list[Folder]) -> None:
    """Print the new list in a chosen format."""
    if not runtime.for_people:
        print_folders(runtime, rows)
