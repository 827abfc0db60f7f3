"""Detection of concurrent changes before a save: fields are read again if a list is sent as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.plan import is_exact
from stash_cli.core.edits.saving.load_before_save import read_fields
from stash_cli.core.errors import StashConflictError, StashUsageError
from stash_cli.core.orm.history import ALWAYS_DIRTY, Conflict, OnConflict
from stash_cli.core.orm.input import input_field
from stash_cli.core.orm.merge import is_mergeable
from stash_cli.core.types.api import describe_api
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stash_cli.core.client import StashClient
    from stash_cli.core.orm.flush import FlushPlan
    from stash_cli.core.types.entity import StashObject


async def reload_changed(
    client: StashClient, flushes: Iterable[tuple[StashObject, FlushPlan]], *, always: bool = False
) -> None:
    """Read the changed fields again of objects that send a list as a whole; with `always` of all objects.

    One request for each type and 500 objects; the changes of others are merged into the objects.
    """
    server = await client.session.load_capabilities()
    groups: dict[type[StashObject], list[tuple[StashObject, list[str]]]] = {}
    for obj, flush in flushes:
        fields = list(_readable(obj, flush))
        is_unknown = any(_is_difference_unknown(flush, name) for name in fields)
        if fields and (
            always or is_unknown or (_sets_lists(obj, flush) and not is_exact(flush.plan, server))
        ):
            groups.setdefault(type(obj), []).append((obj, fields))
    for cls, group in groups.items():
        await read_fields(client, cls, group)


async def find_conflicts(
    client: StashClient, flushes: Iterable[tuple[StashObject, FlushPlan]], on_conflict: OnConflict | None
) -> list[tuple[StashObject, StashConflictError]]:
    """Find concurrent changes: the objects that must not be saved because of them, with an error each.

    With `on_conflict` None, a field that cannot be merged is a conflict if it is known to have changed on
    both sides. With "raise" every field that changed on both sides is a conflict, and all are read again.
    "merge" overwrites fields that cannot be merged; "mine" overwrites everything without reading it again.
    """
    if on_conflict not in (None, "raise", "mine", "merge"):
        raise StashUsageError(f"on_conflict is raise, mine or merge, not {on_conflict!r}.")
    many = list(flushes)
    if on_conflict == "mine":
        # Changes with an unknown outcome are read nevertheless: a difference that is sent twice would count
        # twice.
        many = [(obj, flush) for obj, flush in many if flush.pending.unknown]
    await reload_changed(client, many, always=on_conflict is not None)
    if on_conflict in ("mine", "merge"):
        return []
    conflicts_by_object = [(obj, _conflicts(obj, on_conflict)) for obj, _ in many]
    return [(obj, _error(obj, conflicts)) for obj, conflicts in conflicts_by_object if conflicts]


def _conflicts(obj: StashObject, on_conflict: OnConflict | None) -> dict[str, Conflict]:
    return {
        name: conflict
        for name, conflict in obj.get_conflicts().items()
        if on_conflict == "raise" or not is_mergeable(name, conflict.original, conflict.mine, conflict.theirs)
    }


def _error(obj: StashObject, conflicts: dict[str, Conflict]) -> StashConflictError:
    return StashConflictError(
        f"{obj!r} was changed on the server as well, in {', '.join(conflicts)}: it was not saved.",
        conflicts,
        hint='Assign what it is to be, or save it with on_conflict="mine" to overwrite what the server has.',
    )


def _readable(obj: StashObject, flush: FlushPlan) -> Iterator[str]:
    """Yield the fields to be saved that were loaded before and that the object's own query can read."""
    if obj.is_new() or type(obj).__name__ not in ENTITIES:
        return
    api = {field.attr for field in describe_api().types[type(obj).__name__].fields.values()}
    before = {**flush.before, **{name: had for name, (had, _) in flush.side_fields.items()}}
    yield from (name for name, had in before.items() if name in api and _was_read(had))


def _is_difference_unknown(flush: FlushPlan, name: str) -> bool:
    """Whether a field is sent as a difference, and an earlier save of it has an unknown outcome."""
    sent = flush.pending.unknown.get(name, UNSET)
    return is_mergeable(name, sent, flush.before.get(name, sent))


def _sets_lists(obj: StashObject, flush: FlushPlan) -> bool:
    """Whether a list that was loaded is sent as a whole."""
    for name, had in flush.before.items():
        field = input_field(type(obj).__name__, "Update", name)
        if _was_read(had) and field is not None and field.type.is_list:
            return True
    return False


def _was_read(before: Any) -> bool:
    return before is not UNSET and before is not ALWAYS_DIRTY
