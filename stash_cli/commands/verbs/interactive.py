"""`--interactive`: confirmation of each object of a draft."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from stash_cli.core.errors import StashError, StashInputError, StashNotConfirmedError
from stash_cli.output import failures

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from stash_cli.commands.verbs.editing import Editing
    from stash_cli.core.edits.drafts.draft import Draft, ObjectEdits

    Edited = Callable[[ObjectEdits, list[str]], Awaitable[ObjectEdits]]
    """Callback that returns other edits of an object, from words such as title=TEXT."""

HELP = """\
y - change this object
n - leave it as it is
a - change it and all that follow
q - leave it and all that follow; change those with a y
e - type other assignments for this object
? - this help"""


async def confirm_each(editing: Editing, edited: Edited) -> None:
    """Ask about each object, and reduce the draft to the confirmed ones.

    Raises StashNotConfirmedError without a terminal, and when no object was confirmed.
    """
    from stash_cli.core.edits.drafts.draft import Draft

    streams = editing.runtime.streams
    if not streams.interactive:
        raise StashNotConfirmedError("--interactive needs a terminal to ask: nothing was changed")
    confirmed = Draft()
    try:
        await _ask_each(editing, edited, confirmed)
    except BaseException:  # Ctrl-C at a question
        confirmed.close()
        raise
    editing.draft.replace(confirmed)
    if not len(confirmed):
        raise StashNotConfirmedError("none was chosen: nothing was changed")


async def _ask_each(editing: Editing, edited: Edited, confirmed: Draft) -> None:
    """Ask about each object, and add its edits to `confirmed` on a yes."""
    answer, confirmed_new = "", set[str]()
    for read_at, page in editing.draft.pages():
        chosen = []
        for each in page:
            current = each
            if current.is_link:  # confirmed together with the new object
                chosen += [current] if current.id in confirmed_new else []
                continue
            if answer not in ("a", "q"):
                editing.show(current)
                answer, current = await _answer(editing, current, edited)
            if answer in ("y", "a") and current.edits:
                chosen.append(current)
                confirmed_new |= {current.id} if current.is_new else set()
            else:
                # Skipped by the user: it counts neither as failed nor as pending.
                editing.outcomes.asked.remove(current.id)
        confirmed.add(chosen, read_at)


async def _answer(editing: Editing, each: ObjectEdits, edited: Edited) -> tuple[str, ObjectEdits]:
    """Ask about one object; return the answer and its edits, which the user may have replaced."""
    streams = editing.runtime.streams
    while True:
        question = f"change {editing.entity.noun} {each.id}? [y,n,a,q,e,?] "
        answer = failures.answer(streams, question).lower()[:1]
        if answer in ("y", "n", "a", "q"):
            return answer, each
        if answer == "e":
            each = await _ask_edits(editing, each, edited)
            editing.show(each)
        elif not answer:  # an empty line means no, as for `[y/N]`; so does the end of input
            return "n", each
        else:
            for line in HELP.splitlines():
                streams.say(line)


async def _ask_edits(editing: Editing, each: ObjectEdits, edited: Edited) -> ObjectEdits:
    """Ask for assignments, and return the edits that they make; the old ones for invalid or empty input."""
    streams = editing.runtime.streams
    text = failures.answer(streams, "assignments, such as title='New name' tags+=A: ")
    try:
        return await edited(each, shlex.split(text)) if text else each
    except (StashError, ValueError) as error:
        message = error.message if isinstance(error, StashInputError) else str(error)
        streams.say(message, label="stash:", style="red")
        return each
