"""The server itself: status, statistics, logs, directories, SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.client.base import Dict, StashClientBase
from stash_cli.core.client.failures import not_ready

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stash_cli.core import types


class SystemQueryClientMixin(StashClientBase):
    """Operations on the server as a whole."""

    async def get_system_status(self) -> types.SystemStatus | None:
        return await self.ask("systemStatus")

    async def check_system_ready(self) -> None:
        """Raise StashSystemNotReadyError when set-up or a migration is due."""
        found: Dict = await self.ask_json("systemStatus", ["status"])
        if found["status"] != "OK":
            raise not_ready(found["status"], found["status"])

    async def stats(self) -> types.StatsResultType:
        return await self.ask("stats")

    async def logs(self) -> list[types.LogEntry]:
        """The latest log lines, newest first."""
        return await self.ask("logs")

    async def dlna_status(self) -> types.DLNAStatus:
        return await self.ask("dlnaStatus")

    async def directory(self, path: str | Path | None = None, locale: str = "en") -> types.Directory:
        """A folder on the server's machine and the folders in it."""
        return await self.ask("directory", path=str(path) if path else None, locale=locale)

    async def sql_query(self, sql: str, args: Sequence[Any] | None = None) -> types.SQLQueryResult:
        return await self.ask("querySQL", sql=sql, args=args)

    async def sql_exec(self, sql: str, args: Sequence[Any] | None = None) -> types.SQLExecResult:
        return await self.ask("execSQL", sql=sql, args=args)


class VersionClientMixin(StashClientBase):
    """Operations on versions."""

    async def version(self) -> types.Version:
        return await self.ask("version")

    async def latestversion(self) -> types.LatestVersion:
        """The latest release, which the server looks up on the internet."""
        return await self.ask("latestversion")
