"""Findings without secrets and, for pasting, without names of hosts, addresses and the home folder."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stash_cli.core.errors import StashError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stash_cli.core.doctor.findings import Finding
    from stash_cli.core.doctor.subject import Subject

_IPV4 = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_IPV6 = re.compile(r"(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:%\w+)?(?![\w:])", re.IGNORECASE)
_URL_HOST = re.compile(r"(?<=://)[^/\s:,]+")
_LOCAL = ("localhost", "127.0.0.1", "::1")
_SHORTEST = 4
"""Minimum length of a redacted secret; shorter ones occur in ordinary text."""


class Redaction:
    """Removes `secrets` from findings; with `everything` also hosts, addresses and the home folder."""

    def __init__(self, subject: Subject, secrets: Iterable[str], *, everything: bool = False) -> None:
        longest_first = sorted({each for each in secrets if len(each) >= _SHORTEST}, key=len, reverse=True)
        self._names = dict.fromkeys(longest_first, "***")
        self._everything = everything
        if everything:
            self._names |= dict(_hosts(subject))
            home = str(Path.home())
            self._names |= {home: "~"} if len(home) > 1 else {}

    def __call__(self, finding: Finding) -> Finding:
        return replace(finding, found=self.text(finding.found), fix=self.text(finding.fix))

    def text(self, text: str) -> str:
        """`text` without what is hidden."""
        for name, shown in self._names.items():
            text = text.replace(name, shown)
        if self._everything:
            for pattern in (_URL_HOST, _IPV4, _IPV6):
                text = pattern.sub(_hidden, text)
        return text


def _hidden(found: re.Match[str]) -> str:
    return found[0] if found[0] in (*_LOCAL, "HOST", "PROXY") else "ADDRESS"


def _hosts(subject: Subject) -> Iterable[tuple[str, str]]:
    """The hosts of the connection that may identify the user, with their replacements."""
    if not subject.is_remote:
        return
    if subject.host not in _LOCAL:
        yield subject.host, "HOST"
    try:
        proxy = subject.proxy
    except StashError:
        return
    if proxy is not None:
        yield urlsplit(proxy.url).hostname or "PROXY", "PROXY"
