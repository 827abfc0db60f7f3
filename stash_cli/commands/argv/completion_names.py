"""Live names for completion: read from a cache on disk, which another process refreshes.

A Tab may take 0.7 seconds with the start of Python, and must say nothing on stderr. So the names come from a
file. Where that is older than a minute, they are offered all the same, and a process without a terminal is
started that asks the server; where there is none, that process is waited for as long as the time allows.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FRESH = 60.0
"""Seconds for which names are not asked for again."""
PATIENCE = 0.5
"""Seconds that a Tab waits for names that were never asked for; Python's start is not in it."""
BUSY = 15.0
"""Seconds after which a refresh that has not ended is given up, and another may start."""
REFRESH = "refresh"
"""Value of `_STASH_COMPLETE` in the process that asks the server."""
_POLL = 0.01
_FORMAT = 1
_SETTINGS = ("STASH_URL", "STASH_PROFILE", "STASH_API_KEY", "STASH_API_KEY_FILE")


class NameCache:
    """The file of the names of one kind, of one server and key.

    `kind` is a type such as Tag, `Scene.filters` for the saved filters of a type, or `filters` for those of
    all. `words` are the flags of the connection on the command line.
    """

    def __init__(self, kind: str, words: Sequence[str], environ: Mapping[str, str]) -> None:
        self.kind, self.words, self.environ = kind, list(words), environ
        self.path = cache_folder() / f"{self._digest()}-{kind}.json"

    def _digest(self) -> str:
        """A digest of everything that selects server and key, so that neither is in the name of the file."""
        from stash_cli.core.settings_file import settings_path
        from stash_cli.core.texts import legible

        chosen = [*self.words, *(self.environ.get(name, "") for name in _SETTINGS)]
        if any(_is_relative(word) for word in chosen):
            chosen.append(str(Path.cwd()))
        chosen += [_stamp(path) for path in (settings_path(), *self._key_files())]
        text = "\0".join(map(legible, chosen))
        return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()

    def _key_files(self) -> list[Path]:
        named = [self.environ.get("STASH_API_KEY_FILE", "")]
        named += [
            after for word, after in zip(self.words, self.words[1:], strict=False) if word == "--api-key-file"
        ]
        return [Path(name) for name in named if name]

    def names(self) -> list[str]:
        """The names, as far as they can be had in time."""
        kept, age = self._read()
        if age < FRESH:
            return kept
        begun = time.monotonic()
        self._start_refresh()
        # Names of an hour ago are better than none, and the next Tab has the new ones.
        while age == float("inf") and time.monotonic() - begun < PATIENCE:
            time.sleep(_POLL)
            kept, age = self._read()
        return kept

    def _read(self) -> tuple[list[str], float]:
        """The names that are kept, and how old they are in seconds; infinitely old where there are none."""
        try:
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            if kept["format"] == _FORMAT:
                return [str(name) for name in kept["names"]], abs(time.time() - kept["at"])
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return [], float("inf")

    def write(self, names: Sequence[str] | None) -> None:
        """Keep names for a minute; None, for an attempt that failed, keeps those that are there."""
        from stash_cli.core.atomic_files import replacing
        from stash_cli.core.private_files import make_private_folder

        known = self._read()[0] if names is None else list(names)
        make_private_folder(self.path.parent)
        with replacing(self.path, sync=False) as file:
            file.write(json.dumps({"format": _FORMAT, "at": time.time(), "names": known}).encode())

    @property
    def lock(self) -> Path:
        """The file that is there while a refresh runs."""
        return self.path.with_suffix(".lock")

    def _start_refresh(self) -> None:
        """Start the process that asks the server, unless one runs."""
        import subprocess

        try:
            if time.time() - self.lock.stat().st_mtime < BUSY:
                return
        except OSError:
            pass
        environ = {**self.environ, "_STASH_COMPLETE": f"{REFRESH}:{self.kind}"}
        subprocess.Popen(  # noqa: S603 - this program itself
            [sys.executable, "-m", "stash_cli", *self.words],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C at the prompt is not for it
        )


def cache_folder() -> Path:
    """The folder of cached names."""
    from platformdirs import user_cache_path

    return user_cache_path("stash-cli", appauthor=False) / "completion"


def _is_relative(word: str) -> bool:
    """Whether a word names a library file relative to the current folder."""
    _, library, file = word.partition("embedded:")
    return bool(library) and not Path(file).is_absolute()


def _stamp(path: Path) -> str:
    """The time and size of a file, which change with its content."""
    try:
        facts = path.expanduser().stat()
    except (OSError, RuntimeError, ValueError):
        return ""
    return f"{facts.st_mtime_ns} {facts.st_size}"
