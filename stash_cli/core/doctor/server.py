"""Checks of the server: API, key, set-up, version, schema, clock."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stash_cli.core.capabilities import INTROSPECTION, KINDS, ServerCapabilities, reduce_introspection
from stash_cli.core.doctor.findings import (
    FAILED,
    REFUSED,
    UNREACHABLE,
    VERSION,
    Finding,
    failure,
    not_needed,
    ok,
    warning,
)
from stash_cli.core.errors import StashCapabilityError, StashError
from stash_cli.core.graphql.releases import number, since
from stash_cli.core.graphql.responses import NOT_READY
from stash_cli.core.transport.answers import is_redirect, read_answer, redirect_error
from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from stash_cli.core.doctor.subject import Answer, Subject

PROBE = "query Doctor { version { version hash } systemStatus { status databaseSchema appSchema } }"
_LOGIN = re.compile(r"log[-_]?in|sign[-_]?in|auth|sso|account|oidc|saml|cas\b", re.IGNORECASE)
_PASSWORD = re.compile(rb"<input[^>]*type\s*=\s*[\"']?password", re.IGNORECASE)
_TITLE = re.compile(rb"<title[^>]*>([^<]{1,60})", re.IGNORECASE)
_BEFORE_FIX = (
    "A proxy before the server asks for its own login: let it pass /graphql, send what it asks for, or use"
    " the server's own address."
)
_KEY_FIX = "Copy the key again from the server's Settings > Security."
_WRONG_TLS = b"HTTP request to an HTTPS server"
_TOLERANCE = 60
"""Maximum difference of the clocks, in seconds, without a warning."""
OLDEST = "0.22"
"""The oldest release that is supported."""
_SHOWN = 3


async def api(subject: Subject) -> Finding:
    """Check that a GraphQL API answers, and not a login page or another web page."""
    answer = subject.first = await subject.post(PROBE)
    if is_refused(answer):
        return ok("a Stash server answers and asks for a key")
    if (other := _other_answer(subject, answer)) is not None:
        return other
    try:
        subject.server = data_of(subject, answer)
    except StashError as error:
        status = error.exit_status if error.exit_status in (REFUSED, UNREACHABLE) else FAILED
        return failure(error.message, error.hint or "Check the path of the address.", status)
    return ok(f"a GraphQL API answers in {answer.took * 1000:.0f} ms")


def _other_answer(subject: Subject, answer: Answer) -> Finding | None:
    """The finding for a response that is not from the API; else None."""
    if is_redirect(answer.status):
        return _redirected(subject, answer)
    if answer.status == 403:  # noqa: PLR2004 - HTTP's number
        return _locked(answer)
    if _WRONG_TLS in answer.body:
        return failure("the server speaks TLS on this port", "Write https:// for http://.", UNREACHABLE)
    # A gateway's error page (5xx) means that the server is down; its status is reported instead.
    is_page = answer.body.lstrip()[:1] == b"<" and answer.status < 500  # noqa: PLR2004 - HTTP's number
    return _web_page(answer) if is_page else None


def is_refused(answer: Answer) -> bool:
    """Whether the server requires a key, or refuses the one that was sent."""
    if answer.status == 401 or answer.body.strip() == b"unauthorized":  # noqa: PLR2004 - HTTP's number
        return True
    place = urlsplit(answer.headers.get("location", ""))
    # Stash redirects requests without a session to its own login page.
    return is_redirect(answer.status) and not place.netloc and place.path.rstrip("/").endswith("/login")


def _redirected(subject: Subject, answer: Answer) -> Finding:
    location = answer.headers.get("location", "")
    error = redirect_error(subject.connection, location)
    place = urlsplit(location)
    if error.exit_status == REFUSED or _LOGIN.search(f"{place.netloc}{place.path}"):
        return failure(
            f"a login page instead of the API: status {answer.status} leads to {_without_query(location)}",
            _BEFORE_FIX,
            REFUSED,
        )
    return failure(error.message, "Use that address if you trust it.")


def _without_query(location: str) -> str:
    """A URL without its query, which may contain secrets."""
    place = urlsplit(location)
    return f"{place.scheme or 'http'}://{place.netloc}{place.path}" if place.netloc else place.path


def _locked(answer: Answer) -> Finding:
    text = answer.body.decode("utf-8", "replace").strip().partition("\n")[0][:120]
    fix = (
        "Set a user name and password on the server: without one it locks itself when it is reached from the"
        " internet, until its configuration is mended. A proxy before it may refuse, too."
    )
    return failure(f"the server refuses every request from here (403): {text}".rstrip(": "), fix, REFUSED)


def _web_page(answer: Answer) -> Finding:
    title = _TITLE.search(answer.body)
    named = f" with the title {title[1].decode('utf-8', 'replace').strip()!r}" if title else ""
    if _PASSWORD.search(answer.body):
        found = f"a login page instead of the API: status {answer.status}{named}"
        return failure(found, _BEFORE_FIX, REFUSED)
    return failure(
        f"a web page instead of the API: status {answer.status}{named}",
        "Use the address of Stash's web interface, with its port and path prefix.",
    )


def data_of(subject: Subject, answer: Answer) -> dict[str, Any]:
    """The data of a GraphQL result; raises the error of any other answer."""
    found = read_answer(subject.connection, answer.status, answer.headers, answer.body, json.loads)
    return found.data or {}


async def key(subject: Subject) -> Finding:
    """The server accepts the key, or needs none."""
    if subject.key_problem is not None:
        return failure(subject.key_problem.message, subject.key_problem.hint or "", REFUSED)
    has_key = bool(subject.connection.api_key)
    if subject.first is not None and not is_refused(subject.first):
        return ok("the server accepts the key" if has_key else "none is needed")
    if not has_key:
        fix = "Set STASH_API_KEY or STASH_API_KEY_FILE; the key is in the server's Settings > Security."
        return failure("the server needs a key, and there is none", fix, REFUSED)
    if not is_refused(await subject.post(PROBE, with_key=False)):
        return failure(
            "the server refuses the key, and needs none: it has no user name and password",
            "Remove the key (STASH_API_KEY, STASH_API_KEY_FILE), or set a password on the server.",
            REFUSED,
        )
    return failure("the server refuses the key: it is wrong, or another server's", _KEY_FIX, REFUSED)


async def setup(subject: Subject) -> Finding:
    """The server is set up, and its database needs no migration."""
    status = subject.server.get("systemStatus") or {}
    state = status.get("status", "")
    if state in NOT_READY:
        schemas = f" ({status.get('databaseSchema')} -> {status.get('appSchema')})"
        told = NOT_READY[state].rstrip(".") + (schemas if state == "NEEDS_MIGRATION" else "")
        command = "system setup" if state == "SETUP" else "metadata migrate"
        fix = f"Open its web interface and follow the steps shown there, or run: stash {command}"
        return failure(told, fix)
    if state != "OK":
        return failure(f"the server says nothing of its state: {state or 'no answer'}"[:120])
    return ok(f"set up; database schema {status.get('databaseSchema')}")


async def version(subject: Subject) -> Finding:
    """The server's release is one that this program knows."""
    said = subject.server.get("version") or {}
    name = str(said.get("version") or "")
    newest = describe_api().version
    server = ServerCapabilities({"version": name, "operations": {}, "types": {}})
    told = f"Stash {name or said.get('hash') or 'without a version'}"
    if not server.release:
        return ok(f"{told}: a build without a release, judged by its schema")
    if server.release < number(OLDEST):
        return failure(f"{told} is too old", f"Update it to {OLDEST} or newer.", VERSION)
    if server.release > number(newest):
        return warning(f"{told} is newer than {newest}, the newest known here", "Update this program.")
    return ok(told)


