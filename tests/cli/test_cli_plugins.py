"""`stash plugins`: a generated plugin, simulated and executed; and plugins of a server."""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_support import Cli, CommandResult, program, run_interrupted
from fault_kinds import fixed_response
from fault_proxy import FaultProxy, on_operation
from support import ROOT
from table_tests import table_test

PLUGINS = [
    {
        "id": "renamer",
        "name": "Renamer",
        "version": "1.0",
        "enabled": True,
        "description": "Renames",
        "tasks": [{"name": "Rename all"}],
        "settings": [
            {"name": "dry_run", "display_name": "", "description": "", "type": "BOOLEAN"},
            {"name": "most", "display_name": "", "description": "", "type": "NUMBER"},
            {"name": "form", "display_name": "", "description": "", "type": "STRING"},
        ],
    },
    {"id": "idle", "name": "Idle", "version": "1.0", "enabled": False, "tasks": [], "settings": []},
]
TASKS = [{"name": "Rename all", "description": "", "plugin": {"id": "renamer", "name": "Renamer"}}]


@pytest.fixture(autouse=True)
def library_for_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make plugin processes import the tested library."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def simulate(cli: Cli, file: Path, *words: str) -> CommandResult:
    return cli("plugins", "simulate", str(file), *words)


@pytest.fixture
def new_plugin(tmp_path: Path) -> Path:
    """The plugin file written by `plugins new`."""
    Cli().ok("plugins", "new", "my-plugin", "--folder", str(tmp_path))
    return tmp_path / "my-plugin" / "my-plugin.yml"


def test_new_plugin_tags_scenes_and_reports_progress(cli: Cli, new_plugin: Path) -> None:
    for title in ("A", "B"):
        cli.ok("scene", "create", "--title", title)
    cli.ok("scene", "create", "--title", "C", "--tag", cli.ok("tag", "create", "--name", "X", "--ids").out)
    result = simulate(cli, new_plugin, "Tag scenes", "--progress", "plain")
    assert (result.status, result.out) == (0, "tagged 2 scenes\n")
    assert "100 %" in result.err
    assert "2 scenes have the tag Untagged now" in result.err
    assert cli.ok("scenes", "count", "--tag", "Untagged").out == "2\n"


def test_new_plugin_against_a_server_with_a_key(served_url: str, new_plugin: Path) -> None:
    cli = Cli(served_url)
    cli.ok("scene", "create", "--title", "A")
    general = "mutation($i: ConfigGeneralInput!) { configureGeneral(input: $i) { username } }"
    cli.ok("api", general, "-F", 'i={"username": "ada", "password": "secret"}')
    session = json.dumps({"query": "mutation { generateAPIKey(input: {}) }"})
    import httpx

    cookie = httpx.post(f"{served_url}/login", data={"username": "ada", "password": "secret"}).cookies
    response = httpx.post(
        f"{served_url}/graphql",
        content=session,
        cookies=cookie,
        headers={"Content-Type": "application/json"},
    )
    key = response.json()["data"]["generateAPIKey"]
    words = ("Tag scenes", "--arg", "tag=Other", "--json")
    result = simulate(Cli(served_url, STASH_API_KEY=key), new_plugin, *words)
    assert (result.status, result.json) == (0, "tagged 1 scenes")
    assert key not in result.err


def plugin(folder: Path, *words: str, **more: object) -> Path:
    """A plugin file that runs `words`."""
    file = folder / "mine.yml"
    tasks = [{"name": "Go", "defaultArgs": {"tag": "Made"}}]
    hooks = [{"name": "h", "triggeredBy": ["Scene.Create.Post"]}]
    file.write_text(json.dumps({"name": "mine", "exec": words, "tasks": tasks, "hooks": hooks, **more}))
    return file


def test_commands_run_inside_plugins(cli: Cli, tmp_path: Path) -> None:
    run = program("plugins", "exec")
    result = simulate(cli, plugin(tmp_path, *run, "tags", "create", "--name", "{args.tag}", "--ids"), "Go")
    assert (result.status, result.out) == (0, "1\n"), result.err
    assert "created tag 1" in result.err
    failing = simulate(cli, plugin(tmp_path, *run, "--", "tag", "show", "Nothing"), "Go")
    assert failing.status == 9
    assert "error: There is no tag 'Nothing'" in failing.err
    cli.ok("scene", "create", "--title", "A")
    update = plugin(tmp_path, *run, "scene", "update", "{hook.id}", "--add-tag", "Made")
    assert simulate(cli, update, "--hook", "Scene.Create.Post", "--id", "1").status == 0
    assert cli.ok("scenes", "count", "--tag", "Made").out == "1\n"


