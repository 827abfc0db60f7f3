"""`completion`: the script for a shell; `candidates` answers what the scripts ask."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stash_cli.commands.argv.command import StashCommand, command
from stash_cli.commands.argv.global_options import choice
from stash_cli.commands.runtime import runtime_of

SCRIPTS = {"bash": "stash.bash", "zsh": "_stash", "fish": "stash.fish", "powershell": "stash.ps1"}
"""Shell -> file name, here and in `completions/`."""


def build() -> StashCommand:
    return command(
        "completion",
        run,
        examples=(
            "stash completion bash > ~/.local/share/bash-completion/completions/stash",
            "stash completion zsh > ~/.zfunc/_stash",
            "stash completion fish > ~/.config/fish/completions/stash.fish",
            "stash completion powershell >> $PROFILE",
        ),
    )


def run(
    ctx: typer.Context,
    shell: Annotated[
        str, typer.Argument(metavar="|".join(SCRIPTS), parser=choice(*SCRIPTS), help="which shell")
    ],
) -> None:
    """Print the completion script of a shell."""
    runtime_of(ctx).streams.data(script(shell))


def script(shell: str) -> str:
    """The completion script for `shell`."""
    return (Path(__file__).parent / "scripts" / SCRIPTS[shell]).read_text(encoding="utf-8")
