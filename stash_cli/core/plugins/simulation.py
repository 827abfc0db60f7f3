"""Simulation of a plugin run: its process, the input on stdin, and its log lines as they arrive."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashConfigurationError
from stash_cli.core.plugins.protocol import LogLine, parse_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_PYTHONS = ("python", "python3")
_OURS = ("stash", "stash-cli")
_GRACE = 3.0
"""Seconds for a plugin to end after SIGTERM."""
_LONGEST_LINE = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PluginOutcome:
    """The result of a plugin: its exit status, and the `output` and `error` of its stdout."""

    status: int
    output: Any = None
    error: str | None = None


async def simulate(
    command: Sequence[str],
    given: Mapping[str, Any],
    environ: Mapping[str, str],
    on_line: Callable[[LogLine], None],
) -> PluginOutcome:
    """Run a plugin's command with `given` on stdin; `on_line` gets each line of its stderr.

    Raises StashConfigurationError for a command that cannot be started. A plugin that is still running when
    the caller is cancelled is ended.
    """
    process = await _started(command, environ)
    assert process.stdin and process.stdout and process.stderr  # noqa: S101, PT018 - all three are pipes
    try:
        reading = asyncio.gather(process.stdout.read(), _read_lines(process.stderr, on_line))
        try:
            process.stdin.write(json.dumps(given).encode())
            await process.stdin.drain()
            process.stdin.close()
        except (BrokenPipeError, ConnectionResetError):
            pass  # it does not read its input, as some plugins do
        said, _ = await reading
        return outcome_of(await process.wait(), said)
    finally:
        await _end(process)


async def _started(command: Sequence[str], environ: Mapping[str, str]) -> asyncio.subprocess.Process:
    words = _with_this_python(command)
    pipe = asyncio.subprocess.PIPE
    try:
        return await asyncio.create_subprocess_exec(
            *words, stdin=pipe, stdout=pipe, stderr=pipe, env=dict(environ), limit=_LONGEST_LINE
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StashConfigurationError(f"The plugin's program {words[0]} cannot be run: {reason}.") from None


def _with_this_python(command: Sequence[str]) -> list[str]:
    """Replace `python` and `stash` without a folder by this interpreter and program."""
    first, *rest = command
    # Servers use the Python on their PATH; the one on this PATH may lack this library.
    if first in _PYTHONS:
        return [sys.executable, *rest]
    if first in _OURS and shutil.which(first) is None:
        return [sys.executable, "-m", "stash_cli", *rest]
    return [first, *rest]


async def _read_lines(stream: asyncio.StreamReader, on_line: Callable[[LogLine], None]) -> None:
    while True:
        try:
            line = await stream.readline()
        except ValueError:  # a line that is longer than the limit is dropped, as it came
            continue
        if not line:
            return
        on_line(parse_line(line.decode("utf-8", "replace").rstrip("\r\n")))


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    # SIGTERM first, so that a plugin can clean up.
    process.terminate()
    try:
        async with asyncio.timeout(_GRACE):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def outcome_of(status: int, stdout: bytes) -> PluginOutcome:
    """Parse the stdout of a plugin: JSON with output and error, or any text as the output."""
    text = stdout.decode("utf-8", "replace")
    try:
        found = json.loads(text)
    except ValueError:
        return PluginOutcome(status, text.strip() or None)
    if not isinstance(found, dict):
        return PluginOutcome(status, text.strip() or None)
    error = found.get("error")
    return PluginOutcome(status, found.get("output"), str(error) if error else None)
