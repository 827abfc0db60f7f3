"""Without a password, settings that widen access can be changed from the server's own machine only."""

from __future__ import annotations

import pytest
from served_library import ask, serve_library
from websocket_client import open_websocket

from stash_cli.core.types.api import describe_api
from stash_cli.embedded.graphql.documents import is_privileged

NEIGHBOUR = {"X-Forwarded-For": "192.168.1.9"}
REFUSAL = "only be changed on the machine"
WIDENING = {
    "folders": "configureGeneral(input: {stashes: []}) { username }",
    "credentials": 'configureGeneral(input: {username: "a", password: "b"}) { username }',
    "one field among others": 'configureGeneral(input: {parallelTasks: 2, pluginsPath: "/tmp"}) { username }',
    "session": "configureGeneral(input: {maxSessionAge: 99999999}) { username }",
    "key": "generateAPIKey(input: {})",
    "DLNA": "configureDLNA(input: {enabled: true}) { serverName }",
    "scraping": 'configureScraping(input: {scraperCDPPath: "/bin/sh"}) { scraperUserAgent }',
    "script": 'configureInterface(input: {javascript: "x()"}) { javascript }',
    "plugin": 'configurePlugin(plugin_id: "a", input: {})',
    "plugins": "setPluginsEnabled(enabledMap: {a: true})",
    "SQL": 'execSQL(sql: "SELECT 1") { rows_affected }',
}
HARMLESS = {
    "nothing": "configureGeneral(input: {}) { username }",
    "tasks": "configureGeneral(input: {parallelTasks: 2}) { username }",
    "language": 'configureInterface(input: {language: "de-DE"}) { language }',
    "look": 'configureUI(input: {theme: "dark"})',
    "object": 'tagCreate(input: {name: "x"}) { id }',
}


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with serve_library(
        tmp_path_factory.mktemp("x") / "l.sqlite", proxies=["127.0.0.1"], allow_sql=True
    ) as url:
        yield url


@pytest.mark.parametrize("kind", WIDENING)
def test_other_machine_cannot_widen_access(url, kind):
    response = ask(url, f"mutation {{ {WIDENING[kind]} }}", NEIGHBOUR).json()
    assert REFUSAL in response["errors"][0]["message"]


@pytest.mark.parametrize("kind", HARMLESS)
def test_other_machine_can_change_other_settings(url, kind):
    assert "errors" not in ask(url, f"mutation {{ {HARMLESS[kind]} }}", NEIGHBOUR).json()


def test_websocket_has_the_same_restriction(url):
    with open_websocket(url, additional_headers=NEIGHBOUR) as socket:
        socket.initialize().subscribe("1", f"mutation {{ {WIDENING['credentials']} }}")
        assert REFUSAL in str(socket.receive())


def test_local_program_may_widen_access(tmp_path):
    documents = [text for kind, text in WIDENING.items() if kind != "credentials"]
    with serve_library(tmp_path / "l.sqlite", allow_sql=True) as url:
        for text in (*documents, WIDENING["credentials"]):
            assert "errors" not in ask(url, f"mutation {{ {text} }}").json()


def test_settings_with_paths_or_texts_are_privileged_by_default():
    fields = describe_api().types["ConfigGeneralInput"].fields
    paths = [name for name in fields if name.lower().endswith(("path", "args", "boxes", "sources", "file"))]
    assert len(paths) > 15
    assert all(is_privileged("configureGeneral", {"input": {name: None}}) for name in paths)
    assert all(is_privileged("configureGeneral", {"input": {name: 1}}) for name in ("stashes", "new field"))
