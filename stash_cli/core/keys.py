"""API keys as people hand them over: in a variable, in a file."""

from __future__ import annotations

from pathlib import Path

from stash_cli.core.errors import StashConfigurationError

_LONGEST = 8192
"""Bytes of a key with its line end; servers take no longer headers."""
_BOM = b"\xef\xbb\xbf"


def check_key(key: str, setting: str) -> str:
    """`key`, if an HTTP header can carry it; `setting` names where it came from in the error.

    Raises StashConfigurationError, which never quotes the key.
    """
    if not key:
        raise StashConfigurationError(f"{setting} holds no API key.")
    if len(key) > _LONGEST:
        raise StashConfigurationError(f"{setting} is no API key: it has more than {_LONGEST} characters.")
    if not (key.isascii() and key.isprintable()):
        raise StashConfigurationError(
            f"{setting} is no API key: it holds line breaks, control characters or letters beyond ASCII.",
            hint="Copy the key again from Settings > Security of the server.",
        )
    return key


def read_key(path: str | Path, setting: str) -> str:
    """The key in a UTF-8 text file; a byte order mark and white space around it are ignored.

    Raises StashConfigurationError that names `setting` and the file, and never quotes what it holds.
    """
    place = f"{setting} ({path})"
    try:
        with Path(path).expanduser().open("rb") as file:
            data = file.read(_LONGEST + 1)
    except OSError as error:
        raise StashConfigurationError(f"{place} cannot be read: {error.strerror}.") from None
    except (RuntimeError, ValueError):  # a home folder that is not known, a NUL in the name
        raise StashConfigurationError(f"{place} is not the path of a file.") from None
    try:
        text = data.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError:  # its message quotes what could not be read
        raise StashConfigurationError(
            f"{place} is not UTF-8 text.", hint="Save the file as UTF-8; PowerShell's > writes UTF-16."
        ) from None
    return check_key(text.strip(), place)
