"""Printing what `api` is answered: one value, pages, or a stream of events."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from stash_cli.commands.sending import uninterrupted
from stash_cli.core.errors import StashGraphQLError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine

    from stash_cli.commands.runtime import Runtime


async def print_change(runtime: Runtime, answer: Coroutine[Any, Any, Any], only: str | None = None) -> None:
    """Print what a mutation is answered, also when Ctrl-C comes before the answer."""
    await uninterrupted(print_answer(runtime, answer, only))


async def print_answer(runtime: Runtime, answer: Coroutine[Any, Any, Any], only: str | None = None) -> None:
    """Print the data; what came beside errors, too, before they are told."""
    try:
        data = await answer
    except StashGraphQLError as error:
        beside = error.data.get(only) if only and error.data else error.data
        if beside is not None:
            _print(runtime, beside)
        raise
    _print(runtime, data)


async def print_pages(
    runtime: Runtime, pages: AsyncGenerator[dict[str, Any], None], only: str | None = None
) -> None:
    """All pages as one, or a line per row as they come; those before an error, too."""
    from stash_cli.core.client.documents import locate_rows

    merged: dict[str, Any] = {}
    try:
        async with aclosing(pages):
            async for data in pages:
                root, items = locate_rows(data)
                if runtime.options.output == "jsonl":
                    _print_rows(runtime, data[root][items])
                elif merged:
                    merged[root][items] += data[root][items]
                else:
                    merged = data
    finally:
        if merged:
            _print(runtime, merged[only] if only else merged)


def _print_rows(runtime: Runtime, rows: list[Any]) -> None:
    for row in rows:
        _print(runtime, row)
    runtime.streams.out.flush()


async def print_events(runtime: Runtime, events: AsyncGenerator[Any, None], count: int | None) -> None:
    """A line per event as it comes."""
    from stash_cli.output.formats import dump

    left = count
    async with aclosing(events):
        async for event in events:
            runtime.streams.data(f"{dump(event)}\n")
            runtime.streams.out.flush()
            left = None if left is None else left - 1
            if left == 0:
                return


def _print(runtime: Runtime, value: Any) -> None:
    from stash_cli.output.formats import value_text

    runtime.streams.data(value_text(value, runtime.options.output))
