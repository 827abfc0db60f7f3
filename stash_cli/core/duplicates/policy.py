"""The policy of one search for duplicates, and the names of its options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stash_cli.core.duplicates.keep import METADATA

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stash_cli.core.duplicates.copies import File
    from stash_cli.core.duplicates.keep import Rule
    from stash_cli.core.duplicates.matching import Match

NOTHING, TAG, MOVE, DELETE, DELETE_FILES = ACTIONS = ("nothing", "tag", "move", "delete", "delete-files")
"""Actions for the losing files and their objects."""
KEEP, OLDEST = "keep", "oldest"
INTO = (KEEP, OLDEST, METADATA)
"""The destination of merges: the object of the kept file, the oldest, or the one with the most metadata."""


@dataclass(frozen=True)
class Policy:
    """The user's options: which files are alike, which one is kept, and the action for the others.

    With `into` None, objects are not merged. `protected` are folders and files that never lose.
    `is_dismissed` returns whether the user has dismissed a pair of files, `is_same_file` whether two paths
    are the same file (None: unknown).
    """

    match: Match
    keep: tuple[Rule, ...] = ()
    into: str | None = None
    then: str = NOTHING
    protected: tuple[str, ...] = ()
    is_dismissed: Callable[[File, File], bool] = lambda *_: False
    is_same_file: Callable[[File, File], bool | None] = lambda *_: None
    dropped: frozenset[str] = frozenset()
    """Ids of tags that are not copied from the other objects."""
    takes_same_time: bool = False
    """Whether files with the same size, hash and time count as copies if their paths cannot be checked."""
    folder: str = ""
    """The folder on the server for MOVE."""
    choose: Callable[[str, Sequence[File]], File | None] = lambda *_: None
    """Callback with the reason and the files if rules cannot decide; None leaves the group unchanged."""
    moves_sidecars: Callable[[str], bool] = lambda _: False
    """Whether captions and scripts in a folder of the server can be moved with their file."""

    @property
    def makes_changes(self) -> bool:
        """Whether anything is changed, not only listed."""
        return self.into is not None or self.then != NOTHING

    @property
    def deletes_files(self) -> bool:
        return self.then == DELETE_FILES

    @property
    def removes_files(self) -> bool:
        """Whether losing files are deleted or moved."""
        return self.then in (DELETE_FILES, MOVE)

    def is_in_folder(self, file: File) -> bool:
        """Whether a file is already in the folder for MOVE, or below it."""
        return self.then == MOVE and is_at_or_below(file.path, self.folder)

    def protects(self, file: File) -> bool:
        """Whether a file is protected, or below a protected folder."""
        return any(is_at_or_below(file.path, each) for each in self.protected)


def is_at_or_below(path: str, folder: str) -> bool:
    """Whether a path is equal to `folder`, or below it.

    >>> is_at_or_below("/data/best/a.mp4", "/data/best/"), is_at_or_below("/data/best2/a.mp4", "/data/best")
    (True, False)
    """
    one, other = (each.replace("\\", "/").rstrip("/") for each in (path, folder))
    return one == other or one.startswith(f"{other}/")
