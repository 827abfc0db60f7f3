"""Formats that compute: lines of a template."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_support import Cli
from every import every


@pytest.fixture
def small(small_library: Path) -> Cli:
    """The program over a small library, for reading only."""
    return Cli(f"embedded:{small_library}")


def test_a_template_prints_a_line_for_each_row(small: Cli) -> None:
    words = ("--template", '{{ id }} {{ title }}{{ studio.name | opt(" (", ")") }}')
    assert (
        small.ok("scenes", "find", *words, "--sort", "title").out
        == "4 Dunes\n3 Rocks\n2 Sand\n1 Sea (Acme)\n"
    )
    assert small.ok("scene", "show", "1", *words).out == "1 Sea (Acme)\n"
    assert small.ok("tags", "find", "--template", "{{ name }}", "-0").out == "Beach\0Outdoor\0"


def test_a_template_asks_for_its_fields_alone(small: Cli) -> None:
    sent = small.ok("scenes", "find", "--template", "{{ studio.name }}", "-vv").err
    assert "scenes { id studio { name } }" in " ".join(sent.split())


WRONG = [
    (("scenes", "find", "--template", "{{ titel }}"), "Did you mean title?"),
    (("scenes", "find", "--template", "{{ title }}", "--json"), "leave out --json"),
    (("scenes", "find", "--template", "{{ title }}", "--fields", "id"), "leave out --fields"),
    (("scene", "show", "1", "--template", "{{ title"), "unexpected end of template"),
    (("scene", "update", "1", "--title", "x", "--template", "{{ titel }}"), "Did you mean title?"),
    (("scene", "delete", "1", "--template", "{{ title }}"), "delete prints only ids and names"),
    (("explain", "Scene", "--template", "{{ name }}"), "explain supports only the formats"),
]


@every("words, message", WRONG)
def test_a_wrong_template_is_refused_before_anything_is_sent(
    offline: Cli, words: tuple[str, ...], message: str
) -> None:
    done = offline(*words)
    assert (done.status, done.out) == (2, "")
    assert message in done.err


def test_a_template_that_fails_names_the_object(small: Cli) -> None:
    done = small("scenes", "find", "--template", "{{ title | date }}", "--sort", "title")
    assert (done.status, done.out) == (2, "")
    assert "4: date: 'Dunes' is not a date." in done.err
