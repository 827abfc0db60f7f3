"""`create`: a new object from flags or JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, command
from stash_cli.commands.argv.input_flags import flag_table, input_flags
from stash_cli.commands.common.sending import confirmed, uninterrupted
from stash_cli.commands.verbs.show import details, requested_fields
from stash_cli.commands.verbs.targets import resolved, rows_of
from stash_cli.core.errors import StashInputError, StashUsageError

if TYPE_CHECKING:
    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session
    from stash_cli.core.types.entities import Entity


@dataclass(frozen=True, kw_only=True, eq=False)
class CreateOptions(CommandOptions):
    """The command line of `create`; `flags` are the fields."""

    source: Annotated[
        str | None, typer.Option("--input", metavar="FILE|-", help="JSON object with the input's fields")
    ] = None
    if_missing: Annotated[
        bool, typer.Option("--if-missing", help="if the name exists, print that object")
    ] = False
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="print the mutation, do not send it")] = (
        False
    )


def build(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    return command(
        "create",
        partial(create, noun),
        CreateOptions,
        help=f"Create a {noun.entity.noun} and print it.",
        examples=examples,
        flags=partial(flag_table, f"{noun.entity.type}CreateInput"),
    )


def create(noun: Noun, runtime: Runtime, options: CreateOptions) -> None:
    entity, type_name = noun.entity, f"{noun.entity.type}CreateInput"
    runtime.check_output(noun.view)
    input_values = read_input(runtime, type_name, options.source)

    async def work(session: Session) -> dict[str, Any] | None:
        values = input_values | await resolved(session, input_flags(type_name), options.flags)
        require(type_name, values)
        if options.if_missing and (found := await existing(session, runtime, noun, values)):
            runtime.streams.note(f"{entity.noun} {found['id']} exists")
            return found
        if options.dry_run:
            from stash_cli.core.edits.plan import plan_create

            operation = plan_create(entity.type, values)
            runtime.streams.data(json.dumps({operation.name: operation.input}, ensure_ascii=False) + "\n")
            return None
        return await uninterrupted(send(session, runtime, noun, values))

    row = runtime.run(work, writes=not options.dry_run)
    if row is not None:
        runtime.print_row(details(noun, card=runtime.for_people), row)


async def send(session: Session, runtime: Runtime, noun: Noun, values: dict[str, Any]) -> dict[str, Any]:
    """Create the object and return the fields to print.

    Raises StashUnknownOutcomeError, with a command to check, when the server does not confirm the creation.
    """
    from stash_cli.core.edits.apply import apply_one
    from stash_cli.core.edits.plan import plan_create

    entity, paths = noun.entity, requested_fields(runtime, noun)
    # An id in the answer confirms the creation, so it is always requested.
    selected = paths if paths is None or "id" in paths else ["id", *paths]
    row: dict[str, Any] = await confirmed(
        apply_one(session, plan_create(entity.type, values, selected)),
        is_answer=lambda answer: isinstance(answer, dict) and "id" in answer,
        hint=_check_hint(entity, values),
    )
    runtime.streams.note(f"created {entity.noun} {row['id']}")
    return row if selected is paths else {name: value for name, value in row.items() if name != "id"}


def _check_hint(entity: Entity, values: dict[str, Any]) -> str:
    from shlex import quote

    name = values.get(entity.label)
    condition = f"--{entity.label} {quote(str(name))}" if name else "--sort -created_at --limit 5"
    command = f"stash {entity.plural} find {condition}"
    return f"The server may have created it: check with `{command}` before you try again."


def read_input(runtime: Runtime, type_name: str, source: str | None) -> dict[str, Any]:
    """Return the JSON object of `--input`, validated against the input type."""
    if source is None:
        return {}
    from stash_cli.commands.common.variables import as_json, read_text

    value = as_json(read_text(source, runtime.streams), source)
    if not isinstance(value, dict):
        raise StashInputError("--input: not a JSON object")
    from stash_cli.core import types

    checked: dict[str, Any] = getattr(types, type_name).parse(value).to_graphql()
    return checked


def require(type_name: str, values: dict[str, Any]) -> None:
    """Raise StashUsageError for the first missing required field."""
    for flag in input_flags(type_name).values():
        if flag.field.type.required and values.get(flag.field.name) is None:
            raise StashUsageError(f"{flag.name} is required")


async def existing(
    session: Session, runtime: Runtime, noun: Noun, values: dict[str, Any]
) -> dict[str, Any] | None:
    """Return the object with this name or alias (and this disambiguation), or None."""
    if values.get("name") is None:
        raise StashUsageError("--if-missing compares names, which these objects do not have")
    from stash_cli.core.client.resolver import Name, first_row

    name = Name.literal(values["name"], values.get("disambiguation") or "")
    match = await first_row(session, noun.entity, name)
    if match is None:
        return None
    return (await rows_of(session, noun.entity, [match["id"]], requested_fields(runtime, noun)))[0]
