"""One run of the program, and the one place where errors become messages and exit statuses."""

from __future__ import annotations

import errno
import sys
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from stash_cli.commands.common.runtime import Runtime
from stash_cli.core.errors import (
    StashCleanupWarning,
    StashError,
    StashInputError,
    StashUnmappedFieldWarning,
)
from stash_cli.core.texts import is_text, legible
from stash_cli.output.process import INTERRUPTED, release_streams

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stash_cli.commands.argv.command import LazyGroup
    from stash_cli.output.streams import Streams

COMPLETE = "_STASH_COMPLETE"
"""Variable that the completion scripts of the shells set."""
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def run(
    args: Sequence[str],
    streams: Streams,
    root: Callable[[], LazyGroup],
    environ: Mapping[str, str] | None = None,
) -> int:
    """Run one command line and return its exit status.

    `root` makes the command tree; it is called late, because completion seldom needs it.
    """
    runtime = Runtime(streams, environ, args)
    return guarded(runtime, lambda: _dispatch(runtime, list(args), root))


def _dispatch(runtime: Runtime, args: list[str], root: Callable[[], LazyGroup]) -> int:
    if asked := runtime.environ.get(COMPLETE):
        return _complete(runtime, asked, args, root)
    with root().make_context("stash", args, obj=runtime) as ctx:
        return int(ctx.command.invoke(ctx))


def _complete(runtime: Runtime, asked: str, args: list[str], root: Callable[[], LazyGroup]) -> int:
    """Answer a Tab, or refresh the names that Tabs are answered from."""
    kind = asked.partition(":")[2]
    if kind:
        from stash_cli.commands.argv.completion_refresh import refresh

        return refresh(runtime, kind, args)
    from stash_cli.commands.argv.completion_shells import complete

    return complete(args, runtime.streams, runtime.environ, root)


def require_text(args: Sequence[str], environ: Mapping[str, str]) -> None:
    """Refuse words and settings that are no text, as no server, library or format can take them.

    Raises StashInputError.
    """
    from stash_cli.output.failures import secrets_of

    given = {f"word {number} of the command line": word for number, word in enumerate(args, 1)}
    given |= {name: value for name, value in environ.items() if name.startswith("STASH_")}
    for place, value in given.items():
        if not is_text(value):
            # A key or an address with a password is not repeated; its hidden form would not be found in it.
            secrets = filter(None, secrets_of(args, environ))
            is_secret = "@" in value or any(secret in value for secret in secrets)
            shown = "" if is_secret else f": {legible(value)}"
            utf8 = sys.getfilesystemencoding() == "utf-8"
            hint = None if utf8 else "This locale has no UTF-8: set one that has, such as LC_ALL=C.UTF-8."
            raise StashInputError(f"{place} is not UTF-8 text{shown}", hint=hint)


def guarded(runtime: Runtime, work: Callable[[], int]) -> int:
    """The exit status of `work`; its errors become messages on stderr."""
    try:
        with warnings.catch_warnings():
            route_warnings(runtime.streams)
            status = work()
        # Flushed here, because at its end the interpreter would report a full disk with a traceback.
        runtime.streams.out.flush()
    except BrokenPipeError:  # the reader of the output has closed it, as `head` does
        return 0
    except KeyboardInterrupt:
        return _interrupted(runtime)
    except StashError as error:
        return _failed(runtime, error)
    except OSError as error:
        return _unwritten(runtime, error) if error.errno in DISK_ERRORS else _apologise(runtime, error)
    except Exception as error:  # noqa: BLE001 - a bug is reported without a traceback
        return _apologise(runtime, error)
    return status


def route_warnings(streams: Streams) -> None:
    """Print this package's warnings on stderr and drop those of libraries."""

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        streams.warn(str(message))

    warnings.simplefilter("ignore")
    for category in (StashUnmappedFieldWarning, StashCleanupWarning):
        warnings.simplefilter("always", category)
    warnings.showwarning = show


def _failed(runtime: Runtime, error: StashError) -> int:
    from stash_cli.output.failures import render

    try:
        runtime.streams.out.flush()
    except BrokenPipeError:
        return 0
    if runtime.options.debug:
        _show_trace(runtime, error)
    # The error may follow from Ctrl-C, such as a closed connection. The shell expects 130 all the same.
    if runtime.streams.interrupts.count:
        error.exit_status = INTERRUPTED
    render(runtime.streams, error, as_json=runtime.json_errors)
    return error.exit_status


def _interrupted(runtime: Runtime) -> int:
    import json

    streams = runtime.streams
    if runtime.json_errors:
        facts = {"error": "interrupted", "message": "interrupted", "exit_status": INTERRUPTED}
        streams.say(json.dumps(facts), wrap=False)
    else:
        streams.note("\ninterrupted" if streams.err_is_terminal else "interrupted")
    return INTERRUPTED


def _unwritten(runtime: Runtime, error: OSError) -> int:
    """Report that the disk of the output is full or broken."""
    release_streams()
    return _failed(runtime, StashError(f"cannot write the output: {error.strerror}"))


def _apologise(runtime: Runtime, error: Exception) -> int:
    """Report a bug: one line, and a trace in a file."""
    from stash_cli.output.failures import render

    if runtime.options.debug:
        _show_trace(runtime, error)
    path = None
    # Whatever failed first may fail again here, and a second failure would hide the message.
    with suppress(Exception):
        path = _write_trace(runtime, error)
    bug = StashError(
        f"internal error: {type(error).__name__}",
        hint=f"Please report this bug, with the traceback in {path}."
        if path
        else "Please report this bug, with the traceback that --debug prints.",
    )
    render(runtime.streams, bug, as_json=runtime.json_errors)
    return bug.exit_status


def _show_trace(runtime: Runtime, error: BaseException) -> None:
    runtime.streams.say(_trace(runtime, error).rstrip(), wrap=False)


def _write_trace(runtime: Runtime, error: BaseException) -> str:
    """Write the trace below the platform's log folder, and return its path."""
    from platformdirs import user_log_path

    from stash_cli.core.private_files import make_private_folder, write_private

    path = user_log_path("stash-cli", appauthor=False) / "last-error.txt"
    make_private_folder(path.parent)
    write_private(path, _trace(runtime, error))
    return str(path)


def _trace(runtime: Runtime, error: BaseException) -> str:
    """The trace as text, without secrets and the values that messages quote."""
    from stash_cli.core.log import trace_of
    from stash_cli.output.failures import hide, secrets_of

    # Settings are not read again: they may be what failed.
    return hide(trace_of(error), [*secrets_of(runtime.args, runtime.environ), *runtime.keys])
