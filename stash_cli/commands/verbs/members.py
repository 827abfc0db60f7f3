"""Verbs that add objects to a list of one object, or remove them: `galleries images add 3 12 13`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, Entry, LazyGroup, StashCommand, command
from stash_cli.commands.common.calls import Call, Word
from stash_cli.commands.common.calls import build as build_call
from stash_cli.commands.verbs.actions import Row, change

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session
    from stash_cli.core.orm.edit import Edit

_REORDER_CALLS = {
    "sub_groups": Call(
        "reorder",
        "reorderSubGroups",
        "Move groups to another place in the order of a group",
        ("stash groups subgroups reorder 12 --sub-group 31 --insert-at 33 --insert-after",),
        word=Word("group_id", "GROUP", "id or name of the group they are in", "Group"),
        done="the groups are in the new order",
    ),
}
"""Lists with an order, and the operation that changes it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class MemberOptions(CommandOptions):
    """The command line of `add` and `remove`."""

    owner: Annotated[str, typer.Argument(metavar="ID|NAME", help="the object whose list changes")]
    members: Annotated[
        list[str], typer.Argument(metavar="MEMBER...", help="ids or names; - reads ids from stdin")
    ]


def build(noun: Noun, _: tuple[str, ...], field: str, plural: str, lookup: str) -> LazyGroup:
    """Build the group of verbs for the list `field`; `lookup` is the filter that lists its objects."""
    word = f"stash {noun.entity.plural} {field.replace('_', '')}"
    text = f"The {plural} of a {noun.entity.noun}."
    listing = Entry(
        f"List the {plural} of a {noun.entity.noun}",
        "stash_cli.commands.verbs.related:build",
        arguments=(noun, (f"{word} list 12",), plural, lookup),
    )
    entries = {
        "list": listing,
        "add": Entry(
            f"Add {plural} to a {noun.entity.noun}",
            partial(_command, noun, field, plural, f"{word} add 12 31 32", adds=True),
        ),
        "remove": Entry(
            f"Take {plural} out of a {noun.entity.noun}; they are not deleted",
            partial(_command, noun, field, plural, f"{word} remove 12 31", adds=False),
        ),
    }
    if field in _REORDER_CALLS:
        entries["reorder"] = Entry(_REORDER_CALLS[field].help, partial(build_call, _REORDER_CALLS[field]))
    return LazyGroup(field.replace("_", ""), entries, text)


def _command(noun: Noun, field: str, plural: str, example: str, *, adds: bool) -> StashCommand:
    name, words = (
        ("add", "Add {} to a {}.") if adds else ("remove", "Take {} out of a {}. They are not deleted.")
    )
    return command(
        name,
        partial(_change, noun, field, adds),
        MemberOptions,
        help=words.format(plural, noun.entity.noun),
        examples=(example,),
    )


def _change(noun: Noun, field: str, adds: bool, runtime: Runtime, options: MemberOptions) -> None:
    from stash_cli.core.orm.relationship import relationships

    relation = relationships(noun.entity.type)[field]
    runtime.check_output(noun.view)

    async def work(session: Session) -> None:
        from stash_cli.commands.verbs.targets import find_targets, read_words
        from stash_cli.core.types.entities import ENTITIES

        words = read_words(runtime.streams, options.members)
        targets = await find_targets(session, ENTITIES[relation.inverse_type], words, ["id"], "added")
        targets.require_all()
        items = tuple({f"{relation.link}_id": id_} if relation.link else id_ for id_ in targets.ids)
        make = partial(_edits, noun, field, items, adds)
        await change(session, runtime, noun, [options.owner], [field], make)

    runtime.run(work, writes=True)


def _edits(noun: Noun, field: str, items: Sequence[Any], adds: bool, row: Row) -> Iterator[Edit]:
    """Yield the edit of the list, without items that are already added or removed."""
    from stash_cli.core.orm.edit import Change, Edit, key_of
    from stash_cli.core.orm.input import before_of
    from stash_cli.core.unset import UNSET

    before = before_of(noun.entity.type, field, row)
    if before is not UNSET:
        current = {key_of(each) for each in before}
        items = [each for each in items if (key_of(each) in current) != adds]
    if items:
        after = Change(added=tuple(items)) if adds else Change(removed=tuple(items))
        yield Edit(noun.entity.type, row["id"], field, before, after)
