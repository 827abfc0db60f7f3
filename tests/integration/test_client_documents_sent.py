"""Operations that `stash api` sends by name: what their answers look like, also beside errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from client_server import failed, session_with
from support import run

from stash_cli.core.client import documents
from stash_cli.core.errors import StashGraphQLError

CONFIGURATION = {"configuration": {"general": {"apiKey": "topsecret", "databasePath": "/db"}}}


@pytest.mark.parametrize(("paths", "key"), [(None, "***"), (["general.apiKey"], "topsecret")])
def test_secrets_stay_hidden_beside_an_error(paths: list[str] | None, key: str, tmp_path: Path) -> None:
    answer = failed("no ui", "configuration", "ui", data=CONFIGURATION)

    async def main() -> Any:
        async with session_with(lambda _: answer, tmp_path) as (session, _):
            with pytest.raises(StashGraphQLError, match="no ui") as caught:
                await documents.call(session, "configuration", {}, paths)
            return caught.value.data

    assert run(main())["configuration"]["general"] == {"apiKey": key, "databasePath": "/db"}


def test_an_error_without_data_stays_without(tmp_path: Path) -> None:
    async def main() -> Any:
        async with session_with(lambda _: failed("broken", "stats"), tmp_path) as (session, _):
            with pytest.raises(StashGraphQLError, match="broken") as caught:
                await documents.call(session, "stats", {}, None)
            return caught.value.data

    assert run(main()) is None
