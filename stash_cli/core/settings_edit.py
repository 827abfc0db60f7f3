"""Changes of the settings file: one writer at a time, atomic, and with its comments preserved."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from stash_cli.core.atomic_files import replacing
from stash_cli.core.errors import StashConfigurationError
from stash_cli.core.private_files import make_private_folder, try_lock
from stash_cli.core.settings_file import TOP, check_keys, parse, settings_path, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tomlkit import TOMLDocument

LOCK_TIMEOUT = 10.0
"""Seconds to wait for another program that writes the file."""
_PAUSE = 0.05
"""Seconds between two attempts to lock the file."""


@contextmanager
def editing(path: Path | None = None) -> Iterator[TOMLDocument]:
    """The settings file as a document; changes of the block are written when it ends without an error.

    For a symbolic link the target is replaced; an existing file keeps its mode and owner, a new one has mode
    0600. Raises StashConfigurationError for a file that is invalid or cannot be written.
    """
    import tomlkit
    import tomlkit.exceptions

    # The file may be a link to one in a folder of dotfiles, which replacing the link would detach.
    path = Path(os.path.realpath(path or settings_path()))
    try:
        make_private_folder(path.parent)
        with _lock(path):
            before = path.read_bytes() if path.exists() else b""
            text = text_of(before, path)
            parse(text, path)  # its error has line and column
            document = tomlkit.parse(text)
            yield document
            after = tomlkit.dumps(document)
            if after != text:
                check_keys(parse(after, path), TOP, str(path))
                _replace(path, after.replace("\n", "\r\n") if b"\r\n" in before else after)
    except OSError as error:
        raise StashConfigurationError(f"{path} cannot be written: {error.strerror}.") from error
    except tomlkit.exceptions.TOMLKitError as error:
        raise StashConfigurationError(
            f"{path} cannot be changed by a program: {error}.", hint="Edit it by hand."
        ) from error


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Exclude other writers. Raises StashConfigurationError when one does not end in time."""
    # A separate file, because the settings file is replaced, and its lock would be lost.
    descriptor = os.open(f"{path}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        end = monotonic() + LOCK_TIMEOUT
        while not try_lock(descriptor):
            if monotonic() > end:
                raise StashConfigurationError(
                    f"{path} is being changed by another program.", hint="Try again when that has ended."
                )
            sleep(_PAUSE)
        yield
    finally:
        os.close(descriptor)


def _replace(path: Path, text: str) -> None:
    """Replace a file by a new one, with the mode and owner of the old one."""
    with replacing(path) as file:
        file.write(text.encode())
        if path.exists():
            _copy_access(file.fileno(), path)


def _copy_access(descriptor: int, path: Path) -> None:
    if os.name != "posix":
        return
    old, new = path.stat(), os.fstat(descriptor)
    if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, old.st_mode & 0o777)


def set_values(document: TOMLDocument, name: str, values: Mapping[tuple[str, ...], Any]) -> None:
    """Set values of a profile by their keys, also inside tables; None removes a value.

    A missing profile is created, and the first one becomes the default.
    """
    is_first = not document.get("profiles")
    table = _table(_table(document, "profiles"), name)
    for keys, value in values.items():
        _set(table, keys, value)
    if is_first and not document.get("default"):
        document["default"] = name


def _set(table: Any, keys: tuple[str, ...], value: Any) -> None:
    first, *rest = keys
    if rest and value is not None:
        # A text is replaced by a table: `password = "..."` and then `password.command`.
        if not isinstance(table.get(first, {}), dict):
            del table[first]
        _set(_table(table, first), tuple(rest), value)
    elif rest and first in table:
        _set(table[first], tuple(rest), None)
        if not table[first]:
            del table[first]
    elif value is None:
        table.pop(first, None)
    elif table.get(first) != value:
        table[first] = value


def _table(parent: Any, key: str) -> Any:
    """The table `key` of a table, created if it is missing."""
    import tomlkit
    from tomlkit.items import InlineTable

    if key not in parent:
        is_inline = isinstance(parent, InlineTable)
        parent[key] = tomlkit.inline_table() if is_inline else tomlkit.table(is_super_table=key == "profiles")
    return parent[key]


def remove_profile(document: TOMLDocument, name: str) -> None:
    """Remove a profile; if it was the default, there is no default any more."""
    del document["profiles"][name]
    if document.get("default") == name:
        del document["default"]


def rename_profile(document: TOMLDocument, old: str, new: str) -> None:
    """Rename a profile, also where it is the default."""
    profiles: Any = document["profiles"]
    profiles[new] = profiles.pop(old)
    if document.get("default") == old:
        document["default"] = new


def set_alias(document: TOMLDocument, name: str, words: list[str] | None, profile: str | None = None) -> None:
    """Set an alias of all connections or of one profile; None removes it."""
    place: Any = document if profile is None else _table(_table(document, "profiles"), profile)
    if words is not None:
        _table(place, "aliases")[name] = words
        return
    del place["aliases"][name]
    if not place["aliases"]:
        del place["aliases"]
