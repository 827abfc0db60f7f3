"""A lock for tasks of any event loop: an asyncio lock serves one loop, a thread's lock would stop it."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from contextlib import suppress


class Lock:
    """`async with lock:` lets one task in at a time, in the order they came, whichever thread runs them."""

    def __init__(self) -> None:
        self._state = threading.Lock()
        self._held = False
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        with self._state:
            if not self._held:
                self._held = True
                return
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            self._give_up(turn)
            raise

    async def __aexit__(self, *exc: object) -> None:
        self._release()

    def _release(self) -> None:
        """Pass the lock on to whoever has waited longest."""
        with self._state:
            while self._waiting:
                turn = self._waiting.popleft()
                with suppress(RuntimeError):  # its loop was closed: nobody waits there
                    turn.get_loop().call_soon_threadsafe(self._grant, turn)
                    return
            self._held = False

    def _grant(self, turn: asyncio.Future[None]) -> None:
        if turn.cancelled():
            self._release()
        else:
            turn.set_result(None)

    def _give_up(self, turn: asyncio.Future[None]) -> None:
        """Wait no longer. What was granted already goes on to the next; what is about to be, will."""
        with self._state:
            if turn in self._waiting:
                self._waiting.remove(turn)
        if not turn.cancelled():
            self._release()
