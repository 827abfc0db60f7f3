"""Secrets of profiles stay where they are configured; no output, log, traceback or cache contains them."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from cli_support import Cli, CommandResult, leaf_commands
from served_library import serve_library, set_password

from stash_cli.commands.common.runtime import Runtime
from stash_cli.core.settings_file import settings_path

HEADER, WORD, PROXY, PASSWORD = "s3cr/t+header=77", "basic: w0rd/%77", "pr0xy/w+rd77", "l0gin w/rd+77"

COMMANDS = """
version
tags find --json
tags find -o yaml --fields id,name
tags count --server http://127.0.0.1:1
scenes find --sort -date --limit 2 --csv
scenes find --title nothing --tag Nothing
scene show 999
scene create --title Sea --url http://x/y
scenes update 1 --title Lake --dry-run
scenes update 1 --title Lake --yes
scenes delete 1 --yes
tag create --name A
api '{ version { version } configuration { general { username } } }'
api '{ nonsense }'
api --operation findTags --fields id
explain Scene.title
library list
jobs list
scan --wait
auth status
auth status --all
auth status -P away
profile list
profile show
profile show away --json
profile set home timeout=30
alias set best 'tags count'
alias list
best
best -P away
doctor
doctor -P away --json
help environment
tags count --profile nope
tags count --insecure --ca-cert /nowhere
auth switch home
"""


def forms(secret: str) -> list[bytes]:
    """Encodings of a secret in text."""
    plain = secret.encode()
    encoded = [quote(secret), quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]]
    return [
        plain,
        *(each.encode() for each in encoded),
        base64.b64encode(plain),
        base64.urlsafe_b64encode(plain),
    ]


@pytest.mark.long
@pytest.mark.usefixtures("short_pauses")
def test_secrets_stay_where_they_are_configured(
    library_file: Path, own_state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve_library(library_file) as url:
        set_password(url, password=PASSWORD)
        Cli().ok(
            "login", url, "-P", "home", "--username", "ada", "--with-password", "--yes", answers=PASSWORD
        )
        key = Cli().ok("auth", "token").out.strip()
        Cli().ok("profile", "add", "away", "http://stash.invalid:9999")
        for name in ("home", "away"):
            for setting, text in {"headers.X-Door": HEADER, "basic_auth.password": WORD}.items():
                Cli().ok("profile", "set", name, "basic_auth.username=me", f"{setting}=-", answers=text)
        Cli().ok("profile", "set", "away", "proxy=-", answers=f"http://u:{quote(PROXY, safe='')}@127.0.0.1:1")
        with command_lines() as spawned:
            printed = "".join(
                output(Cli()("-vv", "--debug", *words)) for words in [*lines(), *every_command()]
            )
        monkeypatch.setattr(Runtime, "print_row", crash)
        bug = Cli()("version", "-vv", "--debug")
    assert "internal error: ValueError" in bug.err
    pair = base64.b64encode(f"me:{WORD}".encode()).decode()
    secrets = [form for each in (key, HEADER, WORD, PROXY, PASSWORD, pair) for form in forms(each)]
    assert not [secret for secret in secrets if secret in (printed + output(bug)).encode()]
    assert not [secret for secret in secrets if any(secret in line for line in spawned)]
    files = [path for path in own_state.rglob("*") if path.is_file()]
    assert any(path.name == "last-error.txt" for path in files)
    assert {path for path in files if any(each in path.read_bytes() for each in secrets)} == {settings_path()}
    assert settings_path().stat().st_mode & 0o777 == 0o600
    assert PASSWORD not in settings_path().read_text()


def crash(self: Runtime, *_: object) -> None:
    """Fail as a bug would, with secrets in the message."""
    connection = self.connection()
    raise ValueError(f"cannot print {connection.api_key} {connection.headers}")


def lines() -> list[list[str]]:
    import shlex

    return [shlex.split(line) for line in COMMANDS.strip().splitlines()]


NOT_RUN = {("auth", "logout"), ("embedded", "serve"), ("embedded", "reset"), ("jobs", "watch")}
"""Commands that would end the test, or that do not end."""


def every_command() -> list[list[str]]:
    """Each command without arguments, with the profile of an unreachable server."""
    return [[*path, "-P", "away"] for path in leaf_commands() if path not in NOT_RUN]


@contextmanager
def command_lines() -> Iterator[list[bytes]]:
    """Command lines of subprocesses started in the block; all users can see them."""
    found: list[bytes] = []
    is_on = True

    def note(event: str, args: tuple[Any, ...]) -> None:
        if is_on and event == "subprocess.Popen":
            found.append(repr(args[1]).encode())

    sys.addaudithook(note)  # it cannot be removed
    try:
        yield found
    finally:
        is_on = False


def output(done: CommandResult) -> str:
    return done.out + done.err
