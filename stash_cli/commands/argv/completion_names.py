"""Live names for completion: read from a cache on disk, which another process refreshes.

A Tab may take 0.7 seconds including the start of Python, and must not print to stderr. So the names are read
from a file. If it is older than a minute, its names are still offered, and a background process is started
that requests them from the server. Without a file, the Tab waits up to PATIENCE seconds for that process.
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
"""Seconds until cached names are refreshed."""
PATIENCE = 0.5
"""Seconds that a Tab waits for names without a cache file, excluding the start of Python."""
BUSY = 15.0
"""Seconds after which an unfinished refresh counts as failed, and another may start."""
REFRESH = "refresh"
"""Value of `_STASH_COMPLETE` in the refreshing process."""
_POLL = 0.01
_FORMAT = 1
_SETTINGS = ("STASH_URL", "STASH_PROFILE", "STASH_API_KEY", "STASH_API_KEY_FILE")


class NameCache:
    """The cache file of names of one kind, for one server and API key.

    `kind` is a type such as Tag, `Scene.filters` for the saved filters of a type, or `filters` for those of
    all types. `words` are the connection flags of the command line.
    """

    def __init__(self, kind: str, words: Sequence[str], environ: Mapping[str, str]) -> None:
        self.kind, self.words, self.environ = kind, list(words), environ
        self.path = cache_folder() / f"{self._digest()}-{kind}.json"

    def _digest(self) -> str:
        """Digest of everything that selects server and API key; the file name must not contain them."""
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
        """Return the cached names, and start a refresh if they are old or missing."""
        cached, age = self._read()
        if age < FRESH:
            return cached
        begun = time.monotonic()
        self._start_refresh()
        # Stale names are offered at once; the next Tab has the new ones.
        while age == float("inf") and time.monotonic() - begun < PATIENCE:
            time.sleep(_POLL)
            cached, age = self._read()
        return cached

    def _read(self) -> tuple[list[str], float]:
        """Return the cached names and their age in seconds; infinity without a valid file."""
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
            if content["format"] == _FORMAT:
                return [str(name) for name in content["names"]], abs(time.time() - content["at"])
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return [], float("inf")

    def write(self, names: Sequence[str] | None) -> None:
        """Cache names for a minute; None, after a failed request, extends the cached ones by a minute."""
        from stash_cli.core.atomic_files import replacing
        from stash_cli.core.private_files import make_private_folder

        cached = self._read()[0] if names is None else list(names)
        make_private_folder(self.path.parent)
        with replacing(self.path, sync=False) as file:
            file.write(json.dumps({"format": _FORMAT, "at": time.time(), "names": cached}).encode())

    @property
    def lock(self) -> Path:
        """The file that exists while a refresh is running."""
        return self.path.with_suffix(".lock")

    def _start_refresh(self) -> None:
        """Start the process that requests the names, unless one is running."""
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
            start_new_session=True,  # so that Ctrl-C at the prompt does not interrupt it
        )


def cache_folder() -> Path:
    """The folder of cached names."""
    from platformdirs import user_cache_path

    return user_cache_path("stash-cli", appauthor=False) / "completion"


def _is_relative(word: str) -> bool:
    """Whether a word names an embedded library by a relative path."""
    _, library, file = word.partition("embedded:")
    return bool(library) and not Path(file).is_absolute()


def _stamp(path: Path) -> str:
    """Modification time and size of a file, as a cheap sign of a change; "" if it cannot be read."""
    try:
        facts = path.expanduser().stat()
    except (OSError, RuntimeError, ValueError):
        return ""
    return f"{facts.st_mtime_ns} {facts.st_size}"
