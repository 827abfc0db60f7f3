"""Every lookup of every field, asked of the demo library, agrees with its rows.

Only fields whose values stand in rows can be held to them; the others are counted.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator
from typing import Any

from support import run

from stash_cli.core.client import Session
from stash_cli.core.client.paging import FindQuery, iter_rows
from stash_cli.core.context import StashContext
from stash_cli.core.errors import StashLookupError
from stash_cli.core.query.lookups import Compiled, FilterField, Lookup, fields, matches
from stash_cli.core.query.lookups import compile as compile_lookups
from stash_cli.core.query.rows import reader
from stash_cli.core.types.entities import ENTITIES, Entity

SPARE = {
    "IntCriterionInput": 7,
    "FloatCriterionInput": 7.5,
    "DateCriterionInput": "2020-05-05",
    "TimestampCriterionInput": "2024-05-05T10:00:00",
    "MultiCriterionInput": "1",
    "HierarchicalMultiCriterionInput": "1",
}
"""Values for fields that no object of the demo fills."""
CUTS = {"DateCriterionInput": (4, 7, 10), "TimestampCriterionInput": (7, 10, 19)}
"""Lengths at which a date or time is a period."""


def one_value(field: FilterField, lookup: str, held: list[Any], luck: random.Random) -> Any:
    """A value that some object has, or part of it."""
    if field.choices:
        return luck.choice(field.choices)
    value = luck.choice(held) if held else SPARE.get(field.kind, "text")
    if field.kind in CUTS:
        return str(value)[: luck.choice(CUTS[field.kind])]
    if field.kind == "IntCriterionInput":
        return int(value)
    if field.kind == "StringCriterionInput" and lookup not in ("eq", "ne", "in"):
        text = str(value)
        start = luck.randrange(len(text))
        return text[start : start + luck.randint(1, 6)].strip() or text.strip()
    return value


def values(field: FilterField, lookup: Lookup, held: list[Any]) -> Iterator[Any]:
    """What to ask for: true and false, or something the library holds."""
    if lookup.name == "null" or field.kind in ("Boolean", "String"):
        yield from (True, False)
        return
    luck = random.Random(f"{field.owner}.{field.name}.{lookup.name}")
    pair = [one_value(field, lookup.name, held, luck) for _ in range(2)]
    several = lookup.arity == "list" and lookup.name != "eq"
    yield tuple(pair) if lookup.arity == "range" else pair if several else pair[0]


async def answer(session: Session, entity: Entity, compiled: Compiled) -> list[str]:
    rest = compiled.remainder
    query = FindQuery(entity, compiled.filter or None)
    found = iter_rows(session, query, ["id", *(rest.fields if rest else ())])
    return sorted([row["id"] async for row in found if rest is None or rest(row)])


async def disagreements(session: Session, entity: Entity, field: FilterField) -> tuple[int, list[Any]]:
    """How many questions were asked of one field, and those whose answer is not what the rows say."""
    where = reader(entity.type, field.name)
    if where is None or field.kind == "CustomFieldCriterionInput":
        return 0, []
    rows = [row async for row in iter_rows(session, FindQuery(entity), ["id", *where.paths])]
    held = list({str(value): value for row in rows for value in where.read(row)}.values())
    asked, wrong = 0, []
    for lookup in field.lookups.values():
        if lookup.name == "depth":
            continue
        for value in values(field, lookup, held):
            question = {f"{field.name}__{lookup.name}": value}
            try:
                compiled, local = compile_lookups(entity.type, question), matches(entity.type, question)
            except StashLookupError:
                continue
            asked += 1
            truth = sorted(row["id"] for row in rows if local(row))
            if await answer(session, entity, compiled) != truth:
                wrong.append((entity.type, question, compiled.filter))
    return asked, wrong


def test_every_lookup_agrees_with_the_rows_of_the_demo() -> None:
    async def main() -> tuple[int, list[Any]]:
        total, wrong = 0, []
        async with StashContext(conn="embedded:demo") as client:
            for entity in ENTITIES.values():
                for field in fields(entity.type).values():
                    asked, more = await disagreements(client.session, entity, field)
                    total, wrong = total + asked, wrong + more
        return total, wrong

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        total, wrong = run(main())
    assert wrong == []
    assert total > 1000
