"""The rules of a scan: library folders, extensions, exclusions and options."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library import file_access, functions, timestamps
from stash_cli.embedded.library.file_access import absolute, between, extension, is_within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from stash_cli.core.types.re2 import Expression

Kind = Literal["video", "image", "zip"]

DEFAULT_EXTENSIONS = {
    "videoExtensions": "m4v mp4 mov wmv avi mpg mpeg rmvb rm flv asf mkv webm f4v",
    "imageExtensions": "png jpg jpeg gif webp avif",
    "galleryExtensions": "zip cbz",
}


@dataclass(frozen=True, slots=True)
class Root:
    """A library folder with its exclusions."""

    path: str
    exclude_video: bool = False
    exclude_image: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings and options of one scan; extensions are in lower case without a dot.

    Files changed before the epoch second `older_than` are skipped; `parallel_tasks` is the number of files
    that are read concurrently, 0 for a default by the number of processors.
    """

    roots: tuple[Root, ...] = ()
    video_extensions: frozenset[str] = frozenset()
    image_extensions: frozenset[str] = frozenset()
    gallery_extensions: frozenset[str] = frozenset()
    excludes: tuple[Expression, ...] = ()
    image_excludes: tuple[Expression, ...] = ()
    generated_path: str = ""
    clips_from_videos: bool = False
    galleries_from_folders: bool = False
    calculate_md5: bool = True
    parallel_tasks: int = 0
    rescan: bool = False
    older_than: float | None = None

    def root_of(self, path: str) -> Root | None:
        """The innermost library folder that contains `path`, or None."""
        containing = [root for root in self.roots if is_within(path, root.path)]
        return max(containing, key=lambda root: len(root.path), default=None)

    def enters(self, root: Root, folder: str) -> bool:
        """Whether a folder is scanned: not generated content, not excluded for all kinds."""
        if self.generated_path and is_within(folder, self.generated_path):
            return False
        folder_prefix = folder + os.sep
        videos = root.exclude_video or _matches(self.excludes, folder_prefix)
        images = root.exclude_image or _matches(self.image_excludes, folder_prefix)
        return not (videos and images)

    def kind(self, root: Root, path: str) -> Kind | None:
        """The kind of a file, or None when it is excluded.

        In a library folder without videos a video becomes an image clip, if the settings say so.
        """
        suffix = extension(path)
        if suffix in self.video_extensions and not (self.clips_from_videos and root.exclude_video):
            excluded = root.exclude_video or _matches(self.excludes, path)
            return None if excluded else "video"
        if root.exclude_image or _matches(self.image_excludes, path):
            return None
        if suffix in self.gallery_extensions:
            return "zip"
        return "image" if suffix in self.image_extensions | self.video_extensions else None

    def takes_member(self, zip_path: str, name: str) -> bool:
        """Whether a member of a zip, by its name inside, is a picture that is not excluded."""
        path = f"{zip_path}{os.sep}{name.replace('/', os.sep)}"
        root = self.root_of(path)
        if root is None or not self.is_picture(name) or _matches(self.image_excludes, path):
            return False
        return all(self.enters(root, folder) for folder in between(path, zip_path)[1:])

    def is_picture(self, name: str) -> bool:
        """Whether a name inside a zip file has the extension of a picture."""
        return extension(name) in self.image_extensions


def read_rules(
    general: Mapping[str, Any],
    options: Mapping[str, Any],
    warn: Callable[[str], None],
    *,
    any_folder: bool = False,
) -> Rules:
    """The rules from configuration.general and a ScanMetadataInput; `warn` is called for skipped parts.

    System folders are skipped unless `any_folder` permits them.
    """
    by_setting = {key: extensions(general, key) for key in DEFAULT_EXTENSIONS}
    generated = general.get("generatedPath")
    return Rules(
        roots=tuple(_roots(general, warn, any_folder=any_folder)),
        video_extensions=by_setting["videoExtensions"],
        image_extensions=by_setting["imageExtensions"],
        gallery_extensions=by_setting["galleryExtensions"],
        excludes=_patterns(general.get("excludes") or (), warn),
        image_excludes=_patterns(general.get("imageExcludes") or (), warn),
        generated_path=absolute(generated) if generated else "",
        clips_from_videos=bool(general.get("createImageClipsFromVideos")),
        galleries_from_folders=bool(general.get("createGalleriesFromFolders")),
        calculate_md5=general.get("calculateMD5") is not False,
        parallel_tasks=max(general.get("parallelTasks") or 0, 0),
        rescan=bool(options.get("rescan")),
        older_than=_seconds((options.get("filter") or {}).get("minModTime")),
    )


def extensions(general: Mapping[str, Any], key: str) -> frozenset[str]:
    """The extensions of a setting, in lower case without a dot; `key` is one of DEFAULT_EXTENSIONS."""
    names = general.get(key) or DEFAULT_EXTENSIONS[key].split()
    return frozenset(name.lower().lstrip(".") for name in names)


def _roots(general: Mapping[str, Any], warn: Callable[[str], None], *, any_folder: bool) -> Iterator[Root]:
    for stash in general.get("stashes") or ():
        path = absolute(stash["path"])
        if any_folder or not file_access.is_system_folder(path):
            yield Root(path, bool(stash.get("excludeVideo")), bool(stash.get("excludeImage")))
        else:
            warn(f"Skipping {path}: it is a folder of the system or hidden")


def _patterns(texts: Iterable[str], warn: Callable[[str], None]) -> tuple[Expression, ...]:
    patterns = []
    for text in texts:
        try:
            # Exclusions ignore case.
            patterns.append(functions.compile_pattern(f"(?i){text}"))
        except Refused as refusal:
            warn(f"Ignoring the exclusion pattern {text!r}: {refusal}")
    return tuple(patterns)


def _matches(patterns: tuple[Expression, ...], path: str) -> bool:
    return any(pattern.matches(path) for pattern in patterns)


def _seconds(moment: str | datetime | None) -> float | None:
    if moment is None:
        return None
    return (moment if isinstance(moment, datetime) else timestamps.parse(moment)).timestamp()
