"""Checks of this machine: environment, the programs on PATH, files and folders."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from stash_cli.core.doctor.findings import Finding, failure, ok, warning
from stash_cli.core.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stash_cli.core.doctor.subject import Subject

OURS = (
    "STASH_URL",
    "STASH_API_KEY",
    "STASH_API_KEY_FILE",
    "STASH_PROFILE",
    "STASH_MAX_ANSWER_BYTES",
    "STASH_STATE_DIR",
)
"""Variables that this program reads."""
THEIRS = ("STASH_HOST", "STASH_PORT", "STASH_EXTERNAL_HOST", "STASH_CONFIG_FILE", "STASH_STASH")
"""Variables of the server, which do not concern a client's connection."""
_LEAST_SPACE = 50_000_000
_LARGEST_SCRIPT = 1_000_000
_MARK = b"stash_cli"
"""Text in the scripts of this program, whatever installed them."""


async def environment(subject: Subject) -> Finding:
    """No two variables contradict each other, and none is misspelt."""
    environ = subject.environment.environ
    problems = list(_clashes(environ))
    if not problems:
        used = [name for name in OURS if environ.get(name)]
        return ok(f"set: {', '.join(used)}" if used else "no variables are set")
    return warning("; ".join(found for found, _ in problems), " ".join(fix for _, fix in problems))


def _clashes(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield problems of the variables, with fixes; values are never shown."""
    for first, second, told in _PAIRS:
        if environ.get(first) and environ.get(second):
            yield f"{first} and {second} are both set: {told}", "Unset one of them."
    theirs = [name for name in THEIRS if environ.get(name)]
    if theirs and not any(environ.get(name) for name in ("STASH_URL", "STASH_PROFILE")):
        yield f"{', '.join(theirs)}: read by the server only", "Set STASH_URL for this program."
    for name in environ:
        # A variable of the server is not a misspelling of one of this program.
        if name.startswith("STASH_") and name not in (*OURS, *THEIRS) and (near := did_you_mean(name, OURS)):
            yield f"{name} is not known", near
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        if environ.get(name, "") != environ.get(name.lower(), environ.get(name, "")):
            yield f"{name} and {name.lower()} differ: {name.lower()} wins", "Unset one of them."


_PAIRS = (
    ("STASH_URL", "STASH_PROFILE", "STASH_URL wins"),
    ("STASH_API_KEY", "STASH_API_KEY_FILE", "the first wins"),
)


async def path(subject: Subject) -> Finding:
    """The command `stash` is this program, and not the server's own binary."""
    found = list(programs(subject.environment.environ.get("PATH", "")))
    if not found:
        return ok("no command named stash on PATH; this program was started by its path")
    if not is_ours(found[0]):
        return warning(
            f"the command stash is another program: {found[0]}",
            "Type stash-cli, which is the same program under another name, or change the order of PATH.",
        )
    others = [str(each) for each in found[1:] if not is_ours(each)]
    return ok(f"stash is {found[0]}" + (f"; behind it: {', '.join(others)}" if others else ""))


def programs(search_path: str, name: str = "stash") -> Iterator[Path]:
    """Yield the programs with this name on PATH, in its order, each file once."""
    seen = set()
    for folder in search_path.split(os.pathsep):
        found = shutil.which(name, path=folder) if folder else None
        if found and (real := os.path.realpath(found)) not in seen:
            seen.add(real)
            yield Path(found)


def is_ours(program: Path) -> bool:
    """Whether a file starts this program; it is read, never run."""
    try:
        # Scripts are small, while the server's binary has tens of megabytes.
        return program.stat().st_size < _LARGEST_SCRIPT and _MARK in program.read_bytes()
    except OSError:
        return False


async def files(subject: Subject) -> Finding:
    """Files with secrets are private, and folders can be written and have room."""
    around = subject.environment
    problems = [*_private(around.files), *_writable(around.folders)]
    if not problems:
        return ok(f"{', '.join(around.folders)} can be written")
    gravest = failure if any(is_grave for _, _, is_grave in problems) else warning
    return gravest("; ".join(found for found, _, _ in problems), " ".join(fix for _, fix, _ in problems))


Problem = tuple[str, str, bool]
"""A finding, its remedy, and whether it is a failure."""


def _private(secret: Mapping[str, Path]) -> Iterator[Problem]:
    for name, file in secret.items():
        try:
            mode = file.stat().st_mode
        except OSError:
            continue  # the check that reads it tells
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield f"other users can read {name} ({file})", f"Run: chmod 600 {file}", False


def _writable(folders: Mapping[str, Path]) -> Iterator[Problem]:
    for name, folder in folders.items():
        nearest = next((each for each in (folder, *folder.parents) if each.exists()), folder)
        if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
            yield f"the {name} folder {folder} cannot be written", f"Make {nearest} writable.", True
        elif (free := shutil.disk_usage(nearest).free) < _LEAST_SPACE:
            yield f"{free // 1_000_000} MB are free for the {name} folder {folder}", "Make room.", False
