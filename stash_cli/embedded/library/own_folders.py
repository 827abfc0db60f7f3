"""Folders of the program itself in the user's data directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from platformdirs import user_data_path

if TYPE_CHECKING:
    from pathlib import Path


def demo_path() -> Path:
    """The file of the demo library, which may not exist yet."""
    return user_data_path("stash-cli", appauthor=False) / "demo.db"


def demo_media() -> Path:
    """The folder of the demo library's few real files, which it may scan although it is hidden on Linux."""
    return demo_path().with_name("demo-media")
