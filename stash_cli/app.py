"""The program: the table of commands, and the one place where errors become messages and exit statuses."""

from __future__ import annotations

import errno
import gc
import os
import sys
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from stash_cli import __version__
from stash_cli.output.interrupts import INTERRUPTED, Interrupts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.commands.base import LazyGroup
    from stash_cli.commands.runtime import Runtime
    from stash_cli.core.errors import StashError
    from stash_cli.output.streams import Streams

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
COLLECT_AFTER = 100_000
"""New objects after which Python looks for cycles among all: more than starting makes."""

# noun, plural, API type: spelt out, so that the root's help reads no type; held against them by a test
NOUNS = (
    ("scene", "scenes", "Scene"),
    ("image", "images", "Image"),
    ("gallery", "galleries", "Gallery"),
    ("performer", "performers", "Performer"),
    ("studio", "studios", "Studio"),
    ("tag", "tags", "Tag"),
    ("group", "groups", "Group"),
    ("marker", "markers", "SceneMarker"),
)

COMMANDS = {
    # name: (help, target, section)
    "scan": ("Look for new, changed and moved files", "metadata:scan_", "Jobs"),
    "metadata": ("Jobs that work on the whole library", "metadata:group", "Jobs"),
    "jobs": ("List, watch, wait for and stop jobs", "jobs:group", "Jobs"),
    "library": ("The media folders that are scanned", "library:group", "Server"),
    "embedded": ("A library without a server: serve, unlock, reset, path", "embedded:group", "Server"),
    "api": ("Send any GraphQL document or operation", "api:build", "API"),
    "explain": ("What the API has under a name, from types to flags", "explain:build", "API"),
    "version": ("Versions of this program and of the server", "version:build", "Server"),
    "completion": ("Print the completion script of a shell", "completion:build", "Server"),
}

EXAMPLES = (
    "stash --demo scenes find --rating100-gte 80",
    "stash scenes find beach --tag Outdoor --sort -date --limit 10",
    "stash performers find --country JP --json --fields id,name,birthdate",
    "stash scenes update 12 13 --rating100 80 --add-tag Favourite",
    "stash scan --wait",
)


def main() -> None:
    """Entry point of the scripts `stash` and `stash-cli`."""
    interrupts = Interrupts()
    interrupts.install()
    try:
        status = _main(interrupts)
    except KeyboardInterrupt:  # before `run` was there to say so, or after it
        status = INTERRUPTED
    except BrokenPipeError:
        status = 0
    interrupts.finish()
    _release_streams()
    gc.freeze()  # or the interpreter looks for cycles in all that is left, before it drops it
    sys.exit(status)


def _main(interrupts: Interrupts) -> int:
    if sys.argv[1:] in (["--version"], ["-V"]):  # needs nothing of what the rest imports
        sys.stdout.write(f"stash {__version__}\n")
        return 0
    gc.set_threshold(COLLECT_AFTER)
    from stash_cli.output.streams import Streams

    return run(sys.argv[1:], Streams.standard(interrupts))


def run(args: list[str], streams: Streams, environ: Mapping[str, str] | None = None) -> int:
    """Run one command line and return its exit status; bugs become an apology."""
    from stash_cli.commands.runtime import Runtime
    from stash_cli.core.errors import StashError

    runtime = Runtime(streams, environ, args)
    try:
        with warnings.catch_warnings():
            _route_warnings(runtime)
            status = _dispatch(args, runtime)
        streams.out.flush()
    except BrokenPipeError:  # the reader has seen enough
        return 0
    except KeyboardInterrupt:
        return _interrupted(runtime)
    except StashError as error:
        return _failed(runtime, error)
    except OSError as error:
        return _unwritten(runtime, error) if error.errno in NO_ROOM else _apologise(runtime, error)
    except Exception as error:  # noqa: BLE001 - the boundary: a bug becomes an apology and a trace file
        return _apologise(runtime, error)
    return status


def _dispatch(args: list[str], runtime: Runtime) -> int:
    if runtime.environ.get("_STASH_COMPLETE"):
        from stash_cli.commands.candidates import complete

        return complete(args, runtime.streams, root)
    import typer

    try:
        ctx = root().make_context("stash", list(args), obj=runtime)
        with ctx:
            result = ctx.command.invoke(ctx)
    except typer.Exit as done:
        return int(done.exit_code)
    except typer.TyperException as error:
        raise _usage(error) from None
    return int(result or 0)


