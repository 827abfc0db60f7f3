"""The file `settings.toml` in the platform's configuration folder: its path, content and validation."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashConfigurationError, did_you_mean
from stash_cli.core.texts import ENCODINGS, decode_text

if TYPE_CHECKING:
    from pathlib import Path

NAME = "settings.toml"
TOP = {"default": str, "profiles": dict, "defaults": dict, "aliases": dict, "run": dict}
"""The keys of the file, with the types of their values."""
_PLACE = r"(?s:^(?P<reason>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$)"
_HINT = "Correct the file; --server URL works without it."


def settings_path() -> Path:
    """The path of the settings file."""
    from platformdirs import user_config_path

    return user_config_path("stash-cli", appauthor=False) / NAME


def has_file() -> bool:
    """Whether there is a settings file, perhaps one that cannot be read."""
    try:
        settings_path().stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:  # reported when it is read; to ignore it could send commands to another server
        return True
    return True


def read_file(path: Path) -> dict[str, Any]:
    """The content of the settings file; empty where there is none.

    Raises StashConfigurationError with the line of a mistake.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise StashConfigurationError(f"{path} cannot be read: {error.strerror}.", hint=_HINT) from None
    content = parse(text_of(data, path), path)
    check_keys(content, TOP, str(path))
    return content


def text_of(data: bytes, path: Path) -> str:
    """The text of the file. Raises StashConfigurationError."""
    try:
        return decode_text(data)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise StashConfigurationError(
            f"{path} line {line} is not text in {ENCODINGS}.", hint="Save the file as UTF-8."
        ) from None


def parse(text: str, path: Path) -> dict[str, Any]:
    """The TOML in `text`. Raises StashConfigurationError with line and column."""
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.match(_PLACE, str(error))
        reason = (found["reason"] if found else str(error)).rstrip(".")
        place = f"line {found['line']}, column {found['column']}" if found and found["line"] else "at its end"
        raise StashConfigurationError(
            f"{path} {place}: {reason[:1].lower()}{reason[1:]}.", hint=_HINT
        ) from None
    except RecursionError:
        raise StashConfigurationError(f"{path} is nested too deeply.", hint=_HINT) from None


def check_keys(table: dict[str, Any], known: dict[str, Any], place: str) -> None:
    """Raise StashConfigurationError for a key that is unknown, with near ones, or a value of a wrong type."""
    for key, value in table.items():
        if key not in known:
            near = did_you_mean(key, known) or f"Known are {', '.join(known)}."
            raise StashConfigurationError(f"{place} has an unknown key {key}. {near}", hint=_HINT)
        types = known[key]
        allowed = types if isinstance(types, tuple) else (types,)
        # True is an int in Python, but `timeout = true` is wrong.
        if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
            names = " or ".join(dict.fromkeys(_TYPES[each] for each in allowed))
            raise StashConfigurationError(f"{place}: {key} has to be {names}.", hint=_HINT)


_TYPES = {
    str: "text in quotation marks",
    dict: "a table",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
}


def readable_by_others(path: Path) -> bool:
    """Whether other users of this machine can read the file."""
    return os.name == "posix" and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
