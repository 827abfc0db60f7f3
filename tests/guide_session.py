"""A shell session that runs the commands of a guide in order."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

from stash_cli.app import run
from stash_cli.output.streams import fake_streams

NOT_RUN = {
    "stash login": "asks; test_the_first_minute_is_as_shown and test_cli_login.py do",
    "stash auth switch": "needs a login",
    "stash auth logout": "needs a login",
    "stash embedded serve": "serves until it is stopped; test_cli_embedded.py does",
    "stash jobs watch": "watches until it is stopped",
    "stash jobs wait": "needs a job that runs",
    "stash logs -f": "follows until it is stopped",
    "stash identify --source stashdb": "needs a stash-box",
    "stash plugins": "an embedded library has no plugins; test_cli_plugins.py does",
    "stash --demo plugins simulate": "starts a process; test_cli_plugins.py does",
    "stash history resume": "needs a run that was interrupted; test_journal.py does",
    "stash completion": "changes the shell's files; test_cli_completion.py does",
    "stash open": "opens a browser",
    "stash version": "asks the server that was exported before; test_cli_process.py does",
    "stash scene edit": "opens an editor; test_cli_edit.py does",
    "stash scenes edit": "opens an editor; test_cli_edit.py does",
    "stash scenes generate": "needs scenes with files; test_cli_tasks.py does",
    "stash run nightly": "needs the settings on its page; test_cli_run.py does",
}
"""Commands that are not run, and why; only their options are compared with the help."""

REAL_PROGRAMS = ("cp", "rm", "echo", "xargs")
"""Programs that are really run."""
SETUP_PROGRAMS = (
    "python3",
    "pip",
    ".venv/bin/pip",
    ".venv/bin/pytest",
    ".venv/bin/stash",
    ".",
    "pipx",
    "uv",
    "podman",
    "docker",
    "man",
)
"""Programs that set up the project; continuous integration runs the two lines of the README."""


class Session:
    """A shell session: variables and working directory. `stash` runs in process."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.folder, self.environ = folder, environ

    def type(self, text: str) -> None:
        """Run all lines of a block; each must exit with 0."""
        for line in text.replace("\\\n", " ").splitlines():
            words = shlex.shlex(line, posix=True, punctuation_chars="|>&;")
            words.whitespace_split = True
            data, parts = None, split_at(list(words), ("|", "&&"))
            for part in parts:
                data = self._part(part, line, data, alone=len(parts) == 1 and ">" not in part)

    def _part(self, words: list[str], line: str, data: str | None, *, alone: bool) -> str | None:
        words = [re.sub(r"(^|=)~/", rf"\1{self.folder}/", word) for word in words]
        words, *target = split_at(words, (">",)) or [[]]
        if words[:1] == ["stash"]:
            data = self._stash(words[1:], line, data, alone=alone)
        elif words[:1] == ["export"]:
            self.environ |= dict([words[1].split("=", 1)])
        elif words[:1] in (["read"], ["printf"]):
            data = "secret-word"
        elif words and words[0] not in (*SETUP_PROGRAMS, "scripts/check"):
            assert words[0] in REAL_PROGRAMS, line
            data = subprocess.run(words, input=data, cwd=self.folder, check=True, text=True, stdout=-1).stdout
        for [name] in target:
            (self.folder / name).write_text(data or "", encoding="utf-8")
        return data

    def _stash(self, words: list[str], line: str, data: str | None, *, alone: bool) -> str:
        if any(shlex.join(["stash", *words]).startswith(each) for each in NOT_RUN):
            assert_documented(words, line)
            return ""
        streams = fake_streams(terminal=alone, answers=data or "y\n" * 5, environ=self.environ)
        status = run(words, streams, self.environ)
        assert status == 0, f"{line}\n{streams.err.getvalue()}"  # type: ignore[attr-defined]
        return streams.out.getvalue()  # type: ignore[attr-defined, no-any-return]


def split_at(words: list[str], marks: tuple[str, ...]) -> list[list[str]]:
    """Parts of a list between separator words."""
    parts: list[list[str]] = [[]]
    for word in words:
        if word in marks:
            parts.append([])
        else:
            parts[-1].append(word)
    return [part for part in parts if part]


def assert_documented(words: list[str], line: str) -> None:
    """Assert that the help lists the command and its options."""
    named = list(words)
    while named:
        streams = fake_streams()
        if run([*named, "--help"], streams, {}) == 0:
            break
        named.pop()
    text = streams.out.getvalue() + root_help()  # type: ignore[attr-defined]
    assert named, line
    for word in words:
        if word.startswith("-"):
            assert re.search(rf"(^|[ ,]){re.escape(word.partition('=')[0])}\b", text), f"{line}: {word}"


def root_help() -> str:
    streams = fake_streams()
    run(["--help"], streams, {})
    return streams.out.getvalue()  # type: ignore[attr-defined, no-any-return]
