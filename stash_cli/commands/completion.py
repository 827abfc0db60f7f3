"""`completion`: the completion script of a shell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, command
from stash_cli.commands.argv.value_parsers import choice

if TYPE_CHECKING:
    from stash_cli.commands.runtime import Runtime

SCRIPTS = {"bash": "stash.bash", "zsh": "_stash", "fish": "stash.fish", "powershell": "stash.ps1"}
"""Shell -> file name, in `scripts/` here and in `completions/` of the project."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CompletionOptions(CommandOptions):
    """The command line of `completion`."""

    shell: Annotated[
        str, typer.Argument(metavar="|".join(SCRIPTS), parser=choice(*SCRIPTS), help="the shell")
    ]


def build() -> StashCommand:
    return command(
        "completion",
        run,
        CompletionOptions,
        examples=(
            "stash completion bash > ~/.local/share/bash-completion/completions/stash",
            "stash completion zsh > ~/.zfunc/_stash",
            "stash completion fish > ~/.config/fish/completions/stash.fish",
            "stash completion powershell >> $PROFILE",
        ),
    )


def run(runtime: Runtime, options: CompletionOptions) -> None:
    """Print the completion script of a shell."""
    runtime.streams.data(script(options.shell))


def script(shell: str) -> str:
    """The completion script of `shell`."""
    return (Path(__file__).parent / "scripts" / SCRIPTS[shell]).read_text(encoding="utf-8")
