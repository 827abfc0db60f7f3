"""`stash completion`: the completion script of a shell, printed or installed for the user."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stash_cli.commands.argv.command import CommandOptions, Entry, LazyGroup, command, subcommand
from stash_cli.commands.argv.value_parsers import choice
from stash_cli.core.atomic_files import replacing
from stash_cli.core.errors import StashError, StashUsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.commands.argv.command import StashCommand
    from stash_cli.commands.common.runtime import Runtime

SCRIPTS = {"bash": "stash.bash", "zsh": "_stash", "fish": "stash.fish", "powershell": "stash.ps1"}
"""Shell -> file name, in the package's `scripts/` and in the project's `completions/`."""
BEGIN, END = "# >>> stash completion >>>", "# <<< stash completion <<<"
"""The lines around the block that is added to a start-up file of the user."""
_BLOCK = re.compile(rf"\n?^{re.escape(BEGIN)}$.*?^{re.escape(END)}$\n?", re.MULTILINE | re.DOTALL)
_NAMES = re.compile(r"\bstash(,?) stash-cli\b")


@dataclass(frozen=True, kw_only=True, eq=False)
class InstallOptions(CommandOptions):
    """The command line of `completion install` and `uninstall`."""

    shell: Annotated[
        str | None,
        typer.Argument(
            metavar="|".join(SCRIPTS), parser=choice(*SCRIPTS), help="the shell; default: the login shell's"
        ),
    ] = None


def group() -> LazyGroup:
    entries = {shell: Entry(f"Print the script for {shell}", partial(_printing, shell)) for shell in SCRIPTS}
    entries["install"] = subcommand(
        "Install completion for your shell",
        run_install,
        InstallOptions,
        "stash completion install",
        "stash completion install zsh",
    )
    entries["uninstall"] = subcommand(
        "Undo what install did",
        run_uninstall,
        InstallOptions,
        "stash completion uninstall",
        "stash completion uninstall zsh",
    )
    return LazyGroup("completion", entries, "Complete commands, flags and names with Tab.")


def _printing(shell: str) -> StashCommand:
    return command(
        shell,
        partial(run_print, shell),
        CommandOptions,
        help=f"Print the completion script of {shell}.",
        examples=(f"stash completion {shell} > {SCRIPTS[shell]}",),
    )


def run_print(shell: str, runtime: Runtime, _: CommandOptions) -> None:
    runtime.streams.data(script(shell))


def script(shell: str) -> str:
    """The completion script of `shell`."""
    return (Path(__file__).parent / "scripts" / SCRIPTS[shell]).read_text(encoding="utf-8")


def run_install(runtime: Runtime, options: InstallOptions) -> None:
    """Install completion: the script goes to your data folder, and a line to the file that your shell reads.

    The files are told. `stash completion uninstall` removes the script and the line.
    """
    shell = options.shell or login_shell(runtime.environ)
    places = InstalledFiles.of(shell, runtime.environ)
    text = script(shell)
    if other := _other_program(runtime.environ):
        # A Tab runs the command, so the script must not call another program named `stash`.
        text = _NAMES.sub("stash-cli", text)
        runtime.streams.warn(f"{other} is another program: completion is for stash-cli only")
    for file in places.scripts:
        _write(file, text)
        runtime.streams.note(f"wrote {file}")
    if places.startup is not None:
        _write(places.startup, _with_block(_read(places.startup), places.line))
        runtime.streams.note(f"added a line to {places.startup}")
    runtime.streams.note("open a new shell to use it")


def run_uninstall(runtime: Runtime, options: InstallOptions) -> None:
    """Remove the script and the line that `stash completion install` wrote."""
    places = InstalledFiles.of(options.shell or login_shell(runtime.environ), runtime.environ)
    before = _read(places.startup) if places.startup is not None else ""
    remaining = _BLOCK.sub("", before)
    scripts = [file for file in places.scripts if file.exists()]
    for file in scripts:
        file.unlink()
        runtime.streams.note(f"removed {file}")
    if places.startup is not None and remaining != before:
        _write(places.startup, remaining)
        runtime.streams.note(f"removed a line from {places.startup}")
    elif not scripts:
        runtime.streams.note("completion is not installed")


@dataclass(frozen=True, slots=True)
class InstalledFiles:
    """The files of an installation: scripts, and the start-up file to which `line` is added, if needed."""

    scripts: tuple[Path, ...]
    startup: Path | None = None
    line: str = ""

    @classmethod
    def of(cls, shell: str, environ: Mapping[str, str]) -> InstalledFiles:
        """The files for a shell, by its environment variables."""
        from platformdirs import user_data_path

        home = Path.home()
        if shell == "fish":
            config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
            folder = config / "fish" / "completions"
            return cls((folder / "stash.fish", folder / "stash-cli.fish"))
        file = user_data_path("stash-cli", appauthor=False) / "completion" / SCRIPTS[shell]
        if shell == "powershell":
            return cls((file,), _profile(home, environ), f". '{str(file).replace(chr(39), chr(39) * 2)}'")
        quoted_path = "'" + str(file).replace("'", "'\\''") + "'"
        if shell == "zsh":
            line = (
                f"(( $+functions[compdef] )) || {{ autoload -Uz compinit && compinit }}\nsource {quoted_path}"
            )
            return cls((file,), Path(environ.get("ZDOTDIR") or home) / ".zshrc", line)
        # Terminals of macOS start login shells, which do not read .bashrc.
        startup = home / (".bash_profile" if _is_macos() else ".bashrc")
        return cls((file,), startup, f"source {quoted_path}")


def _is_macos() -> bool:
    import sys

    return sys.platform == "darwin"


def _profile(home: Path, environ: Mapping[str, str]) -> Path:
    """The profile of PowerShell 7 for all of its hosts."""
    folder = (
        home / "Documents" / "PowerShell"
        if os.name == "nt"
        else Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "powershell"
    )
    return folder / "profile.ps1"


def login_shell(environ: Mapping[str, str]) -> str:
    """The shell in SHELL, or PowerShell on Windows. Raises StashUsageError for an unsupported shell."""
    name = Path(environ.get("SHELL", "")).name
    if name in SCRIPTS:
        return name
    if os.name == "nt" or name == "pwsh":
        return "powershell"
    known = ", ".join(SCRIPTS)
    raise StashUsageError(f"no completion for the shell {name or '(SHELL is not set)'}: name one of {known}")


def _other_program(environ: Mapping[str, str]) -> Path | None:
    """Another program on PATH with the name `stash`, such as the server."""
    from stash_cli.core.doctor.machine import is_ours, programs

    program = next(programs(environ.get("PATH", "")), None)
    return program if program and not is_ours(program) else None


def _with_block(text: str, line: str) -> str:
    """Return `text` with the marked block at its end, once."""
    rest = _BLOCK.sub("", text)
    return f"{rest}{'' if not rest or rest.endswith(chr(10)) else chr(10)}\n{BEGIN}\n{line}\n{END}\n"


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise StashError(f"{file} cannot be read: {error.strerror}") from None


def _write(file: Path, text: str) -> None:
    """Replace a file atomically, with its permissions and following links. Raises StashError."""
    try:
        target = file.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target, private=False) as new:
            new.write(text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise StashError(
            f"{file} cannot be written: {error.strerror}",
            hint="`stash completion SHELL` prints the script; save it where your shell looks for it.",
        ) from None
