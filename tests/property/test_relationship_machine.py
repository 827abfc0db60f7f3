"""Relationships edited on either side: both sides agree at once, and the server after saving."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from store_machine import LibraryMachine

from stash_cli.core.errors import StashConnectionError
from stash_cli.core.orm.relate import append, remove
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.types import UNSET, Performer, Scene, Studio, Tag
from stash_cli.core.types.entities import ENTITIES

COUNT = 3
RELATIONS = {
    "performers of a scene": (Scene, "performers"),
    "scenes of a performer": (Performer, "scenes"),
    "tags of a performer": (Performer, "tags"),
    "performers of a tag": (Tag, "performers"),
    "scenes of a studio": (Studio, "scenes"),
    "tags of a scene": (Scene, "tags"),
    "scenes of a tag": (Tag, "scenes"),
    "studio of a scene": (Scene, "studio"),
}
WAYS: dict[str, Callable[[Any, str, list[Any]], Any]] = {
    "assign": setattr,
    "slice": lambda obj, name, targets: getattr(obj, name).__setitem__(slice(None), targets),
    "extend": lambda obj, name, targets: getattr(obj, name).extend(
        each for each in targets if each not in getattr(obj, name)
    ),
    "put": lambda obj, name, targets: [append(obj, name, each) for each in targets],
    "take out": lambda obj, name, targets: [remove(obj, name, each) for each in targets],
    "remove": lambda obj, name, targets: [
        getattr(obj, name).remove(each) for each in targets if each in getattr(obj, name)
    ],
    "clear": lambda obj, name, targets: getattr(obj, name).clear(),
}
picks = st.integers(0, COUNT - 1)
lists = st.sampled_from(sorted(what for what in RELATIONS if what != "studio of a scene"))


class RelationshipMachine(LibraryMachine):
    """A few objects whose relationships are loaded at different times and edited on both sides."""

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[type, list[Any]] = {}
        self.runner.run(self.fill())

    async def fill(self) -> None:
        for cls in (Scene, Performer, Tag, Studio):
            label = ENTITIES[cls.__name__].label
            made = [cls(**{label: f"{number}"}) for number in range(COUNT)]
            await self.store.save_batch(made, check=True)
            self.objects[cls] = made

    async def read(self) -> None:
        """Reload everything from the server."""
        for cls, objects in self.objects.items():
            names = {name for held, name in RELATIONS.values() if held is cls}
            await self.store.populate(objects, names, force_refetch=True)

    def finish(self) -> None:
        self.save()

    def targets(self, obj: Any, name: str) -> list[str] | None:
        """Ids in a relationship; None if it is not loaded."""
        relation, value = relationships(type(obj).__name__)[name], getattr(obj, name)
        return None if value is UNSET else sorted(each.id for each in relation.targets(value))

    def loaded_relationships(self) -> dict[str, list[str]]:
        """Content of every loaded relationship."""
        every = [(what, obj, name) for what, (cls, name) in RELATIONS.items() for obj in self.objects[cls]]
        found = {f"{what} {obj.id}": self.targets(obj, name) for what, obj, name in every}
        return {what: ids for what, ids in found.items() if ids is not None}

    def candidates(self, cls: type, name: str) -> list[Any]:
        """Objects that a relationship may contain."""
        expected = relationships(cls.__name__)[name].inverse_type
        return next(objects for held, objects in self.objects.items() if held.__name__ == expected)

    @rule(what=lists, number=picks, indexes=st.sets(picks), way=st.sampled_from(sorted(WAYS)))
    def edit(self, what: str, number: int, indexes: set[int], way: str) -> None:
        cls, name = RELATIONS[what]
        obj, candidates = self.objects[cls][number], self.candidates(cls, name)
        if getattr(obj, name) is UNSET and way not in ("put", "take out"):
            self.read_one(what, number)
        WAYS[way](obj, name, [candidates[each] for each in sorted(indexes)])

    @rule(what=st.sampled_from(sorted(RELATIONS)), number=picks)
    def read_one(self, what: str, number: int) -> None:
        """Load the server's value, with unsaved changes on either side."""
        cls, name = RELATIONS[what]
        self.runner.run(self.store.populate(self.objects[cls][number], [name], force_refetch=True))

    @rule(number=picks, studio=st.none() | picks)
    def set_studio(self, number: int, studio: int | None) -> None:
        self.objects[Scene][number].studio = None if studio is None else self.objects[Studio][studio]

    @rule()
    def save(self) -> None:
        expected = self.loaded_relationships()
        self.runner.run(self.store.save_all(check=True))
        assert not any(obj.is_dirty() for objects in self.objects.values() for obj in objects)
        # Saving may need to read more.
        assert self.loaded_relationships() | expected == self.loaded_relationships()
        self.runner.run(self.read())
        assert self.loaded_relationships() | expected == self.loaded_relationships()

    @rule(at=st.integers(1, 3))
    def fail_to_save(self, at: int) -> None:
        """The connection is cut at one of the requests; unsent changes stay pending."""
        self.wire.take_documents()

        def cut() -> None:
            if len(self.wire.sent) == at:
                raise StashConnectionError("cut off")

        self.wire.on_request = cut
        with suppress(StashConnectionError):
            self.runner.run(self.store.save_all(max_batch_size=2))
        self.wire.on_request = lambda: None

    @invariant()
    def both_sides_agree(self) -> None:
        for cls, name in RELATIONS.values():
            back = relationships(cls.__name__)[name].inverse_field or ""
            for obj in self.objects[cls]:
                here = self.targets(obj, name)
                there = {each.id: self.targets(each, back) for each in self.candidates(cls, name)}
                for other, ids in there.items():
                    assert here is None or ids is None or (other in here) == (obj.id in ids)


class TestRelationships(RelationshipMachine.TestCase):  # type: ignore[misc, name-defined] - made by Hypothesis
    settings = settings(max_examples=5, stateful_step_count=30, deadline=None, print_blob=True)
