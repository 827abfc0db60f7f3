"""Checks before a write: values that a server accepts without storing them correctly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.gallery_contents import refusals
from stash_cli.core.errors import StashInputError
from stash_cli.core.orm import state_of, validate
from stash_cli.core.orm.backrefs import discard_changes
from stash_cli.core.orm.flush import FlushPlan, members_edit
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stash_cli.core.client import StashClient
    from stash_cli.core.orm.edit import Edit
    from stash_cli.core.orm.history import Delta
    from stash_cli.core.types.entity import StashObject


async def check(client: StashClient, flushes: Sequence[tuple[StashObject, FlushPlan]]) -> None:
    """Raise StashInputError for the first save that must not be sent; unread values are queried."""
    await validate.check(client, flushes)
    edits = [edit for obj, flush in flushes for edit in _edits(obj, flush)]
    for error in (await refusals(client.session, edits)).values():
        raise error
    for obj, flush in flushes:
        if "cover" in flush.side_fields:
            await _check_cover(client, obj, flush)
        for name, delta in flush.pending.members.items():
            if delta.removed:
                await _check_removed(client, obj, name, delta)


def _edits(obj: StashObject, flush: FlushPlan) -> Iterator[Edit]:
    """All edits of a flush."""
    yield from (*flush.plan.edits, *flush.plan.side_edits)
    for name, delta in flush.pending.members.items():
        if delta:
            yield members_edit(obj, name, delta)


async def _check_cover(client: StashClient, gallery: Any, flush: FlushPlan) -> None:
    """Refuse a cover from outside its gallery: the server reports success, and removes the present cover."""
    cover = flush.side_fields["cover"][1]
    # Loaded data is trusted: only a cover about which nothing is known costs a request.
    if cover is None or _is_in(gallery, cover, flush):
        return
    if not gallery.is_new():
        loaded: Any = await client.find_entity(type(cover), cover.id, ["galleries.id"])
        if loaded is not None and gallery in loaded.galleries:
            return
    raise StashInputError(f"{cover!r} is not in {gallery!r}, so it cannot be its cover.")


def _is_in(gallery: Any, image: Any, flush: FlushPlan) -> bool:
    """Whether loaded data shows that the image is in the gallery, or is added to it."""
    queued = flush.pending.members.get("images")
    collections = (gallery.images or [], queued.added.values() if queued else ())
    return any(image in collection for collection in collections) or gallery in (image.galleries or [])


async def _check_removed(client: StashClient, obj: StashObject, name: str, delta: Delta) -> None:
    """Drop removals of objects that are not in the relationship.

    The update would clear the only reference of an object that meanwhile belongs to another parent. The
    present parents are read in one request.
    """
    relation = relationships(type(obj).__name__)[name]
    back = relation.inverse_field
    if back is None or relationships(relation.inverse_type)[back].is_list:
        return
    entity, ids = ENTITIES[relation.inverse_type], [each.id for each in delta.removed.values()]
    paths = [f"{entity.items}.id", f"{entity.items}.{back}.id"]
    answer: Any = await client.call_operation(entity.find, paths, ids=ids, filter={"per_page": -1})
    related = getattr(answer, entity.items)
    member_ids = {
        each.id for each in related if state_of(each).committed_state.get(back, getattr(each, back)) == obj
    }
    for each in [*delta.removed.values()]:
        if each.id not in member_ids:
            delta.discard(each)
            discard_changes(obj, name, each)
