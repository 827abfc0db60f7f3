"""Without a password, what widens access is changed on the machine that serves the library alone."""

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
def test_a_neighbour_cannot_widen_access(url, kind):
    answer = ask(url, f"mutation {{ {WIDENING[kind]} }}", NEIGHBOUR).json()
    assert REFUSAL in answer["errors"][0]["message"]


@pytest.mark.parametrize("kind", HARMLESS)
def test_a_neighbour_can_change_the_rest(url, kind):
    assert "errors" not in ask(url, f"mutation {{ {HARMLESS[kind]} }}", NEIGHBOUR).json()


def test_a_socket_is_no_way_around(url):
    with open_websocket(url, additional_headers=NEIGHBOUR) as socket:
        socket.initialize().subscribe("1", f"mutation {{ {WIDENING['credentials']} }}")
        assert REFUSAL in str(socket.receive())


def test_a_program_of_this_machine_may(tmp_path):
    documents = [text for kind, text in WIDENING.items() if kind != "credentials"]
    with serve_library(tmp_path / "l.sqlite", allow_sql=True) as url:
        for text in (*documents, WIDENING["credentials"]):
            assert "errors" not in ask(url, f"mutation {{ {text} }}").json()


def test_every_setting_with_a_path_a_text_or_a_list_counts_unless_it_is_known_to_be_harmless():
    fields = describe_api().types["ConfigGeneralInput"].fields
    paths = [name for name in fields if name.lower().endswith(("path", "args", "boxes", "sources", "file"))]
    assert len(paths) > 15
    assert all(is_privileged("configureGeneral", {"input": {name: None}}) for name in paths)
    assert all(is_privileged("configureGeneral", {"input": {name: 1}}) for name in ("stashes", "new field"))
