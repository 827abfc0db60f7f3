"""Pictures on a terminal: on request, in the protocol of the terminal."""

from __future__ import annotations

import re
from base64 import b64decode
from io import BytesIO
from pathlib import Path

import pytest
from cli_support import Cli
from PIL import Image

from stash_cli.output.picture import render

TERMINALS = {
    "kitty": {"KITTY_WINDOW_ID": "1"},
    "iterm2": {"TERM_PROGRAM": "iTerm.app"},
    "blocks": {"COLORTERM": "truecolor"},
}
MARKS = {"kitty": "\x1b_Gf=100,a=T,", "iterm2": "\x1b]1337;File=", "blocks": "\x1b[38;2;", "sixel": "\x1bPq"}


def png(size: tuple[int, int] = (40, 20)) -> bytes:
    out = BytesIO()
    image = Image.new("RGB", size, (200, 0, 0))
    image.paste((0, 0, 200), (0, 0, size[0] // 2, size[1]))
    image.save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def cover(embedded_url: str, tmp_path: Path) -> str:
    """A library whose scene has a cover of two colours."""
    (tmp_path / "cover.png").write_bytes(png())
    Cli(embedded_url).ok("scene", "create", "--title", "Sea", "--cover-image", str(tmp_path / "cover.png"))
    return embedded_url


def test_pictures_are_off_by_default(cover: str) -> None:
    result = Cli(cover, COLORTERM="truecolor", KITTY_WINDOW_ID="1").ok("scene", "show", "1", terminal=True)
    assert not any(mark in result.out for mark in MARKS.values())


@pytest.mark.parametrize("name", TERMINALS)
def test_terminal_determines_the_protocol(cover: str, name: str) -> None:
    result = Cli(cover, TERM="xterm", **TERMINALS[name]).ok("scene", "show", "1", "--picture", terminal=True)
    assert result.out.startswith(MARKS[name])
    assert "Sea" in result.out


def test_tmux_requires_a_named_protocol(cover: str) -> None:
    inside = Cli(cover, TERM="screen", TMUX="/tmp/t", KITTY_WINDOW_ID="1")
    assert inside("scene", "show", "1", "--picture", terminal=True).status == 2
    assert MARKS["sixel"] in inside.ok("scene", "show", "1", "--picture=sixel", terminal=True).out


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"ACCESSIBLE": "1"}, {"TERM": "dumb"}])
def test_only_the_card_is_printed_when_disabled(cover: str, environ: dict[str, str]) -> None:
    result = Cli(cover, KITTY_WINDOW_ID="1", **environ).ok("scene", "show", "1", "--picture", terminal=True)
    assert "\x1b_G" not in result.out
    assert "no picture" in result.err
    assert "Sea" in result.out


def test_pipe_gets_no_picture(cover: str) -> None:
    result = Cli(cover, KITTY_WINDOW_ID="1").ok("scene", "show", "1", "--picture")
    assert result.out.startswith("id: ")
    assert Cli(cover)("scene", "show", "1", "--picture", "--json").status == 2


def test_kitty_chunks_join_to_the_picture() -> None:
    text = render(png((300, 300)), "kitty", 80, 10)
    pieces = re.findall("\x1b_G([^;]*);([^\x1b]*)\x1b\\\\", text)
    assert [head[-3:] for head, _ in pieces] == ["m=1"] * (len(pieces) - 1) + ["m=0"]
    assert Image.open(BytesIO(b64decode("".join(piece for _, piece in pieces)))).size == (300, 300)


def test_blocks_fit_the_cells() -> None:
    lines = render(png((400, 400)), "blocks", 30, 8).splitlines()
    assert len(lines) == 8
    assert {line.count("\N{UPPER HALF BLOCK}") for line in lines} == {16}
    assert lines[0].startswith("\x1b[38;2;0;0;200;48;2;0;0;200m")


def test_sixels_have_two_colours_and_six_rows_per_line() -> None:
    text = render(png((40, 12)), "sixel", 80, 10)
    assert text.startswith('\x1bPq"1;1;40;12')
    assert text.count("-") == 2
    assert "!20~" in text
