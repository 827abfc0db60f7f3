"""Invalid connection settings: a documented exit status, and one line that names the setting."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from cli_support import Cli, RequestRecorder, environment

REMOTE = "http://stash.invalid:9999"
SECURE = "https://127.0.0.1:9"
LOST = "\udcff"
"""A byte that is not UTF-8, as Python decodes it from the command line and the environment."""
FILES = {
    "der": b"\x30\x82\x01\x0a\x02\x82",
    "empty": b"",
    "text": b"hello\n",
    "half.pem": b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    "latin.key": b"ab\xe9",
    "nul.key": b"a\0b",
    "big.key": b"a" * 10_000,
}

ADDRESSES = {
    "a label that is too long": f"http://{'a' * 64}.x",
    "an empty label": "http://a..b",
    "a name that is too long": f"http://{'a.' * 200}x",
    "letters that IDNA refuses": "http://\u2024x\u2024:9",
    "hyphens at the ends": "http://-\u00fc-.x:9",
    "not punycode": "http://xn--\u00fc",
    "a byte in the host": f"http://{LOST}:9",
    "a byte in the path": f"http://stash.invalid/{LOST}",
    "a control character": "http://a\x01b",
    "a control character in the path": "http://stash.invalid/a\x7fb",
    "a star": "http://*.x",
    "an encoded host": "http://%41.invalid",
    "a backslash": "http://a\\b.invalid",
    "no IPv4 address": "http://999.1.1.1",
    "half an IPv6 address": "http://[::1",
    "no IPv6 address": "http://[zz]",
    "port 0": "http://127.0.0.1:0",
    "port 99999": "http://127.0.0.1:99999",
    "a negative port": "http://127.0.0.1:-1",
    "letters as a port": "http://127.0.0.1:x",
    "foreign digits as a port": "http://127.0.0.1:\u0663",
    "a password with a byte": f"http://me:sesame-77{LOST}@127.0.0.1:9",
    "a user name": "http://me:sesame-77@127.0.0.1:9",
    "another scheme": "ftp://stash.invalid",
    "no host": "http://",
    "no scheme": "://",
    "no library": "embedded:",
    "a home that is not known": "embedded:~nobody-here/l.sqlite",
}
SETTINGS: dict[str, tuple[str, dict[str, str]]] = {
    # the setting named in the message; URL and environment, in which {} is the folder of FILES
    **{f"SOCKS4, {n}": (n, {"url": REMOTE, n: "socks4://127.0.0.1:1"}) for n in ("ALL_PROXY", "http_proxy")},
    "SOCKS without a version": ("ALL_PROXY", {"url": REMOTE, "ALL_PROXY": "socks://127.0.0.1:1"}),
    "a proxy of FTP": ("HTTP_PROXY", {"url": REMOTE, "HTTP_PROXY": "ftp://127.0.0.1:1"}),
    "a proxy without a host": ("HTTP_PROXY", {"url": REMOTE, "HTTP_PROXY": "http://"}),
    "a proxy's port in letters": ("HTTP_PROXY", {"url": REMOTE, "HTTP_PROXY": "http://x:sesame-77"}),
    "a proxy's port 0": ("HTTP_PROXY", {"url": REMOTE, "HTTP_PROXY": "http://x:0"}),
    "a proxy with a space": ("HTTP_PROXY", {"url": REMOTE, "HTTP_PROXY": "http://a b:1"}),
    "a proxy with a byte": ("HTTP_PROXY", {"url": REMOTE, "HTTP_PROXY": f"http://{LOST}:1"}),
    "a proxy that IDNA refuses": ("HTTP_PROXY", {"url": REMOTE, "HTTP_PROXY": "http://\u2024.x:1"}),
    "a proxy with a password": ("HTTP_PROXY", {"url": REMOTE, "HTTP_PROXY": "http://u:sesame-77@a:b"}),
    "a proxy for https": ("HTTPS_PROXY", {"url": "https://stash.invalid", "HTTPS_PROXY": "what://x"}),
    **{
        f"SSL_CERT_FILE {name}": ("SSL_CERT_FILE", {"url": SECURE, "SSL_CERT_FILE": f"{{}}/{name}"})
        for name in ("der", "empty", "text", "half.pem", "missing", ".")
    },
    **{
        f"SSL_CERT_DIR {name}": ("SSL_CERT_DIR", {"url": SECURE, "SSL_CERT_DIR": f"{{}}/{name}"})
        for name in ("text", "missing")
    },
    **{
        f"SSLKEYLOGFILE {name}": ("SSLKEYLOGFILE", {"url": SECURE, "SSLKEYLOGFILE": f"{{}}/{name}"})
        for name in ("missing/log", ".", "text/log")
    },
    **{
        f"STASH_API_KEY_FILE {name}": ("STASH_API_KEY_FILE", {"STASH_API_KEY_FILE": f"{{}}/{name}"})
        for name in ("empty", "latin.key", "nul.key", "big.key", "missing", ".", "text/key")
    },
    "a key with a line end inside": ("STASH_API_KEY", {"STASH_API_KEY": "sesame-77\nb"}),
    "a key beyond ASCII": ("STASH_API_KEY", {"STASH_API_KEY": "sesame-77\u00e9"}),
    "a key with a byte": ("STASH_API_KEY", {"STASH_API_KEY": f"sesame-77{LOST}"}),
    "a size in words": ("STASH_MAX_ANSWER_BYTES", {"STASH_MAX_ANSWER_BYTES": "much"}),
    "a size of 5,000 digits": ("STASH_MAX_ANSWER_BYTES", {"STASH_MAX_ANSWER_BYTES": "9" * 5000}),
    "a demo library in a file": ("XDG_DATA_HOME", {"url": "embedded:demo", "XDG_DATA_HOME": "{}/text"}),
    "a library in a file": ("text/l.sqlite", {"url": "embedded:{}/text/l.sqlite"}),
    "a library that is text": ("text", {"url": "embedded:{}/text"}),
}
CERTIFICATES = ("der", "empty", "text", "half.pem", "missing", ".")


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.lower().endswith("_proxy") or name.startswith("SSL")]:
        monkeypatch.delenv(name)
    for name, content in FILES.items():
        tmp_path.joinpath(name).write_bytes(content)
    return tmp_path


def assert_named(setting: str, cli: Cli, *args: str) -> None:
    result = cli(*args, "tags", "count")
    assert (result.status, result.out) == (2, ""), result.err
    assert setting in result.err
    assert not any(word in result.err for word in ("internal error", "bug", "Traceback", "sesame-77"))
    assert len(result.err.splitlines()) <= 2


@pytest.mark.parametrize("address", ADDRESSES)
def test_invalid_url(address: str, files: Path) -> None:
    given = ADDRESSES[address]
    assert_named("command line" if LOST in given else "--server", Cli(), "--server", given)
    assert_named("STASH_URL", Cli(ADDRESSES[address]))


@pytest.mark.parametrize("case", SETTINGS)
def test_invalid_setting(case: str, files: Path) -> None:
    setting, given = SETTINGS[case]
    environ = {name: value.replace("{}", str(files)) for name, value in given.items()}
    assert_named(setting, Cli(environ.pop("url", REMOTE), **environ))


@pytest.mark.parametrize("name", CERTIFICATES)
def test_ca_file_without_certificates(name: str, files: Path) -> None:
    assert_named("--ca-cert", Cli(SECURE), "--ca-cert", str(files / name))


@pytest.mark.skipif(find_spec("socksio") is not None, reason="httpx can use SOCKS here")
def test_socks_proxy_names_the_missing_package(files: Path) -> None:
    assert_named("pip install", Cli(REMOTE, ALL_PROXY="socks5://127.0.0.1:1"))


@pytest.mark.parametrize("exempt", ["fd07:b51a:cc66:f0::/64", "localhost,[::1]", "a:b:c,http://x:y,/", LOST])
def test_proxy_is_used_despite_no_proxy_entries_for_other_hosts(exempt: str, files: Path) -> None:
    with RequestRecorder() as proxy:
        assert Cli(REMOTE, HTTP_PROXY=proxy.url, NO_PROXY=exempt)("tags", "count").status == 1
        assert [each["Host"] for each in proxy.heads] == ["stash.invalid:9999"]


@pytest.mark.parametrize("exempt", ["stash.invalid", ".invalid", "*.INVALID", "*", "x, stash.invalid:9999"])
def test_no_proxy_lists_hosts(exempt: str, files: Path) -> None:
    with RequestRecorder() as proxy:
        assert Cli(REMOTE, HTTP_PROXY=proxy.url, NO_PROXY=exempt)("tags", "count").status == 5
        assert proxy.heads == []


def test_unused_settings_are_not_validated(files: Path) -> None:
    """A local server needs no proxy, and http needs no certificates."""
    unused = dict.fromkeys(("HTTP_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSLKEYLOGFILE"), "what://x")
    assert Cli("http://127.0.0.1:9", **unused)("tags", "count").status == 5


@pytest.mark.parametrize("name", ["XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"])
def test_demo_works_without_writable_folders(name: str, files: Path) -> None:
    assert Cli("embedded:demo", **{name: str(files / "text")})("tags", "count").status == 0


@pytest.mark.parametrize(("url", "status"), [("embedded:l.sqlite", 2), ("http://127.0.0.1:9", 5)])
def test_deleted_working_directory(url: str, status: int, tmp_path: Path) -> None:
    """In a subprocess, because this process must keep its working directory."""
    leave = "import os, sys; os.chdir(sys.argv.pop()); os.rmdir(os.getcwd())"
    code = f"{leave}; from stash_cli.__main__ import main; main()"
    # -P as for the installed program: no imports from the working directory
    args = [sys.executable, "-P", "-c", code, "tags", "count", str(tmp_path / "gone")]
    (tmp_path / "gone").mkdir()
    result = subprocess.run(
        args, env=environment(STASH_URL=url), capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == status, result.stderr
    assert "bug" not in result.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_key_file_of_windows_tools(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes("k3y\r\n".encode(encoding))
    with RequestRecorder() as server:
        Cli(server.url, STASH_API_KEY_FILE=str(path))("tags", "count")
        assert {each["ApiKey"] for each in server.heads} == {"k3y"}
