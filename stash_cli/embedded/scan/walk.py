"""Walks library folders by name and yields the folders and files to scan."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from stash_cli.core.texts import is_text, legible
from stash_cli.embedded.library import file_access
from stash_cli.embedded.library import file_access as names
from stash_cli.embedded.scan.captions import Caption, Sidecars, find_sidecars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stash_cli.embedded.scan.rules import Kind, Root, Rules

_LAST_SECOND = 253402214400
"""9999-12-31 in epoch seconds: later times, which a file system may hold, cannot be stored as text."""
FORCE_GALLERY, NO_GALLERY = ".forcegallery", ".nogallery"


@dataclass(frozen=True, slots=True)
class FoundFolder:
    """A folder of the library; `mod_time` in epoch seconds."""

    path: str
    mod_time: int


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to scan; `mod_time` in epoch seconds.

    `interactive` and `captions` are its sidecar files; `in_gallery` says that new pictures of its folder make
    a gallery.
    """

    path: str
    kind: Kind
    size: int
    mod_time: int
    captions: tuple[Caption, ...] = ()
    interactive: bool = False
    in_gallery: bool = False

    @property
    def folder(self) -> str:
        return names.parent(self.path)

    @property
    def basename(self) -> str:
        return names.name(self.path)


@dataclass(slots=True)
class Walk:
    """One pass over the library; `warn` is called for everything unreadable.

    Links to folders are followed, each target once and never to an ancestor, so that a loop of links ends;
    links out of the library only with `follow_links`. A folder is not walked twice.
    """

    rules: Rules
    warn: Callable[[str], None]
    follow_links: bool = False
    _linked: set[tuple[int, int]] = field(default_factory=set)
    _done: set[str] = field(default_factory=set)

    def paths(self, paths: list[str]) -> Iterator[FoundFolder | FoundFile]:
        """The folders and files at `paths`, preceded by their ancestors up to the library folder."""
        for path in map(names.absolute, paths):
            if not self._is_text(path):
                continue
            root = self.rules.root_of(path)
            if root is None:
                self.warn(f"Skipping {path}: it is outside the library folders")
                continue
            if not (self.follow_links or self._is_inside(path)):
                self.warn(f"Skipping {path}: a link leads out of the library folders")
                continue
            try:
                mode = Path(path).stat().st_mode
                yield from self._ancestors(root, path)
            except OSError as error:
                self.warn(f"Skipping {path}: {error.strerror}")
                continue
            yield from self._tree(root, path) if stat.S_ISDIR(mode) else self._single(root, path)

    def _ancestors(self, root: Root, path: str) -> Iterator[FoundFolder]:
        for folder in names.between(path, root.path):
            yield FoundFolder(folder, whole_seconds(Path(folder).stat()))

    def _single(self, root: Root, path: str) -> Iterator[FoundFile]:
        folder = names.parent(path)
        listing = self._list(folder)
        sidecars, makes_gallery = self._sidecars(listing)
        for entry in listing:
            if entry.name == names.name(path):
                yield from self._file(root, entry, sidecars, in_gallery=makes_gallery)

    def _tree(self, root: Root, top: str) -> Iterator[FoundFolder | FoundFile]:
        """Walk a tree iteratively, because the recursion limit would limit its depth."""
        stack: list[tuple[tuple[int, int], Iterator[FoundFolder | FoundFile | os.DirEntry[str]]]] = []
        self._push(stack, root, top)
        while stack:
            found = next(stack[-1][1], None)
            if found is None:
                stack.pop()
            elif isinstance(found, os.DirEntry):
                if not found.is_symlink() or self._may_follow(found, {identity for identity, _ in stack}):
                    self._push(stack, self.rules.root_of(found.path) or root, found.path)
            else:
                yield found

    def _push(
        self,
        stack: list[tuple[tuple[int, int], Iterator[FoundFolder | FoundFile | os.DirEntry[str]]]],
        root: Root,
        path: str,
    ) -> None:
        if path in self._done or not self.rules.enters(root, path):
            return
        self._done.add(path)
        try:
            facts = Path(path).stat()
        except OSError as error:
            self.warn(f"Skipping {path}: {error.strerror}")
            return
        folder = FoundFolder(path, whole_seconds(facts))
        stack.append(((facts.st_dev, facts.st_ino), self._inside(root, folder)))

    def _inside(
        self, root: Root, folder: FoundFolder
    ) -> Iterator[FoundFolder | FoundFile | os.DirEntry[str]]:
        yield folder
        listing = self._list(folder.path)
        sidecars, makes_gallery = self._sidecars(listing)
        for entry in listing:
            if _is_dir(entry):
                yield entry
            else:
                yield from self._file(root, entry, sidecars, in_gallery=makes_gallery)

    def _list(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                listing = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self.warn(f"Skipping {folder}: {error.strerror}")
            return []
        return [entry for entry in listing if self._is_text(entry.path) and not self._leads_outside(entry)]

    def _leads_outside(self, entry: os.DirEntry[str]) -> bool:
        """Whether an entry is a link out of the library folders that must not be followed."""
        if self.follow_links or not entry.is_symlink() or self._is_inside(entry.path):
            return False
        self.warn(f"Skipping {entry.path}: it is a link out of the library folders")
        return True

    def _is_inside(self, path: str) -> bool:
        try:
            file_access.resolve_below(path, (root.path for root in self.rules.roots))
        except file_access.OutsideError:
            return False
        return True

    def _is_text(self, path: str) -> bool:
        if not is_text(path):
            self.warn(f"Skipping {legible(path)}: its name is not UTF-8")
            return False
        return True

    def _sidecars(self, listing: list[os.DirEntry[str]]) -> tuple[Sidecars, bool]:
        names = {entry.name for entry in listing}
        wanted = self.rules.galleries_from_folders or FORCE_GALLERY in names
        return find_sidecars(names), wanted and NO_GALLERY not in names

    def _file(
        self, root: Root, entry: os.DirEntry[str], sidecars: Sidecars, *, in_gallery: bool
    ) -> Iterator[FoundFile]:
        kind = self.rules.kind(root, entry.path)
        facts = self._facts(entry) if kind else None
        if kind is None or facts is None or not self._is_wanted(facts):
            return
        captions, interactive = sidecars.of(entry.name) if kind == "video" else ((), False)
        yield FoundFile(
            entry.path, kind, facts.st_size, whole_seconds(facts), captions, interactive, in_gallery
        )

    def _facts(self, entry: os.DirEntry[str]) -> os.stat_result | None:
        try:
            return entry.stat()
        except OSError as error:
            self.warn(f"Skipping {entry.path}: {error.strerror}")
            return None

    def _is_wanted(self, facts: os.stat_result) -> bool:
        if not stat.S_ISREG(facts.st_mode) or facts.st_size == 0:
            return False
        return self.rules.older_than is None or facts.st_mtime >= self.rules.older_than

    def _may_follow(self, link: os.DirEntry[str], ancestors: set[tuple[int, int]]) -> bool:
        try:
            facts = link.stat()
        except OSError as error:
            self.warn(f"Skipping {link.path}: {error.strerror}")
            return False
        # Device and inode identify the target, because several names may lead to it.
        target = (facts.st_dev, facts.st_ino)
        if target in ancestors or target in self._linked:
            return False
        self._linked.add(target)
        return True


def whole_seconds(facts: os.stat_result) -> int:
    """The modification time in epoch seconds, within the range that can be stored."""
    return min(max(int(facts.st_mtime), 0), _LAST_SECOND)


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    # A loop of links is not a folder; `stat` reports it.
    except OSError:
        return False
