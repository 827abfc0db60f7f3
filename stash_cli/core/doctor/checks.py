"""The table of checks, run in order, each with a time limit; skipped if a required check has failed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING

from stash_cli.core.doctor import machine, network, paths, server
from stash_cli.core.doctor.findings import UNREACHABLE, Finding, State, failure, from_error, not_needed
from stash_cli.core.errors import StashError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from stash_cli.core.doctor.subject import Subject

EACH, ALL = 3.0, 15.0
"""Seconds for one check, and for all."""


@dataclass(frozen=True, slots=True)
class Check:
    """A check, and the ids of the checks that it requires.

    Checks of the `network` are not run for an embedded library.
    """

    name: str
    run: Callable[[Subject], Awaitable[Finding]]
    needs: tuple[str, ...] = ()
    network: bool = False


_WAY = ("address", "proxy", "dns", "tcp", "tls")
CHECKS = (
    Check("address", network.address),
    Check("dns", network.dns, ("address",), network=True),
    Check("tcp", network.tcp, ("address", "dns"), network=True),
    Check("tls", network.tls, ("address", "dns", "tcp"), network=True),
    Check("proxy", network.proxy, ("address", "dns", "tcp"), network=True),
    Check("api", server.api, _WAY),
    Check("key", server.key, (*_WAY, "api"), network=True),
    Check("setup", server.setup, (*_WAY, "api", "key")),
    Check("version", server.version, (*_WAY, "api", "key")),
    Check("schema", server.schema, (*_WAY, "api", "key", "version")),
    Check("clock", server.clock, (*_WAY, "api"), network=True),
    Check("path_maps", paths.path_maps, (*_WAY, "api", "key", "setup")),
    Check("environment", machine.environment),
    Check("path", machine.path),
    Check("files", machine.files),
)
"""All checks; the names are stable ids."""


async def examine(subject: Subject, each: float = EACH, whole: float = ALL) -> AsyncGenerator[Finding, None]:
    """Run all checks and yield their findings, without writing anything and without prompts.

    `each` and `whole` are seconds.
    """
    end = monotonic() + whole
    failed: list[str] = []
    for check in CHECKS:
        cause = next((name for name in failed if name in check.needs), None)
        if cause is not None:
            found = Finding(State.SKIPPED, f"not checked, because of {cause}", because=cause)
        else:
            found = await _within(check, subject, min(each, end - monotonic()))
        # Of the needs of others only an address is skipped: that of a library that is not there yet.
        if found.state is State.FAILURE or (check.name == "address" and found.state is State.SKIPPED):
            failed.append(check.name)
        yield replace(found, check=check.name)


async def _within(check: Check, subject: Subject, seconds: float) -> Finding:
    """Run one check; an error or a timeout is a failure."""
    try:
        if check.network and not subject.is_remote:
            return not_needed("not needed: a library in this process")
        async with asyncio.timeout(max(seconds, 0)):
            return await check.run(subject)
    except TimeoutError:
        fix = "Is a firewall in between, or is the server busy?"
        return failure(f"no answer within {max(seconds, 0):g} s", fix, UNREACHABLE)
    except StashError as error:
        return from_error(error)
