"""Options of the tasks on the library that the server has saved, as the web interface sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stash_cli.core.client.session import Session


async def saved_defaults(session: Session, task: str, input_type: str) -> dict[str, Any]:
    """The server's saved options of a task that its input type has; `task` is a field of the defaults.

    The mutations take absent options for off, so the saved ones have to be sent along.
    """
    from stash_cli.core.types.api import describe_api

    answer: dict[str, Any] = await session.call("configuration", {}, [f"defaults.{task}"])
    known = describe_api().types[input_type].fields
    found = without_nulls(answer["defaults"].get(task) or {})
    return {name: value for name, value in found.items() if name in known}


def without_nulls(value: Any) -> Any:
    """JSON without null fields, nested ones included: an input leaves out what an answer has as null."""
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value
