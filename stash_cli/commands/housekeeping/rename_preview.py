"""The preview of a rename, for people and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

from stash_cli.core.texts import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stash_cli.commands.housekeeping.renaming import Renaming
    from stash_cli.core.renames.plan import Move


def preview(renaming: Renaming) -> None:
    """Print the moves of the first objects, and totals."""
    from stash_cli.core.edits.diff import SHOWN

    for _, moves in islice(renaming.by_owner(), SHOWN):
        show(renaming, moves)
    if len(renaming.moving) > SHOWN:
        renaming.runtime.streams.note(
            f"... and {len(renaming.moving) - SHOWN:,} more {renaming.entity.plural}"
        )
    for line in totals(renaming):
        renaming.runtime.streams.note(line)
    problems = renaming.outcomes.problems
    for id_, error in islice(problems.items(), SHOWN):
        renaming.runtime.streams.warn(f"{renaming.entity.noun} {id_}: {error.message}")
    if (more := len(problems) - SHOWN) > 0:
        renaming.runtime.streams.warn(f"and {more:,} more that cannot be renamed")


def show(renaming: Renaming, moves: list[Move]) -> None:
    """Print the moves of one object."""
    from stash_cli.core.edits.diff import visible
    from stash_cli.core.texts import ARROW
    from stash_cli.output.diff import show_object

    rows = []
    for each in moves:
        old, new = short(renaming, each)
        parts = [(visible(old), "removed"), (ARROW, ""), (visible(new), "added")]
        beside = [] if renaming.naming.leaves_sidecars else renaming.runtime.sidecars.beside(each.source)
        parts += [(f" (with {visible(', '.join(beside))})", "")] if beside else []
        rows.append(("file" if len(moves) == 1 else f"file {each.id}", parts))
    show_object(renaming.runtime.streams, renaming.entity.noun, moves[0].owner, moves[0].label, rows)


def short(renaming: Renaming, move: Move) -> tuple[str, str]:
    """Shorten old and new path: names in the same folder, relative paths in one media folder, else full."""
    from stash_cli.core.renames.paths import separator, split
    from stash_cli.core.renames.targets import root_of

    (folder, name), (target, new) = split(move.source), split(move.target)
    if folder == target:
        return name, new
    root = root_of(move.source, renaming.naming.roots)
    if root is None or root != root_of(move.target, renaming.naming.roots):
        return move.source, move.target
    start = len(root.rstrip(separator(root))) + 1
    return move.source[start:], move.target[start:]


def totals(renaming: Renaming) -> Iterator[str]:
    """Yield lines with totals: moved files, and skipped files with reasons."""
    from stash_cli.core.edits.pace import requests_of
    from stash_cli.core.renames.plan import LEFT, MOVES

    counts = renaming.plan.counts()
    yield from unmoved_lines(renaming)
    moves = counts.get(MOVES, 0)
    parts = [f"{files(moves)} of {renaming.count(len(renaming.moving))}"] if moves else ["no file moves"]
    parts += [f"{len(renaming.unchanged):,} unchanged"] if renaming.unchanged else []
    cannot = len(renaming.outcomes.problems)
    parts += [f"{cannot:,} cannot be renamed"] if cannot else []
    parts += [f"{files(counts[LEFT])} left"] if counts.get(LEFT) else []
    requests = requests_of([moves])
    more = f"; {counted(requests, 'request')} or more" if moves else ""
    yield f"{', '.join(parts)}{more}"
    if far := far_moves(renaming):
        yield f"{files(far)} to another media folder, which may take long: --timeout waits longer"
    if renaming.naming.unstable:
        yield (
            f"a second run would rename {files(renaming.naming.unstable)} once more:"
            " the template reads the name that it sets"
        )


def far_moves(renaming: Renaming) -> int:
    """The number of files that move to another media folder, which the server may have to copy."""
    from stash_cli.core.renames.targets import root_of

    if renaming.session.connection.is_embedded:
        return 0
    roots = renaming.naming.roots
    return sum(root_of(each.source, roots) != root_of(each.target, roots) for each in renaming.plan.renames())


def unmoved_lines(renaming: Renaming) -> Iterator[str]:
    """Yield a line for each reason with the first files that are not moved."""
    from stash_cli.core.renames.plan import DECLINED

    unmovable = Counter(
        why for id_, why in renaming.naming.unmovable.items() if id_ not in renaming.outcomes.problems
    )
    for why, count in unmovable.items():
        yield f"{renaming.count(count)} left: {why}"
    left = (each for each in renaming.plan.refusals() if each.is_left and each.reason != DECLINED)
    for each in islice(left, 5):
        yield f"left {renaming.entity.noun} {each.owner}, {each.path}: {each.reason}"


def print_plan(renaming: Renaming) -> None:
    """Print the moves, and a line of JSON per mutation; with --json the whole plan."""
    streams = renaming.runtime.streams
    if renaming.runtime.options.output == "json":
        for line in plan_json(renaming):
            streams.data(line)
        return
    preview(renaming)
    for operation in operations(renaming):
        streams.data(json.dumps(operation, ensure_ascii=False) + "\n")


def operations(renaming: Renaming) -> Iterator[dict[str, Any]]:
    """The mutations, by name, with their arguments."""
    from stash_cli.core.edits.moves import Move, plan_moves

    for each in renaming.plan.moves():
        [operation] = plan_moves([Move(each.id, each.source, each.target)])
        yield {operation.name: operation.args}


def plan_json(renaming: Renaming) -> Iterator[str]:
    """Yield the plan as JSON in pieces, as there may be 100,000 moves."""
    edits = (
        {"type": "BaseFile", "id": each.id, "field": "path", renaming.entity.noun: each.owner}
        | {"before": each.source, "after": each.target}
        for each in renaming.plan.renames()
    )
    left = {each.owner: each.reason for each in renaming.plan.refusals() if each.is_left}
    summary = {
        "unchanged": renaming.unchanged,
        "left": left
        | {o: w for o, w in renaming.naming.unmovable.items() if o not in renaming.outcomes.problems},
        "problems": {id_: error.message for id_, error in renaming.outcomes.problems.items()},
    }
    yield '{"edits": ['
    yield from joined(edits)
    yield '],\n"operations": ['
    yield from joined(operations(renaming))
    yield f"],\n{json.dumps(summary, ensure_ascii=False)[1:]}\n"


def files(number: int) -> str:
    return f"{number:,} {'file' if number == 1 else 'files'}"


def joined(items: Iterator[dict[str, Any]]) -> Iterator[str]:
    for number, item in enumerate(items):
        yield f"{',' if number else ''}\n{json.dumps(item, ensure_ascii=False)}"
