"""`doctor`: checks of the connection and the environment, with findings and remedies."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Future
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, command
from stash_cli.core.doctor.findings import Finding, State, exit_status
from stash_cli.core.errors import StashConfigurationError, StashUsageError, did_you_mean
from stash_cli.core.texts import wrapped
from stash_cli.output.values import View, columns, one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.doctor.subject import Environment, Subject
    from stash_cli.core.settings import Connection
    from stash_cli.output.streams import Streams

FINDING = View(columns=columns("id", "state", "found", "fix"))
_STYLES = {"ok": "green", "warning": "yellow", "failure": "red", "skipped": "dim"}
_STATE, _NAME = 9, 13
"""Widths of the columns for state and id of a check."""


@dataclass(frozen=True, kw_only=True, eq=False)
class DoctorOptions(CommandOptions):
    """The command line of `doctor`."""

    strict: Annotated[bool, typer.Option("--strict", help="exit with 1 for warnings, too")] = False
    redact: Annotated[
        bool, typer.Option("--redact", help="hide host names, addresses and the home folder, for pasting")
    ] = False


def build() -> StashCommand:
    return command(
        "doctor",
        run,
        DoctorOptions,
        examples=(
            "stash doctor",
            "stash doctor --redact",
            "stash doctor --json --fields id,state",
            "stash --server https://nas:9999 doctor --strict",
        ),
    )


def run(runtime: Runtime, options: DoctorOptions) -> int:
    """Check the connection: what was found, and how to mend it.

    Nothing is written, and nothing is asked. Exit 0 when nothing failed; else 4 (key, login), 5 (network), 7
    (version) or 1. Keys and headers are never printed.
    """
    from stash_cli.core.doctor.redaction import Redaction
    from stash_cli.output.failures import secrets_of

    fields = _fields(runtime.options.fields)
    started = monotonic()
    subject = examined(runtime)
    secrets = [*secrets_of(runtime.args, runtime.environ), *runtime.keys]
    hide = Redaction(subject, secrets, everything=options.redact)
    printer = None if runtime.for_people and not runtime.options.fields else runtime.writer(FINDING)
    findings: list[Finding] = []

    async def work() -> None:
        from stash_cli.core.doctor.checks import ALL, EACH, examine

        each = min(EACH, runtime.options.timeout or EACH)
        try:
            async with aclosing(examine(subject, each, started + ALL - monotonic())) as found:
                async for finding in found:
                    findings.append(hide(finding))
                    if printer is None:
                        _print(runtime.streams, findings[-1])
                    else:
                        row = findings[-1].row()
                        printer.row({name: row[name] for name in fields})
        finally:
            await subject.close()

    runtime.complete(work)
    if printer is not None:
        printer.finish()
    runtime.streams.note(_summary(findings))
    return exit_status(findings, strict=options.strict)


def _fields(requested: list[str] | None) -> list[str]:
    """The fields to print: those of `--fields`, or all. Raises StashUsageError for an unknown one."""
    known = list(Finding(State.OK, "").row())
    for name in requested or ():
        if name not in known:
            hint = did_you_mean(name, known) or f"There are {', '.join(known)}."
            raise StashUsageError(f"--fields: a check has no {name}. {hint}")
    return requested or known


def _print(streams: Streams, finding: Finding) -> None:
    """Print a finding as a line, and its fix below."""
    state = str(finding.state)
    streams.out.write(streams.style(f"{state:<{_STATE}}", _STYLES[state], streams.out))
    width = streams.width - _STATE - _NAME if streams.out_is_terminal else None
    texts = [finding.found, *([f"-> {finding.fix}"] if finding.fix else ())]
    lines = [line for text in texts for line in wrapped(one_line(text), width)]
    indent = "\n" + " " * (_STATE + _NAME)
    streams.data(f"{finding.check:<{_NAME}}{indent.join(lines)}\n")
    streams.out.flush()


def _summary(findings: list[Finding]) -> str:
    counts = Counter(str(each.state) for each in findings)
    words = {
        "failure": "failed",
        "warning": "warning" if counts["warning"] == 1 else "warnings",
        "skipped": "skipped",
        "ok": "ok",
    }
    return ", ".join(f"{counts[state]} {word}" for state, word in words.items() if counts[state])


def examined(runtime: Runtime) -> Subject:
    """The connection of this run with its environment; problems of settings are findings, not errors."""
    from stash_cli.core.doctor.subject import Subject

    runtime.streams.no_input = True  # the keyring is read, but without a prompt to unlock it
    try:
        connection = _with_timeout(runtime.connection)
    except StashConfigurationError as error:
        problem = error
    else:
        return Subject(connection, _environment(runtime, connection))
    # If only the key is invalid, the network can be checked without it.
    try:
        connection = _with_timeout(lambda: _without_key(runtime))
    except StashConfigurationError:
        return Subject(None, _environment(runtime, None), problem)
    return Subject(connection, _environment(runtime, connection), key_problem=problem)


def _with_timeout(read: Callable[[], Connection]) -> Connection:
    """Call `read` with the time limit of a check, because the command of a key may wait for the user.

    Raises its errors, and StashConfigurationError on a timeout.
    """
    from stash_cli.core.doctor.checks import EACH

    result: Future[Connection] = Future()

    def work() -> None:
        try:
            result.set_result(read())
        except BaseException as error:  # noqa: BLE001 - `result.result` raises it
            result.set_exception(error)

    Thread(target=work, name="stash-settings", daemon=True).start()
    try:
        return result.result(timeout=EACH)
    except TimeoutError:
        raise StashConfigurationError(
            f"The key could not be read within {EACH:.0f} s.",
            hint="Does its command, or the keyring, wait for a person?",
        ) from None


def _without_key(runtime: Runtime) -> Connection:
    """The connection of this run as it would be without a key. Raises StashConfigurationError."""
    from stash_cli.core.profile import KEY_SOURCES
    from stash_cli.core.profiles import connect

    flags = {name: value for name, value in runtime.options.connection.items() if name != "api_key_file"}
    environ = {name: value for name, value in runtime.environ.items() if not name.startswith("STASH_API_KEY")}
    profiles = {
        name: {key: value for key, value in table.items() if key not in KEY_SOURCES}
        for name, table in runtime.settings.content.get("profiles", {}).items()
    }
    keyless = replace(runtime.settings, content={**runtime.settings.content, "profiles": profiles})
    return connect(keyless, flags, environ)


def _environment(runtime: Runtime, connection: Connection | None) -> Environment:
    """Collect the folders, files and settings of this run."""
    from platformdirs import user_cache_path, user_log_path, user_state_path

    from stash_cli.core.doctor.subject import Environment
    from stash_cli.core.settings_file import settings_path

    locators = (("cache", user_cache_path), ("state", user_state_path), ("log", user_log_path))
    folders = {name: find("stash-cli", appauthor=False) for name, find in locators}
    environment = Environment(runtime.environ, {**folders, "settings": settings_path().parent})
    environment.files = {
        name: Path(text).expanduser() for name, text in _secret_files(runtime).items() if text
    }
    if connection is not None:
        environment.origin = connection.source or _origin(runtime)
        environment.folders = {**environment.folders, "state": connection.journal.parent}
        environment.demo = _demo(connection)
    if runtime.has_settings and connection is not None:
        environment.profiles = runtime.settings.names
        environment.profile, environment.path_maps = runtime.profile.name, runtime.profile.path_maps
        if name := runtime.profile.values.get("api_key_file"):
            environment.files["the profile's key"] = settings_path().parent / Path(name).expanduser()
        if runtime.settings.exposed:
            environment.files["the settings file"] = settings_path()
    return environment


def _secret_files(runtime: Runtime) -> dict[str, str | None]:
    """The files with the key, by the setting that names them."""
    return {
        "--api-key-file": runtime.options.api_key_file,
        "STASH_API_KEY_FILE": runtime.environ.get("STASH_API_KEY_FILE"),
    }


def _origin(runtime: Runtime) -> str:
    if runtime.options.url:
        return "--server"
    if runtime.options.demo:
        return "--demo"
    return "STASH_URL" if runtime.environ.get("STASH_URL") else ""


def _demo(connection: Connection) -> Path | None:
    """The file of the demo library, if the connection is to it."""
    from stash_cli.commands.embedded import embedded_module
    from stash_cli.core.settings import DEMO

    if connection.location != DEMO:
        return None
    path: Path = embedded_module("library.library").demo_path()
    return path
