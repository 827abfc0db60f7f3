"""The server's version and the latest released one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.client.base import StashClientBase

if TYPE_CHECKING:
    from stash_cli.core.types import LatestVersion, Version


class VersionClientMixin(StashClientBase):
    """Operations on versions."""

    async def version(self) -> Version:
        return await self.ask("version")

    async def latestversion(self) -> LatestVersion:
        """What the server finds on the internet."""
        return await self.ask("latestversion")
