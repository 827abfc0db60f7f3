"""The policy of one search for duplicates, and the words that name its choices."""

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
"""What becomes of the losing files, and of the objects that have them."""
KEEP, OLDEST = "keep", "oldest"
INTO = (KEEP, OLDEST, METADATA)
"""The object that others are merged into, their destination: that of the kept file, the oldest, or the one
with most metadata.
"""


@dataclass(frozen=True)
class Policy:
    """The options of a person: which files are alike, which is kept, and what becomes of the others.

    `into` None leaves objects as they are, apart from `then`. `protected` are folders and files that never
    lose. `is_dismissed` tells that a person said of two files that they are no duplicates, `is_same_file`
    whether two paths lead to one file (None: that cannot be seen).
    """

    match: Match
    keep: tuple[Rule, ...] = ()
    into: str | None = None
    then: str = NOTHING
    protected: tuple[str, ...] = ()
    is_dismissed: Callable[[File, File], bool] = lambda *_: False
    is_same_file: Callable[[File, File], bool | None] = lambda *_: None
    dropped: frozenset[str] = frozenset()
    """Tags that are not taken over from the objects that go, by id."""
    takes_same_time: bool = False
    """Whether files of the same size, hash and time are taken for copies where their paths cannot be seen."""
    folder: str = ""
    """The folder of the server that MOVE leads to."""
    choose: Callable[[str, Sequence[File]], File | None] = lambda *_: None
    """Asks which file is kept where the rules cannot tell, and why they cannot; None leaves the group."""
    moves_sidecars: Callable[[str], bool] = lambda _: False
    """Whether captions and scripts in a folder of the server can be moved along."""

    @property
    def acts(self) -> bool:
        """Whether anything is changed, and not only listed."""
        return self.into is not None or self.then != NOTHING

    @property
    def deletes_files(self) -> bool:
        return self.then == DELETE_FILES

    @property
    def removes_files(self) -> bool:
        """Whether losing files are deleted or moved."""
        return self.then in (DELETE_FILES, MOVE)

    def is_in_folder(self, file: File) -> bool:
        """Whether a file is where MOVE leads to, or below it."""
        return self.then == MOVE and is_at_or_below(file.path, self.folder)

    def protects(self, file: File) -> bool:
        """Whether a file is one of the protected, or below a protected folder."""
        return any(is_at_or_below(file.path, each) for each in self.protected)


def is_at_or_below(path: str, folder: str) -> bool:
    """Whether a path is that of a folder or file, or below it.

    >>> is_at_or_below("/data/best/a.mp4", "/data/best/"), is_at_or_below("/data/best2/a.mp4", "/data/best")
    (True, False)
    """
    one, other = (each.replace("\\", "/").rstrip("/") for each in (path, folder))
    return one == other or one.startswith(f"{other}/")
