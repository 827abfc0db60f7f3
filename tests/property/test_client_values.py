"""Variables, URLs and selections round-trip."""

from __future__ import annotations

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from stash_cli.core.graphql import selection
from stash_cli.core.settings import normalise_url
from stash_cli.core.transport.http import encode
from stash_cli.core.types.api import describe_api

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False)
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)
STRINGS = re.compile(rb'"(?:\\.|[^"\\])*"')


@given(variables=st.dictionaries(st.text(), JSON))
def test_variables_arrive_unchanged_and_without_exponents(variables: dict[str, object]) -> None:
    sent = encode({"query": "{ a }", "variables": variables})
    assert json.loads(sent)["variables"] == variables
    assert not re.search(rb"\d[eE]", STRINGS.sub(b'""', sent))


@given(
    scheme=st.sampled_from(["", "http://", "https://"]),
    host=st.sampled_from(["localhost", "nas.local", "10.0.0.1", "[::1]", "0.0.0.0"]),
    port=st.none() | st.integers(1, 65535),
    prefix=st.lists(st.sampled_from(["a", "stash", "x-1"]), max_size=3),
    ending=st.sampled_from(["", "/", "/graphql", "/graphql/"]),
)
def test_normalised_urls_are_stable(
    scheme: str, host: str, port: int | None, prefix: list[str], ending: str
) -> None:
    text = (
        f"{scheme}{host}{'' if port is None else f':{port}'}{''.join(f'/{part}' for part in prefix)}{ending}"
    )
    url = normalise_url(text)
    assert normalise_url(url) == url
    assert url.endswith("/".join(["", *prefix, "graphql"]))


ENTITY_TYPES = [name for name, declared in describe_api().types.items() if declared.is_entity]


@given(st.data())
def test_selections_parse_to_their_paths(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([each for each in ENTITY_TYPES if each != "BaseFile"]))
    paths = data.draw(st.lists(st.sampled_from(selection.default_paths(name)), unique=True))
    text = selection.build(name, paths)
    if "..." not in text:
        again = selection.parse(text)
        assert selection.merge(name, again) == selection.merge(name, paths)
        assert {path.split(".")[0] for path in again} == {path.split(".")[0] for path in paths}
