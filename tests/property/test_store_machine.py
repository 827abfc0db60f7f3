"""Responses, edits, saves and evictions in any order: one object per id, no edit lost."""

from __future__ import annotations

import gc
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from stash_cli.core.errors import StashUsageError
from stash_cli.core.orm.flush import apply_flush, plan_flush
from stash_cli.core.store.identity import IdentityMap
from stash_cli.core.types import UNSET, Scene

IDS = [str(number) for number in range(1, 9)]
ids = st.sampled_from(IDS)
titles = st.sampled_from(["a", "b", "c", None])
urls = st.lists(st.sampled_from("xyz"), max_size=2)
rows = st.fixed_dictionaries({"id": ids}, optional={"title": titles, "urls": urls})


def merged(base: list[str], mine: list[str], theirs: list[str]) -> list[str]:
    """`mine` without items removed from `theirs`, and then with items added there."""
    if base == theirs:
        return mine
    kept = [url for url in mine if url in theirs or url not in base]
    return kept + [url for url in theirs if url not in base and url not in mine]


class StoreMachine(RuleBasedStateMachine):
    """The identity map beside a model of the server's values and the user's edits."""

    def __init__(self) -> None:
        super().__init__()
        self.known = IdentityMap(max_objects=3)
        self.server: dict[str, dict[str, Any]] = {one: {} for one in IDS}
        self.edits: dict[str, dict[str, Any]] = {one: {} for one in IDS}
        self.held: dict[str, Scene] = {}

    def load(self, row: dict[str, Any], *, nested: bool = False) -> Scene:
        sent = {**row, **({"urls": list(row["urls"])} if "urls" in row else {})}
        if nested:
            [holder] = self.known.load_all(Scene, [{"id": "100", "title": "holder"}])
            found = self.known.load(Scene, sent)
            assert holder is not found
        else:
            [found] = self.known.load_all(Scene, [sent])
        one = row["id"]
        if "urls" in row and "urls" in self.edits[one]:
            self.edits[one]["urls"] = merged(self.server[one]["urls"], self.edits[one]["urls"], row["urls"])
        self.server[one] |= {key: value for key, value in row.items() if key != "id"}
        self.settle(one)
        return found

    def settle(self, one: str) -> None:
        """Drop edits that equal the server's value."""
        kept = {key: v for key, v in self.edits[one].items() if self.server[one].get(key, ...) != v}
        self.edits[one] = kept

    def check(self, obj: Scene) -> None:
        """Assert that the object has the user's values, else the server's; expired objects may lack some."""
        expected = self.server[obj.id] | self.edits[obj.id]
        seen = {key: getattr(obj, key) for key in expected if getattr(obj, key) is not UNSET}
        assert seen == {key: expected[key] for key in seen}
        assert obj.get_changed_fields() == self.edits[obj.id]

    @rule(row=rows, hold=st.booleans(), nested=st.booleans())
    def answer(self, row: dict[str, Any], hold: bool, nested: bool) -> None:
        found = self.load(row, nested=nested)
        if row["id"] in self.held:
            assert found is self.held[row["id"]]
        if hold:
            self.held[row["id"]] = found

    @rule(one=ids, title=titles)
    def assign(self, one: str, title: str | None) -> None:
        found = self.load({"id": one, "title": self.server[one].get("title", "a")})
        found.title = title
        self.edits[one]["title"] = title
        self.settle(one)

    @rule(one=ids, url=st.sampled_from("xyz"))
    def append(self, one: str, url: str) -> None:
        found = self.load({"id": one, "urls": self.server[one].get("urls", [])})
        found.urls.append(url)
        self.edits[one]["urls"] = [*found.urls]
        self.settle(one)

    @rule(one=ids, url=st.sampled_from("xyz"))
    def edit_evicted_object(self, one: str, url: str) -> None:
        """Edit a referenced object that may have been evicted; drop the reference afterwards."""
        found = self.held.pop(one, None)
        if found is not None and found.urls is not UNSET:
            found.urls.insert(0, url)
            self.edits[one]["urls"] = [*found.urls]
            self.settle(one)
            del found
            gc.collect(0)

    @rule(one=ids)
    def save(self, one: str) -> None:
        found = self.known.get(Scene, one)
        if found is not None:
            apply_flush(found, plan_flush(found), one)
            self.server[one] |= self.edits[one]
            self.edits[one] = {}

    @rule(one=ids)
    def put_duplicate(self, one: str) -> None:
        """A second object for an id in the map is rejected; otherwise it enters the map."""
        mine = Scene.from_graphql({"id": one})
        standing = self.known.get(Scene, one)
        try:
            self.known.add(mine)
        except StashUsageError:
            assert standing is not None
        assert self.known.get(Scene, one) is (standing or mine)

    @rule(one=ids)
    def drop_reference(self, one: str) -> None:
        self.held.pop(one, None)
        gc.collect(0)

    @rule(one=st.none() | ids)
    def expire(self, one: str | None) -> None:
        self.known.expire(Scene, one)

    @invariant()
    def live_objects_equal_the_model(self) -> None:
        for obj in self.known.objects(Scene):
            if obj.id in self.server:
                self.check(obj)

    @invariant()
    def no_edit_is_lost(self) -> None:
        changed = {obj.id for obj in self.known.dirty()}
        assert changed == {one for one, edit in self.edits.items() if edit}

    @invariant()
    def memory_is_bounded(self) -> None:
        changed = sum(map(bool, self.edits.values()))
        assert len(self.known.everything()) <= 3 + changed + len(self.held) + 1


class TestStore(StoreMachine.TestCase):  # type: ignore[misc, name-defined] - made by Hypothesis
    settings = settings(max_examples=25, stateful_step_count=50, deadline=None, print_blob=True)
