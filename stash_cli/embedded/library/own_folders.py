"""Folders of the program itself in the user's data directory."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from platformdirs import user_data_path

if TYPE_CHECKING:
    from pathlib import Path


def demo_path() -> Path:
    """The file of the demo library, which may not exist yet."""
    return user_data_path("stash-cli", appauthor=False) / "demo.db"


def demo_media() -> Path:
    """The folder of the demo library's real files; scans accept it, although it is hidden on Linux."""
    return demo_path().with_name("demo-media")


def path_of_mirror(url: str) -> Path:
    """The file of the mirror of the server at a URL, which may not exist yet."""
    digest = hashlib.blake2b(url.encode(), digest_size=4).hexdigest()
    # Readable for people; the digest distinguishes URLs whose readable part is equal.
    name = re.sub(r"[^\w.-]+", "_", url.partition("://")[2] or url).removesuffix("_graphql")[-60:]
    return demo_path().with_name("mirrors") / f"{name}-{digest}.sqlite"
