"""One run of the program, and its error boundary: errors become messages and exit statuses."""

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
"""Environment variable set by the completion scripts."""
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def run(
    args: Sequence[str],
    streams: Streams,
    root: Callable[[], LazyGroup],
    environ: Mapping[str, str] | None = None,
) -> int:
    """Run one command line and return its exit status.

    `root` builds the command tree; it is called lazily, because completion rarely needs it.
    """
    runtime = Runtime(streams, environ, args)
    return guarded(runtime, lambda: _dispatch(runtime, list(args), root))


def _dispatch(runtime: Runtime, args: list[str], root: Callable[[], LazyGroup]) -> int:
    if request := runtime.environ.get(COMPLETE):
        return _complete(runtime, request, args, root)
    with root().make_context("stash", args, obj=runtime) as ctx:
        return int(ctx.command.invoke(ctx))


def _complete(runtime: Runtime, request: str, args: list[str], root: Callable[[], LazyGroup]) -> int:
    """Print completions, or refresh the cached names for them."""
    kind = request.partition(":")[2]
    if kind:
        from stash_cli.commands.argv.completion_refresh import refresh

        return refresh(runtime, kind, args)
    from stash_cli.commands.argv.completion_shells import complete

    return complete(args, runtime.streams, runtime.environ, root)


def require_text(args: Sequence[str], environ: Mapping[str, str]) -> None:
    """Raise StashInputError for words and settings that are not UTF-8.

    No server, library or output format can represent them.
    """
    from stash_cli.output.failures import secrets_of

    values = {f"word {number} of the command line": word for number, word in enumerate(args, 1)}
    values |= {name: value for name, value in environ.items() if name.startswith("STASH_")}
    for place, value in values.items():
        if not is_text(value):
            # Secrets and URLs with a password are not printed: masking would not find them in escaped text.
            secrets = filter(None, secrets_of(args, environ))
            is_secret = "@" in value or any(secret in value for secret in secrets)
            shown = "" if is_secret else f": {legible(value)}"
            utf8 = sys.getfilesystemencoding() == "utf-8"
            hint = None if utf8 else "This locale has no UTF-8: set one that has, such as LC_ALL=C.UTF-8."
            raise StashInputError(f"{place} is not UTF-8 text{shown}", hint=hint)


def guarded(runtime: Runtime, work: Callable[[], int]) -> int:
    """Return the exit status of `work`; print its errors as messages on stderr."""
    try:
        with warnings.catch_warnings():
            route_warnings(runtime.streams)
            status = work()
        # Flushed here, because at exit the interpreter would report a full disk with a traceback.
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
    """Print this package's warnings to stderr, and drop those of libraries."""

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
    # The error may be a consequence of Ctrl-C, such as a closed connection; the status is then 130.
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
    """Report an output that cannot be written, such as on a full disk."""
    release_streams()
    return _failed(runtime, StashError(f"cannot write the output: {error.strerror}"))


def _apologise(runtime: Runtime, error: Exception) -> int:
    """Report a bug: one line, and the traceback in a file."""
    from stash_cli.output.failures import render

    if runtime.options.debug:
        _show_trace(runtime, error)
    path = None
    # The cause of the bug may fail again here; a second error must not hide the message.
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
    """Write the traceback to the platform's log folder, and return its path."""
    from platformdirs import user_log_path

    from stash_cli.core.private_files import make_private_folder, write_private

    path = user_log_path("stash-cli", appauthor=False) / "last-error.txt"
    make_private_folder(path.parent)
    write_private(path, _trace(runtime, error))
    return str(path)


def _trace(runtime: Runtime, error: BaseException) -> str:
    """The traceback as text, without secrets and values quoted in messages."""
    from stash_cli.core.log import trace_of
    from stash_cli.output.failures import hide, secrets_of

    # The settings file is not read again, because it may be the cause of the error.
    return hide(trace_of(error), [*secrets_of(runtime.args, runtime.environ), *runtime.keys])
