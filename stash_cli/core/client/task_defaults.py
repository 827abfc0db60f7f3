"""The server's saved options for library tasks, which the web interface sends with each task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stash_cli.core.client.session import Session


async def saved_defaults(session: Session, task: str, input_type: str) -> dict[str, Any]:
    """The server's saved options of a task, without those that its input type lacks.

    `task` is a field of the defaults. The mutations treat absent options as off, so the saved ones must be
    sent.
    """
    from stash_cli.core.types.api import describe_api

    answer: dict[str, Any] = await session.call("configuration", {}, [f"defaults.{task}"])
    known = describe_api().types[input_type].fields
    saved = without_nulls(answer["defaults"].get(task) or {})
    return {name: value for name, value in saved.items() if name in known}


def without_nulls(value: Any) -> Any:
    """JSON without null fields, nested ones included: inputs omit the fields that are null in a response."""
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value
