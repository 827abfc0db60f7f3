"""Code blocks of the guides. Each has a language; `text` blocks are output, all others are run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from support import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_FENCED = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?<=\n\n) {4}.*")


@dataclass(frozen=True)
class Block:
    """A code block of a page."""

    page: str
    language: str
    text: str


def blocks(page: Path) -> Iterator[Block]:
    """All code blocks of a page in order; the language is "" without a fence or a language."""
    text = page.read_text(encoding="utf-8")
    for each in _FENCED.finditer(text):
        yield Block(page.stem, each[2], each[3])
    for line in _INDENTED.findall(_FENCED.sub("", text)):
        yield Block(page.stem, "", line)


def of_language(*languages: str) -> list[Block]:
    """Blocks of all guides in one of these languages."""
    return [block for page in PAGES for block in blocks(page) if block.language in languages]
