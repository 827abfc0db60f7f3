"""Edits, saves, partial failures, evictions and changes of others: every edit is saved once."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from store_machine import LibraryMachine

from stash_cli.core.errors import StashConnectionError
from stash_cli.core.transport import GraphQLRequest
from stash_cli.core.types import UNSET, Tag

FIELDS = ("description", "aliases")
words = st.sampled_from(["", "a", "b", "c"])
picks = st.integers(0, 50)


def ids_and_fields(request: GraphQLRequest) -> Iterator[tuple[str, set[str]]]:
    """Ids in a request, and the fields that it reads or writes of them."""
    for given in request.variables.values() if request.is_mutation else [request.variables]:
        written = given if request.is_mutation else request.document.split()
        for one in given.get("ids") or [given[name] for name in ("id",) if name in given]:
            yield one, {name for name in FIELDS if name in written}


class UnitMachine(LibraryMachine):
    """A store beside a model: the server's values, the loaded values, and the edits.

    A field sent without a response stays changed until the server is asked again.

    """

    def __init__(self) -> None:
        super().__init__(max_objects=2)
        self.number = 0
        self.server: dict[str, dict[str, Any]] = {}
        self.known: dict[str, dict[str, Any]] = {}
        self.edits: dict[str, dict[str, Any]] = {}
        self.unknown: dict[str, set[str]] = {}
        self.new: list[Tag] = []
        self.held: list[Any] = []

    def finish(self) -> None:
        """In the end the server has every edit."""
        self.runner.run(self.store.save_all(check=True, on_conflict="mine"))
        self.accept_saved()
        text = "{ findTags(filter: {per_page: -1}) { tags { id description aliases } } }"
        rows = self.runner.run(self.store.client.execute(text))["findTags"]["tags"]
        found = {row.pop("id"): row for row in rows}
        assert found == {key: {**row, "aliases": sorted(row["aliases"])} for key, row in self.server.items()}

    def pick(self, number: int) -> str:
        return sorted(self.server)[number % len(self.server)]

    def get(self, one: str, *fields: str) -> Tag:
        """The object; values fetched from the server are loaded from now on."""
        if self.store.identity.get(Tag, one) is None:
            self.known[one] = {}
        self.wire.take_documents()
        found = self.runner.run(self.store.get(Tag, one, fields))
        assert found is not None
        if self.wire.take_documents():
            self.learn(one, fields)
        return found

    def learn(self, one: str, fields: Iterable[str]) -> None:
        self.known[one] |= {name: self.server[one][name] for name in fields}
        self.unknown[one] -= {*fields}
        self.settle(one)

    def settle(self, one: str) -> None:
        """Drop edits that equal the server's value."""
        edits, known, unknown = self.edits[one], self.known[one], self.unknown[one]
        self.edits[one] = {n: edit for n, edit in edits.items() if n in unknown or known.get(n, ...) != edit}

    def accept_saved(self) -> None:
        """Fields that are clean now were saved."""
        for tag in [tag for tag in self.new if not tag.is_new()]:
            self.new.remove(tag)
            self.server[tag.id] = {"description": tag.description, "aliases": []}
            self.known[tag.id] = {"description": tag.description}
            self.edits[tag.id], self.unknown[tag.id] = {}, set()
        for one, edits in self.edits.items():
            found = self.store.identity.get(Tag, one)
            # An evicted object was clean: the final check shows whether it was saved.
            if edits and (found is None or not found.is_dirty()):
                self.server[one] |= edits
                self.known[one] |= edits
                self.edits[one], self.unknown[one] = {}, set()

    @rule(description=words)
    def make(self, description: str) -> None:
        tag = Tag(name=f"tag {self.number}", description=description)
        self.number += 1
        self.store.add(tag)
        self.new.append(tag)

    @precondition(lambda self: self.server)
    @rule(number=picks, description=words)
    def assign(self, number: int, description: str) -> None:
        one = self.pick(number)
        self.get(one, "description").description = description
        self.edits[one]["description"] = description
        self.settle(one)

    @precondition(lambda self: self.server)
    @rule(number=picks, word=st.sampled_from("xyz"))
    def append(self, number: int, word: str) -> None:
        one = self.pick(number)
        found = self.get(one, "aliases")
        if f"{word}{one}" not in found.aliases:
            found.aliases.append(f"{word}{one}")
            found.aliases.sort()
            self.edits[one]["aliases"] = [*found.aliases]
        self.settle(one)
        self.held.append(found)

    @precondition(lambda self: self.server)
    @rule(number=picks, description=words)
    def change_by_other_client(self, number: int, description: str) -> None:
        one = self.pick(number)
        text = "mutation($input: TagUpdateInput!) { tagUpdate(input: $input) { id } }"
        self.runner.run(self.store.client.execute(text, {"input": {"id": one, "description": description}}))
        self.server[one]["description"] = description

    @precondition(lambda self: self.server)
    @rule(number=picks, fields=st.sets(st.sampled_from(FIELDS), min_size=1), hold=st.booleans())
    def read_again(self, number: int, fields: set[str], hold: bool) -> None:
        one = self.pick(number)
        self.store.invalidate(Tag, one)
        found = self.get(one, *sorted(fields))
        assert self.runner.run(self.store.get(Tag, one, ["name"])) is found
        theirs = {name: c.theirs for name, c in self.store.conflicts(found).items()}
        assert theirs.items() <= {name: self.known[one][name] for name in theirs}.items()
        if hold:
            self.held.append(found)

    @precondition(lambda self: self.server)
    @rule(number=picks)
    def save_one(self, number: int) -> None:
        found = self.store.identity.get(Tag, self.pick(number))
        if found is not None:
            self.runner.run(self.store.save(found, on_conflict="mine"))
            assert not found.is_dirty()
            self.accept_saved()

    @rule(fail_at=st.none() | st.integers(1, 3))
    def flush(self, fail_at: int | None) -> None:
        self.wire.take_documents()

        def cut() -> None:
            if len(self.wire.sent) == fail_at:
                raise StashConnectionError("cut off")

        self.wire.on_request = cut
        try:
            result = self.runner.run(self.store.save_all(max_batch_size=2, on_conflict="mine"))
            assert fail_at is not None or result.all_succeeded
        except StashConnectionError:
            assert not any(request.is_mutation for request in self.wire.sent)
        self.wire.on_request = lambda: None
        for at, request in enumerate(self.wire.sent, 1):
            for one, fields in ids_and_fields(request):
                if not request.is_mutation and at != fail_at:
                    self.learn(one, fields)
                elif request.is_mutation and at == fail_at:
                    self.unknown[one] |= fields
        self.accept_saved()

    @rule()
    def drop_references(self) -> None:
        self.held.clear()
        gc.collect(0)

    @rule()
    def expire(self) -> None:
        self.store.invalidate_all()

    @invariant()
    def no_edit_is_lost_or_invented(self) -> None:
        for one, edits in self.edits.items():
            found = self.store.identity.get(Tag, one)
            assert not edits or found is not None
            if found is not None:
                assert found.get_changed_fields() == edits
                expected = self.known[one] | edits
                held = {name: getattr(found, name) for name in expected}
                assert {n: v for n, v in held.items() if v is not UNSET} == {
                    n: v for n, v in expected.items() if held[n] is not UNSET
                }
        dirty = {id(tag) for tag in self.store.identity.dirty()}
        assert {id(tag) for tag in self.new} <= dirty


class TestUnit(UnitMachine.TestCase):  # type: ignore[misc, name-defined] - made by Hypothesis
    settings = settings(max_examples=10, stateful_step_count=40, deadline=None, print_blob=True)
