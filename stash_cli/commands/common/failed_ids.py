"""The file of `--failed-to`: ids of objects that were not changed, for a second attempt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stash_cli.core.errors import StashUsageError

if TYPE_CHECKING:
    from stash_cli.commands.common.outcomes import Outcomes
    from stash_cli.commands.common.runtime import Runtime


def check_failed_to(target: str | None) -> None:
    """Raise StashUsageError where the file of `--failed-to` cannot be written, before anything is sent."""
    if target is None or target == "-":
        return
    try:
        # Appending shows that the file can be written, and keeps the ids of an earlier attempt until there
        # are new ones.
        Path(target).open("a", encoding="utf-8").close()
    except OSError as error:
        raise StashUsageError(f"--failed-to: {target} cannot be written: {error.strerror or error}") from None


def write_failed(runtime: Runtime, target: str | None, outcomes: Outcomes) -> None:
    """Write the ids of objects that were not changed to the file of `--failed-to`, if one is given."""
    if target is None:
        return
    text = "".join(f"{one}\n" for one in [*outcomes.problems, *outcomes.not_sent])
    if target == "-":
        runtime.streams.data(text)
        return
    try:
        Path(target).write_text(text, encoding="utf-8")
    except OSError as error:
        runtime.streams.warn(f"{target} cannot be written: {error.strerror or error}")
