"""Files and folders on the server's disk, and the pages that list them."""

from __future__ import annotations

from typing import TypeAlias

from stash_cli.core.types import links
from stash_cli.core.types.annotations import ID, Int64, Maybe, Nullable, Time
from stash_cli.core.types.base import ApiObject, StashResult, api
from stash_cli.core.types.entity import StashObject
from stash_cli.core.types.links import Gallery, Image, Scene
from stash_cli.core.unset import UNSET


class BaseFile(StashObject):
    """Fields of every file; the concrete type depends on its content."""

    path: Maybe[str] = UNSET
    basename: Maybe[str] = UNSET
    parent_folder_id: Maybe[ID] = api(deprecated="Use parent_folder instead")
    zip_file_id: Nullable[ID] = api(deprecated="Use zip_file instead")
    parent_folder: Maybe[Folder] = UNSET
    zip_file: Nullable[BasicFile] = UNSET
    mod_time: Maybe[Time] = UNSET
    size: Maybe[Int64] = UNSET
    fingerprint: Nullable[str] = api(args={"type": "String!"})
    fingerprints: Maybe[list[Fingerprint]] = UNSET
    created_at: Maybe[Time] = UNSET
    updated_at: Maybe[Time] = UNSET


class Fingerprint(ApiObject):
    """A hash of a file: oshash and phash of videos, md5 of all."""

    type: Maybe[str] = UNSET
    value: Maybe[str] = UNSET


class Folder(StashObject):
    """A folder or the inside of a zip file."""

    path: Maybe[str] = UNSET
    basename: Maybe[str] = UNSET
    parent_folder_id: Nullable[ID] = api(deprecated="Use parent_folder instead")
    zip_file_id: Nullable[ID] = api(deprecated="Use zip_file instead")
    parent_folder: Nullable[Folder] = UNSET
    parent_folders: Maybe[list[Folder]] = api(lazy=True)
    zip_file: Nullable[BasicFile] = UNSET
    sub_folders: Maybe[list[Folder]] = api(lazy=True)
    mod_time: Maybe[Time] = UNSET
    created_at: Maybe[Time] = UNSET
    updated_at: Maybe[Time] = UNSET


class BasicFile(BaseFile):
    """A file that is neither video nor image, such as a zip."""


class VideoFile(BaseFile):
    """A video file with its stream properties: seconds, pixels, codecs, frames and bits per second."""

    format: Maybe[str] = UNSET
    width: Maybe[int] = UNSET
    height: Maybe[int] = UNSET
    duration: Maybe[float] = UNSET
    video_codec: Maybe[str] = UNSET
    audio_codec: Maybe[str] = UNSET
    frame_rate: Maybe[float] = UNSET
    bit_rate: Maybe[int] = UNSET
    scenes: Maybe[list[Scene]] = api(lazy=True, since="0.32")


class ImageFile(BaseFile):
    """A picture with its size in pixels."""

    format: Maybe[str] = UNSET
    width: Maybe[int] = UNSET
    height: Maybe[int] = UNSET
    images: Maybe[list[Image]] = api(lazy=True, since="0.32")


class GalleryFile(BaseFile):
    """The zip file of a gallery."""

    galleries: Maybe[list[Gallery]] = api(lazy=True, since="0.32")


class FindFilesResultType(StashResult):
    """One page of files and the number that match in all."""

    megapixels: Maybe[float] = UNSET
    duration: Maybe[float] = UNSET
    size: Maybe[int] = UNSET
    files: list[links.BaseFile]


class FindFoldersResultType(StashResult):
    """One page of folders and the number that match in all."""

    folders: list[Folder]


class ImageFileType(ApiObject):
    """Properties of an image file in the older form."""

    mod_time: Maybe[Time] = UNSET
    size: Maybe[int] = UNSET
    width: Maybe[int] = UNSET
    height: Maybe[int] = UNSET


class SceneFileType(ApiObject):
    """Properties of a scene file in the older form."""

    size: Nullable[str] = UNSET
    duration: Nullable[float] = UNSET
    video_codec: Nullable[str] = UNSET
    audio_codec: Nullable[str] = UNSET
    width: Nullable[int] = UNSET
    height: Nullable[int] = UNSET
    framerate: Nullable[float] = UNSET
    bitrate: Nullable[int] = UNSET


class VideoCaption(ApiObject):
    """A subtitle file beside a video."""

    language_code: Maybe[str] = UNSET
    caption_type: Maybe[str] = UNSET


VisualFile: TypeAlias = VideoFile | ImageFile
"""File of an image: a picture, or a video shown as a clip."""
