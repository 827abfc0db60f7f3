"""The delivery of a request, recorded while it is sent."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import Delivery

if TYPE_CHECKING:
    from collections.abc import Mapping

_DELIVERY = {
    # What is about to be written counts as written: part of it may be when it fails.
    "send_request_headers.started": Delivery.HEADERS_WRITTEN,
    "send_request_body.complete": Delivery.BODY_WRITTEN,
    "receive_response_headers.complete": Delivery.ANSWER_BEGUN,
}


class Progress:
    """The record of one attempt to send a request.

    With `seconds` it also limits the time of the attempt: from the first byte written to the last one read
    or, for a request with files, from the end of the request. `clock` is an `asyncio.timeout(None)` that is
    scheduled then.
    """

    def __init__(self, seconds: float | None = None, *, carries_files: bool = False) -> None:
        self.clock: asyncio.Timeout | None = None
        self._seconds = seconds
        self._starts = Delivery.BODY_WRITTEN if carries_files else Delivery.HEADERS_WRITTEN
        self.delivery = Delivery.NOT_STARTED
        self.handled = sys.exception()
        """The exception being handled by the caller, which belongs to another request."""
        self._is_tunnel = False

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Receive an event of httpcore's `trace` extension.

        The CONNECT request to a proxy is reported like any other; it carries nothing of ours and is ignored.
        """
        step = event.partition(".")[2]
        if step == "send_request_headers.started":
            self._is_tunnel = info["request"].method == b"CONNECT"
        if step in _DELIVERY and not self._is_tunnel:
            self.reach(_DELIVERY[step])

    def reach(self, delivery: Delivery) -> None:
        """Record how far the request has got."""
        self.delivery = delivery
        if delivery is self._starts and self.clock is not None and self._seconds is not None:
            self.clock.reschedule(asyncio.get_running_loop().time() + self._seconds)

    def mark(self, error: BaseException) -> None:
        """Set `delivery` on the exception that ended the attempt."""
        error.__dict__["delivery"] = self.delivery
