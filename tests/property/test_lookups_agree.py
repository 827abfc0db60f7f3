"""Whatever is asked of whatever library: the server's answer and the rest tested here are the truth.

The truth is each row tested on its own by `matches`, which shares no code with the server's filters.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import run

from stash_cli.core.client.batch import BatchOperation
from stash_cli.core.client.paging import FindQuery, iter_rows
from stash_cli.core.context import StashContext
from stash_cli.core.query.lookups import compile as compile_lookups
from stash_cli.core.query.lookups import matches
from stash_cli.core.types.entities import ENTITIES

WORDS = ["alpha", "Beta", "beta gamma", "50%", "a_c", "abc", "été", "(x)"]
DATES = ["2023", "2023-12-31", "2024", "2024-02", "2024-02-29", "2024-03-15"]
RATINGS = [0, 20, 60, 79, 80, 81, 100]
TAGS = ["1", "2", "3"]

maybe_word = st.none() | st.sampled_from(WORDS)
scenes = st.fixed_dictionaries(
    {"title": st.sampled_from(WORDS)},
    optional={
        "code": maybe_word,
        "rating100": st.none() | st.sampled_from(RATINGS),
        "date": st.none() | st.sampled_from(DATES),
        "organized": st.booleans(),
        "urls": st.lists(st.sampled_from(WORDS), max_size=3, unique=True),
        "tag_ids": st.lists(st.sampled_from(TAGS), max_size=3, unique=True),
        "custom_fields": st.dictionaries(st.sampled_from("ab"), st.sampled_from([1, 2, 2.5, "x", "y"])),
    },
)
performers = st.fixed_dictionaries(
    {},
    optional={
        "gender": st.none() | st.sampled_from(["MALE", "FEMALE", "NON_BINARY"]),
        "circumcised": st.none() | st.sampled_from(["CUT", "UNCUT"]),
        "penis_length": st.none() | st.sampled_from([10.0, 12.5, 12.6]),
        "country": maybe_word,
        "favorite": st.booleans(),
    },
)

numbers = st.sampled_from(RATINGS)
TEXT = ("eq", "ne", "contains", "excludes", "startswith", "endswith")
ORDER = ("eq", "ne", "gt", "gte", "lt", "lte")


def asked(
    name: str, ops: tuple[str, ...], values: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    """Some lookups of one field."""
    one = st.tuples(st.sampled_from(ops).map(lambda op: f"{name}__{op}"), values)
    null = st.booleans().map(lambda value: (f"{name}__null", value))
    return st.lists(one | null, min_size=1, max_size=2, unique_by=lambda pair: pair[0]).map(dict)


def ranged(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    pair = st.tuples(st.none() | values, values)
    between = st.sampled_from(["between", "not_between"]).flatmap(
        lambda op: pair.map(lambda ends: {f"{name}__{op}": ends})
    )
    return between | st.lists(values, min_size=1, max_size=3).map(lambda many: {f"{name}__in": many})


relation = st.fixed_dictionaries(
    {},
    optional={
        "tags": st.lists(st.sampled_from(TAGS), min_size=1, max_size=2),
        "tags__includes": st.lists(st.sampled_from(TAGS), min_size=1, max_size=3),
        "tags__excludes": st.lists(st.sampled_from(TAGS), max_size=2),
    },
)
custom = st.tuples(
    st.sampled_from(["eq", "ne", "gt", "gte", "lt", "lte"]),
    st.sampled_from("abc"),
    st.sampled_from([1, 2, 2.5, "x"]),
).map(lambda parts: {f"custom_fields__{parts[0]}": {parts[1]: parts[2]}})

scene_questions = st.lists(
    asked("rating100", ORDER, numbers)
    | ranged("rating100", numbers)
    | asked("date", ORDER, st.sampled_from(DATES))
    | ranged("date", st.sampled_from(DATES))
    | asked("title", TEXT, st.sampled_from(WORDS))
    | asked("code", TEXT, st.sampled_from(WORDS))
    | st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(lambda words: {"code__in": words})
    | asked("url", TEXT, st.sampled_from(WORDS))
    | st.booleans().map(lambda value: {"organized": value})
    | st.booleans().map(lambda value: {"tags__null": value})
    | st.sampled_from(ORDER).flatmap(lambda op: st.integers(0, 3).map(lambda n: {f"tag_count__{op}": n}))
    | relation
    | custom,
    min_size=1,
    max_size=3,
).map(lambda parts: {key: value for part in parts for key, value in part.items()})

performer_questions = st.lists(
    asked("gender", ("eq", "ne"), st.sampled_from(["male", "female", "intersex"]))
    | asked("circumcised", ("eq", "ne"), st.sampled_from(["cut", "uncut"]))
    | asked("penis_length", ORDER, st.sampled_from([10, 12.5, 12.55]))
    | ranged("penis_length", st.sampled_from([10, 12.5, 12.55]))
    | asked("country", TEXT, st.sampled_from(WORDS))
    | st.booleans().map(lambda value: {"favorite": value}),
    min_size=1,
    max_size=3,
).map(lambda parts: {key: value for part in parts for key, value in part.items()})


@dataclass
class Library:
    scenes: list[dict[str, Any]]
    performers: list[dict[str, Any]]

    def operations(self) -> list[BatchOperation]:
        tags = [BatchOperation("tagCreate", {"input": {"name": f"tag {one}"}}) for one in TAGS]
        made = [BatchOperation("sceneCreate", {"input": one}) for one in self.scenes]
        people = [
            BatchOperation("performerCreate", {"input": {"name": f"performer {number}", **one}})
            for number, one in enumerate(self.performers)
        ]
        return tags + made + people


def is_contradiction(question: dict[str, Any]) -> bool:
    """Whether it is refused for good reason: both tags and none, or words that leave nothing."""
    from stash_cli.core.errors import StashInputError, StashLookupError

    for owner in ("Scene", "Performer"):
        try:
            compile_lookups(owner, question)
        except StashInputError:
            return True
        except StashLookupError:
            continue
    return False


async def disagreements(library: Library, questions: list[tuple[str, dict[str, Any]]]) -> list[Any]:
    found = []
    with tempfile.TemporaryDirectory() as folder:
        async with StashContext(conn=f"embedded:{Path(folder) / 'library.sqlite'}") as client:
            made = await client.execute_batch(library.operations())
            assert made.all_succeeded, [str(each.error) for each in made.failed]
            for type_name, question in questions:
                compiled = compile_lookups(type_name, question)
                local = matches(type_name, question)
                paths = ["id", *(compiled.remainder.fields if compiled.remainder else ())]
                query = FindQuery(ENTITIES[type_name], compiled.filter or None)
                answer = [
                    row["id"]
                    async for row in iter_rows(client.session, query, paths)
                    if compiled.remainder is None or compiled.remainder(row)
                ]
                everything = FindQuery(ENTITIES[type_name])
                rows = [row async for row in iter_rows(client.session, everything, ["id", *local.fields])]
                truth = [row["id"] for row in rows if local(row)]
                if answer != truth:
                    found.append((type_name, question, compiled.filter, answer, truth))
    return found


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.builds(Library, st.lists(scenes, min_size=1, max_size=8), st.lists(performers, max_size=6)),
    st.lists(scene_questions, min_size=8, max_size=16),
    st.lists(performer_questions, min_size=3, max_size=8),
)
def test_the_server_and_the_rest_agree_with_the_rows(
    library: Library, of_scenes: list[dict[str, Any]], of_performers: list[dict[str, Any]]
) -> None:
    questions = [("Scene", one) for one in of_scenes] + [("Performer", one) for one in of_performers]
    sensible = [(type_name, one) for type_name, one in questions if one and not is_contradiction(one)]
    assert run(disagreements(library, sensible)) == []
