"""Messages to people: errors as text or as one JSON object, masking of secrets, and prompts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stash_cli.core.errors import StashError, StashNotConfirmedError
from stash_cli.output.values import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from stash_cli.output.streams import Streams


HIDDEN = "***"
# Patterns are strings, so that they are compiled only when something is masked, not at every start.
_NAME = r"(?i:[-.\w]*(?:api[-_]?key|passw|cookie|token|secret|credential)\w*)"
_VALUE = (
    r"""(?i)((?:api[-_]?key|passw|cookie|token|secret|credential|authorization)\w*["']?\s*[:=]\s*)"""
    r"""("(?:[^"\\]|\\.)*"|'[^']*'|[^\s,})]+(?:\s+(?!-)[^\s,})'"]+)?)"""
)
_USER = r"(://)[^/\s@]+@"
_LONGEST = 800
_SHORT = 4
"""Minimum length of a masked secret; shorter ones occur in ordinary text."""


def render(streams: Streams, error: StashError, *, as_json: bool = False) -> None:
    """Print an error to stderr, also with `-q`."""
    import json

    # One line, because programs read stderr line by line.
    if as_json:
        facts = {"error": error.code, "message": error.message, "exit_status": error.exit_status}
        errors = getattr(error, "errors", ())
        more = {"path": getattr(error, "path", None), "hint": error.hint}
        more |= {"errors": errors} if len(errors) > 1 else {}
        facts |= {name: value for name, value in more.items() if value} | getattr(error, "facts", {})
        streams.say(json.dumps(facts, ensure_ascii=False), wrap=False)
        return
    streams.say(_bounded(streams, one_line(error.message)), label="stash:", style="red")
    for line in getattr(error, "details", ()):
        streams.say(f"  {_bounded(streams, one_line(line))}")
    for text in getattr(error, "originals", ()):
        streams.detail(f"the server said: {one_line(text)}")
    if error.hint:
        streams.say(one_line(error.hint), label="hint:", style="dim")


def _bounded(streams: Streams, text: str) -> str:
    """Truncate a message to _LONGEST characters, unless -v is given."""
    if streams.verbose or len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]}... ({len(text) - _LONGEST} more characters; -v shows all)"


def secrets_of(args: Sequence[str], environ: Mapping[str, str]) -> Iterator[str]:
    """Yield values of flags, fields and STASH_ variables with the name of a secret."""
    for number, word in enumerate(args):
        name, assigned, value = word.partition("=")
        # A word without dash and value is a command, such as `auth token`.
        if re.fullmatch(_NAME, name) and (assigned or name.startswith("-")):
            yield value if assigned else next(iter(args[number + 1 : number + 2]), "")
    for name, value in environ.items():
        if name.startswith("STASH_") and re.fullmatch(_NAME, name):
            yield value


def hide(text: str, secrets: Iterable[str]) -> str:
    """Replace every secret in `text`, the longest first."""
    # A secret may be part of a longer one, whose rest would otherwise stay readable.
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) >= _SHORT:
            text = text.replace(secret, HIDDEN)
    return text


def masked(text: str) -> str:
    r"""Mask values after the name of a secret in a document, in JSON or in a header, and users in URLs.

    >>> masked('api \'mutation { x(password: "abc", name: "d") }\' https://me:abc@nas')
    'api \'mutation { x(password: ***, name: "d") }\' https://***@nas'
    """
    return re.sub(_USER, rf"\1{HIDDEN}@", re.sub(_VALUE, rf"\1{HIDDEN}", text))


def confirm(streams: Streams, what: str, *, yes: bool) -> None:
    """Ask `what? [y/N]`, unless `yes`.

    Raises StashNotConfirmedError for any other answer than yes, and without a terminal.
    """
    if not yes and _ask(streams, f"{what}{streams.target}? [y/N] ", what).lower() not in ("y", "yes"):
        raise StashNotConfirmedError("not confirmed: nothing was changed")


def confirm_count(streams: Streams, what: str, count: int, *, yes: bool) -> None:
    """Ask the user to type the count before an irreversible action. Raises like `confirm`."""
    if not yes and _ask(streams, f"{what}{streams.target}. Type {count} to continue: ", what) != str(count):
        raise StashNotConfirmedError("not confirmed: nothing was changed")


def answer(streams: Streams, question: str) -> str:
    """Ask a question at the terminal and return the answer; "" at the end of input."""
    return streams.prompt(one_line(question.rstrip()) + " ")


def _unasked(streams: Streams) -> str:
    return "--no-input was given" if streams.no_input else "there is no terminal to ask"


def _ask(streams: Streams, question: str, what: str) -> str:
    if not streams.interactive:
        raise StashNotConfirmedError(f"{what}: confirm with --yes, because {_unasked(streams)}")
    # `answer` keeps the question on one line: a title with a line break could fake another prompt.
    return answer(streams, question)
