"""`stash embedded`: access options, unlocking, and file permissions."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli_support import Cli, environment, program
from served_library import ask, serve_library, set_password

SET = ("api", "--operation", "configureGeneral", "-f", "input.username=ada", "-f", "input.password=secret")


@contextmanager
def running_server(path: Path, *options: str) -> Iterator[tuple[str, list[str]]]:
    """URL of `stash embedded serve`, and its output before."""
    command = program("embedded", "serve", "--library", str(path), "--port", "0", *options)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment()) as process:
        output = []
        for line in process.stderr:  # type: ignore[union-attr]
            output.append(line)
            if line.startswith("serving"):
                break
        yield output[-1].split()[-1], output[:-1]
        process.terminate()


@pytest.mark.parametrize(
    ("option", "value", "what"),
    [
        *(("--allow-origin", text, "not an origin") for text in ("*", "null", "app.example", "http://a/b", "http://a?b")),
        *(("--allow-host", text, "not a host name") for text in ("a:80", "http://a", "a/b", "")),
        *(("--trusted-proxy", text, "not an address or a network") for text in ("proxy", "10.0.0.0/99", "")),
    ],
)  # fmt: skip
def test_invalid_access_options_are_one_line_errors(
    new_file: Path, option: str, value: str, what: str
) -> None:
    result = Cli()("embedded", "serve", "--library", str(new_file), option, value)
    assert (result.status, f"{value!r} is {what}" in result.err) == (2, True)
    assert not new_file.exists()


def test_access_options_combine(library_file: Path) -> None:
    options = ("--allow-origin", "http://a.example/", "--allow-origin", "https://B.example:443")
    more = ("--allow-host", "Media.lan", "--trusted-proxy", "127.0.0.0/8")
    with running_server(library_file, *options, *more) as (url, output):
        assert output == []
        for origin in ("http://a.example", "https://b.example"):
            assert ask(url, headers={"Origin": origin, "Host": "media.lan"}).status_code == 200
        assert ask(url, headers={"X-Forwarded-For": "8.8.8.8"}).status_code == 403


def test_locked_library_is_unlocked_while_served(new_file: Path) -> None:
    unlock = ("embedded", "unlock", "--library", str(new_file))
    assert Cli()(*unlock).status == 2
    with serve_library(new_file, proxies=["127.0.0.1"]) as url:
        assert Cli().ok(*unlock).err == "the library was not locked\n"
        assert ask(url, headers={"X-Forwarded-For": "8.8.8.8"}).status_code == 403
        assert "stash embedded unlock" in ask(url).text
        assert Cli().ok(*unlock).err == "unlocked; it was reached from 8.8.8.8\n"
        assert ask(url).status_code == 200


def test_file_owner_needs_no_key(library_file: Path) -> None:
    owner = Cli(f"embedded:{library_file}")
    owner.ok(*SET)
    key = owner.ok("api", "--operation", "generateAPIKey", "-F", "input={}").json
    for environ in ({}, {"STASH_API_KEY": key}, {"STASH_API_KEY": "wrong"}):
        file = Cli(f"embedded:{library_file}", **environ)
        assert file.ok("tags", "count").out == "0\n"
        with serve_library(library_file) as url:
            assert Cli(url, **environ)("tags", "count").status == (
                0 if environ.get("STASH_API_KEY") == key else 4
            )
    owner.ok("tag", "create", "--name", "Still mine")


def test_password_set_over_http_does_not_lock_the_file(library_file: Path) -> None:
    with serve_library(library_file) as url:
        set_password(url)
    assert Cli(f"embedded:{library_file}").ok("tags", "count").out == "0\n"


def test_serving_a_world_readable_file_warns(library_file: Path) -> None:
    Cli(f"embedded:{library_file}").ok("tag", "create", "--name", "A")
    library_file.chmod(0o640)
    with running_server(library_file) as (_, output):
        assert len(output) == 1
        assert f"chmod 600 {library_file}" in output[0]


def test_serving_to_a_network_without_a_password_warns(library_file: Path) -> None:
    with running_server(library_file, "--host", "0.0.0.0") as (url, output):
        assert ["no password" in line for line in output] == [True]
        set_password(url)
    with running_server(library_file, "--host", "0.0.0.0") as (_, output):
        assert output == []


def test_crash_report_is_private(own_state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr("stash_cli.commands.embedded.embedded_module", fail)
    assert Cli()("embedded", "path").status == 1
    (trace,) = own_state.rglob("last-error.txt")
    assert "a bug of ours" in trace.read_text(encoding="utf-8")
    assert [path.stat().st_mode & 0o777 for path in (trace, trace.parent)] == [0o600, 0o700]
