"""However a relationship is edited, on either side: both sides agree at once, and the server once saved."""

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
    "slice": lambda obj, name, others: getattr(obj, name).__setitem__(slice(None), others),
    "extend": lambda obj, name, others: getattr(obj, name).extend(
        each for each in others if each not in getattr(obj, name)
    ),
    "put": lambda obj, name, others: [append(obj, name, each) for each in others],
    "take out": lambda obj, name, others: [remove(obj, name, each) for each in others],
    "remove": lambda obj, name, others: [
        getattr(obj, name).remove(each) for each in others if each in getattr(obj, name)
    ],
    "clear": lambda obj, name, others: getattr(obj, name).clear(),
}
picks = st.integers(0, COUNT - 1)
lists = st.sampled_from(sorted(what for what in RELATIONS if what != "studio of a scene"))


class RelationshipMachine(LibraryMachine):
    """A few objects whose relationships are read sooner or later, edited on both sides."""

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
        """Everything anew, from the server."""
        for cls, objects in self.objects.items():
            names = {name for held, name in RELATIONS.values() if held is cls}
            await self.store.populate(objects, names, force_refetch=True)

    def finish(self) -> None:
        self.save()

    def leads_to(self, obj: Any, name: str) -> list[str] | None:
        """The ids of what a relationship leads to; None where it was not read."""
        relation, value = relationships(type(obj).__name__)[name], getattr(obj, name)
        return None if value is UNSET else sorted(each.id for each in relation.targets(value))

    def shown(self) -> dict[str, list[str]]:
        """What every relationship that was read leads to."""
        every = [(what, obj, name) for what, (cls, name) in RELATIONS.items() for obj in self.objects[cls]]
        found = {f"{what} {obj.id}": self.leads_to(obj, name) for what, obj, name in every}
        return {what: ids for what, ids in found.items() if ids is not None}

    def others(self, cls: type, name: str) -> list[Any]:
        """The objects that a relationship may lead to."""
        wanted = relationships(cls.__name__)[name].inverse_type
        return next(objects for held, objects in self.objects.items() if held.__name__ == wanted)

    @rule(what=lists, number=picks, others=st.sets(picks), way=st.sampled_from(sorted(WAYS)))
    def edit(self, what: str, number: int, others: set[int], way: str) -> None:
        cls, name = RELATIONS[what]
        obj, many = self.objects[cls][number], self.others(cls, name)
        if getattr(obj, name) is UNSET and way not in ("put", "take out"):
            self.read_one(what, number)
        WAYS[way](obj, name, [many[each] for each in sorted(others)])

    @rule(what=st.sampled_from(sorted(RELATIONS)), number=picks)
    def read_one(self, what: str, number: int) -> None:
        """What the server has, and what is not saved yet of either side, in any order."""
        cls, name = RELATIONS[what]
        self.runner.run(self.store.populate(self.objects[cls][number], [name], force_refetch=True))

    @rule(number=picks, studio=st.none() | picks)
    def set_studio(self, number: int, studio: int | None) -> None:
        self.objects[Scene][number].studio = None if studio is None else self.objects[Studio][studio]

    @rule()
    def save(self) -> None:
        expected = self.shown()
        self.runner.run(self.store.save_all(check=True))
        assert not any(obj.is_dirty() for objects in self.objects.values() for obj in objects)
        # Saving may have to read more.
        assert self.shown() | expected == self.shown()
        self.runner.run(self.read())
        assert self.shown() | expected == self.shown()

    @rule(at=st.integers(1, 3))
    def fail_to_save(self, at: int) -> None:
        """The connection is cut at one of the requests; what did not arrive is there to be saved again."""
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
                here = self.leads_to(obj, name)
                there = {each.id: self.leads_to(each, back) for each in self.others(cls, name)}
                for other, ids in there.items():
                    assert here is None or ids is None or (other in here) == (obj.id in ids)


class TestRelationships(RelationshipMachine.TestCase):  # type: ignore[misc, name-defined] - made by Hypothesis
    settings = settings(max_examples=5, stateful_step_count=30, deadline=None, print_blob=True)
