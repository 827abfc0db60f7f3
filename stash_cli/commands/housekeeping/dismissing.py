"""`dismiss` and `restore`: exclude pairs of objects from duplicate searches, or include them again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashUsageError
from stash_cli.core.texts import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.client.session import Session
    from stash_cli.core.duplicates.dismissed import Dismissed, Pair
    from stash_cli.core.types.entities import Entity

    PathsOf = Callable[[ServerCapabilities], Sequence[str]]
    PairsOf = Callable[[Sequence[dict[str, Any]]], Iterable[Pair]]

DISMISS, RESTORE = "dismiss", "restore"


def load_dismissed(runtime: Runtime, entity: Entity) -> Dismissed:
    """Load the pairs that were dismissed on this machine."""
    from stash_cli.core.duplicates.dismissed import Dismissed

    return Dismissed.load(runtime.connection().journal, entity.type)


def dismiss(
    runtime: Runtime, noun: Noun, words: Sequence[str], paths_of: PathsOf, pairs_of: PairsOf, what: str
) -> None:
    """Dismiss or restore the pairs among some objects; `words` are the action and the names of the objects.

    `paths_of` returns the fields to read, by server; `pairs_of` the pairs among the rows; `what` names the
    compared things in messages.
    """
    action, *names = words
    if action not in (DISMISS, RESTORE):
        raise StashUsageError(
            f"{action}: this command takes only {DISMISS} and {RESTORE} with {noun.entity.plural}"
        )

    async def work(session: Session) -> None:
        from stash_cli.commands.verbs.targets import read_words, rows_of, target_ids

        ids = await target_ids(session, noun.entity, read_words(runtime.streams, names))
        if len(ids) < 2:  # noqa: PLR2004 - a pair
            raise StashUsageError(f"{action} needs two {noun.entity.plural} or more")
        rows = await rows_of(session, noun.entity, ids, paths_of(await session.load_capabilities()))
        pairs, dismissed = pairs_of(rows), load_dismissed(runtime, noun.entity)
        count = dismissed.add(pairs) if action == DISMISS else dismissed.remove(pairs)
        verb = "dismissed" if action == DISMISS else "restored"
        runtime.streams.note(f"{verb} {counted(count, 'pair')} of {what}")

    runtime.run(work)
