"""Examples of queries reach the program as they stand in the guides, from the shells that people use.

Interactive bash expands `!`, zsh and fish stop at `*` and `(`: an example without quotes needs none in any.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from cli_support import Cli
from support import ROOT

from stash_cli.commands.argv.query_words import query_from_argv
from stash_cli.commands.topics import QUERY

SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
SHOW = {
    "bash": "stash() { printf '<%s>' \"$@\"; echo; }; set -o history -o histexpand",
    "zsh": "stash() { printf '<%s>' \"$@\"; echo; }; setopt bang_hist",
    "fish": "function stash; printf '<%s>' $argv; echo; end",
}
"""Shell -> a function in place of the program that prints its arguments."""


def examples() -> list[str]:
    """The lines of the guide and of `stash help query` that begin with `stash`."""
    guide = (ROOT / "docs" / "query-language.md").read_text(encoding="utf-8")
    lines = [*re.findall(r"^ +(stash \S+ (?:find|count).*)$", guide, re.MULTILINE)]
    lines += [
        re.split(r"\s{2,}", line.strip())[0] for line in QUERY.splitlines() if line.startswith("  stash ")
    ]
    return list(dict.fromkeys(lines))


@pytest.mark.parametrize("shell", SHELLS)
def test_examples_reach_the_program(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    lines = examples()
    assert len(lines) > 15
    done = subprocess.run(
        SHELLS[shell],
        input="\n".join([SHOW[shell], *lines, "exit"]) + "\n",
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "TERM": "dumb"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    shown = re.findall(r"(?:<.*>)+", done.stdout)
    wanted = ["".join(f"<{word}>" for word in shlex.split(line)[1:]) for line in lines]
    assert [line for line in wanted if line not in shown] == [], done.stderr
    assert not {path.name for path in tmp_path.iterdir()} & {"80", "=80"}, "a shell took > for itself"


def test_examples_are_queries(small_library: Path) -> None:
    """A library without their names answers that it has none of these, or what it finds."""
    cli = Cli(f"embedded:{small_library}")
    for line in examples():
        argv = shlex.split(line)[1:]
        done = cli(*argv)
        assert done.status in (0, 3), f"{line}: {done.err}"


def test_the_words_of_the_guide_are_one_query() -> None:
    words = ["rating:80..", "tag:To sort", "-is:organized", "created:-7d.."]
    joined = "rating:80.. tag:'To sort' -is:organized created:-7d.."
    by_words, by_text = query_from_argv("Scene", words).where, query_from_argv("Scene", [joined]).where
    assert repr(by_words) == repr(by_text).replace("name:To sort", "To sort")
