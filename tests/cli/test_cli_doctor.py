"""`stash doctor`: checks, their messages, and exit statuses for causes injected at the socket."""

from __future__ import annotations

import json
import re
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any

import fault_kinds
import pytest
from cli_support import Cli, CommandResult
from fault_proxy import Exchange, Fault, FaultProxy
from served_library import serve_library
from support import ROOT
from table_tests import table_test

KEY = "s3cret-key-of-a-server"
LOGIN_PAGE = '<html><title>Sign in</title><form><input name="u"><input type="password"></form></html>'
ORDER = ["address", "dns", "tcp", "tls", "proxy", "api", "key", "setup", "version", "schema", "clock"]
ORDER += ["path_maps", "environment", "path", "files"]


@pytest.fixture(scope="module")
def served_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One empty library over HTTP, which all tests only read."""
    with serve_library(tmp_path_factory.mktemp("doctor") / "library.sqlite") as url:
        yield url


def states(done: CommandResult) -> dict[str, str]:
    return {row["id"]: row["state"] for row in done.json}


def finding(done: CommandResult, check: str) -> dict[str, Any]:
    [found] = [row for row in done.json if row["id"] == check]
    return dict(found)


def failed(done: CommandResult) -> list[str]:
    return [name for name, state in states(done).items() if state == "failure"]


@contextmanager
def doctor_with_fault(
    served_url: str, fault: Fault | None, certificate: str = "", key: str = KEY
) -> Iterator[Cli]:
    """The program, with `fault` injected in the response to the probe, or with a key in all."""
    options: dict[str, Any] = {}
    if certificate:
        options["ssl"] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        options["ssl"].load_cert_chain(ROOT / "tests/integration" / certificate)
    with FaultProxy(served_url, **options) as proxy:
        proxy.rule = lambda request: fault if key or "Doctor" in request.document else None
        yield Cli(proxy.url, STASH_API_KEY=key)


def test_healthy_server_passes_all_checks(served_url: str) -> None:
    result = Cli(served_url).ok("doctor", "--json")
    assert list(states(result)) == [name for name in ORDER if name in states(result)]
    assert [row for row in result.json if row["state"] not in ("ok", "skipped")] == []
    assert finding(result, "schema")["found"].startswith("211 of 211")


ANSWERS = (
    # the response, the failing check, its message, exit status
    (fault_kinds.fixed_response(LOGIN_PAGE, 200, "text/html"), "api", "a login page .* 'Sign in'", 4),
    (fault_kinds.redirect("https://auth.example.org/?rd=x"), "api", "a login page .*auth.example.org/", 4),
    (fault_kinds.redirect("https://elsewhere.example.org/x"), "api", "redirects to .*elsewhere", 1),
    (
        fault_kinds.fixed_response("<html><title>Router</title>", 200, "text/html"),
        "api",
        "a web page .*'Router'",
        1,
    ),
    (fault_kinds.fixed_response("Stash is exposed", 403, "text/plain"), "api", r"403\): Stash is exposed", 4),
    (fault_kinds.fixed_response("", 401), "key", "refuses the key: it is wrong", 4),
    (fault_kinds.fixed_response("unauthorized", 500, "text/plain"), "key", "refuses the key", 4),
    (fault_kinds.redirect("/login?returnURL=x"), "key", "refuses the key", 4),
    (fault_kinds.error_page(502), "api", "a gateway answered 502", 5),
    (fault_kinds.fixed_response("{}"), "api", "not GraphQL", 1),
    (
        fault_kinds.fixed_response("Client sent an HTTP request to an HTTPS server.", 400, "text/plain"),
        "api",
        "TLS",
        5,
    ),
    (
        fault_kinds.fixed_response(
            '{"data": {"version": {"version": "v0.30.1"}, "systemStatus": {"status": "SETUP"}}}'
        ),
        "setup",
        "has not been set up",
        1,
    ),
    (
        fault_kinds.fixed_response(
            '{"data": {"version": null, "systemStatus": {"status": "NEEDS_MIGRATION",'
            ' "databaseSchema": 72, "appSchema": 75}}}'
        ),
        "setup",
        r"needs a migration first \(72 -> 75\)",
        1,
    ),
    (
        fault_kinds.fixed_response(
            '{"data": {"version": {"version": "v0.19.1"}, "systemStatus": {"status": "OK"}}}'
        ),
        "version",
        "v0.19.1 is too old",
        7,
    ),
)


@table_test(("fault", "check", "says", "status"), ANSWERS, ids=str)
def test_foreign_responses_are_distinguished(
    fault: Fault, check: str, says: str, status: int, served_url: str
) -> None:
    with doctor_with_fault(served_url, fault, key=KEY if check in ("api", "key") else "") as cli:
        result = cli("doctor", "--json")
    assert failed(result) == [check]
    assert re.search(says, finding(result, check)["found"]), finding(result, check)
    assert finding(result, check)["fix"]
    assert result.status == status
    assert KEY not in result.out + result.err


@pytest.mark.parametrize(("version", "state"), [("", "ok"), ("v0.31.0", "warning")])
def test_development_build_may_lack_fields_of_the_next_release(
    version: str, state: str, served_url: str
) -> None:
    async def fault(exchange: Exchange) -> None:
        _, _, body = (await exchange.forward()).partition(b"\r\n\r\n")
        text = body.decode().replace('"destroyFiles"', '"destroyFilez"')
        await fault_kinds.fixed_response(text.replace("v0.31.0-embedded", version))(exchange)

    with FaultProxy(served_url) as proxy:
        proxy.rule = lambda _: fault
        result = Cli(proxy.url)("doctor", "--json")
    assert states(result)["schema"] == state, finding(result, "schema")


def test_checks_after_a_failure_are_skipped_with_its_name(served_url: str) -> None:
    with doctor_with_fault(served_url, fault_kinds.fixed_response("", 401)) as cli:
        result = cli("doctor", "--json")
    because = {row["id"]: row["because"] for row in result.json if row["because"]}
    assert because == dict.fromkeys(("setup", "version", "schema", "path_maps"), "key")
    assert states(result)["environment"] == "ok"


def test_unneeded_key_is_reported(served_url: str) -> None:
    async def fault(exchange: Exchange) -> None:
        answer = fault_kinds.fixed_response("", 401) if "apikey" in exchange.request.headers else None
        await (answer(exchange) if answer else exchange.send(await exchange.forward()))

    with doctor_with_fault(served_url, fault) as cli:
        result = cli("doctor", "--json")
    assert "needs none" in finding(result, "key")["found"]
    assert result.status == 4


@table_test(
    ("certificate", "says"),
    [("client_localhost.pem", "self.signed"), ("client_expired.pem", "expired|self.signed")],
)
def test_certificate_errors(certificate: str, says: str, served_url: str) -> None:
    with doctor_with_fault(served_url, None, certificate) as cli:
        result = cli("doctor", "--json")
        trusting = cli("doctor", "--json", "--ca-cert", str(ROOT / "tests/integration" / certificate))
        insecure = cli("doctor", "--json", "--insecure")
    assert failed(result) == ["tls"]
    assert re.search(says, finding(result, "tls")["found"])
    assert result.status == 5
    assert states(insecure)["tls"] == "warning"
    if certificate == "client_expired.pem":
        assert "expired" in finding(trusting, "tls")["found"]
        assert "Renew" in finding(trusting, "tls")["fix"]
    else:
        assert states(trusting)["tls"] == "ok"


def test_tls_mismatch(served_url: str) -> None:
    result = Cli(served_url.replace("http:", "https:"))("doctor", "--json")
    assert failed(result) == ["tls"]
    assert "does not speak TLS" in finding(result, "tls")["found"]
    assert result.status == 5


def test_host_and_port_errors() -> None:
    result = Cli("http://stash.invalid:9999")("doctor", "--json")
    assert failed(result) == ["dns"]
    assert result.status == 5
    result = Cli("http://127.0.0.1:1")("doctor", "--json")
    assert "nothing listens on port 1" in finding(result, "tcp")["found"]
    assert result.status == 5


def test_unresponsive_server_times_out(served_url: str) -> None:
    began = time.monotonic()
    with doctor_with_fault(served_url, fault_kinds.no_response) as cli:
        result = cli("doctor", "--json", "--timeout", "0.3")
    assert "no answer within 0.3 s" in finding(result, "api")["found"]
    assert result.status == 5
    assert time.monotonic() - began < 15


@pytest.mark.parametrize(("days", "state"), [(1, "warning"), (-1, "warning"), (0, "ok")])
def test_clock_difference_is_reported(days: int, state: str, served_url: str) -> None:
    async def fault(exchange: Exchange) -> None:
        date = formatdate(time.time() + days * 86_400, usegmt=True).encode()
        await exchange.send(re.sub(rb"(?i)\r\ndate: [^\r]*", b"\r\ndate: " + date, await exchange.forward()))

    with doctor_with_fault(served_url, fault, key="") as cli:
        result = cli("doctor", "--json", *(["--strict"] if days else []))
    assert states(result)["clock"] == state
    assert ("1 day" in finding(result, "clock")["found"]) is bool(days)
    assert result.status == (1 if days else 0)


def test_warnings_fail_with_strict_only(served_url: str) -> None:
    cli = Cli(served_url, STASH_API_KEYS="x")
    assert states(cli.ok("doctor", "--json"))["environment"] == "warning"
    assert cli("doctor", "--strict").status == 1


@table_test(
    ("environ", "says"),
    [
        ({"STASH_APIKEY": "x"}, "STASH_APIKEY is not known"),
        ({"STASH_API_KEY": "a", "STASH_API_KEY_FILE": "b"}, "both set"),
        ({"HTTP_PROXY": "http://a:1", "http_proxy": "http://b:1"}, "differ"),
        ({"STASH_PORT": "9999", "STASH_URL": ""}, "STASH_PORT: read by the server only"),
    ],
)
def test_environment_variables_are_listed(environ: dict[str, str], says: str, served_url: str) -> None:
    result = Cli(**{"STASH_URL": served_url, **environ})("doctor", "--json")
    assert says in finding(result, "environment")["found"]


def test_other_program_of_the_same_name_is_reported(served_url: str, tmp_path: Path) -> None:
    binary = tmp_path / "stash"
    binary.write_bytes(b"\x7fELF")
    binary.chmod(0o755)
    result = Cli(served_url, PATH=str(tmp_path)).ok("doctor", "--json")
    assert str(binary) in finding(result, "path")["found"]
    assert "stash-cli" in finding(result, "path")["fix"]
    binary.write_text("#!/usr/bin/python3\nfrom stash_cli.__main__ import main\n")
    assert states(Cli(served_url, PATH=str(tmp_path)).ok("doctor", "--json"))["path"] == "ok"


def test_key_file_permissions(served_url: str, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(KEY)
    file.chmod(0o644)
    with doctor_with_fault(served_url, None) as cli:
        result = Cli(cli.environ["STASH_URL"], STASH_API_KEY_FILE=str(file))("doctor", "--json")
        assert "chmod 600" in finding(result, "files")["fix"]
        missing = Cli(cli.environ["STASH_URL"])("doctor", "--json", "--api-key-file", str(tmp_path / "none"))
    assert failed(missing) == ["key"]
    assert states(missing)["api"] == "ok"
    assert missing.status == 4


def test_invalid_url_is_a_failed_check(offline: Cli) -> None:
    result = offline("--server", "ftp://nas", "doctor", "--json")
    assert failed(result) == ["address"]
    assert result.status == 1


def test_library_file_is_only_read(new_file: Path) -> None:
    cli = Cli(f"embedded:{new_file}")
    assert failed(cli("doctor", "--json")) == ["address"]
    assert not new_file.exists()
    cli.ok("tags", "create", "--name", "A")
    before = new_file.read_bytes(), sorted(new_file.parent.iterdir())
    assert states(cli.ok("doctor", "--json"))["schema"] == "ok"
    assert (new_file.read_bytes(), sorted(new_file.parent.iterdir())) == before


def test_writes_no_files(served_url: str, own_state: Path) -> None:
    Cli(served_url).ok("doctor")
    Cli()("--demo", "doctor")
    assert list(own_state.rglob("*")) == []


def test_report_text(served_url: str) -> None:
    name = socket.gethostname()
    cli = Cli(f"http://{name}.invalid:81")
    result = cli("doctor")
    assert name in result.out
    hidden = cli("doctor", "--redact")
    assert name not in hidden.out
    assert str(Path.home()) not in hidden.out
    assert "HOST" in hidden.out
    with doctor_with_fault(
        served_url, fault_kinds.redirect("https://auth.example.org/?token=abcdef")
    ) as other:
        hidden = other("doctor", "--redact")
    assert "a login page" in hidden.out
    assert not re.search("example|abcdef", hidden.out)


def test_selected_fields(offline: Cli) -> None:
    assert offline("doctor", "--json", "--fields", "id,state").json[2] == {"id": "tcp", "state": "failure"}
    wrong = offline("doctor", "--fields", "stat")
    assert (wrong.status, "Did you mean state?" in wrong.err) == (2, True)


def test_terminal_output_has_fixes_below_the_checks(offline: Cli) -> None:
    result = offline("doctor", terminal=True)
    assert re.search(r"failure\s+\S*tcp +nothing listens on port 1 of 127.0.0.1\n +-> Start the", result.out)
    assert "1 failed" in result.err


class RejectingProxy(threading.Thread):
    """A proxy that answers CONNECT with a status and closes the connection."""

    def __init__(self, status: int) -> None:
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.status = status
        self.heads: list[bytes] = []
        self.start()

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self.heads.append(connection.recv(4096))
                connection.sendall(f"HTTP/1.1 {self.status} X\r\n\r\n".encode())


def test_rejecting_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    tunnel = RejectingProxy(407)
    monkeypatch.setenv("https_proxy", f"http://ada:pass-w0rd@127.0.0.1:{tunnel.listener.getsockname()[1]}")
    result = Cli("https://stash.example.org")("doctor", "--json")
    tunnel.listener.close()
    assert "status 407" in finding(result, "proxy")["found"]
    assert result.status == 5
    assert "pass-w0rd" not in result.out + result.err
    assert json.loads(result.out)


def write_settings(state: Path, text: str) -> Path:
    """Write a private settings file with this text."""
    file = state / "stash-cli" / "settings.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o600)
    return file


def test_path_map_targets_must_exist(
    served_url: str, own_state: Path, tmp_path: Path, pictures: Path
) -> None:
    cli = Cli(served_url)
    cli.ok("library", "add", str(pictures))
    profile = f'[profiles.home]\nurl = "{served_url}"\n[profiles.home.path_maps]\n'
    for line, state, says in (
        (f'"{pictures}" = "{pictures}"', "ok", f"{pictures} is {pictures}"),
        (f'"{pictures}" = "{tmp_path / "gone"}"', "warning", "gone is missing"),
        (f'"/elsewhere" = "{tmp_path}"', "warning", "no media folder at /elsewhere"),
    ):
        write_settings(own_state, profile + line)
        found = finding(Cli()("-P", "home", "doctor", "--json"), "path_maps")
        assert (found["state"], says in found["found"]) == (state, True), found
    found = finding(cli("doctor", "--json"), "path_maps")
    assert (found["state"], found["found"]) == ("ok", "none are needed: the media folders are here")
    cli.ok("library", "remove", str(pictures))  # other tests use the same server


def test_profile_is_named_and_its_key_file_is_checked(served_url: str, own_state: Path) -> None:
    file = write_settings(own_state, f'[profiles.home]\nurl = "{served_url}"\napi_key_file = "none"\n')
    result = Cli()("-P", "home", "doctor", "--json")
    assert "profile home" in finding(result, "address")["found"]
    assert failed(result) == ["key"]
    assert states(result)["api"] == "ok"
    file.write_text(f'[profiles.home]\nurl = "{served_url}"\napi_key = "{KEY}"\n')
    file.chmod(0o644)
    result = Cli()("-P", "home", "doctor", "--json")
    assert "the settings file" in finding(result, "files")["found"]
    assert KEY not in result.out + result.err


def test_profiles_without_a_default_are_named(served_url: str, own_state: Path) -> None:
    write_settings(own_state, f'[profiles.home]\nurl = "{served_url}"\n')
    found = finding(Cli()("doctor", "--json"), "address")
    assert (found["state"], "home" in found["found"], "-P home" in found["fix"]) == ("warning", True, True)


def test_interactive_key_command_times_out(served_url: str, own_state: Path) -> None:
    command = f"['{sys.executable}', '-c', 'import time; time.sleep(20)']"
    write_settings(own_state, f'[profiles.home]\nurl = "{served_url}"\napi_key_command = {command}\n')
    began = time.monotonic()
    result = Cli()("-P", "home", "doctor", "--json")
    assert "within 3 s" in finding(result, "key")["found"]
    assert result.status == 4
    assert time.monotonic() - began < 18


def test_invalid_settings_file_is_reported_with_line(own_state: Path) -> None:
    write_settings(own_state, "[profiles\n")
    result = Cli()("doctor", "--json")
    assert failed(result) == ["address"]
    assert "settings.toml" in finding(result, "address")["found"]
    assert result.status == 1


def test_missing_proxy_is_distinguished_from_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    found = finding(Cli("https://stash.example.org")("doctor", "--json"), "tcp")
    assert "the proxy of https_proxy" in found["found"]
    assert "NO_PROXY" in found["fix"]
