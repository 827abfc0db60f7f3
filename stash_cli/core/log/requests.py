"""Documents and variables in a form that is safe to log.

A password may be in any variable. Therefore only booleans and values with certain names and forms are shown
(ids, pages, sort keys, modifiers); all others only by type and length.
"""

from __future__ import annotations

import re
from contextlib import suppress
from logging import DEBUG
from typing import TYPE_CHECKING, Any

from stash_cli.core.log import HIDDEN, SECRET, logger
from stash_cli.core.syntax.operations import parse
from stash_cli.core.syntax.tokens import STRINGS, NotUnderstoodError, Token, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stash_cli.core.errors import StashError

_MAX_LENGTH = 2000
_MAX_ITEMS = 20
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}")
_BATCHED = re.compile(r"a\d+_")
"""Prefix of a batch's variables."""
# Bounded in length, as a long run of digits may be a key.
_ID = re.compile(r"-?\d{1,12}")
_NUMBERS = re.compile(
    r"(?:.*_)?ids?|page|per_page|depth|count|limit|rating100|value2?|seconds|progress|\w+_index",
    re.IGNORECASE,
)
_SAFE_TEXT = {
    "modifier": re.compile(r"[A-Z_]{1,30}"),
    "direction": re.compile(r"ASC|DESC"),
    "sort": re.compile(r"[a-z0-9_]{1,40}"),
    "mode": re.compile(r"[A-Z_]{1,30}"),
}
_COMMENT = re.compile(r"#[^\n\r]*")
_LITERALS = ("true", "false", "null")
_START = Token("End", "", 0)


def shown_variables(variables: Mapping[str, Any]) -> str:
    """Variables as text of bounded length.

    >>> shown_variables({"page": 2, "input": {"id": "12", "title": "A title"}})
    '{page: 2, input: {id: 12, title: <String, 7 characters>}}'
    """
    return _truncate(_shown_value("", variables))


def shown_document(document: str) -> str:
    """A document as text of bounded length, without comments and values; for an invalid one, only its length.

    >>> shown_document('mutation { configureGeneral(input: {password: "x", id: 3}) { username } }')
    'mutation { configureGeneral(input: {password: <String>, id: 3}) { username } }'
    """
    if parse(document) is None:
        return f"<a text of {len(document)} characters that is no document>"
    return _truncate("".join(_safe_pieces(document)))


def log_request(document: str, variables: Mapping[str, Any]) -> None:
    """Log a request at DEBUG."""
    if logger.isEnabledFor(DEBUG):
        logger.debug("%s %s", shown_document(document), shown_variables(variables))


def title(name: object, document: str) -> str:
    """The operation name for a log line, or the beginning of the document."""
    return _shown_name(name) if name else " ".join(shown_document(document).split())[:60]


def _shown_name(name: object) -> str:
    return name if isinstance(name, str) and _NAME.fullmatch(name) else "<a name>"


def _truncate(text: str) -> str:
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}... ({len(text)} characters)"


def _shown_value(name: str, value: Any) -> str:
    if isinstance(value, dict):
        items = [f"{_shown_name(key)}: {_shown_value(str(key), item)}" for key, item in value.items()]
        return f"{{{_join_items(items)}}}"
    if isinstance(value, list | tuple):
        return f"[{_join_items([_shown_value(name, item) for item in value[: _MAX_ITEMS + 1]], len(value))}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return value if _is_shown(name, value) else f"<String, {len(value)} characters>"
    if isinstance(value, int | float):
        return str(value) if _is_shown(name, str(value)) else f"<{type(value).__name__.capitalize()}>"
    return f"<{type(value).__name__}>"


def _join_items(items: list[str], count: int | None = None) -> str:
    omitted = (len(items) if count is None else count) - _MAX_ITEMS
    return ", ".join([*items[:_MAX_ITEMS], *([f"... {omitted} more"] if omitted > 0 else [])])


def _is_shown(name: str, text: str) -> bool:
    """Whether the value of a variable `name` may be shown: a number, an id, or a word of the API."""
    name = _BATCHED.sub("", name)
    if SECRET.search(name):
        return False
    if name in _SAFE_TEXT:
        return _SAFE_TEXT[name].fullmatch(text) is not None
    is_number = _ID.fullmatch(text) or re.fullmatch(r"-?\d{1,12}\.\d{1,12}", text)
    return is_number is not None and _NUMBERS.fullmatch(name) is not None


