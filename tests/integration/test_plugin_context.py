"""Scripts run by a server as plugins: input, session, and log output."""

from __future__ import annotations

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from fault_kinds import fixed_response
from fault_proxy import FaultProxy, on_operation
from served_library import ask, serve_library, set_password

from stash_cli import StashConfigurationError, StashContext
from stash_cli.core.plugins.plugin_input import PluginInput, connection_block
from stash_cli.core.plugins.protocol import LEVELS, PluginLog, parse_line
from stash_cli.core.plugins.simulation import outcome_of

AGE = "mutation($input: ConfigGeneralInput!) { configureGeneral(input: $input) { maxSessionAge } }"
GENERATE = "mutation { generateAPIKey(input: {}) }"
HOOK = {
    "hookContext": {"id": 12, "type": "Scene.Create.Post", "input": {"title": "A"}, "inputFields": ["title"]}
}


def log_in(url: str) -> str:
    """A session cookie of the library with the password of `set_password`."""
    response = httpx.post(f"{url}/login", data={"username": "ada", "password": "secret"}, timeout=60)
    return str(response.cookies["session"])


def plugin_input(url: str, session: str, **args: Any) -> str:
    block = connection_block(url, session, "/config", "/config/plugins/mine")
    return json.dumps({"server_connection": block, "args": args})


def test_session_is_exchanged_for_the_key(library_file: Path) -> None:
    with serve_library(library_file) as url, FaultProxy(url) as proxy:
        set_password(url)
        session = log_in(url)
        httpx.post(f"{url}/graphql", json={"query": GENERATE}, cookies={"session": session}, timeout=60)

        async def main() -> None:
            context = StashContext.from_plugin_stdin(plugin_input(proxy.url, session, mode="all"))
            async with context as client:
                assert (await client.find_tags()).count == 0
            assert context.args == {"mode": "all"}
            assert context.hook is None

        asyncio.run(main())
        first, *rest = proxy.requests
        assert first.headers["cookie"] == f"session={session}"
        assert rest
        assert all("apikey" in each.headers and "cookie" not in each.headers for each in rest)


def test_hook_keeps_the_session_with_earlier_hooks(library_file: Path) -> None:
    with serve_library(library_file) as url, FaultProxy(url) as proxy:
        set_password(url)
        session = log_in(url)
        httpx.post(f"{url}/graphql", json={"query": GENERATE}, cookies={"session": session}, timeout=60)

        async def main() -> None:
            context = StashContext.from_plugin_stdin(plugin_input(proxy.url, session, **HOOK))
            async with context as client:
                await client.find_tags()
            assert context.hook is not None
            assert (context.hook.id, context.hook.event) == ("12", "Scene.Create.Post")

        asyncio.run(main())
        assert all("cookie" in each.headers and "apikey" not in each.headers for each in proxy.requests)


def test_without_a_key_a_short_session_outlives_a_long_task(library_file: Path) -> None:
    with serve_library(library_file) as url:
        assert "errors" not in ask(url, AGE, input={"maxSessionAge": 4}).json()
        set_password(url)
        session = log_in(url)

        async def main() -> None:
            async with StashContext.from_plugin_stdin(plugin_input(url, session)) as client:
                await asyncio.sleep(5)  # a task that computes in a thread
                assert (await client.find_tags()).count == 0

        asyncio.run(main())


def test_renewed_session_is_sent(library_file: Path) -> None:
    with serve_library(library_file) as url, FaultProxy(url) as proxy:
        body = json.dumps({"data": {"configuration": {"general": {"apiKey": "", "maxSessionAge": 60}}}})
        proxy.rule = on_operation("PluginSession", fixed_response(body, Set_Cookie="session=newer; Path=/"))

        async def main() -> None:
            async with StashContext.from_plugin_stdin(plugin_input(proxy.url, "older")) as client:
                await client.find_tags()

        asyncio.run(main())
        assert [each.headers["cookie"] for each in proxy.requests[:2]] == ["session=older", "session=newer"]


@pytest.mark.parametrize(
    ("block", "url"),
    [
        ({"Scheme": "http", "Host": "0.0.0.0", "Port": 9999}, "http://localhost:9999/graphql"),
        ({"Scheme": "https", "Host": "::1", "Port": 9999}, "https://[::1]:9999/graphql"),
        ({"Scheme": "https", "Host": "nas", "Port": 443}, "https://nas:443/graphql"),
        ({}, "http://localhost/graphql"),
    ],
)
def test_server_urls(block: dict[str, Any], url: str) -> None:
    found = PluginInput.parse(json.dumps({"server_connection": block})).connection
    assert found.url == url
    assert found.verify is (url.startswith("https://nas"))
    assert PluginInput.parse(json.dumps({"server_connection": block, "args": None})).args == {}


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"server_connection": 3}'])
def test_invalid_input_is_rejected_without_quoting_it(text: str) -> None:
    with pytest.raises(StashConfigurationError, match="plugin's input") as caught:
        StashContext.from_plugin_stdin(text)
    assert "raw" in (caught.value.hint or "")


def test_session_is_in_no_message() -> None:
    given = PluginInput.parse(plugin_input("http://localhost:9999", "very-secret"))
    assert "very-secret" not in repr(given) + repr(given.connection)
    assert "very-secret" in given.connection.secrets
    with pytest.raises(StashConfigurationError) as caught:
        PluginInput.parse(plugin_input("http://localhost:9999", "very-secret\r\nX: y"))
    assert "very-secret" not in str(caught.value)


def test_log_lines_round_trip() -> None:
    stream = io.StringIO()
    log = PluginLog(stream)
    for level in LEVELS:
        log.write(level, f"{level}\nmore")
    log.progress(0.5)
    log.progress(7)
    lines = [parse_line(line) for line in stream.getvalue().splitlines()]
    logged = [(line.level, line.text) for line in lines if line.progress is None]
    assert logged == [(level, text) for level in LEVELS for text in (level, "more")]
    assert [line.progress for line in lines if line.progress is not None] == [0.5, 1.0]
    assert parse_line("plain").level == parse_line("\x01p\x02x").level == ""


@pytest.mark.parametrize(
    ("message", "output", "error"),
    [
        (b"", None, None),
        (b"done\n", "done", None),
        (b'{"output": {"a": 1}}', {"a": 1}, None),
        (b'{"error": "no"}', None, "no"),
        (b"[1]", "[1]", None),
    ],
)
def test_plugin_output_is_its_result(message: bytes, output: Any, error: str | None) -> None:
    found = outcome_of(0, message)
    assert (found.output, found.error) == (output, error)
