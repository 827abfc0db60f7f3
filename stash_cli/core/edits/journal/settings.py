"""Settings of a server in the journal: each key, such as `general.log_level`, with its value.

Secrets are not recorded: a mutation that sets one is listed by its name, and cannot be undone.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.operation import Operation
from stash_cli.core.log import redact, redact_urls
from stash_cli.core.orm.edit import Edit
from stash_cli.core.server_settings import (
    HIDDEN,
    SECTIONS,
    blank,
    flat,
    is_secret,
    mutations,
    readable,
)
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from stash_cli.core.client.session import Session

    Key = tuple[str, str, str]

SETTING, FIELD = "Setting", "value"


def edits(operation: Operation) -> Iterator[Edit]:
    """Yield an edit for each key that a mutation sets, except secrets."""
    for key, value in _settings_of(operation):
        if not is_private(key, value):
            yield Edit(SETTING, key, FIELD, UNSET, value)


def is_partly_private(operation: Operation) -> bool:
    """Whether a mutation sets a secret."""
    return any(is_private(key, value) for key, value in _settings_of(operation))


def _settings_of(operation: Operation) -> list[tuple[str, Any]]:
    """The keys and values of a mutation of settings."""
    args = operation.args
    if operation.name == "configurePlugin":
        return list(flat({"plugins": {args["plugin_id"]: args.get("input") or {}}}))
    if operation.name == "configureUI":
        return list(flat({"ui": {**(args.get("input") or {}), **(args.get("partial") or {})}}))
    if operation.name == "configureUISetting":
        return list(flat({"ui": {args["key"]: args.get("value")}}))
    section = next(name for name, each in SECTIONS.items() if each.mutation == operation.name)
    return list(flat(readable({section: args["input"]})))


def is_private(key: str, value: Any) -> bool:
    """Whether a setting is a secret or contains one, such as a password in a URL."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return is_secret(key) or HIDDEN in text or redact(value) != value or redact_urls(text) != text


def completed(edit: Edit) -> Edit:
    """Return the edit unchanged: its new value is complete."""
    return edit


def answered(edit: Edit, result: Any) -> Any:
    """The value of a setting after an edit, as the server has stored it."""
    section, _, rest = edit.id.partition(".")
    if section == "plugins":
        settings = {"plugins": {rest.partition(".")[0]: result}}
    else:
        settings = {"ui": result} if section == "ui" else readable({section: result})
    return _values(settings).get(edit.id, edit.after)


async def read(session: Session, wanted: Iterable[Key]) -> dict[Key, Any]:
    """Read the present values of settings; None for those that are not set."""
    present = _values(readable(await session.call("configuration", {})))
    return {key: present.get(key[1]) for key in wanted}


def _values(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Key -> value; secrets are left out."""
    return {key: value for key, value in flat(settings) if not is_private(key, value)}


async def plan(session: Session, edits_: Sequence[Edit]) -> list[Operation]:
    """Plan the mutations that set settings to the values of edits, one for each section and plugin."""
    current = readable(await session.call("configuration", {}))
    new_values = {edit.id: _after(edit) for edit in edits_}
    operations = []
    for name, args in mutations(current, new_values):
        prefix = _prefix(name, args)
        own = tuple(edit for edit in edits_ if edit.id.startswith(prefix))
        operations.append(Operation(name, args, (), own, None))
    return operations


def _prefix(mutation: str, args: Mapping[str, Any]) -> str:
    """Common prefix of the keys that a mutation sets."""
    if mutation == "configurePlugin":
        return f"plugins.{args['plugin_id']}."
    return next((f"{name}." for name, each in SECTIONS.items() if each.mutation == mutation), "ui.")


def _after(edit: Edit) -> Any:
    """The new value; an empty one in place of None, because servers ignore null."""
    return blank(edit.id) if edit.after is None else edit.after


def refusal(edit: Edit) -> str:
    """Reason why a setting cannot get the value of an edit; "" if there is none."""
    is_typed = edit.id.partition(".")[0] in SECTIONS
    return "it was not set, and cannot be cleared" if is_typed and _after(edit) is None else ""


def mapped(_: Key, value: Any, __: Callable[[str, str], str]) -> Any:
    """Return the value unchanged: settings refer to no objects."""
    return value