def _safe_pieces(document: str) -> Iterator[str]:
    """The tokens of a document with the text between them, without comments and line breaks."""
    end = 0
    for name, token, is_value in _named_tokens(document):
        if end:
            yield " ".join(_COMMENT.sub(" ", f"|{document[end : token.start]}|").split())[1:-1]
        yield _safe_literal(name, token) if is_value else token.text
        end = token.start + len(token.text)


def _safe_literal(name: str, token: Token) -> str:
    if token.kind == "Name":
        return token.text if token.text in _LITERALS or _is_shown(name, token.text) else "<a word>"
    if token.kind in STRINGS:
        # A block string is free text, which may contain a secret.
        is_shown = token.kind == "String" and _is_shown(name, token.text[1:-1])
        return token.text if is_shown else "<String>"
    return token.text if _is_shown(name, token.text) else f"<{token.kind}>"


def _named_tokens(document: str) -> Iterator[tuple[str, Token, bool]]:
    """The tokens, each with the argument or field it belongs to, and whether it is a value."""
    name, previous, is_type, open_brackets = "", [_START, _START], False, [""]
    for token in tokens(document):
        if token.kind == "Punctuator":
            if token.text in "([{":
                open_brackets.append(token.text)
            elif token.text in ")]}":
                open_brackets.pop()
            elif token.text == "=":
                is_type = False
            elif token.text == ":" and previous[1].kind == "Name":
                name, is_type = previous[1].text, previous[0].text == "$"
        yield name, token, _is_value(token, previous[1], open_brackets, is_type=is_type)
        previous = [previous[1], token]


def _is_value(token: Token, previous: Token, brackets: list[str], *, is_type: bool) -> bool:
    if token.kind != "Name":
        return token.kind not in ("Punctuator", "End")
    if is_type or "(" not in brackets:
        return False
    return previous.text in (":", "=") or brackets[-1] == "["


# --- redaction of error messages ---


def redact_errors(
    errors: Iterable[StashError | dict[str, Any]], document: str, variables: Mapping[str, Any]
) -> None:
    """Redact the secrets of a request from error messages, because servers quote invalid values."""
    # The longest first, as one secret may be a part of another.
    secrets = sorted(secrets_of(document, variables), key=len, reverse=True)
    for each in errors:
        if not isinstance(each, dict):
            each.message = _redact_text(each.message, secrets)
            each.args = (each.message, *each.args[1:])
        elif isinstance(each.get("message"), str):
            each["message"] = _redact_text(each["message"], secrets)


def secrets_of(document: str, variables: Mapping[str, Any]) -> set[str]:
    """The values of secret-looking names in a request's variables and document."""
    secret_names = set(_secret_variables(document))
    secrets = {
        secret for name, value in variables.items() for secret in _secrets(name, value, name in secret_names)
    }
    secrets.update(_secret_literals(document, secret_names))
    return {each for each in secrets if each.strip()}


def _secrets(name: str, value: Any, is_secret: bool) -> Iterator[str]:
    is_secret = is_secret or SECRET.search(name) is not None
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _secrets(str(key), item, is_secret)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _secrets(name, item, is_secret)
    elif is_secret and isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value)


def _secret_variables(document: str) -> Iterator[str]:
    """Variables passed to secret-looking arguments and fields."""
    previous = _START
    with suppress(NotUnderstoodError):
        for name, token, _ in _named_tokens(document):
            if previous.text == "$" and token.kind == "Name" and SECRET.search(name):
                yield token.text
            previous = token


def _secret_literals(document: str, variables: set[str]) -> Iterator[str]:
    with suppress(NotUnderstoodError):
        for name, token, is_value in _named_tokens(document):
            if is_value and (SECRET.search(name) or name in variables):
                quotes = {"BlockString": 3, "String": 1}.get(token.kind, 0)
                yield token.text[quotes : len(token.text) - quotes].strip()


def _redact_text(text: str, secrets: list[str]) -> str:
    """`text` with secrets redacted, escaped forms included; short ones only as whole words."""
    import json

    for secret in secrets:
        # Servers quote values as JSON, with or without escapes for characters that are not ASCII.
        for form in {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}:
            pattern = re.escape(form)
            if len(form) < 4:  # noqa: PLR2004 - shorter ones are parts of words
                pattern = rf"(?<!\w){pattern}(?!\w)"
            text = re.sub(pattern, HIDDEN, text)
    return text
