"""Changes of the settings file: one writer at a time, whole or not at all; people's comments stay."""

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


@contextmanager
def editing(path: Path | None = None) -> Iterator[TOMLDocument]:
    """The settings file as a document; what the block changes in it is written, unless it raises.

    A file that is a link is replaced where it really is; an existing one keeps its mode and owner, a new one
    is for its owner only. Raises StashConfigurationError for a file that is broken or cannot be written.
    """
    import tomlkit
    import tomlkit.exceptions

    # People keep the file in a folder of dotfiles and link to it: replacing the link would part the two.
    path = Path(os.path.realpath(path or settings_path()))
    try:
        make_private_folder(path.parent)
        with _lock(path):
            before = path.read_bytes() if path.exists() else b""
            text = text_of(before, path)
            parse(text, path)  # for an error with its place
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
    """Keep other writers away. Raises StashConfigurationError when one does not end in time."""
    # A file beside it, because the file itself is replaced, and its lock with it.
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
            _keep_access(file.fileno(), path)


def _keep_access(descriptor: int, path: Path) -> None:
    if os.name != "posix":
        return
    old, new = path.stat(), os.fstat(descriptor)
    if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, old.st_mode & 0o777)


def set_values(document: TOMLDocument, name: str, values: Mapping[tuple[str, ...], Any]) -> None:
    """Set values of a profile by their keys, inner ones of tables too; None takes one out.

    The profile is made where there is none, and the first one becomes the default.
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
        # What was text before becomes a table: `password = "..."` and then `password.command`.
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
    """The table `key` of a table, made where there is none."""
    import tomlkit
    from tomlkit.items import InlineTable

    if key not in parent:
        is_inline = isinstance(parent, InlineTable)
        parent[key] = tomlkit.inline_table() if is_inline else tomlkit.table(is_super_table=key == "profiles")
    return parent[key]


def remove_profile(document: TOMLDocument, name: str) -> None:
    """Take a profile out; a default profile leaves none."""
    del document["profiles"][name]
    if document.get("default") == name:
        del document["default"]


def rename_profile(document: TOMLDocument, old: str, new: str) -> None:
    """Give a profile another name, as the default too."""
    profiles: Any = document["profiles"]
    profiles[new] = profiles.pop(old)
    if document.get("default") == old:
        document["default"] = new


def set_alias(document: TOMLDocument, name: str, words: list[str] | None, profile: str | None = None) -> None:
    """Set an alias of all connections or of one profile; None takes it out."""
    place: Any = document if profile is None else _table(_table(document, "profiles"), profile)
    if words is not None:
        _table(place, "aliases")[name] = words
        return
    del place["aliases"][name]
    if not place["aliases"]:
        del place["aliases"]
