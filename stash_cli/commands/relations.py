"""Names in flags become ids, and flag values the JSON of an input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.types.api import describe_api

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.commands.argv.input_flags import InputFlag
    from stash_cli.core.client.session import Session


async def resolved(
    session: Session, flags: Mapping[str, InputFlag], values: Mapping[str, Any]
) -> dict[str, Any]:
    """`values` (by field) as input JSON: names looked up, NAME=VALUE pairs gathered."""
    return {name: await _value(session, flags[name], value) for name, value in values.items()}


async def _value(session: Session, flag: InputFlag, value: Any) -> Any:
    if flag.keyed:
        fields = dict(value)
        return {"partial": fields} if flag.field.type.name == "CustomFieldsInput" else fields
    if flag.inner and flag.target:
        return await _named_objects(session, flag, value)
    if flag.target is None:
        return value
    found = await ids_of(session, flag.target, value if flag.many else [value])
    return found if flag.many else found[0]


async def _named_objects(
    session: Session, flag: InputFlag, objects: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Objects such as SceneGroupInput, whose first field is the id of another object."""
    key = next(iter(describe_api().types[flag.inner or ""].fields))
    found = {str(item[key]): await ids_of(session, flag.target or "", [str(item[key])]) for item in objects}
    return [item | {key: found[str(item[key])][0]} for item in objects]


async def ids_of(session: Session, target: str, words: list[str]) -> list[str]:
    """The ids of names, aliases, `id:12` and `name:12`, each once."""
    from stash_cli.core.query.resolve import relation_ids

    return await relation_ids(session, target, words) if words else []
