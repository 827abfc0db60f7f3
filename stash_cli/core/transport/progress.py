"""How far a request got, recorded while it is sent."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import Delivery

if TYPE_CHECKING:
    from collections.abc import Mapping

_REACHED = {
    # What is about to be written counts as written: part of it may be when it fails.
    "send_request_headers.started": Delivery.HEADERS_WRITTEN,
    "send_request_body.complete": Delivery.BODY_WRITTEN,
    "receive_response_headers.complete": Delivery.ANSWER_BEGUN,
}


class Progress:
    """The record of one attempt to send one request; a transport makes one for each attempt.

    With `seconds` it also bounds the attempt: from the first byte written to the last one read, or, when the
    request carries files, from the end of the request. The time is that of an `asyncio.timeout(None)` in
    `clock`.
    """

    def __init__(self, seconds: float | None = None, *, carries_files: bool = False) -> None:
        self.clock: asyncio.Timeout | None = None
        self._seconds = seconds
        self._starts = Delivery.BODY_WRITTEN if carries_files else Delivery.HEADERS_WRITTEN
        self.delivery = Delivery.NOT_STARTED
        self.handled = sys.exception()
        """What the sender was handling already, which has nothing to do with this request."""
        self._is_tunnel = False

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take an event of httpcore's `trace` extension.

        A proxy's CONNECT is reported like a request; it is not ours, and carries nothing of it.
        """
        step = event.partition(".")[2]
        if step == "send_request_headers.started":
            self._is_tunnel = info["request"].method == b"CONNECT"
        if step in _REACHED and not self._is_tunnel:
            self.reach(_REACHED[step])

    def reach(self, delivery: Delivery) -> None:
        """Note how far the request has got."""
        self.delivery = delivery
        if delivery is self._starts and self.clock is not None and self._seconds is not None:
            self.clock.reschedule(asyncio.get_running_loop().time() + self._seconds)

    def mark(self, error: BaseException) -> None:
        """Note on what ended the attempt, an error or a cancellation, how far it had got."""
        error.__dict__["delivery"] = self.delivery
