"""Outcome of every operation of a batch: succeeded, failed, unknown, or not sent."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from client_server import (
    HANG,
    RESET,
    CannedServer,
    error_response,
    graphql_response,
    http_response,
    schema,
    session_with,
    truncated_response,
)
from loopback import Loopback
from support import run

from stash_cli.core.errors import (
    StashAuthenticationError,
    StashConnectionError,
    StashError,
    StashInputError,
    StashNotSentError,
    StashUnknownOutcomeError,
    StashUsageError,
)
from stash_cli.core.graphql.batch import BatchOperation, BatchResult, execute_batch

DONE, FAILED, UNKNOWN, NOT_SENT = "succeeded", "failed", "unknown", "not sent"


def updates(count: int) -> list[BatchOperation]:
    return [BatchOperation("tagUpdate", {"input": {"id": str(number)}}) for number in range(count)]


def sent(request: dict[str, Any]) -> dict[str, str]:
    """Alias -> id of the changes in a request."""
    return {name.split("_")[0]: change["id"] for name, change in request["variables"].items()}


def response_to(request: dict[str, Any]) -> dict[str, Any]:
    return {alias: {"id": one} for alias, one in sent(request).items()}


def fault_at(one: str, answer: Any) -> Any:
    """Normal responses, except for the request that changes object `one`."""

    def reply(request: dict[str, Any]) -> Any:
        if one not in sent(request).values():
            return response_to(request)
        return answer(request) if callable(answer) else answer

    return reply


def outcomes(operations: list[BatchOperation]) -> list[str]:
    return [each.outcome.value for each in operations]


FAULTS = {
    "reset": (RESET, [UNKNOWN] * 2, [DONE] * 2),
    "half": (truncated_response({"a0": {"id": "2"}}), [UNKNOWN] * 2, [DONE] * 2),
    "slow": (HANG, [UNKNOWN] * 2, [DONE] * 2),
    "500": (http_response(500, "<html>"), [UNKNOWN] * 2, [DONE] * 2),
    "503": (http_response(503, ""), [UNKNOWN] * 2, [DONE] * 2),
    "no data": (graphql_response(None), [UNKNOWN] * 2, [DONE] * 2),
    "shape": (http_response(200, '{"data": [1]}'), [UNKNOWN] * 2, [DONE] * 2),
    "one missing": (graphql_response({"a0": {"id": "2"}}), [DONE, UNKNOWN], [DONE] * 2),
    "one null": (graphql_response({"a0": {"id": "2"}, "a1": None}), [DONE, UNKNOWN], [DONE] * 2),
    "one failed": (
        error_response("no", "a0", data={"a0": None, "a1": {"id": "3"}}),
        [FAILED, DONE],
        [DONE] * 2,
    ),
    "read failed": (
        error_response("no", "a0", "name", data={"a0": None, "a1": {"id": "3"}}),
        [UNKNOWN, DONE],
        [DONE] * 2,
    ),
    "all but one lost": (error_response("no", "a0"), [FAILED, UNKNOWN], [DONE] * 2),
    "413": (http_response(413, ""), [FAILED] * 2, [DONE] * 2),
    "422": (graphql_response(None, [{"message": "bad"}], 422), [FAILED] * 2, [DONE] * 2),
    "401": (http_response(401, ""), [FAILED] * 2, [NOT_SENT] * 2),
}
"""Fault of the second of three requests -> outcomes of its two operations, and of the next two."""


@pytest.mark.parametrize("fault", FAULTS)
def test_failed_request_does_not_affect_the_others(fault: str, tmp_path: Path) -> None:
    answer, own, later = FAULTS[fault]
    operations = updates(6)

    async def main() -> tuple[BatchResult, CannedServer]:
        schema()  # generating it takes longer than the timeout
        timeout = 1.5 if answer is HANG else 60
        async with session_with(fault_at("2", answer), tmp_path, timeout=timeout) as (session, server):
            return await execute_batch(session, operations, max_batch_size=2), server

    result, server = run(main())
    assert outcomes(operations) == [DONE, DONE, *own, *later]
    assert len(server.requests) == 1 + (2 if NOT_SENT in later else 3)
    assert [each.error is None for each in result] == [each == DONE for each in outcomes(operations)]
    assert (result.summary() == "all 6 succeeded") is result.all_succeeded


@pytest.mark.parametrize("fault", ["reset", "500", "422"])
def test_failed_first_request_returns_a_result(fault: str, tmp_path: Path) -> None:
    answer, own, _ = FAULTS[fault]

    async def main() -> BatchResult:
        async with session_with(fault_at("0", answer), tmp_path) as (session, _):
            return await execute_batch(session, updates(4), max_batch_size=2)

    assert outcomes(run(main()).operations) == [*own, DONE, DONE]


@pytest.mark.parametrize(
    ("facts", "answer", "error"),
    [({"read_only": True}, RESET, StashUsageError), ({}, http_response(401, ""), StashAuthenticationError)],
)
async def test_error_is_raised_if_nothing_was_sent(
    facts: dict[str, Any], answer: Any, error: type[StashError], tmp_path: Path
) -> None:
    operations = updates(3)

    async with session_with(lambda _: answer, tmp_path, **facts) as (session, _):
        with pytest.raises(error):
            await execute_batch(session, operations, max_batch_size=1)
    assert outcomes(operations)[1:] == [NOT_SENT] * 2


async def test_invalid_argument_in_any_request_sends_nothing(tmp_path: Path) -> None:
    operations = [*updates(2), BatchOperation("tagUpdate", {"nope": 1})]

    async with session_with(response_to, tmp_path) as (session, server):
        with pytest.raises(StashInputError, match="nope"):
            await execute_batch(session, operations, max_batch_size=1)
        assert server.operations == ["Introspection"]
    assert outcomes(operations) == [NOT_SENT] * 3


def test_unreachable_server_ends_the_batch(tmp_path: Path) -> None:
    operations = updates(4)

    async def main() -> BatchResult:
        async with session_with(response_to, tmp_path) as (session, server):
            await session.load_capabilities()
            server.answer = lambda request: _last(request, server.loopback)
            return await execute_batch(session, operations, max_batch_size=1)

    def _last(request: dict[str, Any], listener: Loopback) -> Any:
        listener.stop_listening()
        return http_response(200, _json(response_to(request)), Connection="close")

    result = run(main())
    assert outcomes(operations) == [DONE, NOT_SENT, NOT_SENT, NOT_SENT]
    first, *rest = result.not_sent
    assert isinstance(first.error, StashConnectionError)
    assert all(isinstance(each.error, StashNotSentError) for each in rest)
    assert all(each.error is not None and each.error.__cause__ is first.error for each in rest)


def _json(data: dict[str, Any]) -> str:
    import json

    return json.dumps({"data": data})


async def test_cancelled_batch_reports_outcomes(tmp_path: Path) -> None:
    operations = updates(3)

    reached = asyncio.Event()

    def hang(_: dict[str, Any]) -> Any:
        reached.set()
        return HANG

    async with session_with(fault_at("1", hang), tmp_path) as (session, _):
        task = asyncio.create_task(execute_batch(session, operations, max_batch_size=1))
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert outcomes(operations) == [DONE, UNKNOWN, NOT_SENT]


async def test_locked_error_after_execution_is_not_retried(tmp_path: Path) -> None:
    answer = error_response("database is locked", "a0", "parents")

    async with session_with(lambda _: answer, tmp_path) as (session, server):
        [operation] = await execute_batch(session, updates(1))
        assert operation.outcome == UNKNOWN
        with pytest.raises(StashUnknownOutcomeError):
            await session.call("tagUpdate", {"input": {"id": "1"}})
        assert len(server.requests) == 3
