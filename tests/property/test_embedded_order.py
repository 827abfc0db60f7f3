"""Index keys sort texts as the natural collation does."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from stash_cli.embedded.library.functions import compare_naturally, sort_key

TEXTS = st.text(st.sampled_from("abAB 0123459-_é"), max_size=8) | st.text(
    st.characters(min_codepoint=2, blacklist_categories=["Cs"]), max_size=8
)


@given(TEXTS, TEXTS)
@example("a1", "a01")
@example("a9", "A10")
@example("1", "")
@example("9" * 5000, "1" + "0" * 5000)
def test_keys_sort_like_texts(first: str, second: str) -> None:
    left, right = (sort_key(text).encode() for text in (first, second))
    assert (left > right) - (left < right) == compare_naturally(first, second)
