"""`doctor`: checks of the connection and of its surroundings, with what was found and how to mend it."""

from __future__ import annotations

from collections import Counter
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, command
from stash_cli.core.errors import StashConfigurationError
from stash_cli.output.card import wrapped
from stash_cli.output.values import View, columns, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.commands.runtime import Runtime
    from stash_cli.core.doctor.findings import Finding
    from stash_cli.core.doctor.subject import Subject, Surroundings
    from stash_cli.output.streams import Streams

FINDING = View(columns=columns("id", "state", "found", "fix"))
_STYLES = {"ok": "green", "warning": "yellow", "failure": "red", "skipped": "dim"}
_STATE, _NAME = 9, 13
"""Columns for the state and the id of a check."""


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
    from stash_cli.core.doctor.findings import exit_status
    from stash_cli.core.doctor.redaction import Redaction
    from stash_cli.output.failures import secrets_of

    subject = examined(runtime)
    secrets = [*secrets_of(runtime.args, runtime.environ), *runtime.keys]
    hide = Redaction(subject, secrets, everything=options.redact)
    printer = None if runtime.for_people and not runtime.options.fields else runtime.writer(FINDING)
    findings: list[Finding] = []

    async def work() -> None:
        from stash_cli.core.doctor.examination import EACH, examine

        each = min(EACH, runtime.options.timeout or EACH)
        try:
            async with aclosing(examine(subject, each)) as found:
                async for finding in found:
                    findings.append(hide(finding))
                    if printer is None:
                        _print(runtime.streams, findings[-1])
                    else:
                        printer.row(findings[-1].row())
        finally:
            await subject.close()

    runtime.complete(work)
    if printer is not None:
        printer.finish()
    runtime.streams.note(_summary(findings))
    return exit_status(findings, strict=options.strict)


def _print(streams: Streams, finding: Finding) -> None:
    """Print a finding as a line, and what mends it below."""
    state = str(finding.state)
    streams.out.write(streams.style(f"{state:<{_STATE}}", _STYLES[state], streams.out))
    room = streams.width - _STATE - _NAME if streams.out_is_terminal else None
    texts = [finding.found, *([f"-> {finding.fix}"] if finding.fix else ())]
    lines = [line for text in texts for line in wrapped(one_line(text), room)]
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
    """The connection of this run with its surroundings; problems of settings are findings, not errors."""
    from stash_cli.core.doctor.subject import Subject
    from stash_cli.core.settings import resolve_connection

    around = _surroundings(runtime)
    try:
        return Subject(runtime.connection(), around)
    except StashConfigurationError as error:
        problem = error
    # Where the key alone is at fault, the way to the server can be examined without it.
    flags = {name: value for name, value in runtime.options.connection.items() if name != "api_key_file"}
    environ = {name: value for name, value in runtime.environ.items() if not name.startswith("STASH_API_KEY")}
    try:
        return Subject(resolve_connection(flags, environ), around, key_problem=problem)
    except StashConfigurationError:
        return Subject(None, around, problem)


def _surroundings(runtime: Runtime) -> Surroundings:
    from platformdirs import user_cache_path, user_log_path

    from stash_cli.core.doctor.subject import Surroundings

    folders = {
        name: find("stash-cli", appauthor=False)
        for name, find in (("cache", user_cache_path), ("log", user_log_path))
    }
    named = {"--api-key-file": runtime.options.api_key_file, **_key_files(runtime.environ)}
    files = {name: Path(text).expanduser() for name, text in named.items() if text}
    return Surroundings(runtime.environ, folders, files, _origin(runtime), _demo(runtime))


def _demo(runtime: Runtime) -> Path | None:
    """The file of the demo library, if that is asked for."""
    from stash_cli.commands.embedded import embedded_module

    url = runtime.options.url or runtime.environ.get("STASH_URL", "")
    if not runtime.options.demo and url.strip() != "embedded:demo":
        return None
    path: Path = embedded_module("library.library").demo_path()
    return path


def _key_files(environ: Mapping[str, str]) -> dict[str, str | None]:
    return {"STASH_API_KEY_FILE": environ.get("STASH_API_KEY_FILE")}


def _origin(runtime: Runtime) -> str:
    if runtime.options.url:
        return "--server"
    if runtime.options.demo:
        return "--demo"
    return "STASH_URL" if runtime.environ.get("STASH_URL") else ""
