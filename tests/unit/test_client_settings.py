"""Server URLs and API keys: their sources, precedence and validation."""

from __future__ import annotations

from pathlib import Path
from traceback import format_exception
from typing import Any

import pytest
from table_tests import table_test

from stash_cli.core.context import StashContext
from stash_cli.core.errors import StashConfigurationError
from stash_cli.core.settings import (
    Connection,
    connection_from_conn,
    connection_from_environment,
    normalise_url,
    resolve_connection,
)
from stash_cli.core.transport.setup import tls_context


@table_test(
    ("given", "endpoint"),
    [
        ("http://localhost:9999", "http://localhost:9999/graphql"),
        ("http://localhost:9999/", "http://localhost:9999/graphql"),
        (" http://localhost:9999/graphql/ ", "http://localhost:9999/graphql"),
        ("https://host.example/media/stash", "https://host.example/media/stash/graphql"),
        ("https://host.example/stash/graphql", "https://host.example/stash/graphql"),
        ("HTTP://Host:80/", "http://host:80/graphql"),
        ("nas:9999", "http://nas:9999/graphql"),
        ("nas", "http://nas/graphql"),
        ("http://0.0.0.0:9999", "http://localhost:9999/graphql"),
        ("http://[::]:9999", "http://localhost:9999/graphql"),
        ("http://[::1]:9999", "http://[::1]:9999/graphql"),
        ("embedded:demo", "embedded:demo"),
        ("embedded:/tmp/x.sqlite", "embedded:/tmp/x.sqlite"),
    ],
)
def test_urls_are_normalised(given: str, endpoint: str) -> None:
    assert normalise_url(given) == endpoint


def test_library_paths_are_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/me")
    assert normalise_url("embedded:l.sqlite") == f"embedded:{tmp_path}/l.sqlite"
    assert normalise_url("embedded:~/l.sqlite") == "embedded:/home/me/l.sqlite"
    assert normalise_url("embedded:./demo") == f"embedded:{tmp_path}/demo"


@table_test(
    "given",
    [
        "",
        "http://",
        "ftp://host",
        "http://host:port",
        "http://host:99999",
        "http://a b",
        "http://h?x=1",
        "embedded:",
    ],
)
def test_invalid_urls_are_rejected(given: str) -> None:
    with pytest.raises(StashConfigurationError) as caught:
        normalise_url(given)
    assert caught.value.exit_status == 2


@table_test(
    "given",
    [
        "http://me:s3cret@host",
        "me:s3cret@host:9999",
        "http://s3cret@host",
        "http://me:a/s3cret@host",
        "http://me:a#s3cret@host",
        "http://me:s3cret@[host",
        "http://me:s3cret@ho st",
        "http://me:s3cret@ho\u2100st",
        "ftp://me:s3cret@host",
        "http://host/?apikey=s3cret",
        "http://host/graphql?ApiKey=s3cret",
        "http://host/?k=s3cret",
        "http://host/#s3cret",
    ],
)
def test_credentials_in_urls_are_rejected_and_not_repeated(given: str) -> None:
    for make in (normalise_url, Connection, StashContext, lambda host: connection_from_conn({"Host": host})):
        with pytest.raises(StashConfigurationError) as caught:
            make(given)
        assert "s3cret" not in "".join(format_exception(caught.value))


def test_url_with_api_key_explains_where_keys_belong() -> None:
    for given in ("http://me:s3cret@host", "http://host/?apikey=s3cret"):
        with pytest.raises(StashConfigurationError) as caught:
            normalise_url(given)
        assert "STASH_API_KEY" in (caught.value.hint or "")


def test_precedence_of_flag_environment_profile_default() -> None:
    def url(flag: str | None, environment: str, profile: str | None) -> str:
        found = resolve_connection({"url": flag}, {"STASH_URL": environment}, {"url": profile})
        return found.url.removesuffix("/graphql")

    assert url("flag", "env", "profile") == "http://flag"
    assert url(None, "env", "profile") == "http://env"
    assert url(None, "", "profile") == "http://profile"
    assert url(None, "", None) == "http://localhost:9999"