async def schema(subject: Subject) -> Finding:
    """The server describes its API, and lacks only what came with later releases."""
    try:
        facts = reduce_introspection(data_of(subject, await subject.post(INTROSPECTION)))
    except (KeyError, TypeError, AttributeError):
        return failure("the server describes its API in a way that cannot be read", "", VERSION)
    server = subject.capabilities = ServerCapabilities(facts)
    known = [(kind, name) for kind in KINDS for name in _operations(kind)]
    missing = [name for kind, name in known if not _has(server, kind, name)]
    told = f"{len(known) - len(missing)} of {len(known)} operations"
    if unexpected := [name for name in missing if _is_expected(server, name)]:
        shown = ", ".join(unexpected[:_SHOWN])
        return warning(f"{told}; missing without a reason: {shown}", "Is this an unusual build of Stash?")
    later = f"; {len(missing)} came with later releases" if missing else ""
    return ok(f"{told}{later}")


def _operations(kind: str) -> list[str]:
    """The operations of a kind that the newest known release has."""
    api = describe_api()
    fields = {"query": api.queries, "mutation": api.mutations, "subscription": api.subscriptions}[kind]
    return [name for name, field in fields.items() if field.since is None]


def _has(server: ServerCapabilities, kind: str, name: str) -> bool:
    try:
        server.operation_name(kind, name)
    except StashCapabilityError:
        return False
    return True


def _is_expected(server: ServerCapabilities, name: str) -> bool:
    """Whether this release should have an operation; a build between releases may have those of the next."""
    release = since(name)
    if release is None or not server.release:
        return True
    is_release = re.fullmatch(r"v?\d+(\.\d+)*", server.version) is not None
    return server.release >= number(release) if is_release else server.release > number(release)


async def clock(subject: Subject) -> Finding:
    """The clocks of server and client agree; their zones are told."""
    if subject.first is None or not (said := subject.first.headers.get("date")):
        return not_needed("the server does not say its time")
    try:
        behind = subject.first.at - parsedate_to_datetime(said).timestamp()
    except (ValueError, OverflowError):
        return not_needed("the server's time cannot be read")
    zones = await _zones(subject)
    if abs(behind) > _TOLERANCE:
        apart = str(timedelta(minutes=round(abs(behind) / 60))).removesuffix(":00")
        where = "behind" if behind > 0 else "ahead of"
        fix = "Set the clock of the wrong one: times such as -2d are counted from the clock here."
        return warning(f"the server's clock is {apart} {where} this one{zones}", fix)
    return ok(f"in step{zones}")


async def _zones(subject: Subject) -> str:
    """The zones of server and client, where the server's log shows its own."""
    here = datetime.now().astimezone().strftime("%z")
    try:
        lines = data_of(subject, await subject.post("query { logs { time } }")).get("logs") or []
        there = datetime.fromisoformat(lines[0]["time"]).strftime("%z")
    except (StashError, LookupError, TypeError, ValueError):
        return f"; the zone here is {here}"
    return f"; both have the zone {here}" if here == there else f"; its zone is {there}, the one here {here}"
