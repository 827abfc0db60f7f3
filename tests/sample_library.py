"""A small library for tests of queries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from library_client import LibraryClient, copy_empty_library

from stash_cli.embedded import tables as t

STAMP = "2024-01-02T03:04:05Z"


class SampleLibrary(LibraryClient):
    """A client that also finds ids, and inserts files without a scan."""

    def ids(self, type_name: str, given: dict[str, Any] | None = None, **find: Any) -> list[str]:
        """Ids that a find query returns; all of them unless `per_page` is given."""
        items = LISTS[type_name]
        field = "scene_marker_filter" if type_name == "SceneMarker" else f"{type_name.lower()}_filter"
        camel = "".join(part.title() for part in items.split("_"))
        document = (
            f"query($f: FindFilterType, $o: {type_name}FilterType)"
            f" {{ find{camel}(filter: $f, {field}: $o) {{ {items} {{ id }} }} }}"
        )
        found = self(document, f={"per_page": -1, **find}, o=given)
        return [item["id"] for item in found[items]]

    def id_set(self, type_name: str, given: dict[str, Any], **find: Any) -> set[str]:
        """Ids returned by a find query, as a set."""
        return set(self.ids(type_name, given, **find))

    def filter_error(self, type_name: str, given: dict[str, Any]) -> str:
        """Error message of an invalid filter."""
        items = LISTS[type_name]
        document = (
            f"query($o: {type_name}FilterType) {{ find{items.title()}({type_name.lower()}_filter: $o)"
            f" {{ {items} {{ id }} }} }}"
        )
        return self.error(document, o=given)

    def folder(self, path: str) -> int:
        """Id of a folder, created if needed."""
        with self.library.database.write() as connection:
            data = connection.execute(t.folders.select().where(t.folders.c.path == path)).first()
            if data is not None:
                return int(data.id)
            values = {"path": path, "basename": path.rsplit("/", 1)[-1], "mod_time": STAMP}
            made = connection.execute(t.folders.insert().values(**values, **_stamps()))
            return _key(made)

    def video(self, path: str, scene: str | None = None, **facts: Any) -> int:
        """Insert a video file, attached to `scene`; the first file is the primary. Return its id."""
        number = self._file(path, facts.pop("size", 1000), facts.pop("hashes", {}))
        with self.library.database.write() as connection:
            connection.execute(t.video_files.insert().values(file_id=number, **VIDEO | facts))
            if scene is not None:
                self._attach(connection, t.scenes_files, "scene_id", scene, number)
        return number

    def image(self, path: str, *, galleries: tuple[str, ...] = (), **facts: Any) -> str:
        """Insert an image with one file, in the given galleries. Return its id."""
        with self.library.database.write() as connection:
            image = _key(connection.execute(t.images.insert().values(**_stamps())))
            for gallery in galleries:
                connection.execute(t.galleries_images.insert().values(gallery_id=gallery, image_id=image))
        self.picture(path, str(image), **facts)
        return str(image)

    def picture(self, path: str, image: str, **facts: Any) -> None:
        """Insert an image file, attached to `image`; the first file is the primary."""
        number = self._file(path, facts.pop("size", 100), facts.pop("hashes", {}))
        with self.library.database.write() as connection:
            picture = {"format": "png", "width": 100, "height": 100} | facts
            connection.execute(t.image_files.insert().values(file_id=number, **picture))
            self._attach(connection, t.images_files, "image_id", image, number)

    def _file(self, path: str, size: int, hashes: dict[str, Any]) -> int:
        folder, _, name = path.rpartition("/")
        parent = self.folder(folder)
        with self.library.database.write() as connection:
            values = {"basename": name, "parent_folder_id": parent, "size": size, "mod_time": STAMP}
            number = _key(connection.execute(t.files.insert().values(**values, **_stamps())))
            for kind, value in hashes.items():
                row = {"file_id": number, "type": kind, "fingerprint": value}
                connection.execute(t.files_fingerprints.insert().values(**row))
        return number

    def _attach(self, connection: Any, link: Any, owner: str, id_: Any, file: int) -> None:
        others = connection.execute(link.select().where(link.c[owner] == id_)).all()
        row = {owner: id_, "file_id": file, "primary": not others}
        connection.execute(link.insert().values(**row))


LISTS = {
    "Scene": "scenes",
    "Image": "images",
    "Gallery": "galleries",
    "Performer": "performers",
    "Studio": "studios",
    "Tag": "tags",
    "Group": "groups",
    "SceneMarker": "scene_markers",
    "File": "files",
    "Folder": "folders",
}
VIDEO: dict[str, Any] = {
    "duration": 60.5,
    "video_codec": "h264",
    "audio_codec": "aac",
    "format": "mp4",
    "width": 1920,
    "height": 1080,
    "frame_rate": 24.99,
    "bit_rate": 1000,
    "interactive": False,
}


def _stamps() -> dict[str, str]:
    return {"created_at": STAMP, "updated_at": STAMP}


def _key(result: Any) -> int:
    return int(result.inserted_primary_key[0])


def open_sample_library(path: Path) -> SampleLibrary:
    """A library in a new file; the caller closes it."""
    from stash_cli.embedded import open_library

    return SampleLibrary(open_library(str(copy_empty_library(path))))
