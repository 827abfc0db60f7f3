"""The part of generating that needs no external program: a frame of each video as its cover."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, select, update

from stash_cli.embedded import tables
from stash_cli.embedded.writing.folders import library_root
from stash_cli.embedded.writing.pictures import forget_unused, store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.embedded.database import Database
    from stash_cli.embedded.jobs.progress import Progress

_AT = 0.2
"""Where in a video its cover is taken unless a second is named."""


@dataclass(frozen=True)
class CoverMaker:
    """One run by a GenerateMetadataInput: `sceneIDs` limits it, `overwrite` replaces covers."""

    database: Database
    options: Mapping[str, Any]
    progress: Progress

    def run(self) -> None:
        with self.database.read() as connection:
            rows = connection.execute(self._scenes()).all()
            # Entries that were imported may name any path.
            found = [row for row in rows if library_root(connection, Path(row[1])) is not None]
        self.progress.total(len(found))
        for scene, folder, name, duration in found:
            self.progress.check()
            path = Path(folder) / name
            with self.progress.task(f"Generating cover for {path}"):
                self._make(scene, path, duration)
            self.progress.step()

    def _scenes(self) -> Select[Any]:
        scenes, owned, files = tables.scenes, tables.scenes_files, tables.files
        query = (
            select(scenes.c.id, tables.folders.c.path, files.c.basename, tables.video_files.c.duration)
            .join(owned, (owned.c.scene_id == scenes.c.id) & owned.c.primary)
            .join(files, files.c.id == owned.c.file_id)
            .join(tables.folders, tables.folders.c.id == files.c.parent_folder_id)
            .join(tables.video_files, tables.video_files.c.file_id == files.c.id)
        )
        if self.options.get("sceneIDs"):
            query = query.where(scenes.c.id.in_([int(number) for number in self.options["sceneIDs"]]))
        return query if self.options.get("overwrite") else query.where(scenes.c.cover_blob.is_(None))

    def _make(self, scene: int, path: Path, duration: float) -> None:
        at = self.options.get("at")
        picture = frame_at(path, duration * _AT if at is None else at)
        if picture is None:
            self.progress.journal.warning(f"No cover could be made of {path}")
            return
        with self.database.write() as connection:
            row = update(tables.scenes).where(tables.scenes.c.id == scene)
            connection.execute(row.values(cover_blob=store(connection, picture)))
            forget_unused(connection)


def frame_at(path: Path, second: float) -> bytes | None:
    """A frame near `second` as JPEG; None when the file cannot be read."""
    import av

    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            container.seek(int(second * av.time_base), backward=True)
            frame = next(container.decode(stream))
            data = io.BytesIO()
            frame.to_image().save(data, "JPEG", quality=90)  # type: ignore[no-untyped-call, unused-ignore]
            return data.getvalue()
    except (OSError, IndexError, StopIteration, av.FFmpegError):
        return None
