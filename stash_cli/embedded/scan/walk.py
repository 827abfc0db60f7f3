"""The walk over library folders by name: the folders, files and sidecars (captions, funscripts) to scan."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from stash_cli.core.texts import is_text, legible
from stash_cli.embedded.library import file_access
from stash_cli.embedded.library.file_access import extension, stem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from stash_cli.embedded.scan.rules import Kind, Root, Rules


UNKNOWN_LANGUAGE = "00"
CAPTION_TYPES = ("srt", "vtt")

_TWO_LETTER_CODES = """
aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee
el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is
it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms
mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk
sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi
yo za zh zu
"""
_THREE_LETTER_CODES = """
ar:ara bg:bul cs:ces,cze da:dan de:deu,ger el:ell,gre en:eng es:spa et:est fa:fas,per fi:fin fr:fra,fre he:heb
hi:hin hr:hrv hu:hun id:ind is:isl,ice it:ita ja:jpn ko:kor lt:lit lv:lav ms:msa,may nl:nld,dut no:nor pl:pol
pt:por ro:ron,rum ru:rus sk:slk,slo sl:slv sr:srp sv:swe th:tha tr:tur uk:ukr vi:vie zh:zho,chi
"""
_LANGUAGES = {code: code for code in _TWO_LETTER_CODES.split()} | {
    longer: short
    for short, _, all_longer in (entry.partition(":") for entry in _THREE_LETTER_CODES.split())
    for longer in all_longer.split(",")
}


class Caption(NamedTuple):
    """A caption file of a video: ISO 639-1 code ("00" unknown), file name, type (srt or vtt)."""

    language_code: str
    filename: str
    caption_type: str


class Sidecars(NamedTuple):
    """The sidecar files of one folder, by the stem of their video's name."""

    captions: Mapping[str, tuple[Caption, ...]]
    funscripts: frozenset[str]

    def of(self, basename: str) -> tuple[tuple[Caption, ...], bool]:
        """The captions of a video, and whether it is interactive (has a funscript)."""
        video = stem(basename)
        return self.captions.get(video, ()), video in self.funscripts


def language_of(suffix: str) -> str | None:
    """The language code of a name part ("en", "eng", "en-US"), or None."""
    base = suffix.lower().replace("_", "-").partition("-")[0]
    return _LANGUAGES.get(base)


def find_sidecars(names: Iterable[str]) -> Sidecars:
    """Assign the captions and funscripts among `names` to video stems.

    A video has one caption for each language and type: the first by name.
    """
    captions: dict[str, dict[tuple[str, str], Caption]] = {}
    funscripts = set()
    for name in sorted(names):
        kind = extension(name)
        if kind == "funscript":
            funscripts.add(stem(name))
        elif kind in CAPTION_TYPES:
            owner, language = _split_language(stem(name))
            captions.setdefault(owner, {}).setdefault((language, kind), Caption(language, name, kind))
    return Sidecars(
        {stem: tuple(by_language.values()) for stem, by_language in captions.items()}, frozenset(funscripts)
    )


def _split_language(name: str) -> tuple[str, str]:
    owner = stem(name)
    language = language_of(name[len(owner) + 1 :])
    return (owner, language) if language else (name, UNKNOWN_LANGUAGE)


_LAST_SECOND = 253402214400
"""9999-12-31 in epoch seconds: a file system can have later times, but they cannot be stored as text."""
FORCE_GALLERY, NO_GALLERY = ".forcegallery", ".nogallery"


@dataclass(frozen=True, slots=True)
class FoundFolder:
    """A folder of the library; `mod_time` in epoch seconds."""

    path: str
    mod_time: int


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to scan; `mod_time` in epoch seconds.

    `interactive` (with a funscript) and `captions` describe its sidecar files; if `in_gallery`, the new
    images of its folder form a gallery.
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
        return file_access.parent(self.path)

    @property
    def basename(self) -> str:
        return file_access.name(self.path)


