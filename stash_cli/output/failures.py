"""Errors as text (a line, details and a hint), or as one JSON object."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from stash_cli.output.values import one_line

if TYPE_CHECKING:
    from stash_cli.core.errors import StashError
    from stash_cli.output.streams import Streams


def render(streams: Streams, error: StashError, *, as_json: bool = False) -> None:
    """Print an error on stderr, also with `-q`."""
    if as_json:
        facts = {"error": error.code, "message": error.message, "exit_status": error.exit_status}
        errors = getattr(error, "errors", ())
        more = {"path": getattr(error, "path", None), "hint": error.hint}
        more |= {"errors": errors} if len(errors) > 1 else {}
        facts |= {name: value for name, value in more.items() if value} | getattr(error, "facts", {})
        streams.say(json.dumps(facts, ensure_ascii=False))
        return
    streams.say(one_line(error.message), label="stash:", style="red")
    for line in getattr(error, "details", ()):
        streams.say(f"  {one_line(line)}")
    if error.hint:
        streams.say(one_line(error.hint), label="hint:", style="dim")
