"""`stash config edit`: the settings of the server in an editor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, command
from stash_cli.commands.common.editor import EditedText, require_terminal
from stash_cli.core.errors import StashConflictError, StashInputError, StashNotConfirmedError
from stash_cli.core.server_settings import HIDDEN, NAMES, Settings, changes, flat, is_secret, lookup
from stash_cli.output.failures import answer, confirm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session

    Changes = dict[str, tuple[Any, Any]]

_HEAD = f"""\
# Settings of {{server}}.
# Change values, save and close; what you delete here stays as it is. An empty file changes nothing.
# Secrets stand as {HIDDEN} and cannot be changed here: stash config set KEY=@-
"""


@dataclass(frozen=True, kw_only=True, eq=False)
class EditOptions(CommandOptions):
    """The command line of `config edit`."""

    section: Annotated[
        str | None, typer.Argument(metavar="[SECTION]", help=f"one of {', '.join(NAMES)}; all without one")
    ] = None
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask before the changes are made")] = False


def build() -> StashCommand:
    examples = ("stash config edit", "stash config edit interface")
    return command("edit", run, EditOptions, examples=examples)


def run(runtime: Runtime, options: EditOptions) -> None:
    """Change the settings of the server in an editor: that of VISUAL or EDITOR.

    Values are checked against their types before anything is sent, and the changes are shown. Settings that
    somebody else has changed meanwhile are kept and reported. Secrets are hidden and do not change.
    """
    import yaml

    from stash_cli.commands.config import print_changes, read

    require_terminal(runtime)
    settings = without_secrets(runtime.run(read))
    if options.section is not None:
        settings = {options.section: lookup(settings, options.section)}
    text = _HEAD.format(server=runtime.connection().server)
    text += yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
    with EditedText(runtime, text, name="settings") as file:
        changed = _ask_for_changes(runtime, file, settings)
        if changed:
            _write(runtime, changed, yes=options.yes)
    print_changes(runtime, changed, done=True)


def without_secrets(settings: Settings) -> Settings:
    """Hide values that look like secrets, also in sections without a schema."""
    from stash_cli.core.edits.journal.settings import is_private

    hidden: Settings = {}
    for key, value in flat(settings):
        *parents, last = key.split(".")
        section = hidden
        for part in parents:
            section = section.setdefault(part, {})
        section[last] = HIDDEN if value and is_private(key, value) else value
    return hidden


def _ask_for_changes(runtime: Runtime, file: EditedText, settings: Settings) -> Changes:
    """Return the changes made in the editor. Raises StashNotConfirmedError if the user gives up."""
    while True:
        valid_changes, problems = _read(file.edit(), settings)
        if not problems:
            return valid_changes
        for problem in problems:
            runtime.streams.warn(problem)
        valid = f"{len(valid_changes)} {'change is' if len(valid_changes) == 1 else 'changes are'} valid"
        question = f"{valid}: [e]dit again, [s]ave what is valid, [q]uit?"
        word = answer(runtime.streams, question).lower()
        if word.startswith("s"):
            return valid_changes
        if not word.startswith("e"):
            raise StashNotConfirmedError("not saved: nothing was changed")


def _read(text: str, settings: Settings) -> tuple[Changes, list[str]]:
    """Return the valid changes in an edited text, and the errors of the others."""
    import yaml

    from stash_cli.output.values import one_line

    try:
        edited = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        return {}, [f"this is no YAML: {one_line(str(error))}"]
    if not isinstance(edited, dict) or not all(isinstance(each, dict) for each in edited.values()):
        return {}, ["this has no settings by section"]
    old = dict(flat(settings))
    valid: Changes = {}
    problems = []
    for key, value in flat(edited):
        try:
            if value != old.get(key, HIDDEN):
                valid |= _change(settings, key, value)
        except StashInputError as error:
            problems.append(error.message)
    return valid, problems


def _change(settings: Settings, key: str, value: Any) -> Changes:
    """The change of one key. Raises StashInputError for a setting that cannot be changed here."""
    if is_secret(key) or dict(flat(settings)).get(key) == HIDDEN:
        raise StashInputError(f"{key} is a secret: it is not changed here")
    section, _, rest = key.partition(".")
    if section not in NAMES:
        raise StashInputError(f"there is no section {section}")
    nested = value
    for part in reversed(rest.split(".")):
        nested = {part: nested}
    return changes(settings, {section: nested})


def _write(runtime: Runtime, changed: Changes, *, yes: bool) -> None:
    """Show the changes, ask, and send those of settings that no other client has changed."""
    from stash_cli.commands.config import read, show, write

    if not yes:
        show(runtime, changed)
    count = len(changed)
    confirm(runtime.streams, f"change {count} {'setting' if count == 1 else 'settings'}", yes=yes)

    async def work(session: Session) -> list[str]:
        current = await read(session)
        current_values = dict(flat(without_secrets(current)))
        conflicts = [key for key, (old, new) in changed.items() if current_values.get(key) not in (old, new)]
        new_values = {key: new for key, (_, new) in changed.items() if key not in conflicts}
        if new_values:
            await write(session, current, new_values)
        return conflicts

    conflicts = runtime.run(work, writes=True, creates=False)
    if conflicts:
        raise _conflict(conflicts, len(changed))


def _conflict(keys: Sequence[str], count: int) -> StashConflictError:
    error = StashConflictError(
        f"{len(keys)} of {count} settings were changed by somebody else meanwhile: {', '.join(keys)}",
        {},
        hint="The others were changed. Edit again to see what they are now.",
    )
    error.exit_status = 6 if len(keys) < count else error.exit_status
    return error
