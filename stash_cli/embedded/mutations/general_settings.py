"""What configureGeneral takes: library folders that exist, patterns that compile, passwords to hash."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from stash_cli.embedded.graphql.errors import Refused
from stash_cli.embedded.library.file_access import is_system_folder
from stash_cli.embedded.library.regex import compile_pattern
from stash_cli.embedded.web.credentials import hash_password

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.embedded.library.limits import Limits

_LOG_LEVELS = ("Trace", "Debug", "Info", "Warning", "Error")
_PATTERNS = {"excludes": "video", "imageExcludes": "image"}


def accept_general(
    stored: Mapping[str, Any], given: Mapping[str, Any], library: Path, limits: Limits
) -> dict[str, Any]:
    """The given fields as they are stored; refuses what the server refuses, and folders of the system."""
    found = dict(given)
    if given.get("stashes") is not None:
        known = {stash["path"] for stash in stored.get("stashes") or ()}
        found["stashes"] = [_library_folder(stash, known, limits) for stash in given["stashes"]]
    _check_database(found.pop("databasePath", None), library)
    for field, kind in _PATTERNS.items():
        _check_patterns(given.get(field) or (), kind)
    _check_together({**stored, **found})
    if "password" in given:
        found["password"] = _password(stored, given["password"] or "")
    if "logLevel" in given:
        level = str(given["logLevel"] or "")
        found["logLevel"] = level if level in _LOG_LEVELS else "Info"
    return found


def _library_folder(stash: Mapping[str, Any], known: set[str], limits: Limits) -> dict[str, Any]:
    """One folder; only a new one has to exist."""
    path = str(Path(stash["path"].strip()).absolute())
    if path not in known and not Path(path).is_dir():
        raise Refused(f"stat {path}: file does not exist")
    if not limits.any_folder and is_system_folder(path):
        raise Refused(
            f"{path} is a folder of the system or a hidden one of a home, not one of media:"
            " name a folder that holds media only, or serve with --allow system-folders"
        )
    return {"path": path, "excludeVideo": stash["excludeVideo"], "excludeImage": stash["excludeImage"]}


def _check_database(path: str | None, library: Path) -> None:
    """The library is the file that was opened; another one is opened by its own URL."""
    if path is None or Path(path) == library:
        return
    if Path(path).suffix not in {".db", ".sqlite", ".sqlite3"}:
        raise Refused("invalid database path, use extension db, sqlite, or sqlite3")
    raise Refused("cannot set overridden value: databasePath")


def _check_patterns(patterns: list[str] | tuple[()], kind: str) -> None:
    for pattern in patterns:
        try:
            compile_pattern(pattern)
        except Refused as refusal:
            raise Refused(f"{kind} exclusion pattern '{pattern}' invalid: {refusal.message}") from None


def _check_together(general: Mapping[str, Any]) -> None:
    if general.get("blobsStorage") == "FILESYSTEM" and not general.get("blobsPath"):
        raise Refused("blobs path must be set when using filesystem storage")
    if general.get("videoFileNamingAlgorithm") == "MD5" and general.get("calculateMD5") is False:
        raise Refused("calculateMD5 must be true if using MD5")


def _password(stored: Mapping[str, Any], given: str) -> str:
    """The hash to keep; the present hash written back leaves it as it is."""
    return given if not given or given == stored.get("password") else hash_password(given)