def root() -> LazyGroup:
    """The top of the command tree."""
    from stash_cli.commands.base import Entry, Root

    entries = {}
    for noun, plural, type_name in NOUNS:
        target = "stash_cli.commands.nouns:group"
        text = f"Find, show, count, edit and delete {plural}"
        entries[plural] = Entry(text, target, "Library", type_name)
        entries[noun] = Entry(text, target, "Library", type_name, alias_of=plural)
    for name, (text, target, section) in COMMANDS.items():
        entries[name] = Entry(text, f"stash_cli.commands.{target}", section)
    return Root("stash", entries, "Work with a Stash media server from the command line.", EXAMPLES)


def _usage(error: Any) -> StashError:
    """What Typer found wrong, as an error of ours."""
    from stash_cli.core.errors import StashUsageError

    message = " ".join(error.format_message().split()).rstrip(".")
    return StashUsageError(message[:1].lower() + message[1:])


def _failed(runtime: Runtime, error: StashError) -> int:
    from stash_cli.output.failures import render

    try:
        runtime.streams.out.flush()
    except BrokenPipeError:
        return 0
    if runtime.options.debug:
        _show_trace(runtime, error)
    if runtime.streams.interrupts.count:
        error.exit_status = INTERRUPTED
    render(runtime.streams, error, as_json=runtime.json_errors)
    return error.exit_status


def _interrupted(runtime: Runtime) -> int:
    import json

    streams = runtime.streams
    if runtime.json_errors:
        facts = {"error": "interrupted", "message": "interrupted", "exit_status": INTERRUPTED}
        streams.say(json.dumps(facts))
    else:
        streams.note("\ninterrupted" if streams.err_is_terminal else "interrupted")
    return INTERRUPTED


def _unwritten(runtime: Runtime, error: OSError) -> int:
    """The disk that the output goes to is full, or broken."""
    from stash_cli.core.errors import StashError

    _release_streams()
    return _failed(runtime, StashError(f"the output cannot be written: {error.strerror}"))


def _apologise(runtime: Runtime, error: Exception) -> int:
    from stash_cli.core.errors import StashError
    from stash_cli.output.failures import render

    if runtime.options.debug:
        _show_trace(runtime, error)
    where = _write_trace(runtime, error)
    bug = StashError(
        f"this is a bug, sorry: {type(error).__name__}",
        hint=f"The trace is in {where}; please report it." if where else "--debug shows the trace.",
    )
    render(runtime.streams, bug, as_json=runtime.json_errors)
    return bug.exit_status


def _show_trace(runtime: Runtime, error: BaseException) -> None:
    runtime.streams.say(_trace(runtime, error).rstrip())


def _write_trace(runtime: Runtime, error: BaseException) -> str | None:
    """Write the trace below the platform's log folder; None where that cannot be written."""
    from platformdirs import user_log_path

    from stash_cli.core.private_files import make_private_folder, write_private

    try:
        path = user_log_path("stash-cli", appauthor=False) / "last-error.txt"
        make_private_folder(path.parent)
        write_private(path, _trace(runtime, error))
    except (OSError, RuntimeError):  # RuntimeError: there is no home folder
        return None
    return str(path)


def _trace(runtime: Runtime, error: BaseException) -> str:
    """The trace as text, without secrets and the values that messages quote."""
    from stash_cli.core.log import trace_of
    from stash_cli.output.secrets import hide, secrets_of

    secrets = list(secrets_of(runtime.args, runtime.environ))
    with suppress(Exception):  # what failed may be the settings themselves
        secrets.append(runtime.connection().api_key or "")
    return hide(trace_of(error), secrets)


def _route_warnings(runtime: Runtime) -> None:
    """Our own warnings become a line on stderr; those of libraries are for developers."""
    from stash_cli.core.errors import StashCleanupWarning, StashUnmappedFieldWarning

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        runtime.streams.warn(str(message))

    warnings.simplefilter("ignore")
    for category in (StashUnmappedFieldWarning, StashCleanupWarning):
        warnings.simplefilter("always", category)
    warnings.showwarning = show


def _release_streams() -> None:
    """Drop what cannot be written: the interpreter would try once more, and complain."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