def test_only_an_explicit_url_counts_as_configured() -> None:
    assert resolve_connection({"url": "x"}, {}).configured
    assert resolve_connection({}, {"STASH_URL": "x"}).configured
    assert not resolve_connection({}, {"STASH_API_KEY": "k"}).configured


def test_key_sources(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("from-file\n")
    assert resolve_connection({}, {"STASH_API_KEY_FILE": str(file)}).api_key == "from-file"
    both = {"STASH_API_KEY": "direct", "STASH_API_KEY_FILE": str(file)}
    assert resolve_connection({}, both).api_key == "direct"
    assert "direct" not in repr(resolve_connection({}, both))
    with pytest.raises(StashConfigurationError, match=r"STASH_API_KEY_FILE .*cannot be read"):
        resolve_connection({}, {"STASH_API_KEY_FILE": str(tmp_path / "none")})
    file.write_text(" \n")
    with pytest.raises(StashConfigurationError, match="holds no API key"):
        resolve_connection({}, {"STASH_API_KEY_FILE": str(file)})


GIVEN: list[tuple[dict[str, Any], dict[str, str], dict[str, Any], str | None]] = [
    # flags, environment, profile, the expected key
    ({}, {"STASH_API_KEY": "env"}, {}, "env"),
    ({}, {"STASH_URL": "x", "STASH_API_KEY": "env"}, {}, "env"),
    ({"url": "y"}, {"STASH_URL": "x", "STASH_API_KEY": "env"}, {}, "env"),
    ({"url": "y"}, {}, {"url": "p", "api_key": "profile"}, None),
    ({"url": "p"}, {}, {"url": "p", "api_key": "profile"}, None),
    ({}, {"STASH_URL": "x"}, {"url": "p", "api_key": "profile"}, None),
    ({"demo": True}, {}, {"url": "p", "api_key": "profile"}, None),
    ({}, {}, {"url": "p", "api_key": "profile"}, "profile"),
    ({}, {"STASH_API_KEY": "env"}, {"url": "p", "api_key": "profile"}, "profile"),
    ({}, {"STASH_API_KEY": "env"}, {"url": "p"}, None),
    ({}, {"STASH_API_KEY": "env"}, {"timeout": 5}, "env"),
    ({"api_key": "flag"}, {"STASH_API_KEY": "env"}, {}, "flag"),
]


@table_test(("flags", "environ", "profile", "key"), GIVEN)
def test_key_is_used_only_with_the_server_beside_it(
    flags: dict[str, Any], environ: dict[str, str], profile: dict[str, Any], key: str | None
) -> None:
    assert resolve_connection(flags, environ, profile).api_key == key


def test_variables_of_the_stash_server_are_ignored() -> None:
    found = resolve_connection({}, {"STASH_HOST": "0.0.0.0", "STASH_PORT": "1234", "STASH_API_KEY": "k"})
    assert found.url == "http://localhost:9999/graphql"


@pytest.mark.parametrize(
    "text", [b"k3y", b"k3y\n", b"k3y\r\n", b"\xef\xbb\xbfk3y\r\n", b" k3y\t\n\n", "k3y\r\n".encode("utf-16")]
)
def test_whitespace_and_bom_are_stripped_from_keys(text: bytes, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(text)
    assert resolve_connection({"api_key_file": str(file)}, {}).api_key == "k3y"
    if text.isascii():
        assert resolve_connection({}, {"STASH_API_KEY": text.decode()}).api_key == "k3y"
        assert connection_from_conn({"ApiKey": text.decode()}).api_key == "k3y"


BAD_KEYS = [
    "s3cret\nX: y",
    "s3cret\ragain",
    "s3cret\0",
    "s3cret\x1b[1m",
    "s3cret\u00e9",
    "s3cret\u2028x",
    "s3cret" * 2000,
]


@pytest.mark.parametrize("key", BAD_KEYS)
def test_keys_invalid_in_a_header_are_rejected_and_not_repeated(key: str, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(key, encoding="utf-8")
    for name, make in {
        "STASH_API_KEY ": lambda: resolve_connection({}, {"STASH_API_KEY": key}),
        "STASH_API_KEY_FILE": lambda: resolve_connection({}, {"STASH_API_KEY_FILE": str(file)}),
        "--api-key-file": lambda: resolve_connection({"api_key_file": str(file)}, {}),
        "ApiKey": lambda: connection_from_conn({"ApiKey": key}),
        "The API key": lambda: Connection("http://host/graphql", api_key=key),
    }.items():
        with pytest.raises(StashConfigurationError, match=name) as caught:
            make()
        assert "s3cret" not in "".join(format_exception(caught.value))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "cp500"])
def test_key_files_in_other_encodings_are_rejected(encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes("s3cret\r\n".encode(encoding))
    with pytest.raises(StashConfigurationError, match="STASH_API_KEY_FILE"):
        resolve_connection({}, {"STASH_API_KEY_FILE": str(file)})


@pytest.mark.parametrize("path", ["", "~nobody-here/key", "a\0b"])
def test_invalid_key_file_path_is_reported(path: str, tmp_path: Path) -> None:
    with pytest.raises(StashConfigurationError, match="STASH_API_KEY_FILE"):
        resolve_connection({}, {"STASH_API_KEY_FILE": path or str(tmp_path)})


def test_key_file_error_precedes_invalid_variable() -> None:
    key_file = str(Path(__file__).with_name("missing"))
    with pytest.raises(StashConfigurationError, match="--api-key-file"):
        resolve_connection({"api_key_file": key_file}, {"STASH_API_KEY": "not\nthis"})


def test_other_settings(tmp_path: Path) -> None:
    assert resolve_connection({"demo": True}, {"STASH_URL": "x"}).url == "embedded:demo"
    with pytest.raises(StashConfigurationError, match="exclude each other"):
        resolve_connection({"demo": True, "url": "http://stash"}, {})
    assert resolve_connection({"timeout": "2.5"}, {}).timeout == 2.5
    assert resolve_connection({}, {"STASH_MAX_ANSWER_BYTES": "1000"}).max_answer_bytes == 1000
    assert resolve_connection({"insecure": True}, {}).verify is False
    assert resolve_connection({"read_only": True}, {}).read_only
    ca = tmp_path / "ca.pem"
    ca.touch()
    assert resolve_connection({"ca_cert": str(ca)}, {}).verify == str(ca)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_ca_files_of_windows_tools_are_read(encoding: str, tmp_path: Path) -> None:
    pem = Path(__file__).parent.parent / "integration/client_localhost.pem"
    certificate = pem.read_text(encoding="ascii").partition("-----END CERTIFICATE-----")
    file = tmp_path / "ca.pem"
    file.write_bytes("".join(certificate[:2]).replace("\n", "\r\n").encode(encoding))
    context = tls_context(Connection("https://localhost/graphql", verify=str(file)))
    assert context is not None
    assert len(context.get_ca_certs()) == 1


@table_test(
    "flags",
    [
        {"timeout": 0},
        {"timeout": "soon"},
        {"timeout": "nan"},
        {"timeout": "inf"},
        {"max_answer_bytes": "0"},
        {"max_answer_bytes": "256 MB"},
        {"max_answer_bytes": -1},
        {"ca_cert": "/none"},
        {"ulr": 1},
    ],
)
def test_bad_settings(flags: dict[str, Any]) -> None:
    with pytest.raises(StashConfigurationError):
        resolve_connection(flags, {})


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STASH_URL", "nas:1")
    monkeypatch.setenv("STASH_API_KEY", "k")
    found = connection_from_environment()
    assert (found.url, found.api_key) == ("http://nas:1/graphql", "k")
    assert StashContext().connection == found


def test_conn_mapping() -> None:
    found = connection_from_conn(
        {"scheme": "https", "HOST": "0.0.0.0", "Port": 1, "ApiKey": "k", "timeout": 5}
    )
    assert found == Connection("https://localhost:1/graphql", api_key="k", timeout=5)
    assert connection_from_conn({}).url == "http://localhost:9999/graphql"
    assert connection_from_conn({"Host": "::1"}).url == "http://[::1]:9999/graphql"
    with pytest.raises(StashConfigurationError, match=r"Unknown conn key 'Hots'.*Did you mean Host\?"):
        connection_from_conn({"Hots": "x"})