def test_command_messages_are_protocol_lines() -> None:
    block = {"Scheme": "http", "Host": "127.0.0.1", "Port": 1}
    result = Cli()("plugins", "exec", "scenes", "count", answers=json.dumps({"server_connection": block}))
    assert result.status == 5
    assert result.err.startswith(
        "\x01e\x02Cannot reach http://127.0.0.1:1: nothing listens there.\n\x01i\x02"
    )
    wrong = Cli()("plugins", "exec", "scenes", "count", answers="{}")
    assert wrong.status == 2
    assert wrong.err.startswith("\x01e\x02The plugin's input has no server_connection")


@table_test(
    ("words", "says"),
    [
        (["exec"], "needs a command"),
        (["exec", "--server", "x", "scenes", "count"], "leave out --server"),
        (["simulate", "none.yml", "Go"], "cannot be read"),
        (["simulate", "none.yml"], "TASK"),
        (["new", "../x"], "no name for a plugin"),
        (["new", ""], "no name for a plugin"),
    ],
)
def test_simulation_errors(words: list[str], says: str) -> None:
    result = Cli()("plugins", *words)
    assert result.status == 2
    assert says in result.err


@table_test(
    ("words", "more", "task", "says"),
    [
        (["no-such-program-at-all"], {}, "Go", "cannot be run"),
        (["python"], {}, "Gone", "no task Gone"),
        (["python"], {"interface": "js"}, "Go", "interface js"),
        (["python"], {"exec": "python x"}, "Go", "list of words"),
        (["python", "-c", "import sys; sys.exit(3)"], {}, "Go", "ended with status 3"),
        (["python", "-c", 'print(\'{"error": "because"}\')'], {}, "Go", "failed: because"),
        (["python", "-c", "raise OSError('plain line')"], {}, "Go", "error: OSError: plain line"),
    ],
)
def test_failing_plugins(
    words: list[str], more: dict[str, object], task: str, says: str, cli: Cli, tmp_path: Path
) -> None:
    cli.ok("tag", "create", "--name", "A", "--if-missing")
    result = simulate(cli, plugin(tmp_path, *words, **more), task)
    assert result.status in (2, 3, 9)
    assert says in result.err
    assert "internal error" not in result.err


def test_new_plugin_overwrites_nothing(new_plugin: Path) -> None:
    result = Cli()("plugins", "new", "my-plugin", "--folder", str(new_plugin.parent.parent))
    assert result.status == 2
    assert "exists already" in result.err


def test_read_only_connection_applies_to_plugins(cli: Cli, new_plugin: Path) -> None:
    cli.ok("scene", "create", "--title", "A")
    result = cli("--read-only", "plugins", "simulate", str(new_plugin), "Tag scenes")
    assert result.status == 9
    assert "read-only" in result.err
    assert cli.ok("tags", "count").out == "0\n"


def test_relay_rejects_other_users(cli: Cli, tmp_path: Path) -> None:
    script = tmp_path / "look.py"
    script.write_text(
        "import json, sys, urllib.request, urllib.error\n"
        "b = json.load(sys.stdin)['server_connection']\n"
        "url = f\"{b['Scheme']}://{b['Host']}:{b['Port']}/graphql\"\n"
        "for cookie in ('', 'session=x', f\"session={b['SessionCookie']['Value']}\"):\n"
        "    head = {'Content-Type': 'application/json', 'Cookie': cookie}\n"
        '    asked = urllib.request.Request(url, b\'{"query": "{version{version}}"}\', head)\n'
        "    try:\n        print(urllib.request.urlopen(asked).status)\n"
        "    except urllib.error.HTTPError as e:\n        print(e.code)\n"
    )
    cli.ok("tag", "create", "--name", "A")
    assert simulate(cli, plugin(tmp_path, "python", str(script)), "Go").out == "401\n401\n200\n"


