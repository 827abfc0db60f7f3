"""Output of duplicates: a row for each file, and the effect of a plan in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.duplicates.matching import DURATION, PHASH
from stash_cli.core.duplicates.policy import DELETE, DELETE_FILES, MOVE, TAG
from stash_cli.core.texts import counted, duration, size
from stash_cli.output.values import View, columns, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session
    from stash_cli.core.duplicates.copies import File
    from stash_cli.core.duplicates.policy import Policy
    from stash_cli.core.duplicates.relocation import Targets
    from stash_cli.core.duplicates.survey import Planned, Totals
    from stash_cli.core.types.entities import Entity

Row = dict[str, Any]

VIEW = View(
    columns=columns(
        "group>",
        "action",
        "id>",
        "title?",
        "path:path!",
        "size=size:size>",
        "resolution>?",
        "codec?",
        "bitrate:bit_rate>?",
        "length=duration:duration>?",
        "differs?",
        "reason?",
        "into>?",
        "file>?",
        "to?",
    ),
    files=("path",),
)
_PLAIN = ("action", "reason", "into", "file", "to")
"""Columns that a table omits without a decision."""
_ACTS = {TAG: "tag", MOVE: "move", DELETE: "delete", DELETE_FILES: "delete"}


def view_of(policy: Policy) -> View:
    """The columns of a table for people; the title is last, because most paths contain it."""
    omitted = _PLAIN if not policy.keep else ("file",) if policy.then == MOVE else ("file", "to")
    ordered = sorted(VIEW.columns, key=lambda each: each.header == "title")
    return View(columns=tuple(each for each in ordered if each.header not in omitted), files=VIEW.files)


def rows_of(number: int, planned: Planned, policy: Policy, targets: Targets | None) -> Iterator[Row]:
    """A row for each file of a group, the kept one first."""
    decision = planned.decision
    kept, owners = decision.kept, {copy.id: copy for copy in decision.copies}
    for file in sorted(decision.files, key=lambda each: each is not kept):
        action = _action(file, planned, policy)
        target, obstacle = _target(file, action, targets)
        yield {
            "group": number,
            "action": action,
            "id": file.owner,
            "title": owners[file.owner].label,
            "file": file.id,
            "path": file.path,
            "size": file.size,
            "resolution": f"{file.width}x{file.height}" if file.pixels else "",
            "codec": file.codec,
            "bitrate": file.bit_rate or None,
            "duration": file.duration or None,
            "differs": list(planned.differs.get(file.id, ())),
            "reason": decision.reason or ("protected" if file.path in decision.protected else obstacle),
            "into": decision.into,
            "to": target,
            **(_plan_of(planned) if file is kept else {}),
        }


def _plan_of(planned: Planned) -> Row:
    """Facts of a group in the row of its kept file: freed bytes, and edits."""
    from stash_cli.core.edits.diff import edit_json

    return {"freed": planned.decision.freed, "edits": [edit_json(edit) for edit in planned.edits]}


def _action(file: File, planned: Planned, policy: Policy) -> str:
    decision = planned.decision
    if decision.kept is None or not decision.is_acted_on:
        return "left" if decision.reason else ""
    if file.id == decision.kept.id:
        return "keep"
    if all(file.id != each.id for each in decision.losers):
        return "stays"
    is_owner_removed = file.owner in decision.gone
    if policy.is_in_folder(file):
        return "merge" if policy.into and is_owner_removed else "stays"
    if policy.removes_files or is_owner_removed:
        return _ACTS.get(policy.then) or ("merge" if policy.into else "lose")
    return "stays"


def _target(file: File, action: str, targets: Targets | None) -> tuple[str, str]:
    """The new path of a moved file, and the reason if it cannot be moved."""
    if targets is None or action != _ACTS[MOVE]:
        return "", ""
    path, reason = targets(file.id)
    return path or "", reason


def facts_of(file: File) -> str:
    """`/data/a.mp4 (1.4 GB, 1920x1080, hevc, 10:00)`."""
    facts = [size(file.size), f"{file.width}x{file.height}" if file.pixels else "", file.codec]
    facts.append(duration(file.duration) if file.duration else "")
    return f"{one_line(file.path)} ({', '.join(filter(None, facts))})"


def lines_of(entity: Entity, planned: Planned, policy: Policy, targets: Targets | None) -> Iterator[str]:
    """The outcome of one group, a line for each file."""
    decision = planned.decision
    if decision.kept is None:
        return
    yield f"{entity.noun} {decision.into} is kept, with {facts_of(decision.kept)}"
    for file in decision.losers:
        act = _action(file, planned, policy)
        differs = planned.differs.get(file.id, ())
        details = f"; differs in {', '.join(differs)}" if differs else ""
        target, obstacle = _target(file, act, targets)
        details += f"; to {one_line(target)}" if target else ""
        details += f"; cannot be moved: {obstacle}" if obstacle else ""
        yield f"  {act}: {entity.noun} {file.owner}, {facts_of(file)}{details}"


def totals_of(entity: Entity, totals: Totals, policy: Policy, trash: str | None) -> Iterator[str]:
    """Yield lines with the totals of a plan."""
    parts = [f"{counted(totals.groups, 'group')} of alike {entity.plural}"]
    parts += [f"{totals.acted_on:,} decided"] if policy.keep else []
    parts += [f"{totals.left:,} kept as they are"] if totals.left else []
    yield ", ".join(parts)
    yield from _hints_of(totals, policy)
    if totals.acted_on:
        yield from _outcomes_of(entity, totals, policy, trash)


def _hints_of(totals: Totals, policy: Policy) -> Iterator[str]:
    """Yield lines about limits of the comparison."""
    if not totals.groups and policy.match.way == PHASH:
        yield "files without a perceptual hash are not compared: `stash generate --phashes` makes them"
    if totals.groups and policy.match.way == DURATION:
        yield "only their lengths are alike, which is a weak sign: look at them before you act"


def _outcomes_of(entity: Entity, totals: Totals, policy: Policy, trash: str | None) -> Iterator[str]:
    """Yield lines about the effect on objects and files."""
    gone = entity.counted(totals.gone)
    files = f"{counted(totals.files, 'file')}, {size(totals.bytes)}"
    if policy.into is not None and totals.gone:
        yield f"{gone} merged into others, which take over what they lack"
    if policy.then == TAG:
        yield f"{gone} tagged"
    if policy.then == DELETE:
        yield f"{gone} deleted; their files ({files}) stay: the next scan makes them again"
    if policy.then == MOVE:
        yield f"{files}, moved to {policy.folder} on the server; undo moves them back"
    if policy.deletes_files and trash:
        yield f"{files}, moved to {trash} on the server; undo does not bring files back"
    elif policy.deletes_files:
        yield f"{files}, deleted for good and freed; undo brings back all but files"


async def show_plan(session: Session, runtime: Runtime, entity: Entity, shown: Sequence[Planned]) -> None:
    """Print the edits of the destinations, with the names of what is linked."""
    from stash_cli.core.client.saved_filters import labels_of
    from stash_cli.core.edits.diff import parts
    from stash_cli.output.diff import show_object

    labels = await labels_of(session, _linked_ids(shown))
    names = {(type_name, id_): name for type_name, each in labels.items() for id_, name in each.items()}
    for planned in shown:
        if planned.edits:
            rows = [(edit.field, parts(edit, names)) for edit in planned.edits]
            show_object(runtime.streams, f"into {entity.noun}", planned.decision.into, "", rows)


def _linked_ids(shown: Sequence[Planned]) -> dict[str, list[str]]:
    """The ids of the objects that the edits link or unlink, by type."""
    from stash_cli.core.edits.diff import list_change
    from stash_cli.core.orm.edit import key_of
    from stash_cli.core.orm.relationship import relationships

    ids: dict[str, list[str]] = {}
    for edit in (edit for planned in shown for edit in planned.edits):
        relation = relationships(edit.type).get(edit.field)
        if relation is not None:
            change = list_change(edit)
            items = [*change.added, *change.removed] if isinstance(edit.before, list) else [edit.after]
            ids.setdefault(relation.inverse_type, []).extend(str(key_of(each)) for each in items if each)
    return ids
