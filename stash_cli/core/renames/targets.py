"""Target paths of the files of objects, rendered from a template."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashTemplateError
from stash_cli.core.renames.names import MAX_BYTES, safe_name, stem_limit
from stash_cli.core.renames.paths import is_within, join, split
from stash_cli.core.renames.plan import Refusal, Target
from stash_cli.core.templates.filters import suffix
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.renames.template import PathTemplate

FILES = {"Scene": "files", "Image": "visual_files", "Gallery": "files"}
"""Type -> the field with its files, the primary one first."""
ZIPPED = "it is in a zip file, and the server moves only the whole zip"
FOLDER = "it is a folder, and the server moves only files"
NO_FILE = "it has no file"
BESIDE = "it has {}, which the server does not move along (see --sidecars)"


@dataclass
class Naming:
    """A template, and the base of its paths: `to`, or else the folder in `roots` that has the file.

    Without a folder in the template and without `to`, each file stays in its folder. `empty` replaces empty
    names, `limit` is the maximum number of bytes of a name. `leaves_sidecars` permits moving videos away from
    their captions and scripts.
    """

    template: PathTemplate
    roots: Sequence[str]
    to: str | None = None
    empty: str = ""
    limit: int = MAX_BYTES
    only_primary: bool = False
    leaves_sidecars: bool = False
    can_move_from: Callable[[str], bool] = lambda _: False
    """Whether sidecars can be moved out of a folder of the server."""
    unstable: int = 0
    """Number of files that a second run would rename again, because the template reads the path."""
    unmovable: dict[str, str] = field(default_factory=dict)
    """Objects without a movable file, and the reason."""

    @property
    def type(self) -> str:
        return self.template.type_name

    @property
    def _files(self) -> str:
        return FILES[self.type]

    def paths(self, server: ServerCapabilities) -> list[str]:
        """The fields to read of each object."""
        label = ENTITIES[self.type].label
        file_paths = [f"{self._files}.{name}" for name in ("id", "path", "zip_file_id")]
        type_paths = {"Scene": ["captions.language_code", "interactive"], "Gallery": ["folder.path"]}
        paths = ["id", label, *file_paths, *type_paths.get(self.type, ()), *self.template.paths]
        # `visual_files` is a union, which has no fields to look up.
        return [
            path
            for path in dict.fromkeys(paths)
            if path.startswith("visual_files.") or server.has_path(self.type, path)
        ]

    def of(self, row: Mapping[str, Any]) -> Iterator[Target | Refusal]:
        """Yield targets for the files of an object, and refusals for files that cannot be moved."""
        files = row.get(self._files) or []
        if not files:
            self.unmovable[row["id"]] = FOLDER if row.get("folder") else NO_FILE
        for number, file in enumerate(files[:1] if self.only_primary else files):
            if file.get("zip_file_id"):
                self.unmovable[row["id"]] = ZIPPED
            else:
                # Templates use `files[0]`, so the renamed file is put first.
                others = [file, *files[:number], *files[number + 1 :]]
                yield self._of_file({**row, self._files: others}, file)

    def _of_file(self, row: Mapping[str, Any], file: Mapping[str, Any]) -> Target | Refusal:
        id_, path = str(file["id"]), str(file["path"])
        try:
            folder, stem = self._render_target(row, path)
        except StashTemplateError as error:
            return Refusal(id_, row["id"], path, error.message, is_left=False)
        extension = suffix(path) or ""
        label = str(row.get(ENTITIES[self.type].label) or split(path)[1])
        target = Target(id_, row["id"], label, path, folder, stem, extension)
        is_moved = join(folder, stem + extension) != path
        sidecars = _sidecar_text(row)
        if is_moved and sidecars and not (self.leaves_sidecars or self.can_move_from(split(path)[0])):
            return Refusal(id_, row["id"], path, BESIDE.format(sidecars), is_left=False)
        if is_moved and self._is_unstable(row, file, target):
            self.unstable += 1
        return target

    def _render_target(self, row: Mapping[str, Any], path: str) -> tuple[str, str]:
        """Render the target folder and stem. Raises StashTemplateError."""
        extension = suffix(path) or ""
        *folders, stem = self.template.parts(row, empty=self.empty, limit=self.limit)
        if extension and stem.casefold().endswith(extension.casefold()):
            stem = stem[: -len(extension)]
        stem = safe_name(stem, stem_limit(extension, self.limit)) or self.empty
        if not stem:
            raise StashTemplateError("the name of the file is empty (give it one with --empty NAME)")
        current_folder = split(path)[0]
        if self.to is not None:
            return join(self.to, *folders), stem
        if not folders:
            return current_folder, stem
        root = root_of(path, self.roots)
        if root is None:
            raise StashTemplateError("it is in no folder of the library")
        return join(root, *folders), stem

    def _is_unstable(self, row: Mapping[str, Any], file: Mapping[str, Any], target: Target) -> bool:
        """Whether the template would render another name from the new path."""
        if not any(path.startswith(f"{self._files}.") for path in self.template.paths):
            return False
        name = target.stem + target.suffix
        renamed = {**file, "path": join(target.folder, name), "basename": name}
        files = [renamed, *row[self._files][1:]]
        try:
            rendered = self._render_target({**row, self._files: files}, renamed["path"])
        except StashTemplateError:
            return True
        return rendered != (target.folder, target.stem)


def root_of(path: str, roots: Sequence[str]) -> str | None:
    """The innermost library folder that has a path; None if there is none."""
    return max((root for root in roots if is_within(path, root)), key=len, default=None)


def _sidecar_text(row: Mapping[str, Any]) -> str:
    """Text for the sidecars of a scene: captions, a funscript, or both."""
    kinds = ["captions"] if row.get("captions") else []
    return " and ".join([*kinds, *(["a funscript"] if row.get("interactive") else [])])
