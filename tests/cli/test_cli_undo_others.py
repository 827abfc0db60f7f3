"""Undo and redo of saved filters, settings and files."""

from __future__ import annotations

from typing import Any

from cli_support import Cli


def filters(cli: Cli) -> dict[str, Any]:
    """Name -> criteria of the saved filters, and the default filter of scenes."""
    rows = cli.ok("filters", "list", "--json").json
    found = {row["name"]: row["object_filter"] for row in rows}
    default = cli.ok("filters", "default", "get", "scenes", "--json")
    return {**found, "": default.json["object_filter"] if default.out else None}


FILTER_EDITS = (
    "filters save New -k scenes rating:80..",
    "filters save Old -k scenes play_count:0 -y",
    "filters rename Old Other",
    "filters delete Old -y",
    "filters default set scenes Old",
)


def test_saved_filters_are_restored(cli: Cli) -> None:
    cli.ok("filters", "save", "Old", "--kind", "scenes", "rating:80..")
    before = filters(cli)
    for line in FILTER_EDITS:
        cli.ok(*line.replace("-k", "--kind").split())
        after, run = filters(cli), str(cli.ok("history", "--json").json[0]["id"])
        assert after != before, line
        assert "changed 1" in cli.ok("undo", run, "-y").err
        assert filters(cli) == before, line
        cli.ok("redo", run, "-y")
        assert filters(cli) == after, line
        cli.ok("undo", run, "-y")
        assert filters(cli) == before, line


def setting(cli: Cli, *keys: str) -> list[Any]:
    """Values of settings."""
    return [cli.ok("config", "get", key, "--json").json["value"] for key in keys]


KEYS = (
    "general.log_level",
    "general.stashes",
    "ui.title",
    "plugins.mine.folder",
    "general.gallery_cover_regex",
)
SETTINGS = (
    "config set general.log_level=Debug ui.title=Mine plugins.mine.folder=/x general.gallery_cover_regex=x",
    "library add .",
    "plugins settings mine folder=/y",
)


def test_settings_are_restored(cli: Cli) -> None:
    cli.ok("config", "set", "ui.title=None", "plugins.mine.other=1", "plugins.mine.folder=/a")
    before = setting(cli, *KEYS)
    cli.ok(*SETTINGS[0].split())
    cli.ok(*SETTINGS[1].split())
    cli.ok("config", "set", "general.parallel_tasks=3")
    after = setting(cli, *KEYS)
    assert "changed 4 settings" in cli.ok("undo", "2", "-y").err
    assert "changed 1 setting back" in cli.ok("undo", "3", "-y").err
    assert setting(cli, *KEYS) == before
    assert setting(cli, "general.parallel_tasks", "plugins.mine.other") == [3, 1]
    cli.ok("redo", "2", "-y")
    cli.ok("redo", "3", "-y")
    assert setting(cli, *KEYS) == after


def test_settings_changed_by_others_since_are_kept(cli: Cli) -> None:
    cli.ok("config", "set", "general.log_level=Debug", "general.parallel_tasks=3")
    cli.ok("config", "set", "general.log_level=Error", "--no-journal")
    result = cli("undo", "1", "-y")
    assert (
        result.status,
        "setting general.log_level value: changed since by somebody else" in result.err,
    ) == (
        6,
        True,
    )
    assert setting(cli, "general.log_level", "general.parallel_tasks")[0] == "Error"


def test_secrets_are_not_recorded_and_not_undone(cli: Cli, own_state: Any) -> None:
    words = (
        "general.username=me",
        "general.password=hunter2",
        "plugins.mine.apiKey=hunter2",
        "ui.x=http://a:hunter2@b",
    )
    cli.ok("config", "set", *words)
    journal = own_state / "stash-cli" / "journal.sqlite"
    assert b"hunter2" not in b"".join(path.read_bytes() for path in journal.parent.glob("journal.sqlite*"))
    [run] = cli.ok("history", "--json").json
    assert "changed 1 setting" in run["what"]
    stderr = cli.ok("undo", "1", "-y").err
    assert "cannot be undone, and stays: configureGeneral, configurePlugin, configureUI" in stderr
    assert setting(cli, "plugins.mine.apiKey") == ["***"]
    kept = cli.ok("api", "{ configuration { plugins } }").json["configuration"]["plugins"]
    assert kept == {"mine": {"apiKey": "hunter2"}}
