"""The context of a script that a server runs as a plugin."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from stash_cli.core.context import StashContext
from stash_cli.core.errors import StashError
from stash_cli.core.log import logger
from stash_cli.core.plugins.plugin_input import Hook, PluginInput, exchange_session
from stash_cli.core.plugins.protocol import PluginLog
from stash_cli.core.tasks import cancel_tasks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.core.client.client import StashClient

_LEAST = 0.2
"""Minimum time between two renewals, in seconds."""
_ALIVE = "query { version { version } }"


class PluginContext(StashContext):
    """A StashContext with the plugin's arguments and log.

    When it is first entered, the session is exchanged for the server's API key, because a session may expire
    during a long task. Without a key it is renewed in the background. A hook keeps its session, which has the
    list of hooks that have run, so that two hooks do not trigger each other in an endless loop.
    """

    def __init__(self, given: PluginInput, log: PluginLog | None = None) -> None:
        super().__init__(given.connection)
        self.input = given
        self.log = log or PluginLog()
        self._is_exchanged = False
        self._renewal: asyncio.Task[None] | None = None

    @property
    def args(self) -> Mapping[str, Any]:
        """The arguments of the task."""
        return self.input.args

    @property
    def hook(self) -> Hook | None:
        """The event that the plugin runs after; None for a task."""
        return self.input.hook

    async def get_client(self) -> StashClient:
        if not self._is_exchanged:
            self._is_exchanged = True
            if self.hook is None and self.connection.session:
                self.connection, age = await exchange_session(self.connection)
                if self.connection.session:
                    self._renewal = asyncio.ensure_future(self._renew(max(age / 3, _LEAST)))
        return await super().get_client()

    async def _renew(self, seconds: float) -> None:
        """Send a request periodically, so that the server renews the session."""
        while True:
            await asyncio.sleep(seconds)
            try:
                await self.open_session().execute(_ALIVE)
            except StashError as error:
                logger.info("The session was not renewed: %s", error.message)

    async def close(self, force: bool = False) -> None:
        if self._renewal is not None and (force or self.ref_count <= 0):
            renewal, self._renewal = self._renewal, None
            await cancel_tasks([renewal])
            self._is_exchanged = False
        await super().close(force)
