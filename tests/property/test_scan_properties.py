"""Files added, copied, moved and removed between scans: the library mirrors the disk."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import defaultdict
from pathlib import Path

from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from scan_library import picture, scan_library, write_zip

FOLDERS = st.sampled_from(["", "a", "a/b", "a b", "c/a", "日本"])
COPIES = st.sampled_from(["", ".b", " Ünïcode"])
CONTENTS = st.integers(0, 3)


class Disk(RuleBasedStateMachine):
    """A media folder that is changed and scanned.

    A file's name starts with the number of its content, so that content never changes at a path: such a file
    would keep its object.

    """

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp())
        self.context = scan_library(self.home)
        self.scan_library = self.context.__enter__()
        self.scan_library.configure(createGalleriesFromFolders=True)
        self.is_scanned = False

    def teardown(self) -> None:
        self.context.__exit__(None, None, None)
        shutil.rmtree(self.home)

    @property
    def media(self) -> Path:
        return self.scan_library.media

    def files(self) -> list[Path]:
        return sorted(path for path in self.media.rglob("*") if path.is_file())

    def place(self, folder: str, content: int, copy: str, suffix: str) -> Path:
        path = self.media / folder / f"{content}{copy}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.is_scanned = False
        return path

    @rule(folder=FOLDERS, copy=COPIES, content=CONTENTS)
    def add_picture(self, folder: str, copy: str, content: int) -> None:
        path = self.place(folder, content, copy, ".png")
        if not path.exists():
            path.write_bytes(picture(content))

    @rule(folder=FOLDERS, copy=COPIES, content=CONTENTS)
    def add_zip(self, folder: str, copy: str, content: int) -> None:
        path = self.place(folder, content, copy, ".zip")
        if not path.exists():
            write_zip(path, {f"{content}.png": picture(content), "in/x.png": picture(content + 1)})

    @rule(data=st.data(), folder=FOLDERS, copy=COPIES, is_move=st.booleans())
    def carry(self, data: st.DataObject, folder: str, copy: str, is_move: bool) -> None:
        if self.files():
            source = data.draw(st.sampled_from(self.files()))
            target = self.place(folder, int(source.name[0]), copy, source.suffix)
            if not target.exists():
                (shutil.move if is_move else shutil.copy)(source, target)

    @rule(source=FOLDERS, to=FOLDERS)
    def move_folder(self, source: str, to: str) -> None:
        old, new = self.media / source, self.media / to
        inside = new == old or old in new.parents
        if source and old.is_dir() and not new.exists() and not inside:
            new.parent.mkdir(parents=True, exist_ok=True)
            old.rename(new)
            self.is_scanned = False

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        if self.files():
            path = data.draw(st.sampled_from(self.files()))
            path.unlink()
            if path.parent != self.media and not any(path.parent.iterdir()):
                path.parent.rmdir()
            self.is_scanned = False

    @rule(rescan=st.booleans())
    def scan(self, rescan: bool) -> None:
        self.scan_library.scan(rescan=rescan)
        self.is_scanned = True

    @invariant()
    def database_is_consistent(self) -> None:
        self.scan_library.assert_consistent()

    @invariant()
    def scanned_files_have_their_rows(self) -> None:
        if not self.is_scanned:
            return
        known = self.rows_by_path()
        note(str(known))
        owners = defaultdict(set)
        for path in self.files():
            size, owner = known[str(path)]
            assert size == path.stat().st_size
            assert owner is not None
            owners[path.suffix, path.read_bytes()].add(owner)
        assert all(len(sharing) == 1 for sharing in owners.values())

    def rows_by_path(self) -> dict[str, tuple[int, int | None]]:
        rows = self.scan_library.rows(
            "SELECT d.path || '/' || f.basename, f.size, coalesce(i.image_id, -g.gallery_id) FROM files f "
            "JOIN folders d ON d.id = f.parent_folder_id LEFT JOIN images_files i ON i.file_id = f.id "
            "LEFT JOIN galleries_files g ON g.file_id = f.id"
        )
        assert len({row[0] for row in rows}) == len(rows)
        return {path: (size, owner) for path, size, owner in rows}

    @invariant()
    def folders_have_the_right_parents(self) -> None:
        if not self.is_scanned:
            return
        rows = self.scan_library.rows(
            "SELECT d.path, p.path FROM folders d LEFT JOIN folders p ON p.id = d.parent_folder_id"
        )
        parents = dict(rows)
        for path in [self.media, *self.media.rglob("*")]:
            if path.is_dir() or path.suffix == ".zip":
                expected = None if path == self.media else os.path.dirname(path)  # noqa: PTH120 - as stored
                assert parents[str(path)] == expected


TestDisk = Disk.TestCase
TestDisk.settings = settings(
    max_examples=10, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
