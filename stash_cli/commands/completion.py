"""`completion`: the script for a shell, and the answers that the scripts ask this program for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.base import HELP, LazyGroup, StashCommand, command
from stash_cli.commands.options import choice, global_flags
from stash_cli.commands.runtime import Runtime, runtime_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stash_cli.commands.flags import FlagTable

SCRIPTS = {"bash": "stash.bash", "zsh": "_stash", "fish": "stash.fish", "powershell": "stash.ps1"}
"""Shell -> file name, here and in `completions/`."""

PROBE = "_STASH_COMPLETE"
"""Environment variable with which the scripts ask; the words follow, the last one unfinished."""

ALL_FLAGS_FROM = 4
"""Typed characters from which hidden flags are offered, too: `--ra`."""

Candidate = tuple[str, str]


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


def complete(words: list[str], runtime: Runtime, root: LazyGroup) -> int:
    """Print what may stand for the last of `words`: a candidate and its help per line."""
    *before, word = words or [""]
    for value, text in candidates(root, before, word):
        if value.startswith(word):
            runtime.streams.data(f"{value}\t{text}\n")
    return 0


def candidates(root: LazyGroup, before: list[str], word: str) -> Iterator[Candidate]:
    node, waiting = _walk(root, before)
    if waiting is not None:
        yield from ((value, "") for value in waiting)
    elif word.startswith("-"):
        yield from _flags(node, word)
    elif isinstance(node, LazyGroup):
        for name, entry in node.entries.items():
            if not entry.alias_of or (word and not entry.alias_of.startswith(word)):
                yield name, entry.help
    elif isinstance(node, StashCommand):
        yield from node.words(word)


def _walk(root: LazyGroup, before: list[str]) -> tuple[Any, tuple[str, ...] | None]:
    """The command that the words lead to, and the values that its last flag waits for, if it does."""
    node: Any = root
    waiting: tuple[str, ...] | None = None
    for word in before:
        if waiting is not None:
            waiting = None
        elif word.startswith("-"):
            waiting = _values(node, word)
        elif isinstance(node, LazyGroup) and word in node.entries:
            node = node.entries[word].load(word)
    return node, waiting


def _tables(node: Any) -> list[FlagTable]:
    return [node.derived(), global_flags()] if isinstance(node, StashCommand) else [global_flags()]


def _values(node: Any, word: str) -> tuple[str, ...] | None:
    """The values that flag `word` takes; None when it takes none or has it already."""
    if "=" in word:
        return None
    for table in _tables(node):
        if flag := table.get(word):
            return flag.choices if flag.metavar else None
    if isinstance(node, StashCommand) and word in node.own_names()[1]:
        return ()
    return None


def _flags(node: Any, word: str) -> Iterator[Candidate]:
    if isinstance(node, StashCommand):
        for param in node.params:
            if param.param_type_name == "option":
                yield from ((name, getattr(param, "help", "") or "") for name in param.opts)
    for table in _tables(node):
        for flag in table.rows():
            if not flag.hidden or len(word) >= ALL_FLAGS_FROM:
                yield flag.name, flag.long_help or flag.help
    yield HELP[1], "show help"
