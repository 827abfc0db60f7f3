"""Base of the state machines over a store: an empty library, opened and closed."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine
from store_support import recorded_store


class LibraryMachine(RuleBasedStateMachine):
    """`store` and `wire` of a new library, closed even if `finish` fails."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.folder = tempfile.TemporaryDirectory()
        url = f"embedded:{Path(self.folder.name) / 'library.sqlite'}"
        opened = self.stack.enter_async_context(recorded_store(url, **options))
        self.store, self.wire = self.runner.run(opened)

    def finish(self) -> None:
        """Check the final state."""

    def teardown(self) -> None:
        try:
            self.finish()
        finally:
            self.runner.run(self.stack.aclose())
            self.runner.close()
            self.folder.cleanup()
