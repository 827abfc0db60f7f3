"""UNSET: error messages for unread fields, and type guards for the three states."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from stash_cli.core.errors import StashUsageError
from stash_cli.core.types import UNSET, Scene, Tag, is_present, is_set, is_unset, present

USES = [
    ("scene.custom_fields['height'] = 180", "custom_fields"),
    ("del scene.custom_fields['height']", "custom_fields"),
    ("scene.custom_fields['height']", "custom_fields"),
    ("scene.custom_fields.update(height=180)", "custom_fields"),
    ("scene.tags.append(scene.title)", "tags"),
    ("scene.studio.name", "studio"),
    ("scene.urls[0].upper()", "urls"),
    ("scene.urls[0:2]", "urls"),
    ("for url in scene.urls: pass", "urls"),
    ("[*scene.urls]", "urls"),
    ("list(scene.urls)", "urls"),
    ("len(scene.urls)", "urls"),
    ("sorted(pair.scene.urls)", "urls"),
    ("'x' in scene.urls", "urls"),
    ("scene.tags += [tag]", "tags"),
    ("scene.o_counter += 1", "o_counter"),
    ("scene.rating100 > 80", "rating100"),
    ("80 < scene.rating100", "rating100"),
    ("scene.title + scene.code", "The field"),
    ("urls = scene.urls; urls[0]", "The field"),
    ("present_or(UNSET)", "The field"),
]


class Pair:
    scene = Scene(title="x")


Pair.scene.title = UNSET


@pytest.mark.parametrize(("code", "name"), USES)
def test_unread_field_is_named_in_the_error(code: str, name: str) -> None:
    names = {"scene": Pair.scene, "pair": Pair, "tag": Tag(name="Rock"), "UNSET": UNSET, "present_or": len}
    with pytest.raises((TypeError, AttributeError)) as raised:
        exec(compile(code, "script", "exec"), names)
    assert str(raised.value) == f"{name} was not read: populate it, or assign the whole."


def test_comprehensions_and_functions_name_the_field() -> None:
    def first(urls: Any) -> Any:
        return urls[0]

    for use in (lambda: first(Pair.scene.urls), lambda: [url for url in Pair.scene.urls]):  # noqa: C416 - the use
        with pytest.raises(TypeError, match=r"(urls|The field) was not read: populate it"):
            use()


def test_unset_is_a_singleton_equal_to_nothing_else() -> None:
    assert pickle.loads(pickle.dumps(UNSET)) is copy.deepcopy(UNSET) is copy.copy(UNSET) is UNSET
    assert not UNSET
    assert repr(UNSET) == "UNSET"
    assert not hasattr(UNSET, "append")
    assert UNSET not in (None, "", 0)
    assert Scene(title=UNSET, tags=UNSET, custom_fields=UNSET, rating100=UNSET).get_changed_fields() == {}


@pytest.mark.parametrize(
    ("value", "unset", "known", "there"),
    [
        (UNSET, True, False, False),
        (None, False, True, False),
        ("", False, True, True),
        (0, False, True, True),
    ],
)
def test_guards(value: Any, unset: bool, known: bool, there: bool) -> None:
    assert (is_unset(value), is_set(value), is_present(value)) == (unset, known, there)


def test_present_returns_the_value_or_raises() -> None:
    assert present("x") == "x"
    with pytest.raises(StashUsageError, match="was not read"):
        present(UNSET)
    with pytest.raises(StashUsageError, match="is null"):
        present(None)
