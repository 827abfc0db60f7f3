"""Small generated media files, and a library that scans them."""

from __future__ import annotations

import io
import os
import struct
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from library_client import copy_empty_library
from PIL import Image
from sqlalchemy import delete, insert, text

from stash_cli.embedded import Library, open_library
from stash_cli.embedded.tables import settings


def picture(seed: int = 0, size: tuple[int, int] = (32, 24), kind: str = "PNG", **options: Any) -> bytes:
    """Bytes of an image, determined by the seed."""
    stream = io.BytesIO()
    base = Image.new("RGB", size, (seed % 256, seed // 256 % 256, seed // 65536 % 256))
    base.save(stream, kind, **options)
    return stream.getvalue()


def write_picture(path: Path, seed: int = 0, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture(seed, **options))
    return path


def write_video(
    path: Path,
    seed: int = 0,
    *,
    size: tuple[int, int] = (64, 48),
    frames: int = 10,
    rate: int = 10,
    codec: str = "mpeg4",
    sound: str = "",
    rotation: int = 0,
    cover: tuple[int, int] | None = None,
) -> Path:
    """A real video of `frames` flat frames; `sound` names an audio codec.

    `cover` is the size of an attached picture, stored in an mp4 before the video.

    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        attached = _add_picture(container, cover) if cover else None
        video = container.add_stream(codec, rate=rate)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        if rotation:
            video.set_display_rotation(rotation)
        audio = container.add_stream(sound, rate=48000, layout="stereo") if sound else None
        if attached:
            still = av.VideoFrame(attached.width, attached.height, attached.pix_fmt)
            container.mux([*attached.encode(still), *attached.encode()])
        for number in range(frames):
            frame = av.VideoFrame.from_image(Image.new("RGB", size, (seed % 256, number * 20 % 256, 90)))
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        if audio:
            add_silence(container, audio, frames / rate)
    return path


def _add_picture(container: Any, size: tuple[int, int]) -> Any:
    stream = container.add_stream("mjpeg", rate=1)
    stream.width, stream.height, stream.pix_fmt = *size, "yuvj420p"
    stream.disposition = av.stream.Disposition.attached_pic
    return stream


def put_picture_first(path: Path) -> Path:
    """Reorder an mp4 so that its attached picture precedes the video."""
    top = [*_boxes(path.read_bytes())]
    moov = b"".join(sorted(_boxes(next(box for box in top if box[4:8] == b"moov")[8:]), key=_order))
    size = struct.pack(">I", len(moov) + 8)
    path.write_bytes(b"".join(size + b"moov" + moov if box[4:8] == b"moov" else box for box in top))
    return path


def _order(box: bytes) -> tuple[bool, bool]:
    return box[4:8] != b"mvhd", box[4:8] != b"udta"


def _boxes(data: bytes) -> Iterator[bytes]:
    while data:
        length = int.from_bytes(data[:4], "big")
        yield data[:length]
        data = data[length:]


def add_silence(container: Any, audio: Any, seconds: float) -> None:
    samples, done = 1152, 0
    while done < seconds * 48000:
        frame = av.AudioFrame(format=audio.format.name, layout="stereo", samples=samples)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.pts, frame.time_base = 48000, done, Fraction(1, 48000)
        container.mux(audio.encode(frame))
        done += samples
    container.mux(audio.encode())


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 2, 3, 4, 6)), data)
    return path


def write_zip_of_names(path: Path, members: dict[str, bytes], encoding: str) -> Path:
    """A zip with names in an encoding other than UTF-8, without an encoding flag."""
    raw = {name: name.encode(encoding) for name in members}
    plain = {chr(65 + number) * len(data): members[name] for number, (name, data) in enumerate(raw.items())}
    write_zip(path, plain)
    content = path.read_bytes()
    for ascii_name, data in zip(plain, raw.values(), strict=True):
        content = content.replace(ascii_name.encode(), data)
    path.write_bytes(content)
    return path


def touch(path: Path, seconds: int = 5) -> None:
    """Shift a file's times by whole seconds."""
    facts = path.stat()
    os.utime(path, (facts.st_atime + seconds, facts.st_mtime + seconds))


def overwrite_keeping_stat(path: Path) -> None:
    """Replace the content of a file, keeping its size and modification time."""
    facts = path.stat()
    path.write_bytes(b"x" * facts.st_size)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


@dataclass
class ScanLibrary:
    """A library file with a media folder, scanned through the job queue."""

    media: Path
    library: Library

    def configure(self, **general: Any) -> None:
        """Replace the general settings; the media folder is the library unless `stashes` is given."""
        value = {"stashes": [{"path": str(self.media)}], **general}
        with self.library.database.write() as connection:
            connection.execute(delete(settings).where(settings.c.key == "general"))
            connection.execute(insert(settings).values(key="general", value=value))

    def scan(self, *paths: Path, **options: Any) -> dict[str, Any]:
        """Run a scan to its end and return the job, which must not have failed."""
        job = self.start(*paths, **options)
        assert self.library.jobs.wait_idle(60)
        ended = self.library.jobs.find(job)
        assert ended
        assert ended["status"] != "FAILED", ended
        return dict(ended)

    def start(self, *paths: Path, **options: Any) -> int:
        """Queue a scan through the API, and return the job's id."""
        lookups = {"paths": [str(path) for path in paths], **options}
        mutation = "mutation($input: ScanMetadataInput!) { metadataScan(input: $input) }"
        outcome = self.library.execute(mutation, {"input": lookups})
        assert not outcome.errors
        return int(outcome.data["metadataScan"])

    def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        with self.library.database.read() as connection:
            return [tuple(row) for row in connection.execute(text(query), values)]

    def column(self, query: str, **values: Any) -> list[Any]:
        return [row[0] for row in self.rows(query, **values)]

    def count(self, table: str) -> int:
        return int(self.column(f"SELECT count(*) FROM {table}")[0])

    def files(self, join: str, key: str) -> list[tuple[int, str]]:
        """(object id, path relative to the media folder) of the files of one kind of object."""
        found = self.rows(
            f"SELECT j.{key}, d.path || '/' || f.basename FROM {join} j JOIN files f ON f.id = j.file_id "
            "JOIN folders d ON d.id = f.parent_folder_id ORDER BY j.file_id"
        )
        return [(owner, str(Path(path).relative_to(self.media))) for owner, path in found]

    def scenes(self) -> list[tuple[int, str]]:
        return self.files("scenes_files", "scene_id")

    def images(self) -> list[tuple[int, str]]:
        return self.files("images_files", "image_id")

    def galleries(self) -> list[tuple[int, str]]:
        return self.files("galleries_files", "gallery_id")

    def log(self, *levels: str) -> list[str]:
        """Messages of these levels, by default warnings and errors."""
        entries = self.library.jobs.library_log.entries()
        expected = levels or ("Warning", "Error")
        return [entry.message for entry in reversed(entries) if entry.level in expected]

    def assert_consistent(self) -> None:
        """Assert that integrity checks pass and every file has a folder, details, a hash and an object."""
        assert self.column("PRAGMA integrity_check") == ["ok"]
        assert self.rows("PRAGMA foreign_key_check") == []
        assert not self.column(
            "SELECT basename FROM files f WHERE id NOT IN (SELECT file_id FROM files_fingerprints) OR "
            "id NOT IN (SELECT file_id FROM video_files UNION SELECT file_id FROM image_files) AND "
            "id NOT IN (SELECT zip_file_id FROM folders WHERE zip_file_id IS NOT NULL)"
        )
        assert not self.column(
            "SELECT file_id FROM (SELECT file_id FROM video_files UNION SELECT file_id FROM image_files) "
            "WHERE file_id NOT IN (SELECT file_id FROM scenes_files UNION SELECT file_id FROM images_files)"
        )


@contextmanager
def scan_library(folder: Path) -> Iterator[ScanLibrary]:
    """An empty library and an empty media folder, closed at the end."""
    media = folder / "media"
    media.mkdir(exist_ok=True)
    library = open_library(str(copy_empty_library(folder / "library.sqlite")))
    opened = ScanLibrary(media, library)
    opened.configure()
    yield opened
    library.jobs.stop_all()
    library.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("stash-scan")]
