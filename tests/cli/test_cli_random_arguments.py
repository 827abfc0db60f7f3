"""For any arguments the program ends with a documented status and a readable error."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from cli_support import Cli, CommandResult
from random_arguments import argument_lists
from support import ROOT

COUNT = int(os.environ.get("RANDOM_ARGUMENTS", "100"))
"""Argument lists per seed; the variable sets more."""


def documented_statuses() -> set[int]:
    text = (ROOT / "docs" / "exit-status.md").read_text(encoding="utf-8")
    return {int(number) for number in re.findall(r"^\| `(\d+)` \|", text, re.MULTILINE)}


def fault(args: list[str], done: CommandResult, statuses: set[int]) -> str | None:
    """The violation in a run, if any."""
    stderr = done.out + done.err
    wrong = [text for text in ("Traceback", "internal error", "this is a bug") if text in stderr]
    if done.status not in statuses:
        wrong.append(f"status {done.status}")
    if done.status not in (0, 12) and not done.err.strip():
        wrong.append(f"status {done.status} without a word")
    return f"{args!r}: {', '.join(wrong)}: {done.err[-300:]}" if wrong else None


@pytest.mark.parametrize("seed", range(2))
def test_random_arguments(
    seed: int, small_library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    library = shutil.copy(small_library, tmp_path / "copy.sqlite")
    cli, statuses = Cli(f"embedded:{library}"), documented_statuses()
    found = [fault(args, cli(*args), statuses) for args in argument_lists(seed, COUNT)]
    assert not any(found), "\n".join(text for text in found if text)
