"""Questions to the user; asked only on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.errors import StashUsageError
from stash_cli.output.values import one_line

if TYPE_CHECKING:
    from stash_cli.output.streams import Streams


def confirm(streams: Streams, what: str, *, yes: bool) -> bool:
    """Ask `what? [y/N]`, unless `yes`; raises StashUsageError without a terminal."""
    return yes or _ask(streams, f"{what}? [y/N] ", what).lower() in ("y", "yes")


def confirm_count(streams: Streams, what: str, count: int, *, yes: bool) -> bool:
    """Ask for the count to be typed, before something that cannot be undone."""
    return yes or _ask(streams, f"{what}. Type {count} to continue: ", what) == str(count)


def _ask(streams: Streams, question: str, what: str) -> str:
    # A title with a line end in it could show a question of its own.
    question = one_line(question.rstrip()) + " "
    if not streams.interactive:
        raise StashUsageError(f"{what}: confirm with --yes, because there is no terminal to ask")
    return streams.ask(question)
