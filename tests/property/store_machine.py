"""What the state machines over a store stand on: an empty library of their own, opened and closed."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine
from store_support import recorded_store


class LibraryMachine(RuleBasedStateMachine):
    """`store` and `wire` of a new library; it is closed even where `finish` finds what does not hold."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.folder = tempfile.TemporaryDirectory()
        url = f"embedded:{Path(self.folder.name) / 'library.sqlite'}"
        opened = self.stack.enter_async_context(recorded_store(url, **options))
        self.store, self.wire = self.runner.run(opened)

    def finish(self) -> None:
        """What holds once all is over."""

    def teardown(self) -> None:
        try:
            self.finish()
        finally:
            self.runner.run(self.stack.aclose())
            self.runner.close()
            self.folder.cleanup()
