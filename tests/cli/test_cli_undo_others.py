"""Undo and redo of what is no object: saved filters, settings, files."""

from __future__ import annotations

from typing import Any

from cli_support import Cli


def filters(cli: Cli) -> dict[str, Any]:
    """Name -> criteria of the saved filters, and what the list of scenes opens with."""
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


def test_saved_filters_come_back(cli: Cli) -> None:
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
