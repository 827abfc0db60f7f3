"""Notifications about a chain: hook commands, and pings of a monitoring service."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stash_cli.output.failures import hide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.tasks.run_spec import RunSpec

_TIMEOUT = 10.0
"""Seconds to wait for a response of the monitoring service."""
_MAX_LENGTH = 10_000
"""Maximum characters of the text that is sent to it; longer texts lose their beginning."""


def call_hook(runtime: Runtime, spec: RunSpec, status: int, summary: str) -> None:
    """Run `on_success` or `on_failure` in the shell; print a warning if it fails."""
    command = spec.on_failure if status else spec.on_success
    if not command:
        return
    name = "on_failure" if status else "on_success"
    facts = {"STASH_RUN": spec.title, "STASH_RUN_STATUS": str(status), "STASH_RUN_SUMMARY": summary}
    # The hook does not get the API key of this program; a hook that needs one has its own settings.
    environ = {key: value for key, value in os.environ.items() if key != "STASH_API_KEY"}
    try:
        process = subprocess.run(  # noqa: S602 - the command is the user's own, and written for a shell
            command, shell=True, env={**environ, **facts}, stdin=subprocess.DEVNULL, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        )  # fmt: skip
    except OSError as error:
        runtime.streams.say(
            f"{name} cannot be run: {error.strerror}", label="stash: warning:", style="yellow"
        )
        return
    if process.returncode:
        output = " ".join(process.stdout.split())[:300]
        text = f"{name} ended with {process.returncode}{': ' if output else ''}{output}"
        runtime.streams.say(text, label="stash: warning:", style="yellow")
    elif process.stdout:
        runtime.streams.detail(process.stdout.rstrip())


def ping(runtime: Runtime, spec: RunSpec, signal: str, lines: Sequence[str] = ()) -> None:
    """Ping the monitoring service of a chain: "/start", "" for success, "/fail" with the last lines.

    An unreachable service causes a warning only.
    """
    if not spec.ping_url:
        return
    import httpx

    parts = urlsplit(spec.ping_url)
    url = parts._replace(path=parts.path.rstrip("/") + signal).geturl()
    body = hide("\n".join(lines), runtime.keys)[-_MAX_LENGTH:]
    try:
        httpx.post(url, content=body.encode(), timeout=_TIMEOUT).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # The URL itself is the secret of such a service, so only its host is printed.
        kind = type(error).__name__
        runtime.streams.warn(f"the monitoring service {parts.hostname} was not reached ({kind})")
