"""Editing a text in the user's editor, in a private file that can be opened again after a mistake.

`with EditedText(runtime, text, name="settings") as file: changed = file.edit()`. The file is deleted when the
block ends without an error; otherwise a changed file stays, and a note names it.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Self

from stash_cli.core.errors import StashError, StashNotConfirmedError, StashUsageError
from stash_cli.output.failures import answer

if TYPE_CHECKING:
    from stash_cli.commands.common.runtime import Runtime

_AT_ONCE = 1.0
"""Seconds; an editor that exits sooner has probably opened a window without waiting for it."""
_DEFAULT_EDITOR = "notepad" if os.name == "nt" else "vi"


class StashEditorError(StashError):
    """The editor could not be started, or ended with an error; nothing was changed."""

    code = "editor_failed"


def require_terminal(runtime: Runtime) -> None:
    """Raise StashUsageError without a terminal for the editor."""
    if not runtime.streams.interactive:
        raise StashUsageError("the editor needs a terminal")


class EditedText:
    """A text in a file that only this account can read, and the editor of the environment."""

    def __init__(self, runtime: Runtime, text: str, *, name: str) -> None:
        self.streams = runtime.streams
        environ = runtime.environ
        self.command = environ.get("VISUAL") or environ.get("EDITOR") or _DEFAULT_EDITOR
        self._text = text
        self._name = name
        self._path: Path | None = None

    def __enter__(self) -> Self:
        descriptor, path = tempfile.mkstemp(prefix=f"stash-{self._name}-", suffix=".yaml")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:  # 0600, as mkstemp makes it
            file.write(self._text)
        self._path = Path(path)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if error is None or not self.is_changed:
            self.path.unlink(missing_ok=True)
        else:
            self.streams.note(f"your text is kept in {self.path}")

    @property
    def path(self) -> Path:
        """The file of an entered block."""
        if self._path is None:
            raise StashUsageError("The file is not open.")
        return self._path

    @property
    def is_changed(self) -> bool:
        """Whether the text of the file differs from the original."""
        try:
            return self.path.read_text(encoding="utf-8") != self._text
        except (OSError, ValueError):
            return self.path.exists()

    def edit(self) -> str:
        """Open the editor, wait until it exits, and return the text of the file.

        An editor that exits at once without a change may have opened a window in the background; a prompt
        then waits for the user. Raises StashEditorError, and StashNotConfirmedError for an empty file.
        """
        began = monotonic()
        self._run()
        if monotonic() - began < _AT_ONCE and not self.is_changed:
            self.streams.note(f"{self.command} has returned at once; to wait for a window: code --wait")
            answer(self.streams, "Press Enter when you have saved the file:")
        try:
            text = self.path.read_text(encoding="utf-8-sig")
        except (OSError, ValueError) as error:
            raise StashEditorError(f"{self.path} cannot be read: {error}.") from error
        if not text.strip():
            raise StashNotConfirmedError("the file is empty: nothing was changed")
        return text

    def _run(self) -> None:
        try:
            words = shlex.split(self.command)
            status = subprocess.run([*words, str(self.path)], check=False).returncode  # noqa: S603 - the user's editor
        except (OSError, ValueError) as error:
            raise StashEditorError(
                f"The editor {self.command!r} cannot be started: {error}.",
                hint="Name another one in VISUAL or EDITOR.",
            ) from error
        if status:
            raise StashEditorError(
                f"The editor {self.command!r} ended with status {status}: nothing was changed."
            )
