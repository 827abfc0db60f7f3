"""Query texts compared with an oracle on random libraries.

The oracle (`lookup_oracle`) evaluates lookups on plain rows. Here each lookup is spelt as a query term, and
terms are combined; `QUERY_EXAMPLES=1000` draws more of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random, SystemRandom
from typing import Any

import pytest
from lookup_evaluation import matching_ids, random_library
from lookup_generator import LookupGenerator, Lookups
from lookup_oracle import TABLES, LookupOracle
from random_rows import Row
from support import run
from table_tests import table_test

from stash_cli.commands.argv.filter_flags import FilterFlags
from stash_cli.commands.argv.flags import Flag
from stash_cli.commands.argv.query_words import query_from_argv
from stash_cli.core.client import Session
from stash_cli.core.client.paging import FindQuery, iter_rows
from stash_cli.core.client.query_names import compile_for, resolve_query
from stash_cli.core.errors import StashError, StashQueryError
from stash_cli.core.query.fields import fields
from stash_cli.core.query.language.fields import short_name
from stash_cli.core.query.language.query import parse_query
from stash_cli.core.query.language.tree import quote
from stash_cli.core.query.lookups import Compiled
from stash_cli.core.query.model import FilterField
from stash_cli.core.query.parse_lookup import canonical_lookups
from stash_cli.core.query.q import Q
from stash_cli.core.types.entities import ENTITIES

Holds = Callable[[Row], bool]
FEW = 40
"""Texts of each kind drawn by default."""
EXAMPLES = int(os.environ.get("QUERY_EXAMPLES", str(FEW)))
ORDERED = {
    "eq": "{f}:{v}",
    "gt": "{f}:>{v}",
    "gte": "{f}:{v}..",
    "lt": "{f}<{v}",
    "lte": "{f}:..{v}",
    "ne": "{f}:!={v}",
}
ORDERED |= {"in": "{f}:{v}", "between": "{f}:{v}", "not_between": "-{f}:{v}"}
TEXT = {
    "contains": "{f}:{v}",
    "eq": "{f}:={v}",
    "ne": "{f}!={v}",
    "excludes": "-{f}:{v}",
    "regex": "{f}:~{v}",
}
TEXT |= {"not_regex": "{f}:!~{v}"}
RELATED = {"includes": "{f}:{v}", "in": "{f}:{v}", "excludes": "-{f}:{v}", "ne": "{f}:!={v}"}
CHOICE = {"eq": "{f}:{v}", "in": "{f}:{v}", "excludes": "-{f}:{v}", "ne": "{f}:!={v}"}


def new_seed() -> int:
    """A random seed if many examples are drawn; a fixed one otherwise."""
    return SystemRandom().randrange(2**32) if EXAMPLES > FEW else 1


def spelling(field: FilterField, lookup: str, value: Any) -> str | None:
    """A lookup as a query term; None if only `field__lookup=` expresses it."""
    name = short_name(field.owner, field.name)
    if lookup == "null" and isinstance(value, bool):
        return f"{'no' if value else 'has'}:{name}"
    if field.kind == "CustomFieldCriterionInput":
        return None
    if field.kind == "Boolean":
        return f"{name}:{'yes' if value == (lookup == 'eq') else 'no'}"
    if field.target:
        forms, mark = RELATED, "id:"
    elif "gt" in field.lookups:
        forms, mark = ORDERED, ""
    elif field.kind == "StringCriterionInput":
        forms, mark = (
            TEXT if field.name not in ("path", "dir") or lookup not in ("contains", "excludes") else {},
            "",
        )
    else:
        forms, mark = CHOICE if field.choices and field.name != "is_missing" else {}, ""
    return forms[lookup].format(f=name, v=_written(value, mark)) if lookup in forms else None


def _written(value: Any, mark: str) -> str:
    if isinstance(value, tuple):
        return "..".join("" if end is None else _one(end, mark) for end in value)
    if isinstance(value, list):
        return ",".join(_one(item, mark) for item in value)
    return _one(value, mark)


def _one(value: Any, mark: str) -> str:
    text = f"{mark}{value}"
    return text if mark or text.replace(".", "").isalnum() else quote(text)


def has_empty_text(value: Any) -> bool:
    """Whether a value is an empty text, which no term can express."""
    if isinstance(value, dict):
        return any(map(has_empty_text, value.values()))
    return any(map(has_empty_text, value)) if isinstance(value, list | tuple) else value == ""


def terms(questions: LookupGenerator, type_name: str) -> Iterator[tuple[str, Lookups]]:
    """A term for every lookup of every field, with the lookups that it denotes."""
    for field in fields(type_name).values():
        for lookup in field.lookups:
            lookups = questions.lookup_of(type_name, field, lookup)
            if has_empty_text(lookups):
                continue
            yield str(Q(**lookups)), lookups
            if len(lookups) == 1 and (spelt := spelling(field, lookup, *lookups.values())):
                yield spelt, lookups


async def query_ids(session: Session, type_name: str, text: str) -> list[str] | None:
    """Ids that a query text matches; None if neither the server nor rows can evaluate it."""
    query = parse_query(text, type_name)
    assert query.where is not None
    assert parse_query(str(query.where), type_name).tree == query.tree

    where = await resolve_query(session, type_name, query.where)
    try:
        compiled = await compile_for(session, type_name, where)
    except StashError:
        return None
    return await answer_of(session, compiled)


async def answer_of(session: Session, compiled: Compiled) -> list[str]:
    """Ids of the matches, including the free-text search beside the filter."""
    if not compiled.q:
        return await matching_ids(session, compiled)
    query = FindQuery(ENTITIES[compiled.type], compiled.filter or None, compiled.q)
    rest = compiled.post_filter
    paths = ["id", *(rest.fields if rest else ())]
    rows = [row async for row in iter_rows(session, query, paths)]
    return sorted((row["id"] for row in rows if rest is None or rest(row)), key=int)


async def wrong_terms(
    session: Session, oracle: LookupOracle, questions: LookupGenerator, type_name: str
) -> list[Any]:
    """Terms of one type whose matches, or those of `-term`, differ from the oracle."""
    found: list[Any] = []
    everything = set(oracle.ids(type_name, lambda _: True))
    every_term = list(terms(questions, type_name))
    # A sample in the default run, all of them if many examples are requested.
    few = questions.rng.sample(every_term, min(len(every_term), 2 * FEW))
    for text, lookups in every_term if EXAMPLES > FEW else few:
        try:
            given = await query_ids(session, type_name, text)
        except StashError as error:
            found.append((type_name, text, lookups, str(error), getattr(error, "details", ())))
            continue
        expected = oracle.answer(type_name, lookups)
        if given is not None and given != expected:
            found.append((type_name, text, given, expected))
        rest = await query_ids(session, type_name, f"not ({text})")
        if given is not None and rest is not None and everything - set(given) != set(rest):
            found.append((type_name, f"not ({text})", rest))
    return found


def test_every_term_and_its_complement() -> None:
    """All terms of one type of object, or with `QUERY_EXAMPLES` of every type."""
    seed = new_seed()
    chosen = list(TABLES) if EXAMPLES > FEW else [Random(seed).choice(list(TABLES))]

    async def main() -> list[Any]:
        found: list[Any] = []
        async with random_library(seed) as (session, oracle):
            questions = LookupGenerator(Random(seed), oracle)
            for type_name in chosen:
                found += await wrong_terms(session, oracle, questions, type_name)
        return found

    assert run(main()) == [], f"seed {seed}"


@dataclass
class Texts:
    """Random query texts for objects of one type, each with its truth value for a plain row."""

    questions: LookupGenerator
    type_name: str

    def draw(self, levels: int = 3) -> tuple[str, Holds]:
        rng = self.questions.rng
        kind = rng.choice(["term", "not", "and", "or"]) if levels else "term"
        if kind == "term":
            return self.term()
        left, met = self.draw(levels - 1)
        if kind == "not":
            return f"{rng.choice(['-', '^', 'not '])}({left})", lambda row: not met(row)
        right, also = self.draw(levels - 1)
        if kind == "and":
            joined = rng.choice([f"({left}) ({right})", f"({left}) and ({right})"])
            return joined, lambda row: met(row) and also(row)
        return f"({left}) {rng.choice(['or', 'OR', '|'])} ({right})", lambda row: met(row) or also(row)

    def term(self) -> tuple[str, Holds]:
        rng, oracle = self.questions.rng, self.questions.oracle
        while True:
            field = rng.choice([one for one in fields(self.type_name).values() if one.lookups])
            lookup = rng.choice(list(field.lookups))
            lookups = self.questions.lookup_of(self.type_name, field, lookup)
            if has_empty_text(lookups):
                continue
            spelt = spelling(field, lookup, *lookups.values()) if len(lookups) == 1 else None
            text = spelt or f"({Q(**lookups)})"
            return text, partial(oracle.holds, self.type_name, lookups=lookups)


async def wrong_texts(session: Session, oracle: LookupOracle, rng: Random, number: int) -> list[Any]:
    """Random texts whose matches differ from the oracle."""
    found: list[Any] = []
    for _ in range(number):
        type_name = rng.choice(list(TABLES))
        text, holds = Texts(LookupGenerator(rng, oracle), type_name).draw()
        given = await query_ids(session, type_name, text)
        if given is not None and given != (expected := oracle.ids(type_name, holds)):
            found.append((type_name, text, given, expected))
    return found


async def wrong_groups(session: Session, oracle: LookupOracle, rng: Random, number: int) -> list[Any]:
    """Random groups bound to one performer whose matches differ from the oracle."""
    found: list[Any] = []
    for _ in range(number):
        type_name = rng.choice(["Scene", "Image", "Gallery"])
        inner, holds = Texts(LookupGenerator(rng, oracle), "Performer").draw(2)
        has_one = partial(_has_performer, oracle, type_name, holds)
        for text, wanted in ((f"performers:({inner})", True), (f"-performers:({inner})", False)):
            expected = oracle.ids(type_name, lambda row, has=has_one, wanted=wanted: has(row) == wanted)
            try:
                given = await query_ids(session, type_name, text)
            except StashQueryError:
                continue
            if given is not None and given != expected:
                found.append((type_name, text, given, expected))
    return found


def _has_performer(oracle: LookupOracle, type_name: str, holds: Holds, row: Row) -> bool:
    return any(map(holds, oracle.performers(type_name, row)))


def test_combined_terms_and_groups() -> None:
    seed = new_seed()

    async def main() -> list[Any]:
        rng = Random(seed)
        async with random_library(seed) as (session, oracle):
            return [
                *await wrong_texts(session, oracle, rng, EXAMPLES),
                *await wrong_groups(session, oracle, rng, EXAMPLES),
            ]

    assert run(main()) == [], f"seed {seed}"


@pytest.mark.parametrize(
    ("type_name", "text"),
    [
        ("Gallery", "(studios__depth=2 studios__eq=5,8)"),
        ("Scene", "(studios__depth=1 studios__eq=8,1)"),
        ("Scene", "performers:(tags__depth=-1 tags__eq=1,5,2)"),
    ],
)
async def test_levels_of_several_names_have_their_complement(type_name: str, text: str) -> None:
    async with random_library(755846741) as (session, oracle):
        matches, others = (
            await query_ids(session, type_name, text),
            await query_ids(session, type_name, f"-{text}"),
        )
        assert matches is not None
        assert others is None or sorted([*matches, *others], key=int) == oracle.ids(type_name, lambda _: True)


@table_test("type_name", [name for name in TABLES if name in ENTITIES])
def test_every_flag_equals_its_query(type_name: str) -> None:
    """Each flag with a value, compared with `field__lookup=value`."""
    tables = list(FilterFlags(type_name).with_nested())
    for flag in (flag for table in tables for flag in table.rows()):
        path, _, lookup = flag.dest.rpartition("__")
        sample = _sample(flag)
        value = flag.read(sample) if flag.metavar else flag.const
        by_flag = query_from_argv(type_name, flags={flag.dest: [value] if flag.many else value}).where
        text = (
            f"{path.replace('__', '.')}__{lookup}={sample if flag.metavar else 'yes' if flag.const else 'no'}"
        )
        by_text = query_from_argv(type_name, where=[_custom(text)]).where
        assert by_flag is not None
        assert by_text is not None
        assert canonical(type_name, by_text) == canonical(type_name, by_flag), text


def canonical(type_name: str, q: Q) -> Any:
    return canonical_lookups(type_name, q.lookups)


def _custom(text: str) -> str:
    """`custom_fields__eq=height=180` as `custom.height__eq=180`."""
    head, found, rest = text.partition("custom_fields__")
    lookup, _, pair = rest.partition("=")
    name, equals, value = pair.partition("=")
    return f"{head}custom.{name}__{lookup}={value if equals else 'yes'}" if found else text


SAMPLES = {
    "N": "1",
    "NUMBER": "1.5",
    "DATE": "2024",
    "TIME": "-2d",
    "HEX": "a1",
    "BITS": "2",
    "NAME|ID": "A",
    "NAME=VALUE": "height=180",
    "NAME=TEXT": "height=x",
    "NAME": "height",
    "NAME=A,B,...": "height=1,x",
    "NAME=FROM..TO": "height=1..2",
    "yes|no": "no",
    "TYPE=HEX": "phash=a1",
}
"""Metavar -> a value."""


def _sample(flag: Flag) -> str:
    if "zip_file" in flag.dest and not flag.dest.endswith("null"):
        return "1"
    if flag.choices:
        one = str(flag.choices[0])
        return f"{one}..{one}" if flag.dest.endswith("between") else one
    word = flag.metavar.removesuffix(",...")
    low, dots, _ = word.partition("..")
    one = SAMPLES.get(flag.metavar) or SAMPLES.get(word) or (SAMPLES.get(low) if dots else None) or "x"
    return f"{one}..{one}" if dots and "=" not in word else one


WORDS = [
    "a",
    "50%",
    "a_c",
    "|",
    "or",
    "a|b",
    'say "hi"',
    "two  gaps",
    "-x",
    "é",
    "É",
    "(x)",
    "back\\slash",
    "1",
]


async def wrong_words(session: Session, oracle: LookupOracle, type_name: str) -> list[Any]:
    """Words whose matches, or those of `-word`, differ from the searched texts."""
    found: list[Any] = []
    everything = set(oracle.ids(type_name, lambda _: True))
    for word in WORDS:
        given = await query_ids(session, type_name, quote(word))
        rest = await query_ids(session, type_name, f"-{quote(word)}")
        either = await query_ids(session, type_name, f"{quote(word)} or {quote('zzz')}")
        expected = oracle.ids(type_name, partial(_has_word, oracle, type_name, word))
        if given != expected or either != expected or everything - set(expected) != set(rest or ()):
            found.append((type_name, word, given, either, rest, expected))
    return found


def _has_word(oracle: LookupOracle, type_name: str, word: str, row: Row) -> bool:
    """Whether a name or an alias contains the word; `%` and `_` are literal."""
    names = [row["name"], *oracle.values(type_name, "aliases", row), row.get("sort_name")]
    return any(_lowered(word) in _lowered(name) for name in names if name)


def _lowered(text: str) -> str:
    return "".join(char.lower() if char.isascii() else char for char in text)


def test_words_and_their_complement() -> None:
    seed = new_seed()

    async def main() -> list[Any]:
        async with random_library(seed) as (session, oracle):
            return [
                wrong
                for type_name in ("Performer", "Studio", "Tag")
                for wrong in await wrong_words(session, oracle, type_name)
            ]

    assert run(main()) == [], f"seed {seed}"


async def test_media_words_and_their_complement() -> None:
    """Paths, fingerprints and marker titles are searched, too."""
    seed = new_seed()
    async with random_library(seed) as (session, oracle):
        for type_name in ("Scene", "Image", "Gallery", "Group", "SceneMarker"):
            everything = set(oracle.ids(type_name, lambda _: True))
            for word in [*WORDS, "mp4", "/"]:
                given = set(await query_ids(session, type_name, quote(word)) or ())
                rest = set(await query_ids(session, type_name, f"-{quote(word)}") or ())
                assert (given | rest, given & rest) == (everything, set()), f"{seed} {type_name} {word}"
