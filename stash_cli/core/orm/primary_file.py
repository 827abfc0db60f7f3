"""The primary file of scenes, images and galleries: the one that is played, shown and measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError, StashUsageError
from stash_cli.core.orm import state_of
from stash_cli.core.orm.input import PRIMARY_FILE
from stash_cli.core.orm.loading import set_silently
from stash_cli.core.types.api import describe_api
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from stash_cli.core.types.entity import StashObject

_FILES = ("files", "visual_files")
"""Attributes that hold the files of an object, the primary one first."""


def has_primary_file(type_name: str) -> bool:
    """Whether the primary file of this type can be chosen."""
    update = describe_api().types.get(f"{type_name}UpdateInput")
    return update is not None and PRIMARY_FILE in update.fields


def set_primary_file(obj: StashObject, file: Any) -> None:
    """Queue a file, or its id, as the primary one for the next save; loaded lists of files show it first.

    Raises StashInputError for a file that is not among the loaded files of the object, and StashUsageError
    for an object that is not saved yet.
    """
    if obj.is_new():
        raise StashUsageError(f"{obj!r} is not saved yet: its first file is the primary one.")
    file_id, state = _id_of(file), state_of(obj)
    with state.locked():
        loaded = {name: files for name in _FILES if (files := obj.__dict__.get(name, UNSET)) is not UNSET}
        ids = {name: [each.id for each in files] for name, files in loaded.items()}
        if any(file_id not in known for known in ids.values()):
            known = ", ".join(next(known for known in ids.values() if file_id not in known)) or "none"
            raise StashInputError(f"File {file_id} is not of {obj!r}. Its files: {known}.")
        for name, files in loaded.items():
            set_silently(state, name, sorted(files, key=lambda each: each.id != file_id))
        state.ensure_pending().inputs[PRIMARY_FILE] = file_id
        state.notify()


def _id_of(file: Any) -> str:
    """The id of a file, or an id as text; raises StashInputError for anything else."""
    declared = describe_api().types.get(type(file).__name__)
    file_id = str(file.id) if declared is not None and declared.is_file else str(file)
    if file_id.isdigit() and not isinstance(file, bool):
        return file_id
    raise StashInputError(f"A file or its id is expected, not {file!r}.")
