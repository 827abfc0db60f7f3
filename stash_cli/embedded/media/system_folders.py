"""Folders that are no place for media: those of the operating system, and a user's hidden ones."""

from __future__ import annotations

import os
from pathlib import Path

_WHOLE = ("/", "/usr", "/var", "/run", "/home", "/Users", "/private", "/private/var")
"""Refused themselves; what lies below may hold media."""
_WITH_CONTENTS = (
    *("/etc", "/proc", "/sys", "/dev", "/boot", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"),
    *("/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib64", "/usr/libexec", "/usr/include", "/usr/src"),
    *("/var/lib/private", "/var/log", "/var/spool", "/var/cache", "/run/secrets", "/run/credentials"),
    *("/private/etc", "/System", "/Library", "/Applications"),
)
_HOMES = ("/home", "/Users")


def is_system_folder(path: str) -> bool:
    """Whether `path`, its links resolved, is a folder of the system or a hidden one of a user's home."""
    real = Path(os.path.realpath(path))
    if str(real) in (*_WHOLE, os.environ.get("SYSTEMDRIVE", "") + os.sep):
        return True
    return any(real.is_relative_to(top) for top in _forbidden()) or _is_hidden_in_home(real)


def _forbidden() -> list[str]:
    names = ("SYSTEMROOT", "PROGRAMDATA", "PROGRAMFILES")
    windows = [os.environ[name] for name in names if name in os.environ]
    return [*_WITH_CONTENTS, *windows]


def _is_hidden_in_home(path: Path) -> bool:
    own = Path(os.path.realpath(os.path.expanduser("~")))  # noqa: PTH111 - Path raises without a home
    homes = {own, *(Path(*path.parts[:3]) for top in _HOMES if path.is_relative_to(top))}
    return any(
        path.is_relative_to(home)
        and len(path.parts) > len(home.parts)
        and path.parts[len(home.parts)][0] == "."
        for home in homes
    )
