"""Operations that `stash api` sends by name, with and without errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from client_server import error_response, session_with
from support import run

from stash_cli.core.client import documents
from stash_cli.core.errors import StashGraphQLError

CONFIGURATION = {"configuration": {"general": {"apiKey": "topsecret", "databasePath": "/db"}}}


@pytest.mark.parametrize(("paths", "key"), [(None, "***"), (["general.apiKey"], "topsecret")])
def test_secrets_stay_redacted_beside_an_error(paths: list[str] | None, key: str, tmp_path: Path) -> None:
    answer = error_response("no ui", "configuration", "ui", data=CONFIGURATION)

    async def main() -> Any:
        async with session_with(lambda _: answer, tmp_path) as (session, _):
            with pytest.raises(StashGraphQLError, match="no ui") as caught:
                await documents.call(session, "configuration", {}, paths)
            return caught.value.data

    assert run(main())["configuration"]["general"] == {"apiKey": key, "databasePath": "/db"}


def test_error_without_data_has_no_data(tmp_path: Path) -> None:
    async def main() -> Any:
        async with session_with(lambda _: error_response("broken", "stats"), tmp_path) as (session, _):
            with pytest.raises(StashGraphQLError, match="broken") as caught:
                await documents.call(session, "stats", {}, None)
            return caught.value.data

    assert run(main()) is None
