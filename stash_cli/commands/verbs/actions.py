"""Base of verbs that make one kind of edit: find the objects, plan their edits, send and report them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.common.sending import before_sending, send
from stash_cli.core.many_keys import Ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.client.session import Session
    from stash_cli.core.orm.edit import Edit
    from stash_cli.core.types.entities import Entity

Row = dict[str, Any]

Targets = Annotated[
    list[str],
    typer.Argument(metavar="ID|NAME...", help="the objects; - reads ids from stdin", show_default=False),
]


async def change(
    session: Session,
    runtime: Runtime,
    noun: Noun,
    words: Sequence[str],
    fields: Sequence[str],
    edits_of: Callable[[Row], Iterable[Edit]],
) -> None:
    """Apply `edits_of(row)` to each object that `words` name; a row has the current values of `fields`.

    Objects without edits are not sent. Raises StashIncompleteError when some were not changed.
    """
    from stash_cli.commands.verbs.targets import find_targets, read_words
    from stash_cli.commands.verbs.update import report
    from stash_cli.core.edits.drafts.recheck import is_noop
    from stash_cli.core.edits.gallery_contents import refusals
    from stash_cli.core.edits.plan import plan_updates

    target_words = read_words(runtime.streams, words)
    if not target_words:
        return
    with before_sending(runtime):
        server = await session.load_capabilities()
        paths = ["id", noun.entity.label, *_paths(noun.entity, fields, server)]
        targets = await find_targets(session, noun.entity, target_words, paths, "updated")
        edits = {row["id"]: [edit for edit in edits_of(row) if not is_noop(edit)] for row in targets.rows}
        refused = await refusals(session, [edit for object_edits in edits.values() for edit in object_edits])
    for (_, id_), error in refused.items():
        targets.outcomes.fail([id_], error)
        del edits[id_]
    unchanged = [id_ for id_, object_edits in edits.items() if not object_edits]
    targets.outcomes.asked = Ids(Ids(targets.outcomes.asked).without(unchanged))
    plan = plan_updates([edit for object_edits in edits.values() for edit in object_edits], server)
    await send(session, runtime, plan.operations, targets.outcomes)
    try:
        await report(session, runtime, noun, targets.outcomes, unchanged)
    finally:  # failed objects are reported also when the new state cannot be read
        targets.outcomes.check()


def _paths(entity: Entity, fields: Sequence[str], server: ServerCapabilities) -> Iterator[str]:
    from stash_cli.core.orm.input import field_paths

    for field in entity.api.fields.values():
        if field.attr in fields:
            yield from (path for path in field_paths(field) if server.has_path(entity.type, path))