@dataclass(slots=True)
class Walk:
    """One pass over the library folders; the messages are those of the server.

    `warn` receives a message for each skipped path, `on_error` for each unreadable one, `on_skip` a log level
    and a message for each file that the scan ignores.

    Links to folders are followed, each target once and never to an ancestor, so that a loop of links ends;
    links out of the library only with `follow_links`. A folder is not walked twice.
    """

    rules: Rules
    warn: Callable[[str], None]
    follow_links: bool = False
    on_error: Callable[[str], None] | None = None
    """By default `warn`."""
    on_skip: Callable[[str, str], None] | None = None
    _link_targets: set[tuple[int, int]] = field(default_factory=set)
    _visited: set[str] = field(default_factory=set)

    def fail(self, text: str) -> None:
        """Report something unreadable."""
        (self.on_error or self.warn)(text)

    def paths(self, paths: list[str]) -> Iterator[FoundFolder | FoundFile]:
        """The folders and files at `paths`, preceded by their ancestors up to the library folder."""
        for path in map(file_access.absolute, paths):
            if not self._is_text(path):
                continue
            root = self.rules.root_of(path)
            if root is None:
                self.warn(f"{path} is not in the configured stash paths")
                continue
            if not (self.follow_links or self._is_inside(path)):
                self.warn(f"Skipping {path}: a link leads out of the library folders")
                continue
            try:
                mode = Path(path).stat().st_mode
                yield from self._ancestors(root, path)
            except OSError as error:
                self.fail(f"error scanning {path}: {error.strerror}")
                continue
            yield from self._tree(root, path) if stat.S_ISDIR(mode) else self._single(root, path)

    def _ancestors(self, root: Root, path: str) -> Iterator[FoundFolder]:
        for folder in file_access.between(path, root.path):
            yield FoundFolder(folder, whole_seconds(Path(folder).stat()))

    def _single(self, root: Root, path: str) -> Iterator[FoundFile]:
        folder = file_access.parent(path)
        listing = self._list(folder)
        sidecars, makes_gallery = self._sidecars(listing)
        for entry in listing:
            if entry.name == file_access.name(path):
                yield from self._file(root, entry, sidecars, in_gallery=makes_gallery)

    def _tree(self, root: Root, top: str) -> Iterator[FoundFolder | FoundFile]:
        """Walk a tree iteratively, because the recursion limit would limit its depth."""
        stack: list[tuple[tuple[int, int], Iterator[FoundFolder | FoundFile | os.DirEntry[str]]]] = []
        self._push(stack, root, top)
        while stack:
            entry = next(stack[-1][1], None)
            if entry is None:
                stack.pop()
            elif isinstance(entry, os.DirEntry):
                if not entry.is_symlink() or self._may_follow(entry, {identity for identity, _ in stack}):
                    self._push(stack, self.rules.root_of(entry.path) or root, entry.path)
            else:
                yield entry

    def _push(
        self,
        stack: list[tuple[tuple[int, int], Iterator[FoundFolder | FoundFile | os.DirEntry[str]]]],
        root: Root,
        path: str,
    ) -> None:
        if path in self._visited or not self.rules.enters(root, path):
            return
        self._visited.add(path)
        try:
            status = Path(path).stat()
        except OSError as error:
            self.fail(f"error scanning {path}: {error.strerror}")
            return
        folder = FoundFolder(path, whole_seconds(status))
        stack.append(((status.st_dev, status.st_ino), self._inside(root, folder)))

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
            self.fail(f"error scanning {folder}: {error.strerror}")
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
        makes_gallery = self.rules.galleries_from_folders or FORCE_GALLERY in names
        return find_sidecars(names), makes_gallery and NO_GALLERY not in names

    def _file(
        self, root: Root, entry: os.DirEntry[str], sidecars: Sidecars, *, in_gallery: bool
    ) -> Iterator[FoundFile]:
        kind = self.rules.kind(root, entry.path)
        if kind is None:
            # Only at the level "Debug", because a folder may contain very many of them.
            self._skip("Debug", f"Skipping {entry.path} as it does not match what the library holds")
            return
        status = self._status(entry)
        if status is None or not self._is_scanned(entry.path, status):
            return
        captions, interactive = sidecars.of(entry.name) if kind == "video" else ((), False)
        yield FoundFile(
            entry.path, kind, status.st_size, whole_seconds(status), captions, interactive, in_gallery
        )

    def _status(self, entry: os.DirEntry[str]) -> os.stat_result | None:
        try:
            return entry.stat()
        except OSError as error:
            self.fail(f"error scanning {entry.path}: {error.strerror}")
            return None

    def _skip(self, level: str, text: str) -> None:
        if self.on_skip is not None:
            self.on_skip(level, text)

    def _is_scanned(self, path: str, status: os.stat_result) -> bool:
        if stat.S_ISREG(status.st_mode) and status.st_size == 0:
            self._skip("Info", f"Skipping zero-length file: {path}")
        if not stat.S_ISREG(status.st_mode) or status.st_size == 0:
            return False
        return self.rules.older_than is None or status.st_mtime >= self.rules.older_than

    def _may_follow(self, link: os.DirEntry[str], ancestors: set[tuple[int, int]]) -> bool:
        try:
            status = link.stat()
        except OSError as error:
            self.fail(f"error scanning {link.path}: {error.strerror}")
            return False
        # Device and inode identify the target, because several names may lead to it.
        target = (status.st_dev, status.st_ino)
        if target in ancestors or target in self._link_targets:
            return False
        self._link_targets.add(target)
        return True


def whole_seconds(status: os.stat_result) -> int:
    """The modification time in epoch seconds, within the range that can be stored."""
    return min(max(int(status.st_mtime), 0), _LAST_SECOND)


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    # A loop of links is not a folder; `stat` reports it.
    except OSError:
        return False