def test_ctrl_c_ends_the_plugin(embedded_url: str, tmp_path: Path) -> None:
    Cli(embedded_url).ok("tag", "create", "--name", "A")
    marker = tmp_path / "alive"
    wait = "import sys, time; print('here', file=sys.stderr, flush=True); time.sleep(60)"
    script = f"{wait}; import pathlib; pathlib.Path({str(marker)!r}).touch()"
    file = plugin(tmp_path, sys.executable, "-c", script)
    began = time.monotonic()
    result = run_interrupted("--server", embedded_url, "plugins", "simulate", str(file), "Go", until="here")
    assert result.status == 130
    assert time.monotonic() - began < 50
    assert not marker.exists()


# --- the plugins of a server ---


@pytest.fixture
def proxy(served_url: str) -> Iterator[FaultProxy]:
    """A server with one plugin."""
    with FaultProxy(served_url) as opened:
        facts = {
            "setPluginsEnabled": True,
            "reloadPlugins": True,
            "configurePlugin": {},
            "runPluginOperation": {"state": "idle"},
            "pluginTasks": TASKS,
            "plugins": PLUGINS,
        }
        rules = [
            on_operation(name, fixed_response(json.dumps({"data": {name: value}})))
            for name, value in facts.items()
        ]

        def rule(request: Any) -> Any:
            if "configuration" in request.document:
                return None
            return next((fault for each in rules if (fault := each(request))), None)

        opened.rule = rule
        yield opened


def test_server_plugins(proxy: FaultProxy) -> None:
    cli = Cli(proxy.url)
    assert cli.ok("plugins", "list", "--json").json[0]["id"] == "renamer"
    assert (
        cli.ok("plugins", "tasks", "renamer", "--csv").out == "plugin,name,description\nrenamer,Rename all,\n"
    )
    cli.ok("plugins", "disable", "renamer")
    assert proxy.mutations[-1].variables == {"enabledMap": {"renamer": False}}
    cli.ok("plugins", "reload")
    assert cli.ok("plugins", "run", "renamer", "--arg", "mode=1").json == {"state": "idle"}
    assert proxy.mutations[-1].variables["args"] == {"mode": 1}


@table_test(
    ("words", "status", "says"),
    [
        ("enable renamr", 3, "Did you mean renamer?"),
        ("tasks renamr", 3, "Did you mean renamer?"),
        ("run renamer Renam", 3, "no task Renam"),
        ("run idle Rename", 3, "Run: stash plugins enable idle"),
        ("settings renamer dry_run=maybe", 2, "true or false"),
        ("settings renamer most=true", 2, "not a number"),
        ("settings renamer dryrun=true", 2, "Did you mean dry_run?"),
        ("run renamer --arg x", 2, "KEY=VALUE"),
    ],
)
def test_invalid_names_and_values_send_nothing(words: str, status: int, says: str, proxy: FaultProxy) -> None:
    result = Cli(proxy.url)("plugins", *words.split())
    assert result.status == status
    assert says in result.err
    assert proxy.mutations == []


def test_settings_are_merged_because_servers_replace_them(proxy: FaultProxy) -> None:
    cli = Cli(proxy.url)
    configured = {"general": {}, "plugins": {"renamer": {"form": "x", "most": 3}}}
    answer = fixed_response(json.dumps({"data": {"configuration": configured}}))
    before = proxy.rule
    proxy.rule = lambda request: answer if "configuration" in request.document else before(request)
    cli.ok("plugins", "settings", "renamer", "dry_run=true", "most=7", "form=12")
    sent = proxy.mutations[-1].variables
    assert sent["input"] == {"form": "12", "most": 7, "dry_run": True}
    rows = cli.ok("plugins", "settings", "renamer", "--json").json
    assert {row["name"]: row["value"] for row in rows} == {"dry_run": None, "most": 3, "form": "x"}


def test_library_without_plugins(cli: Cli) -> None:
    cli.ok("tag", "create", "--name", "A")
    assert "no plugins" in cli.ok("plugins", "list").err
    assert cli("plugins", "enable", "x").status == 3


def test_relay_stops_after_a_simulation(cli: Cli, tmp_path: Path) -> None:
    cli.ok("tag", "create", "--name", "A")
    code = "import json, sys; print(json.load(sys.stdin)['server_connection']['Port'])"
    port = int(simulate(cli, plugin(tmp_path, "python", "-c", code), "Go").out)
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=5).close()


def test_topic_contains_more_than_the_help() -> None:
    assert "from_plugin_stdin" in Cli().ok("help", "plugins").out
    assert "Run a task of a plugin" in Cli().ok("plugins", "--help").out
