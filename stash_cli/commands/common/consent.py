"""Consent to changes: the limit of `--max-changes`, and the options `--dry-run` and `--backup-first`."""

from __future__ import annotations

from typing import Annotated

import typer

from stash_cli.core.errors import StashNotConfirmedError

MOST = 1000
"""Limit of `--max-changes` with `--yes`, when nobody confirms the number of objects."""
DryRun = Annotated[bool, typer.Option("--dry-run", "-n", help="show what would change, send nothing")]
BackupFirst = Annotated[
    bool, typer.Option("--backup-first", help="have the server back up its database first")
]


def require_few(count: int, action: str, *, yes: bool, max_changes: int | None) -> None:
    """Raise StashNotConfirmedError when `count` exceeds the limit; `action` is text like `delete 12 tags`.

    Without `max_changes` the limit is MOST with `yes`; with a prompt there is none.
    """
    limit = max_changes if max_changes is not None else MOST if yes else None
    if limit is not None and count > limit:
        raise StashNotConfirmedError(
            f"this would {action}, more than {limit:,}: nothing was changed",
            hint=f"Allow it with --max-changes {count}.",
        )
